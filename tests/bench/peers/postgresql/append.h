// Appends a ledger's events to the tables and folds them in the same transactions.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/peers/postgresql/connection.h"
#include "tests/bench/peers/postgresql/event_fold.h"
#include "tests/bench/peers/postgresql/event_table.h"
#include "tests/bench/peers/postgresql/ledger_events.h"

namespace realise::peers {

struct Database {
  std::string dsn;
  std::string schema;
};

// One connection with a thread that commits batches over it while the next ones are made.
class BatchLane {
 public:
  struct Batch {
    std::string rows;  // for COPY into events
    std::vector<Call> changes;
  };

  [[nodiscard]] static absl::StatusOr<std::unique_ptr<BatchLane>> Open(const Database& database);
  // Leaves out what was not begun.
  ~BatchLane();

  // Waits while there is too much to do.   What an earlier batch failed with, if one did.
  [[nodiscard]] absl::Status Commit(Batch batch);
  // Waits until everything is committed.
  [[nodiscard]] absl::Status AwaitCommitted();

 private:
  explicit BatchLane(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
  void Run();
  absl::Status CommitNow(const Batch& batch);

  const std::unique_ptr<Connection> connection_;
  std::mutex mutex_;
  std::condition_variable changed_;
  // Guarded by mutex_.
  std::deque<Batch> waiting_;
  bool committing_ = false;
  bool stopping_ = false;
  absl::Status status_;
  std::thread thread_;
};

// Appends in batches, over one connection or several.  A stream's events go over one connection, in order;
// boards, projects, benefits and measures are committed after everything before and before everything behind
// them.  Not thread-safe.
class BatchAppender {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<BatchAppender>> Open(const Database& database,
                                                                           int connections, size_t batch);

  [[nodiscard]] absl::Status Append(const LedgerEvent& event);
  // Commits what is left; returns when all is durable.
  [[nodiscard]] absl::Status Finish();

  // For what is to be appended one by one behind it.
  EventFold& fold() { return *fold_; }
  Sources& sources() { return *sources_; }

 private:
  struct Pending {
    std::string rows;
    size_t events = 0;
    Balances changes;
  };

  BatchAppender() = default;
  absl::Status CommitPending(size_t lane);
  absl::Status CommitAll();

  size_t batch_ = 0;
  std::unique_ptr<Connection> reader_;
  std::unique_ptr<EventFold> fold_;
  std::unique_ptr<Sources> sources_;
  std::vector<std::unique_ptr<BatchLane>> lanes_;
  std::vector<Pending> pending_;  // of each lane
  bool in_structure_ = false;
  v1::Event event_;
};

// Events one by one, a transaction each.
struct SingleAppends {
  std::vector<double> seconds;  // of each
  double wall = 0;
};

// Appends `events` over `connections` at once, each caller waiting for its last before it sends its next.
[[nodiscard]] absl::StatusOr<SingleAppends> AppendSingly(const Database& database, int connections,
                                                         BatchAppender& before, LedgerEvents& events,
                                                         uint64_t count);

}  // namespace realise::peers
