#include "tests/bench/peers/postgresql/append.h"

#include <functional>
#include <utility>

#include "libs/base/status_macros.h"
#include "tests/bench/peers/postgresql/balance_tables.h"
#include "tests/bench/peers/postgresql/binary_format.h"

namespace realise::peers {
namespace {

// Waiting behind the one that is committed.
constexpr size_t kBatchesWaitingMax = 2;

bool IsStructure(const v1::Event& event) {
  switch (event.body_case()) {
    case v1::Event::kBoardEstablished:
    case v1::Event::kBoardRenamed:
    case v1::Event::kBoardClosed:
    case v1::Event::kProjectProposed:
    case v1::Event::kProjectAssignedToBoard:
    case v1::Event::kProjectCancelled:
    case v1::Event::kProjectClosed:
    case v1::Event::kBenefitRegistered:
    case v1::Event::kBenefitWithdrawn:
    case v1::Event::kMeasureDefined:
      return true;
    default:
      return false;
  }
}

}  // namespace

size_t LaneOf(const v1::Event& event, size_t lanes) {
  return lanes == 1 ? 0 : std::hash<std::string>()(event.stream()) % lanes;
}

absl::StatusOr<std::unique_ptr<BatchLane>> BatchLane::Open(const Database& database) {
  ASSIGN_OR_RETURN(auto connection, Connection::Open(database.dsn, database.schema));
  RETURN_IF_ERROR(PrepareBalances(*connection));
  RETURN_IF_ERROR(connection->Prepare("commit", "COMMIT"));
  std::unique_ptr<BatchLane> lane(new BatchLane(std::move(connection)));
  lane->thread_ = std::thread([&lane = *lane] { lane.Run(); });
  return lane;
}

BatchLane::~BatchLane() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

absl::Status BatchLane::Commit(Batch batch) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return waiting_.size() < kBatchesWaitingMax || !status_.ok(); });
  RETURN_IF_ERROR(status_);
  waiting_.push_back(std::move(batch));
  changed_.notify_all();
  return absl::OkStatus();
}

absl::Status BatchLane::AwaitCommitted() {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return (waiting_.empty() && !committing_) || !status_.ok(); });
  return status_;
}

void BatchLane::Run() {
  std::unique_lock lock(mutex_);
  while (true) {
    changed_.wait(lock, [this] { return !waiting_.empty() || stopping_; });
    if (stopping_) return;
    const Batch batch = std::move(waiting_.front());
    waiting_.pop_front();
    committing_ = true;
    changed_.notify_all();
    lock.unlock();
    absl::Status status = CommitNow(batch);
    lock.lock();
    committing_ = false;
    if (!status.ok()) status_ = std::move(status);
    changed_.notify_all();
    if (!status_.ok()) return;
  }
}

// The balances come last: others wait for their rows only until this is committed.
absl::Status BatchLane::CommitNow(const Batch& batch) {
  RETURN_IF_ERROR(connection_->CopyIn(kCopyEvents, batch.rows));
  return connection_->Pipeline(batch.changes);
}

absl::StatusOr<std::unique_ptr<BatchAppender>> BatchAppender::Open(const Database& database, int connections,
                                                                   const BatchLimits& limits) {
  std::unique_ptr<BatchAppender> appender(new BatchAppender());
  appender->batch_ = limits.events;
  ASSIGN_OR_RETURN(appender->reader_, Connection::Open(database.dsn, database.schema));
  RETURN_IF_ERROR(MakeEventTable(*appender->reader_));
  RETURN_IF_ERROR(MakeBalanceTables(*appender->reader_));
  ASSIGN_OR_RETURN(StreamHistory history, HistoryOf(*appender->reader_));
  // What is read has to be committed before.
  const auto committed_history = [&appender = *appender, history = std::move(history)](
                                     const std::string& stream) -> absl::StatusOr<std::vector<std::string>> {
    RETURN_IF_ERROR(appender.CommitAll());
    return history(stream);
  };
  appender->fold_ = std::make_unique<EventFold>(committed_history, limits.claims_in_memory);
  appender->sources_ = std::make_unique<Sources>(*appender->reader_);
  for (int i = 0; i < connections; ++i) {
    ASSIGN_OR_RETURN(auto lane, BatchLane::Open(database));
    appender->lanes_.push_back(std::move(lane));
  }
  appender->pending_.resize(appender->lanes_.size());
  return appender;
}

absl::Status BatchAppender::Append(const LedgerEvent& event) {
  if (!event_.ParseFromArray(event.bytes.data(), static_cast<int>(event.bytes.size()))) {
    return absl::DataLossError("an event does not parse");
  }
  const bool structure = IsStructure(event_);
  if (std::exchange(in_structure_, structure) != structure) RETURN_IF_ERROR(CommitAll());
  const size_t lane = structure ? 0 : LaneOf(event_, lanes_.size());
  Pending& pending = pending_[lane];
  RETURN_IF_ERROR(fold_->Apply(event_, pending.changes));
  ASSIGN_OR_RETURN(const int16_t source, sources_->NumberOf(event_.source()));
  if (pending.events == 0) pending.rows = CopyHeader();
  PutCopyRow(pending.rows,
             {.sequence = event.sequence, .source = source, .event = event_, .bytes = event.bytes});
  if (++pending.events == batch_) return CommitPending(lane);
  return absl::OkStatus();
}

absl::Status BatchAppender::CommitPending(size_t lane) {
  Pending& pending = pending_[lane];
  if (pending.events == 0) return absl::OkStatus();
  pending.rows += CopyTrailer();
  BatchLane::Batch batch{.rows = std::move(pending.rows), .changes = {}};
  AddBalanceCalls(pending.changes, *fold_, batch.changes);
  batch.changes.push_back({"commit", {}});
  pending.rows = std::string();
  pending.rows.reserve(batch.rows.size());
  pending.changes.Clear();
  pending.events = 0;
  return lanes_[lane]->Commit(std::move(batch));
}

absl::Status BatchAppender::CommitAll() {
  for (size_t lane = 0; lane < lanes_.size(); ++lane) RETURN_IF_ERROR(CommitPending(lane));
  for (const auto& lane : lanes_) RETURN_IF_ERROR(lane->AwaitCommitted());
  return absl::OkStatus();
}

absl::Status BatchAppender::Finish() { return CommitAll(); }

}  // namespace realise::peers
