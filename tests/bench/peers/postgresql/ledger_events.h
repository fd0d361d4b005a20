// The events of a ledger, one after another, from the file that realise_generate wrote.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "libs/event_log/copy/commit_file.h"

namespace realise::peers {

struct LedgerEvent {
  uint64_t sequence = 0;
  std::string_view bytes;  // realise.v1.Event; valid until the next is asked for
};

// Not thread-safe.
class LedgerEvents {
 public:
  // Errors as CommitFileReader.
  [[nodiscard]] static absl::StatusOr<LedgerEvents> Open(const std::string& path);

  // The next event; nothing behind the last.   DATA_LOSS  the file is damaged.
  [[nodiscard]] absl::StatusOr<std::optional<LedgerEvent>> Next();

 private:
  explicit LedgerEvents(std::unique_ptr<CommitFileReader> file) : file_(std::move(file)) {}

  std::unique_ptr<CommitFileReader> file_;
  std::string stored_;
  std::string_view body_;  // what is left of the commit's
  uint64_t next_sequence_ = 1;
};

}  // namespace realise::peers
