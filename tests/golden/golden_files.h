// The golden events on disk: for each, `<type>.txtpb` for people and `<type>.bin`, the bytes that must decode
// for ever.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "realise/v1/event.pb.h"

namespace realise {

struct GoldenEvent {
  std::string name;  // the file's name without its suffix: the event's type, then perhaps '.' and a variant
  std::filesystem::path text_path;
  std::filesystem::path bytes_path;

  std::string Type() const { return name.substr(0, name.find('.')); }
};

// All golden events of a folder, in the order of their names: each file that is there belongs to one.
[[nodiscard]] std::vector<GoldenEvent> ListGoldenEvents(const std::filesystem::path& folder);

// Nothing if the text is not an Event.
[[nodiscard]] std::optional<v1::Event> ParseGoldenText(const std::string& text);

// The one serialisation that is compared: deterministic, so that equal events are equal bytes.
[[nodiscard]] std::string SerialiseGolden(const v1::Event& event);

// Nothing if the file cannot be read.
[[nodiscard]] std::optional<std::string> ReadFile(const std::filesystem::path& path);

}  // namespace realise
