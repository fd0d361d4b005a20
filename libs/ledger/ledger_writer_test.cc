#include "libs/ledger/ledger_writer.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <google/protobuf/arena.h>
#include <gtest/gtest.h>

#include <future>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "libs/domain/testing/event_builders.h"
#include "libs/ledger/testing/ledger_fixture.h"

namespace realise::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

class LedgerWriterTest : public LedgerTest {};

TEST_F(LedgerWriterTest, OpensOnlyALedgerThatWasCreated) {
  EXPECT_TRUE(absl::IsNotFound(LedgerWriter::Open(*log_, *store_, clock_, options_).status()));
  ASSERT_TRUE(log_below_->CreateLedger(kLedger).ok());
  EXPECT_TRUE(absl::IsNotFound(LedgerWriter::Open(*log_, *store_, clock_, options_).status()))
      << "a place without a first commit is not a ledger";
}

TEST_F(LedgerWriterTest, RecordsAnAtomicBatch) {
  Create();
  const AppendOutcome outcome = Append(
      Request({BoardEstablished("b-1"), BoardRenamed("b-1", "Beds", "2023-04-01"), BoardEstablished("b-2")}));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  ASSERT_THAT(outcome.events, SizeIs(3));
  EXPECT_EQ(outcome.events[1].sequence(), 2u);
  EXPECT_EQ(outcome.events[1].stream_version(), 2u);
  EXPECT_FALSE(outcome.events[1].already_recorded());
  EXPECT_EQ(outcome.receipt.sequence, 3u);

  const AppendOutcome next = Append(ProjectProposed("p-1"));
  EXPECT_EQ(next.receipt.sequence, 4u);
  const WriterTestLedger recorded = ReadLedger();
  EXPECT_THAT(recorded.events, SizeIs(4));
  EXPECT_THAT(recorded.headers, SizeIs(3)) << "the first one, and one a command";
  ExpectRecorded(recorded, outcome);
  ExpectRecorded(recorded, next);
}

TEST_F(LedgerWriterTest, TakesACommandOnAnArenaThatItKeeps) {
  Create();
  std::promise<AppendOutcome> promise;
  {
    const auto arena = std::make_shared<google::protobuf::Arena>();
    auto* batch = google::protobuf::Arena::CreateMessage<v1::AppendStreamRequest>(arena.get());
    *batch->mutable_append() = Request({BoardEstablished("b-1"), BoardRenamed("b-1", "Beds", "2023-04-01")});
    writer_->Submit(std::shared_ptr<v1::AppendRequest>(arena, batch->mutable_append()),
                    [&promise](AppendOutcome outcome) { promise.set_value(std::move(outcome)); });
  }
  const AppendOutcome outcome = Get(promise.get_future());
  ASSERT_TRUE(outcome.status.ok()) << outcome.status;
  ExpectRecorded(ReadLedger(), outcome);
}

TEST_F(LedgerWriterTest, RefusesABatchWhole) {
  Create();
  const AppendOutcome outcome =
      Append(Request({BoardEstablished("b-1"), BoardRenamed("b-9", "Beds", "2023-04-01")}));
  EXPECT_TRUE(absl::IsNotFound(outcome.status)) << outcome.status;
  ASSERT_THAT(outcome.refusals, SizeIs(1));
  EXPECT_EQ(outcome.refusals[0].event_index(), 1u);
  EXPECT_EQ(outcome.refusals[0].reason(), "UNKNOWN_BOARD");
  EXPECT_EQ(outcome.receipt.sequence, 0u);
  EXPECT_TRUE(outcome.receipt.digest);
  EXPECT_TRUE(Append(BoardEstablished("b-1")).status.ok()) << "its id and its stream are free";
}

v1::AppendRequest RegisteredOnly(v1::AppendRequest request) {
  request.set_registered_sources_only(true);
  return request;
}

struct RefusalCase {
  std::string name;
  v1::AppendRequest request;
  absl::StatusCode code;
  std::string reason;
};

