// Appends a ledger's events to the tables in batches, and folds them in the same transactions.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <memory>
#include <mutex>
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

struct BatchLimits {
  size_t events = 10'000;               // of a transaction
  size_t claims_in_memory = 1'000'000;  // about; others are read again from the events
};

// Which of so many connections the events of a stream go over.
[[nodiscard]] size_t LaneOf(const v1::Event& event, size_t lanes);

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
                                                                           int connections,
                                                                           const BatchLimits& limits);

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

}  // namespace realise::peers
