// Runs a fuzz target without a fuzzer: every seed, and then a fixed number of inputs made of the seeds.
//
//   fuzz_x [-runs=N] [-seed=N] FILE-OR-FOLDER...
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <random>
#include <string>
#include <vector>

#include "tests/fuzz/fuzz_target.h"

namespace {

constexpr size_t kInputBytesMax = 16 * 1024;
constexpr const char* kCrashFile = "crash-input";

// The input under way, for whoever has to find out what ended the program.
std::string* current = nullptr;

extern "C" void KeepInput(int signal) {
  const int file = ::open(kCrashFile, O_CREAT | O_TRUNC | O_WRONLY, 0600);
  if (file >= 0) static_cast<void>(!::write(file, current->data(), current->size()));
  constexpr char kSaid[] = "the input is in the file crash-input; give that file to this program again\n";
  static_cast<void>(!::write(STDERR_FILENO, kSaid, sizeof(kSaid) - 1));
  std::signal(signal, SIG_DFL);
  std::raise(signal);
}

void Run(std::string input) {
  *current = std::move(input);
  LLVMFuzzerTestOneInput(reinterpret_cast<const uint8_t*>(current->data()), current->size());
}

std::vector<std::string> ReadSeeds(const std::vector<std::string>& paths) {
  std::vector<std::string> files;
  for (const std::string& path : paths) {
    if (!std::filesystem::is_directory(path)) {
      files.push_back(path);
      continue;
    }
    for (const auto& entry : std::filesystem::directory_iterator(path)) files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<std::string> seeds;
  for (const std::string& file : files) {
    std::ifstream bytes(file, std::ios::binary);
    seeds.emplace_back(std::istreambuf_iterator<char>(bytes), std::istreambuf_iterator<char>());
  }
  return seeds;
}

// One of a few changes: a bit, a byte, a piece taken out, doubled, or put in from another seed.
void Change(const std::vector<std::string>& seeds, std::mt19937_64& random, std::string& input) {
  const auto below = [&](size_t limit) { return limit == 0 ? 0 : static_cast<size_t>(random() % limit); };
  const size_t at = below(input.size());
  const size_t length = below(std::min<size_t>(64, input.size() - at) + 1);
  switch (below(5)) {
    case 0:
      if (!input.empty()) input[at] = static_cast<char>(input[at] ^ (1 << below(8)));
      break;
    case 1:
      if (!input.empty()) input[at] = static_cast<char>(random());
      break;
    case 2:
      input.erase(at, length);
      break;
    case 3:
      input.insert(at, input.substr(at, length));
      break;
    default: {
      const std::string& other = seeds[below(seeds.size())];
      input.insert(at, other.substr(below(other.size()), 1 + below(64)));
    }
  }
  if (input.size() > kInputBytesMax) input.resize(kInputBytesMax);
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t runs = 0;
  uint64_t seed = 20261122;
  std::vector<std::string> paths;
  for (int i = 1; i < argc; ++i) {
    const std::string word = argv[i];
    if (word.starts_with("-runs=")) {
      runs = std::stoull(word.substr(6));
    } else if (word.starts_with("-seed=")) {
      seed = std::stoull(word.substr(6));
    } else {
      paths.push_back(word);
    }
  }
  std::string input;
  current = &input;
  for (const int signal : {SIGABRT, SIGSEGV, SIGBUS, SIGFPE, SIGILL}) std::signal(signal, &KeepInput);
  const std::vector<std::string> seeds = ReadSeeds(paths);
  if (seeds.empty()) {
    std::fputs("no seeds: name files or folders of them\n", stderr);
    return 2;
  }
  for (const std::string& one : seeds) Run(one);
  std::mt19937_64 random(seed);
  for (uint64_t i = 0; i < runs; ++i) {
    std::string changed = seeds[random() % seeds.size()];
    for (uint64_t change = 0; change <= random() % 8; ++change) Change(seeds, random, changed);
    Run(std::move(changed));
  }
  std::printf("%zu seeds and %llu inputs made of them, from seed %llu\n", seeds.size(),
              static_cast<unsigned long long>(runs), static_cast<unsigned long long>(seed));
  return 0;
}