std::vector<RefusalCase> RefusalCases() {
  v1::Event other = BoardEstablished("b-1");
  other.mutable_board_established()->set_name("Another name");
  std::vector<v1::Event> too_many;
  for (int i = 0; i < 1001; ++i) too_many.push_back(BoardEstablished("n-" + std::to_string(i)));
  const v1::Event fresh = BoardEstablished("b-3");
  const std::string zeros(64, '0');
  return {
      {"Conflict", Request({other}), absl::StatusCode::kAlreadyExists, "CONFLICTING_DUPLICATE"},
      {"ConflictBeforeVersion", Expecting(Request({other}), "board/b-1", 7), absl::StatusCode::kAlreadyExists,
       "CONFLICTING_DUPLICATE"},
      {"Version", Expecting(Request({BoardRenamed("b-1", "Beds", "2023-04-01")}), "board/b-1", 2),
       absl::StatusCode::kAborted, "WRONG_EXPECTED_VERSION"},
      {"VersionBeforeReceipt", AtLeast(Expecting(Request({fresh}), "board/b-1", 0), "RH5@1#" + zeros),
       absl::StatusCode::kAborted, "WRONG_EXPECTED_VERSION"},
      {"Receipt", AtLeast(Request({fresh}), "RH5@1#" + zeros), absl::StatusCode::kFailedPrecondition,
       "RECEIPT_MISMATCH"},
      {"Simulated", Simulating(Request({fresh}), "2023-04-01T00:00:00Z"),
       absl::StatusCode::kFailedPrecondition, "SIMULATED_TIME"},
      {"TooMany", Request(too_many), absl::StatusCode::kInvalidArgument, "TOO_LARGE"},
      {"Empty", Request({}), absl::StatusCode::kInvalidArgument, "MISSING_FIELD"},
      {"Form", Request({WithId(fresh, "")}), absl::StatusCode::kInvalidArgument, "MISSING_FIELD"},
      {"Position", AtLeast(Request({fresh}), "RH5"), absl::StatusCode::kInvalidArgument, "MALFORMED"},
      {"OtherLedger", AtLeast(Request({fresh}), "RA4@1"), absl::StatusCode::kInvalidArgument, "MALFORMED"},
      {"Time", Simulating(Request({fresh}), "yesterday"), absl::StatusCode::kInvalidArgument, "MALFORMED"},
      {"Publisher", RegisteredOnly(Request({fresh})), absl::StatusCode::kFailedPrecondition,
       "PUBLISHER_NOT_REGISTERED"},
      {"Domain", Request({WithId(BoardEstablished("b-1"), "again")}), absl::StatusCode::kAlreadyExists,
       "ALREADY_EXISTS"},
  };
}

TEST_F(LedgerWriterTest, NamesEachRefusal) {
  Create();
  const AppendOutcome first = Append(BoardEstablished("b-1"));
  ASSERT_TRUE(first.status.ok());
  for (const RefusalCase& refusal : RefusalCases()) {
    SCOPED_TRACE(refusal.name);
    const AppendOutcome outcome = Append(refusal.request);
    EXPECT_EQ(outcome.status.code(), refusal.code) << outcome.status;
    ASSERT_THAT(outcome.refusals, SizeIs(1));
    EXPECT_EQ(outcome.refusals[0].reason(), refusal.reason);
    EXPECT_EQ(outcome.receipt, first.receipt) << "where it was decided";
  }
  EXPECT_THAT(ReadLedger().events, SizeIs(1));
  EXPECT_EQ(writer_->Counts().receipt_mismatches, 1u);
  EXPECT_TRUE(writer_->Health().ok()) << "a caller's receipt stops nothing";
}

