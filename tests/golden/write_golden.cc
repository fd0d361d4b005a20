// Writes the .bin of every golden event that has a .txtpb and no .bin yet.  A .bin that is there is never
// changed: a ledger somewhere holds events like it.
#include <fmt/core.h>

#include <filesystem>
#include <fstream>

#include "tests/golden/golden_files.h"

int main(int argc, char** argv) {
  if (argc != 2) {
    fmt::print(stderr, "usage: write_golden FOLDER\n");
    return 2;
  }
  int written = 0;
  for (const realise::GoldenEvent& golden : realise::ListGoldenEvents(argv[1])) {
    if (std::filesystem::exists(golden.bytes_path)) continue;
    const auto text = realise::ReadFile(golden.text_path);
    const auto event = text ? realise::ParseGoldenText(*text) : std::nullopt;
    if (!event) {
      fmt::print(stderr, "{}: is not an event in protobuf's text format\n", golden.text_path.string());
      return 1;
    }
    std::ofstream(golden.bytes_path, std::ios::binary) << realise::SerialiseGolden(*event);
    ++written;
  }
  fmt::print("{} written\n", written);
  return 0;
}
