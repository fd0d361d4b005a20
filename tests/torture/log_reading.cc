#include "tests/torture/log_reading.h"

#include <optional>
#include <string_view>

#include "fmt/format.h"
#include "libs/base/sha256.h"
#include "realise/v1/commit.pb.h"

namespace realise::torture {
namespace {

// commit.proto has the grammar.
constexpr std::string_view kMagic = "RLSCMT01";
constexpr size_t kHeaderBytes = 100;
constexpr uint64_t kEventsMax = 1000;
constexpr uint64_t kBodyBytesMax = 512 * 1024;
constexpr uint64_t kClockCorrection = 1;
constexpr uint64_t kKnownFlags = 3;

struct Header {
  std::string_view ledger_id;
  std::string_view previous;
  std::string_view writer;
  uint64_t first_sequence = 0;
  uint64_t events = 0;
  uint64_t flags = 0;
  int64_t recorded_at_us = 0;
};

uint64_t BigEndian(std::string_view bytes) {
  uint64_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<uint8_t>(byte);
  return number;
}

std::optional<Header> Decode(std::string_view stored) {
  if (stored.size() < kHeaderBytes || stored.substr(0, 8) != kMagic) return std::nullopt;
  Header header;
  header.ledger_id = stored.substr(8, 16);
  header.previous = stored.substr(24, 32);
  header.writer = stored.substr(56, 16);
  header.first_sequence = BigEndian(stored.substr(72, 8));
  header.events = BigEndian(stored.substr(80, 4));
  header.flags = BigEndian(stored.substr(84, 4));
  header.recorded_at_us = static_cast<int64_t>(BigEndian(stored.substr(88, 8)));
  const uint64_t body_bytes = BigEndian(stored.substr(96, 4));
  const bool sane = header.events <= kEventsMax && (header.flags & ~kKnownFlags) == 0 &&
                    header.first_sequence > 0 && body_bytes <= kBodyBytesMax &&
                    body_bytes == stored.size() - kHeaderBytes;
  if (!sane) return std::nullopt;
  return header;
}

// The end of the valid history.
struct Head {
  std::string ledger_id;
  std::string digest = std::string(32, '\0');
  uint64_t next_sequence = 1;
  int64_t recorded_at_us = 0;
};

bool IsValid(const Header& header, const Head& head, bool is_first) {
  if (header.previous != head.digest || header.first_sequence != head.next_sequence) return false;
  if (is_first) return true;
  return header.ledger_id == head.ledger_id &&
         (header.recorded_at_us > head.recorded_at_us || (header.flags & kClockCorrection) != 0);
}

LoggedCommit ToCommit(const std::string& ledger, const Header& header, const std::string& digest) {
  LoggedCommit commit;
  commit.writer = std::string(header.writer);
  commit.first_sequence = header.first_sequence;
  commit.last_sequence = header.first_sequence + header.events - 1;
  commit.recorded_at_us = header.recorded_at_us;
  commit.corrects_clock = (header.flags & kClockCorrection) != 0;
  commit.receipt = fmt::format("{}@{}#{}", ledger, commit.last_sequence, ToHex(digest));
  return commit;
}

}  // namespace

LogReading ReadLog(const std::string& ledger, const std::vector<std::string>& records) {
  LogReading reading;
  reading.ledger = ledger;
  Head head;
  for (const std::string& stored : records) {
    const std::optional<Header> header = Decode(stored);
    if (!header || !IsValid(*header, head, reading.commits.empty())) {
      ++reading.void_records;
      continue;
    }
    head = {std::string(header->ledger_id), std::string(Sha256(stored).view()),
            header->first_sequence + header->events, header->recorded_at_us};
    LoggedCommit commit = ToCommit(ledger, *header, head.digest);
    v1::CommitBody body;
    if (!body.ParseFromString(stored.substr(kHeaderBytes))) {
      reading.damaged.push_back(fmt::format("{}: the body does not parse", commit.receipt));
    } else if (static_cast<uint64_t>(body.events_size()) != header->events) {
      reading.damaged.push_back(fmt::format("{}: {} events, and its header says {}", commit.receipt,
                                            body.events_size(), header->events));
    } else {
      commit.events.assign(body.events().begin(), body.events().end());
    }
    if (!reading.commits.empty() && reading.commits.back().writer != commit.writer) ++reading.takeovers;
    reading.commits.push_back(std::move(commit));
  }
  return reading;
}

}  // namespace realise::torture