TEST_F(LedgerWriterTest, HoldsAPublisherToItsList) {
  Create();
  ASSERT_TRUE(Append(PublisherRegistered("founder", "/founder", {"board_established"})).status.ok());
  const v1::Event founded = FromSource(BoardEstablished("b-1"), "/founder");
  EXPECT_TRUE(Append(RegisteredOnly(Request({founded}))).status.ok());
  const AppendOutcome beyond =
      Append(Request({FromSource(BoardRenamed("b-1", "Beds", "2023-04-01"), "/founder")}));
  ASSERT_THAT(beyond.refusals, SizeIs(1));
  EXPECT_EQ(beyond.refusals[0].reason(), "PUBLISHER_TYPE_NOT_ALLOWED");

  ASSERT_TRUE(Append(PublisherWithdrawn("founder")).status.ok());
  const AppendOutcome late = Append(FromSource(BoardEstablished("b-2"), "/founder"));
  ASSERT_THAT(late.refusals, SizeIs(1));
  EXPECT_EQ(late.refusals[0].reason(), "PUBLISHER_NOT_REGISTERED");
  const AppendOutcome again = Append(RegisteredOnly(Request({founded})));
  ASSERT_TRUE(again.status.ok()) << again.status;
  EXPECT_TRUE(again.events[0].already_recorded()) << "what was recorded once is recorded";
}

TEST_F(LedgerWriterTest, RefusesABodyOverTheLimit) {
  Create();
  std::vector<v1::Event> events;
  for (int i = 0; i < 100; ++i) {
    v1::Event event = BoardEstablished("b-" + std::to_string(i));
    event.set_causation_id(std::string(100, 'x'));
    events.push_back(event);
  }
  EXPECT_TRUE(Append(Request(events)).status.ok());
  std::vector<v1::Event> bands;
  for (int i = 0; i < 1000; ++i) {
    bands.push_back(
        WithId(WaitBandsRecorded("m-1", "2023/24-M01", std::vector<int64_t>(105, 1'000'000'000'000)),
               "w-" + std::to_string(i)));
  }
  const AppendOutcome outcome = Append(Request(bands));
  ASSERT_THAT(outcome.refusals, SizeIs(1));
  EXPECT_EQ(outcome.refusals[0].reason(), "TOO_LARGE");
}

// Worked case 10: a duplicate publication.
TEST_F(LedgerWriterTest, RecordsADuplicatePublicationOnce) {
  Create();
  const v1::Event event = BoardEstablished("b-1");
  const AppendOutcome first = Append(event);
  ASSERT_TRUE(Append(BoardEstablished("b-2")).status.ok());

  AppendOutcome again = Append(Expecting(Request({event}), "board/b-1", 0));
  ASSERT_TRUE(again.status.ok()) << "sent again with what it expected then: " << again.status;
  EXPECT_TRUE(again.events[0].already_recorded());
  EXPECT_EQ(again.events[0].sequence(), 1u);
  EXPECT_EQ(again.events[0].stream_version(), 1u);
  EXPECT_EQ(again.receipt, first.receipt);

  v1::Event other = event;
  other.set_occurred_on("2023-04-04");
  EXPECT_EQ(Append(other).refusals[0].reason(), "CONFLICTING_DUPLICATE");
  EXPECT_TRUE(absl::IsAlreadyExists(Append(WithId(event, "new-id")).status));
  EXPECT_THAT(ReadLedger().events, SizeIs(2));
}

TEST_F(LedgerWriterTest, AppendsWhatIsNewOfABatchWithDuplicates) {
  Create();
  const v1::Event known = BoardEstablished("b-1");
  const v1::Event fresh = BoardEstablished("b-2");
  const AppendOutcome first = Append(known);
  const AppendOutcome mixed = Append(Request({fresh, known, fresh}));
  ASSERT_TRUE(mixed.status.ok()) << mixed.status;
  EXPECT_EQ(mixed.events[0].sequence(), 2u);
  EXPECT_FALSE(mixed.events[0].already_recorded());
  EXPECT_EQ(mixed.events[1].sequence(), 1u);
  EXPECT_TRUE(mixed.events[1].already_recorded());
  EXPECT_EQ(mixed.events[2].sequence(), 2u);
  EXPECT_TRUE(mixed.events[2].already_recorded());
  EXPECT_EQ(mixed.events[2].stream_version(), 1u);
  EXPECT_EQ(mixed.receipt.sequence, 2u);
  ExpectRecorded(ReadLedger(), mixed);

  v1::Event other = BoardEstablished("b-3");
  other.mutable_board_established()->set_name("Another name");
  EXPECT_EQ(Append(Request({BoardEstablished("b-3"), other})).refusals[0].reason(), "CONFLICTING_DUPLICATE");
  EXPECT_TRUE(Append(BoardEstablished("b-3")).status.ok());
}

