// A message of Kafka as plain data.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace realise {

struct MessageHeader {
  std::string name;
  std::optional<std::string> value;  // Kafka tells an empty one from none

  friend bool operator==(const MessageHeader&, const MessageHeader&) = default;
};

// What is published: bytes, of which nothing is known yet.
struct MessageContent {
  std::optional<std::string> key;
  std::optional<std::string> value;
  std::vector<MessageHeader> headers;

  // About what it takes in memory.
  size_t Bytes() const;
  friend bool operator==(const MessageContent&, const MessageContent&) = default;
};

struct MessagePlace {
  std::string topic;
  int32_t partition = 0;
  int64_t offset = 0;

  friend auto operator<=>(const MessagePlace&, const MessagePlace&) = default;
};

struct InboundMessage {
  MessagePlace place;
  MessageContent content;
};

}  // namespace realise
