#include "libs/ledger/testing/ledger_fixture.h"

#include <utility>

#include "libs/base/sha256.h"
#include "libs/event_log/commit_chain.h"
#include "realise/v1/commit.pb.h"

namespace realise::testing {
namespace {

constexpr std::chrono::seconds kAnswerWithin{60};

}  // namespace

v1::AppendRequest Request(std::vector<v1::Event> events) {
  v1::AppendRequest request;
  request.set_ledger(kLedger);
  for (v1::Event& event : events) *request.add_events() = std::move(event);
  return request;
}

v1::AppendRequest Expecting(v1::AppendRequest request, const std::string& stream, uint64_t version) {
  v1::ExpectedVersion& expected = *request.add_expected_versions();
  expected.set_stream(stream);
  expected.set_version(version);
  return request;
}

v1::AppendRequest DryRun(v1::AppendRequest request) {
  request.set_dry_run(true);
  return request;
}

v1::AppendRequest AtLeast(v1::AppendRequest request, const std::string& position) {
  request.set_at_least(position);
  return request;
}

v1::AppendRequest Simulating(v1::AppendRequest request, const std::string& time) {
  request.set_simulated_time(time);
  return request;
}

LedgerTest::LedgerTest()
    : clock_(*ParseInstant("2024-06-03T09:00:00Z")), env_(rocksdb::NewMemEnv(rocksdb::Env::Default())) {
  options_.ledger = kLedger;
  RocksDbEventLogOptions log_options;
  log_options.path = "/log";
  log_options.env = env_.get();
  auto log = RocksDbEventLog::Open(log_options);
  EXPECT_TRUE(log.ok()) << log.status();
  log_below_ = *std::move(log);
  log_ = std::make_unique<FaultyEventLog>(*log_below_);
  store_ = OpenStore("/decider");
}

std::unique_ptr<DeciderStore> LedgerTest::OpenStore(const std::string& path) {
  auto store = DeciderStore::Open({path, env_.get()});
  EXPECT_TRUE(store.ok()) << store.status();
  return *std::move(store);
}

void LedgerTest::Create(bool demonstration) {
  const auto created = CreateLedger(*log_below_, clock_, kLedger, demonstration);
  ASSERT_TRUE(created.ok()) << created.status();
  writer_ = OpenWriter();
}

std::unique_ptr<LedgerWriter> LedgerTest::OpenWriter() { return OpenWriter(options_); }

std::unique_ptr<LedgerWriter> LedgerTest::OpenWriter(const LedgerWriterOptions& options) {
  auto writer = LedgerWriter::Open(*log_, *store_, clock_, options);
  EXPECT_TRUE(writer.ok()) << writer.status();
  return *std::move(writer);
}

void LedgerTest::Reopen(const LedgerWriterOptions& options) {
  writer_.reset();
  writer_ = OpenWriter(options);
}

void LedgerTest::DeleteStore() {
  writer_.reset();
  store_.reset();
  static int stores = 0;
  store_ = OpenStore("/decider-" + std::to_string(++stores));
}

std::future<AppendOutcome> LedgerTest::Submit(LedgerWriter& writer, v1::AppendRequest request) {
  auto promise = std::make_shared<std::promise<AppendOutcome>>();  // std::function has to be copyable
  std::future<AppendOutcome> answer = promise->get_future();
  writer.Submit(std::move(request),
                [promise](AppendOutcome outcome) { promise->set_value(std::move(outcome)); });
  return answer;
}

AppendOutcome LedgerTest::Get(std::future<AppendOutcome> answer) {
  if (answer.wait_for(kAnswerWithin) == std::future_status::ready) return answer.get();
  ADD_FAILURE() << "no answer";
  AppendOutcome outcome;
  outcome.status = absl::DeadlineExceededError("no answer");
  return outcome;
}

WriterTestLedger LedgerTest::ReadLedger() {
  WriterTestLedger recorded;
  auto reader = log_below_->OpenReader(kLedger, 0);
  EXPECT_TRUE(reader.ok()) << reader.status();
  CommitChain chain;
  std::set<std::pair<std::string, std::string>> ids;
  std::map<std::string, uint64_t> versions;
  while ((*reader)->next_address() < *(*reader)->End()) {
    const auto records = (*reader)->Read(std::chrono::milliseconds(0), 1 << 20);
    EXPECT_TRUE(records.ok()) << records.status();
    for (const LogRecord& record : *records) {
      const Digest digest = Sha256(record.stored);
      const auto commit = DecodeCommit(record.stored);
      if (chain.Offer(commit, digest) != Verdict::kValid) {
        ++recorded.void_records;
        continue;
      }
      v1::CommitBody body;
      EXPECT_TRUE(body.ParseFromString(std::string(commit->body)));
      EXPECT_EQ(static_cast<uint32_t>(body.events_size()), commit->header.event_count);
      for (const v1::Event& event : body.events()) {
        EXPECT_TRUE(ids.insert({event.source(), event.id()}).second) << event.id() << " is there twice";
        EXPECT_EQ(event.stream_version(), ++versions[event.stream()]) << event.stream();
        recorded.events.push_back(event);
      }
      EXPECT_EQ(recorded.events.size(), commit->header.LastSequence());
      recorded.digests[commit->header.LastSequence()].insert(ToHex(digest.view()));
      recorded.headers.push_back(commit->header);
    }
  }
  return recorded;
}

void LedgerTest::ExpectRecorded(const WriterTestLedger& recorded, const AppendOutcome& outcome) {
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  for (const v1::Appended& appended : outcome.events) {
    ASSERT_GE(appended.sequence(), 1u);
    ASSERT_LE(appended.sequence(), recorded.events.size());
    const v1::Event& event = recorded.events[appended.sequence() - 1];
    EXPECT_EQ(event.id(), appended.event_id());
    EXPECT_EQ(event.stream_version(), appended.stream_version());
    EXPECT_LE(appended.sequence(), outcome.receipt.sequence);
  }
  ASSERT_TRUE(outcome.receipt.digest);
  const auto digests = recorded.digests.find(outcome.receipt.sequence);
  ASSERT_NE(digests, recorded.digests.end());
  EXPECT_EQ(digests->second.count(ToHex(outcome.receipt.digest->view())), 1u);
}

}  // namespace realise::testing