TEST_F(LedgerWriterTest, DryRunListsAllAndAppendsNothing) {
  Create();
  const AppendOutcome first = Append(BoardEstablished("b-1"));
  const std::vector<v1::Event> events = {BoardEstablished("b-2"), BoardRenamed("b-2", "Beds", "2023-04-01"),
                                         BoardRenamed("b-9", "Beds", "2023-04-01"),
                                         WithId(BoardEstablished("b-3"), ""), BoardEstablished("b-1")};
  for (int run = 0; run < 2; ++run) {
    const AppendOutcome outcome = Append(DryRun(Expecting(Request(events), "board/b-1", 9)));
    ASSERT_TRUE(outcome.status.ok()) << outcome.status;
    ASSERT_THAT(outcome.refusals, SizeIs(3));
    EXPECT_EQ(outcome.refusals[0].reason(), "MISSING_FIELD");
    EXPECT_EQ(outcome.refusals[0].event_index(), 3u);
    EXPECT_EQ(outcome.refusals[1].reason(), "WRONG_EXPECTED_VERSION");
    EXPECT_EQ(outcome.refusals[1].event_index(), 4u);
    EXPECT_EQ(outcome.refusals[2].reason(), "UNKNOWN_BOARD");
    EXPECT_EQ(outcome.refusals[2].event_index(), 2u);
    ASSERT_THAT(outcome.events, SizeIs(5));
    EXPECT_EQ(outcome.events[1].stream_version(), 2u) << "later ones see earlier ones";
    EXPECT_EQ(outcome.events[1].sequence(), 0u);
    EXPECT_TRUE(outcome.events[4].already_recorded());
    EXPECT_EQ(outcome.receipt, first.receipt);
  }
  EXPECT_THAT(ReadLedger().headers, SizeIs(2));
  EXPECT_EQ(Append(BoardEstablished("b-2")).events[0].sequence(), 2u);
}

TEST_F(LedgerWriterTest, TakesAReceiptOfItsHistory) {
  Create();
  const AppendOutcome first = Append(BoardEstablished("b-1"));
  ASSERT_TRUE(Append(BoardEstablished("b-2")).status.ok());
  EXPECT_TRUE(Append(AtLeast(Request({BoardEstablished("b-3")}), first.receipt.ToString())).status.ok());
  EXPECT_TRUE(Append(AtLeast(Request({BoardEstablished("b-4")}), "RH5@3")).status.ok());
  // An empty commit ends where the one before it does; both receipts are good.
  const auto corrected = writer_->CorrectClock();
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  EXPECT_EQ(corrected->sequence, 4u);
  EXPECT_TRUE(Append(AtLeast(Request({BoardEstablished("b-5")}), corrected->ToString())).status.ok());
  options_.save_every_events = 1;
  Reopen(options_);
  EXPECT_TRUE(Append(AtLeast(Request({BoardEstablished("b-6")}), first.receipt.ToString())).status.ok());
  EXPECT_TRUE(Append(AtLeast(Request({BoardEstablished("b-7")}), corrected->ToString())).status.ok());
}

