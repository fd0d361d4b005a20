// realise_guard: a few small pieces of work, each the same in every run, for tests/bench/guard.py to count
// their instructions.  Everything is in memory.  Without valgrind it only does the work.
#include <valgrind/callgrind.h>

#include <cstdlib>
#include <functional>
#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "libs/base/clock.h"
#include "libs/event_log/commit.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"
#include "libs/ledger/decider_store.h"
#include "libs/ledger/ledger_writer.h"
#include "libs/projection/answers.h"
#include "libs/projection/projection.h"
#include "realise/v1/commit.pb.h"
#include "rocksdb/env.h"
#include "tests/bench/generated_history.h"
#include "tests/bench/generated_ledger.h"

namespace realise::bench {
namespace {

constexpr const char* kLedger = "RH5";
constexpr const char* kAppendedTo = "RBD";
constexpr uint64_t kEvents = 8'000;
constexpr int kQuestions = 50;

void Require(const absl::Status& status) {
  if (status.ok()) return;
  fmt::print(stderr, "realise_guard: {}\n", status.ToString());
  std::exit(1);
}

template <typename T>
T Required(absl::StatusOr<T> result) {
  Require(result.status());
  return *std::move(result);
}

// Does the work with its instructions counted, and says how often the thing that a row is about was done.
void Count(const std::string& row, uint64_t times, const std::function<void()>& work) {
  CALLGRIND_ZERO_STATS;
  work();
  CALLGRIND_DUMP_STATS_AT(row.c_str());
  fmt::print("{} {}\n", row, times);
}

class Guard {
 public:
  Guard() : log_(Required(RocksDbEventLog::Open({.path = "/log", .env = disk_.get()}))) {
    size_ = Required(RecordGenerated(*log_, kLedger, kEvents));
  }

  void Parse();
  void Fold();
  void Ask();
  void Append();

 private:
  std::unique_ptr<Projection> OpenProjection() {
    ProjectionOptions options{.path = "/views", .env = disk_.get()};
    // So that this little ledger is caught up with as a long one is.
    options.catch_up_bytes = 64 * 1024;
    return Required(Projection::Open(*log_, options));
  }
  static void AppendOne(LedgerWriter& writer, std::vector<v1::Event> events);

  const std::unique_ptr<rocksdb::Env> disk_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
  const std::unique_ptr<RocksDbEventLog> log_;
  LedgerSize size_;
};

// The floor: what no replay can do without.
void Guard::Parse() {
  std::vector<std::string> commits;
  Require(ForEachRecord(*log_, kLedger, [&](std::string_view stored) { commits.emplace_back(stored); }));
  const auto parse = [&] {
    v1::CommitBody body;
    for (const std::string& stored : commits) {
      const auto commit = DecodeCommit(stored);
      if (!commit || !body.ParseFromArray(commit->body.data(), static_cast<int>(commit->body.size()))) {
        Require(absl::DataLossError("a generated commit does not decode"));
      }
    }
  };
  parse();  // what is made once is made
  Count("parse", kEvents, parse);
}

void Guard::Fold() {
  const auto projection = OpenProjection();
  Count("fold", kEvents, [&] { Require(projection->RunOnce()); });
}

void Guard::Ask() {
  const auto projection = OpenProjection();
  Count("open", 1, [&] { Require(projection->RunOnce()); });
  v1::QuerySavingsRequest request;
  request.set_ledger(kLedger);
  request.add_board_ids(kPlainBoard);
  const auto ask = [&] {
    for (int i = 0; i < kQuestions; ++i) {
      const auto source = Required(projection->Snapshot(kLedger));
      Require(AnswerSavings(*source, request).status());
    }
  };
  ask();  // what is kept for later questions is there
  request.set_period("2023/24-M12");
  Count("ask", kQuestions, ask);
  // From the end, each position once, so that nothing is known of it.
  constexpr Sequence kPositions = kEvents / kEventsPerCommit / 2;
  Count("ask_once", kPositions, [&] {
    for (Sequence i = 0; i < kPositions; ++i) {
      const Sequence position = (kEvents / kEventsPerCommit - i) * kEventsPerCommit;
      request.mutable_basis()->set_position(fmt::format("{}@{}", kLedger, position));
      const auto source = Required(projection->Snapshot(kLedger));
      Require(AnswerSavings(*source, request).status());
    }
  });
}

void Guard::AppendOne(LedgerWriter& writer, std::vector<v1::Event> events) {
  v1::AppendRequest request;
  request.set_ledger(kAppendedTo);
  for (v1::Event& event : events) *request.add_events() = std::move(event);
  std::promise<AppendOutcome> answer;
  writer.Submit(std::move(request), [&](AppendOutcome outcome) { answer.set_value(std::move(outcome)); });
  Require(answer.get_future().get().status);
}

void Guard::Append() {
  const ManualClock clock(*ParseInstant("2024-06-01"));
  const auto store = Required(DeciderStore::Open({.path = "/decider", .env = disk_.get()}));
  Require(CreateLedger(*log_, clock, kAppendedTo, false).status());
  LedgerWriterOptions options;
  options.ledger = kAppendedTo;
  const auto writer = Required(LedgerWriter::Open(*log_, *store, clock, options));
  GeneratedHistory history(kSeed, kEvents);
  std::vector<std::vector<v1::Event>> batches;
  for (uint64_t i = 0; i < kEvents; ++i) {
    if (i % kEventsPerCommit == 0) batches.emplace_back();
    if (!history.Next(batches.back().emplace_back()))
      Require(absl::InternalError("the history is too short"));
  }
  Count("append", kEvents, [&] {
    for (std::vector<v1::Event>& batch : batches) AppendOne(*writer, std::move(batch));
  });
}

}  // namespace
}  // namespace realise::bench

int main() {
  realise::bench::Guard guard;
  guard.Parse();
  guard.Fold();
  guard.Ask();
  guard.Append();
  return 0;
}
