// A ledger in memory with a writer, and an independent reading of what its log holds.
#pragma once

#include <gtest/gtest.h>
#include <rocksdb/env.h>

#include <future>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "libs/base/clock.h"
#include "libs/event_log/commit.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"
#include "libs/ledger/decider_store.h"
#include "libs/ledger/ledger_writer.h"
#include "tests/support/faulty_event_log.h"

namespace realise::testing {

inline constexpr char kLedger[] = "RH5";

// What a log holds, read by the chain rule and a parse alone, without anything of the writer.
struct WriterTestLedger {
  std::vector<v1::Event> events;                      // event n is at n - 1
  std::map<Sequence, std::set<std::string>> digests;  // of the commits that end at a sequence, in hexadecimal
  std::vector<CommitHeader> headers;
  int void_records = 0;
};

v1::AppendRequest Request(std::vector<v1::Event> events);
v1::AppendRequest Expecting(v1::AppendRequest request, const std::string& stream, uint64_t version);
v1::AppendRequest DryRun(v1::AppendRequest request);
v1::AppendRequest AtLeast(v1::AppendRequest request, const std::string& position);
v1::AppendRequest Simulating(v1::AppendRequest request, const std::string& time);

class LedgerTest : public ::testing::Test {
 protected:
  LedgerTest();

  // Creates the ledger; opens the store if it is not.
  void Create(bool demonstration = false);
  std::unique_ptr<LedgerWriter> OpenWriter();
  std::unique_ptr<LedgerWriter> OpenWriter(const LedgerWriterOptions& options);
  // A store of its own, as another process would have.
  std::unique_ptr<DeciderStore> OpenStore(const std::string& path);
  // As after a restart: a new writer on what the log and the store hold.
  void Reopen(const LedgerWriterOptions& options);
  void DeleteStore();

  static std::future<AppendOutcome> Submit(LedgerWriter& writer, v1::AppendRequest request);
  // Waits for the outcome.
  static AppendOutcome Get(std::future<AppendOutcome> answer);
  AppendOutcome Append(v1::AppendRequest request) { return Get(Submit(*writer_, std::move(request))); }
  AppendOutcome Append(const v1::Event& event) { return Append(Request({event})); }

  // Fails the test if an event is there twice, or if the versions of a stream have a gap.
  WriterTestLedger ReadLedger();
  // The accepted command's events stand where it says, under the receipt that it says.
  static void ExpectRecorded(const WriterTestLedger& recorded, const AppendOutcome& outcome);

  LedgerWriterOptions options_;
  ManualClock clock_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<RocksDbEventLog> log_below_;
  std::unique_ptr<FaultyEventLog> log_;
  std::unique_ptr<DeciderStore> store_;
  std::unique_ptr<LedgerWriter> writer_;
};

}  // namespace realise::testing