// An empty commit ends where the one before it does, so the position says nothing of whether it was read.
TEST_F(LedgerWriterTest, WaitsForTheEmptyCommitThatAReceiptNames) {
  Create();
  ASSERT_TRUE(Append(BoardEstablished("b-1")).status.ok());
  const std::unique_ptr<DeciderStore> other_store = OpenStore("/other");
  const auto other = LedgerWriter::Open(*log_below_, *other_store, clock_, options_);
  ASSERT_TRUE(other.ok()) << other.status();
  log_->HoldReads();
  const auto corrected = (*other)->CorrectClock();
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  ASSERT_EQ(corrected->sequence, 1u);
  std::future<AppendOutcome> known =
      Submit(*writer_, AtLeast(Request({BoardEstablished("b-1")}), corrected->ToString()));
  std::future<AppendOutcome> fresh =
      Submit(*writer_, AtLeast(Request({BoardEstablished("b-2")}), corrected->ToString()));
  std::future<AppendOutcome> wrong =
      Submit(*writer_, AtLeast(Request({BoardEstablished("b-3")}), "RH5@1#" + std::string(64, '0')));
  log_->ReleaseReads();
  EXPECT_TRUE(Get(std::move(known)).events.at(0).already_recorded());
  EXPECT_TRUE(Get(std::move(fresh)).status.ok());
  EXPECT_EQ(Get(std::move(wrong)).refusals.at(0).reason(), "RECEIPT_MISMATCH");
  EXPECT_EQ(writer_->Counts().receipt_mismatches, 1u);
}

TEST_F(LedgerWriterTest, ComparesTheReceiptOfADuplicateToo) {
  Create();
  ASSERT_TRUE(Append(BoardEstablished("b-1")).status.ok());
  const AppendOutcome again =
      Append(AtLeast(Request({BoardEstablished("b-1")}), "RH5@1#" + std::string(64, '0')));
  EXPECT_EQ(again.refusals.at(0).reason(), "RECEIPT_MISMATCH");
}

TEST_F(LedgerWriterTest, WaitsForAtLeast) {
  Create();
  std::future<AppendOutcome> waiting = Submit(*writer_, AtLeast(Request({BoardEstablished("b-1")}), "RH5@2"));
  ASSERT_TRUE(Append(BoardEstablished("b-2")).status.ok());
  ASSERT_TRUE(Append(BoardEstablished("b-3")).status.ok());
  EXPECT_EQ(Get(std::move(waiting)).events[0].sequence(), 3u);
  options_.answer_within = std::chrono::milliseconds(50);
  Reopen(options_);
  const AppendOutcome late = Append(AtLeast(Request({BoardEstablished("b-4")}), "RH5@99"));
  EXPECT_TRUE(absl::IsDeadlineExceeded(late.status)) << late.status;
  EXPECT_THAT(ReadLedger().events, SizeIs(3));
}

TEST_F(LedgerWriterTest, RefusesOverTheLimitOfTheProcess) {
  std::atomic<size_t> process = 0;
  options_.process_pending_bytes = &process;
  Create();
  EXPECT_TRUE(Get(Submit(*writer_, Request({BoardEstablished("b-1")}))).status.ok());
  EXPECT_EQ(process, 0u) << "what was answered waits no more";
  process = kProcessPendingBytesMax;
  EXPECT_TRUE(absl::IsResourceExhausted(Get(Submit(*writer_, Request({BoardEstablished("b-2")}))).status));
  EXPECT_EQ(process, kProcessPendingBytesMax);
  process = 0;
  EXPECT_TRUE(Get(Submit(*writer_, Request({BoardEstablished("b-2")}))).status.ok());
}

TEST_F(LedgerWriterTest, RefusesOverTheLimitOfWaitingBytes) {
  options_.pending_bytes_max = 2000;
  Create();
  log_->HoldReads();
  std::future<AppendOutcome> first = Submit(*writer_, Request({BoardEstablished("b-0")}));
  std::vector<std::future<AppendOutcome>> more;
  for (int i = 1; i < 20; ++i)
    more.push_back(Submit(*writer_, Request({BoardEstablished("b-" + std::to_string(i))})));
  const AppendOutcome over = Get(std::move(more.back()));
  EXPECT_TRUE(absl::IsResourceExhausted(over.status))
      << "at once, though nothing is read back: " << over.status;
  more.pop_back();
  log_->ReleaseReads();
  EXPECT_TRUE(Get(std::move(first)).status.ok());
  size_t accepted = 1;
  for (std::future<AppendOutcome>& answer : more) accepted += Get(std::move(answer)).status.ok() ? 1 : 0;
  EXPECT_THAT(ReadLedger().events, SizeIs(accepted));
  EXPECT_TRUE(Append(BoardEstablished("later")).status.ok()) << "the bytes are free again";
}

