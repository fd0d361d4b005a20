// What the writers of a process know, kept beside the log so that a restart need not read the log from its
// beginning: a fold of each ledger up to a place in its log.  The place may trail the log; deleting the
// database loses nothing.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/ids.h"
#include "libs/domain/state_rows.h"
#include "libs/event_log/event_log.h"
#include "realise/internal/v1/state.pb.h"

namespace rocksdb {
class DB;
class Env;
}  // namespace rocksdb

namespace realise {

class LedgerState;

// The first 16 bytes of SHA-256 over an event's source, a zero byte, and its id.
using EventKey = Bytes<16, struct EventKeyTag>;
[[nodiscard]] EventKey EventKeyOf(std::string_view source, std::string_view id);

// A valid commit, by the sequence it ends at.  Empty commits end where the commit before them ends.
struct CommitRow {
  Sequence last_sequence = 0;
  Address address = 0;
  Digest digest;

  friend bool operator==(const CommitRow&, const CommitRow&) = default;
};

struct DeciderStoreOptions {
  std::string path;
  rocksdb::Env* env = nullptr;  // nullptr: the operating system's; has to outlive the store
};

// One RocksDB database for all ledgers of a process.  Thread-safe, with one writer for each ledger.
class DeciderStore {
 public:
  // Opens or creates the database.   DATA_LOSS  it is damaged; delete it, the log holds everything.
  //   UNAVAILABLE  another process has it open, or the disk failed.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<DeciderStore>> Open(const DeciderStoreOptions& options);
  ~DeciderStore();

  // Puts what is kept of a ledger into `state`, but for its claims, and returns the place in the log it goes
  // up to; nothing if nothing is kept, or if it was kept by a program that folded in another way.
  //   DATA_LOSS  the database is damaged.
  [[nodiscard]] absl::StatusOr<std::optional<internal::v1::LogPlace>> Load(const std::string& ledger,
                                                                           LedgerState& state);

  // What changed since the place before, up to `place`.
  struct Chunk {
    internal::v1::LogPlace place;
    StateRows state_rows;                            // sorted
    std::vector<std::pair<EventKey, Sequence>> ids;  // sorted
    std::vector<CommitRow> commits;                  // in the order of the log
  };
  // Writes it all or not at all; durable when it returns.   UNAVAILABLE  nothing was written; try again.
  [[nodiscard]] absl::Status Save(const std::string& ledger, const Chunk& chunk);

  // Rows of the state as they were at the stored place, in the order of `keys`.
  [[nodiscard]] absl::StatusOr<std::vector<std::optional<std::string>>> FindStateRows(
      std::string_view ledger, const std::vector<std::string>& keys) const;
  // Of the events up to the stored place: those with these keys, in their order.
  [[nodiscard]] absl::StatusOr<std::vector<std::optional<Sequence>>> FindIds(
      std::string_view ledger, const std::vector<EventKey>& keys) const;
  // The commit that holds the event `sequence`, among those up to the stored place.
  [[nodiscard]] absl::StatusOr<std::optional<CommitRow>> FindCommit(std::string_view ledger,
                                                                    Sequence sequence) const;
  // Whether a commit with this digest ends at `sequence`, among those up to the stored place.
  [[nodiscard]] absl::StatusOr<bool> HasCommit(std::string_view ledger, Sequence sequence,
                                               const Digest& digest) const;

 private:
  explicit DeciderStore(std::unique_ptr<rocksdb::DB> db);
  [[nodiscard]] absl::Status Clear(const std::string& ledger);

  std::unique_ptr<rocksdb::DB> db_;
  std::atomic<uint64_t> files_made_ = 0;
};

}  // namespace realise
