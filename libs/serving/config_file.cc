#include "libs/serving/config_file.h"

#include <algorithm>
#include <fstream>
#include <optional>
#include <set>

#include "fmt/format.h"
#include "libs/base/status_macros.h"

namespace realise {
namespace {

constexpr std::string_view kBlanks = " \t\r";

std::string_view Trimmed(std::string_view text) {
  const size_t begin = text.find_first_not_of(kBlanks);
  if (begin == std::string_view::npos) return "";
  return text.substr(begin, text.find_last_not_of(kBlanks) - begin + 1);
}

bool IsName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-';
  });
}

// Nothing if a quote is left open, or something stands behind it.
std::optional<std::string> Value(std::string_view text) {
  if (text.empty() || text.front() != '"') return std::string(Trimmed(text.substr(0, text.find(" #"))));
  const size_t end = text.find('"', 1);
  if (end == std::string_view::npos) return std::nullopt;
  const std::string_view behind = Trimmed(text.substr(end + 1));
  if (!behind.empty() && behind.front() != '#') return std::nullopt;
  return std::string(text.substr(1, end - 1));
}

absl::StatusOr<ConfigLine> ParseLine(std::string_view line, std::string place) {
  const size_t equals = line.find('=');
  const std::string_view name = Trimmed(line.substr(0, equals));
  if (equals == std::string_view::npos || !IsName(name)) {
    return absl::InvalidArgumentError(
        fmt::format("{}: has to be `name = value`, or a comment that begins with #", place));
  }
  std::optional<std::string> value = Value(Trimmed(line.substr(equals + 1)));
  if (!value) {
    return absl::InvalidArgumentError(fmt::format(
        "{}: {}: a value that begins with a double quote ends with one, and has none inside", place, name));
  }
  return ConfigLine{.name = std::string(name), .value = *std::move(value), .place = std::move(place)};
}

}  // namespace

absl::StatusOr<std::vector<ConfigLine>> ParseConfig(std::string_view text, std::string_view path) {
  std::vector<ConfigLine> lines;
  std::set<std::string> names;
  for (size_t number = 1; !text.empty(); ++number) {
    const size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = Trimmed(text.substr(0, end));
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    ASSIGN_OR_RETURN(ConfigLine parsed, ParseLine(line, fmt::format("{}, line {}", path, number)));
    if (!names.insert(parsed.name).second) {
      return absl::InvalidArgumentError(
          fmt::format("{}: {} stands in this file twice", parsed.place, parsed.name));
    }
    lines.push_back(std::move(parsed));
  }
  return lines;
}

absl::StatusOr<std::vector<ConfigLine>> ReadConfigFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::string text(kConfigFileBytesMax + 1, '\0');
  file.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (!file.is_open() || file.bad()) {
    return absl::InvalidArgumentError(fmt::format("--config: cannot read {}", path));
  }
  text.resize(static_cast<size_t>(file.gcount()));
  if (text.size() > kConfigFileBytesMax) {
    return absl::InvalidArgumentError(
        fmt::format("--config: {} is longer than {} bytes", path, kConfigFileBytesMax));
  }
  return ParseConfig(text, path);
}

}  // namespace realise
