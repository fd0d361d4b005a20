// The configuration file of a server: one setting a line.
//
//   file    := line*
//   line    := blank | "#" anything | name "=" value
//   name    := [a-z0-9.-]+
//   value   := text up to the end of the line or to a " #", or anything but a quote between double quotes
//
// Blanks around names and values do not count.  There are no sections and no escapes.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace realise {

inline constexpr size_t kConfigFileBytesMax = 64 * 1024;

struct ConfigLine {
  std::string name;
  std::string value;
  std::string place;  // "/etc/realise/ingest.conf, line 3"
};

// Pure.   INVALID_ARGUMENT  a line is none of these, or names what an earlier one does; the message says
// which line, and never what stands in it, for that may be a password.
[[nodiscard]] absl::StatusOr<std::vector<ConfigLine>> ParseConfig(std::string_view text,
                                                                  std::string_view path);

//   INVALID_ARGUMENT  as ParseConfig, or the file cannot be read.
[[nodiscard]] absl::StatusOr<std::vector<ConfigLine>> ReadConfigFile(const std::string& path);

}  // namespace realise