TEST_F(LedgerWriterTest, RefusesWhenItsClockIsBehind) {
  Create();
  clock_.Advance(std::chrono::seconds(1));
  ASSERT_TRUE(Append(BoardEstablished("b-1")).status.ok());
  clock_.Advance(-std::chrono::seconds(2));
  ASSERT_TRUE(Append(BoardEstablished("b-2")).status.ok()) << "at the limit";
  clock_.Advance(-std::chrono::microseconds(2));
  const AppendOutcome behind = Append(BoardEstablished("b-3"));
  EXPECT_TRUE(absl::IsFailedPrecondition(behind.status)) << behind.status;
  EXPECT_EQ(behind.refusals[0].reason(), "CLOCK");

  const auto corrected = writer_->CorrectClock();
  ASSERT_TRUE(corrected.ok()) << corrected.status();
  ASSERT_TRUE(Append(BoardEstablished("b-3")).status.ok());
  const WriterTestLedger recorded = ReadLedger();
  ASSERT_THAT(recorded.headers, SizeIs(5));
  EXPECT_EQ(recorded.headers[2].recorded_at, recorded.headers[1].recorded_at + std::chrono::microseconds(1));
  EXPECT_EQ(recorded.headers[3].recorded_at, clock_.Now());
  EXPECT_EQ(recorded.headers[3].flags, kFlagClockCorrection);
  EXPECT_EQ(recorded.headers[4].recorded_at, clock_.Now() + std::chrono::microseconds(1));
}

TEST_F(LedgerWriterTest, RefusesWhenItsClockIsFarFromTheLogs) {
  Create();
  ManualClock log_clock(clock_.Now() + std::chrono::minutes(2));
  log_->StampAppends(&log_clock);
  ASSERT_TRUE(Append(BoardEstablished("b-1")).status.ok()) << "nothing is known of the log's clock yet";
  const AppendOutcome skewed = Append(BoardEstablished("b-2"));
  EXPECT_EQ(skewed.refusals[0].reason(), "CLOCK");
  clock_.Advance(std::chrono::minutes(2));
  EXPECT_TRUE(Append(BoardEstablished("b-2")).status.ok()) << "it was set right";
}

// It used to stay so until the writer was started again: a writer that sends nothing reads nothing of the
// log's clock.
TEST_F(LedgerWriterTest, SeesThatTheLogsClockWasSetRight) {
  Create();
  ManualClock log_clock(clock_.Now() - std::chrono::minutes(2));
  log_->StampAppends(&log_clock);
  ASSERT_TRUE(Append(BoardEstablished("b-1")).status.ok()) << "nothing is known of the log's clock yet";
  ASSERT_EQ(Append(BoardEstablished("b-2")).refusals[0].reason(), "CLOCK");
  log_clock.Set(clock_.Now());
  AppendOutcome again;
  do {
    again = Append(BoardEstablished("b-2"));
  } while (absl::IsFailedPrecondition(again.status));
  ASSERT_TRUE(again.status.ok()) << again.status;
  const WriterTestLedger recorded = ReadLedger();
  EXPECT_THAT(recorded.events, SizeIs(2));
  EXPECT_LE(recorded.headers.size(), 6u) << "few commits are sent only to look at the log's clock";
}

