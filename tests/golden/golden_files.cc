#include "tests/golden/golden_files.h"

#include <google/protobuf/io/coded_stream.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include <fstream>
#include <set>
#include <sstream>

namespace realise {

std::vector<GoldenEvent> ListGoldenEvents(const std::filesystem::path& folder) {
  std::set<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    names.insert(entry.path().stem().string());
  std::vector<GoldenEvent> events;
  for (const std::string& name : names) {
    events.push_back({name, folder / (name + ".txtpb"), folder / (name + ".bin")});
  }
  return events;
}

std::optional<v1::Event> ParseGoldenText(const std::string& text) {
  v1::Event event;
  if (!google::protobuf::TextFormat::ParseFromString(text, &event)) return std::nullopt;
  return event;
}

std::string SerialiseGolden(const v1::Event& event) {
  std::string bytes;
  {
    google::protobuf::io::StringOutputStream stream(&bytes);
    google::protobuf::io::CodedOutputStream coded(&stream);
    coded.SetSerializationDeterministic(true);
    event.SerializeToCodedStream(&coded);
  }
  return bytes;
}

std::optional<std::string> ReadFile(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  if (!file) return std::nullopt;
  std::ostringstream contents;
  contents << file.rdbuf();
  return contents.str();
}

}  // namespace realise
