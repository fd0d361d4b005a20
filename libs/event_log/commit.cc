#include "libs/event_log/commit.h"

#include <cassert>
#include <cstring>

#include "libs/event_log/big_endian.h"

namespace realise {
namespace {

constexpr std::string_view kMagic = "RLSCMT01";
constexpr uint32_t kFlagsKnown = kFlagClockCorrection | kFlagDemonstration;

// Takes fields off the front of a header; the caller has checked that it is long enough.
class FieldReader {
 public:
  explicit FieldReader(std::string_view bytes) : bytes_(bytes) {}

  uint64_t Number(size_t size) { return BigEndian(Raw(size)); }
  template <typename T>
  T Fixed() {
    T value;
    std::memcpy(value.bytes.data(), Raw(T::kSize).data(), T::kSize);
    return value;
  }
  std::string_view Raw(size_t size) {
    const std::string_view field = bytes_.substr(0, size);
    bytes_.remove_prefix(size);
    return field;
  }

 private:
  std::string_view bytes_;
};

}  // namespace

std::string EncodeCommit(const CommitHeader& header, std::string_view body) {
  assert(header.event_count <= kCommitEventsMax && body.size() <= kCommitBodyBytesMax);
  assert((header.flags & ~kFlagsKnown) == 0 && header.first_sequence >= 1);
  std::string stored;
  stored.reserve(kCommitHeaderBytes + body.size());
  stored += kMagic;
  stored += header.ledger_id.view();
  stored += header.previous.view();
  stored += header.writer.view();
  PutBigEndian(header.first_sequence, 8, stored);
  PutBigEndian(header.event_count, 4, stored);
  PutBigEndian(header.flags, 4, stored);
  PutBigEndian(static_cast<uint64_t>(header.recorded_at.time_since_epoch().count()), 8, stored);
  PutBigEndian(body.size(), 4, stored);
  assert(stored.size() == kCommitHeaderBytes);
  stored += body;
  return stored;
}

std::optional<CommitView> DecodeCommit(std::string_view stored) {
  if (stored.size() < kCommitHeaderBytes) return std::nullopt;
  FieldReader fields(stored);
  if (fields.Raw(kMagic.size()) != kMagic) return std::nullopt;
  CommitView commit;
  CommitHeader& header = commit.header;
  header.ledger_id = fields.Fixed<LedgerId>();
  header.previous = fields.Fixed<Digest>();
  header.writer = fields.Fixed<WriterId>();
  header.first_sequence = fields.Number(8);
  header.event_count = static_cast<uint32_t>(fields.Number(4));
  header.flags = static_cast<uint32_t>(fields.Number(4));
  header.recorded_at = Instant(std::chrono::microseconds(static_cast<int64_t>(fields.Number(8))));
  const uint64_t body_length = fields.Number(4);
  commit.body = stored.substr(kCommitHeaderBytes);
  if (header.first_sequence == 0 || header.event_count > kCommitEventsMax) return std::nullopt;
  if (header.first_sequence > UINT64_MAX - kCommitEventsMax) return std::nullopt;
  if ((header.flags & ~kFlagsKnown) != 0) return std::nullopt;
  if (body_length > kCommitBodyBytesMax || body_length != commit.body.size()) return std::nullopt;
  return commit;
}

}  // namespace realise