TEST_F(LedgerWriterTest, DatesADemonstrationAsItIsTold) {
  Create(true);
  const std::string may = "2023-05-01T10:00:00Z";
  const auto at = [&](const std::string& id, const std::string& time) {
    return Submit(*writer_, Simulating(Request({BoardEstablished(id)}), time));
  };
  std::vector<std::future<AppendOutcome>> answers;
  answers.push_back(at("b-1", may));
  answers.push_back(at("b-2", may));
  answers.push_back(at("b-3", "2023-05-02T10:00:00Z"));
  answers.push_back(at("b-4", may));
  for (std::future<AppendOutcome>& answer : answers) EXPECT_TRUE(Get(std::move(answer)).status.ok());
  ASSERT_TRUE(Append(BoardEstablished("b-5")).status.ok());

  const WriterTestLedger recorded = ReadLedger();
  const Instant first = *ParseInstant(may);
  const Instant second = *ParseInstant("2023-05-02T10:00:00Z");
  std::vector<Instant> by_event;
  for (const CommitHeader& header : recorded.headers) {
    by_event.insert(by_event.end(), header.event_count, header.recorded_at);
  }
  ASSERT_THAT(by_event, SizeIs(5));
  EXPECT_EQ(by_event[0], first);
  EXPECT_LE(by_event[1], first + std::chrono::microseconds(1)) << "in the same commit or right behind it";
  EXPECT_EQ(by_event[2], second);
  EXPECT_EQ(by_event[3], second + std::chrono::microseconds(1)) << "not after the last";
  EXPECT_EQ(by_event[4], clock_.Now());
  EXPECT_EQ(recorded.headers[0].flags, kFlagDemonstration);
}

TEST_F(LedgerWriterTest, AnswersOutcomeUnknownAndGoesOn) {
  options_.answer_within = std::chrono::milliseconds(100);
  Create();
  log_->HoldReads();
  const AppendOutcome unknown = Append(BoardEstablished("b-1"));
  EXPECT_TRUE(absl::IsUnavailable(unknown.status)) << unknown.status;
  log_->ReleaseReads();
  AppendOutcome again;
  // Safe to send again, as often as it takes.
  do {
    again = Append(BoardEstablished("b-1"));
  } while (absl::IsUnavailable(again.status));
  ASSERT_TRUE(again.status.ok()) << again.status;
  EXPECT_THAT(ReadLedger().events, SizeIs(1));
}

TEST_F(LedgerWriterTest, TriesAgainWhenTheLogTakesNothing) {
  Create();
  log_->FailAppends(absl::UnavailableError("no broker answers"));
  std::future<AppendOutcome> answer = Submit(*writer_, Request({BoardEstablished("b-1")}));
  while (writer_->Health().ok()) std::this_thread::yield();
  EXPECT_THAT(writer_->Health().ToString(), HasSubstr("no broker answers"));
  log_->FailAppends(absl::OkStatus());
  EXPECT_TRUE(Get(std::move(answer)).status.ok());
  EXPECT_TRUE(Append(BoardEstablished("b-2")).status.ok());
  EXPECT_TRUE(writer_->Health().ok());
}

TEST_F(LedgerWriterTest, SeesThatTheLogIsBackThoughNothingIsAppended) {
  options_.answer_within = std::chrono::milliseconds(50);
  Create();
  log_->FailAppends(absl::UnavailableError("no broker answers"));
  EXPECT_TRUE(absl::IsUnavailable(Append(BoardEstablished("b-1")).status));
  EXPECT_FALSE(writer_->Health().ok());
  log_->FailAppends(absl::OkStatus());
  while (!writer_->Health().ok()) std::this_thread::yield();
}

TEST_F(LedgerWriterTest, GivesEachReasonACode) {
  for (int i = 0; i <= static_cast<int>(kLastReason); ++i) {
    const absl::StatusCode code = CodeOf(static_cast<Reason>(i));
    EXPECT_TRUE(code == absl::StatusCode::kInvalidArgument || code == absl::StatusCode::kFailedPrecondition ||
                code == absl::StatusCode::kNotFound || code == absl::StatusCode::kAlreadyExists ||
                code == absl::StatusCode::kAborted)
        << ReasonName(static_cast<Reason>(i));
  }
}

}  // namespace
}  // namespace realise::testing
