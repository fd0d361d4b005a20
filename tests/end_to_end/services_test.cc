// Streams, dry runs, health, history: what other systems use.
#include <map>
#include <string>

#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/rpc/rpc_status.h"
#include "tests/end_to_end/served_ledger.h"

namespace realise::testing {
namespace {

class Services : public ::testing::Test {
 protected:
  void SetUp() override { served_.Create("T01"); }

  static v1::AppendRequest Request(const std::vector<v1::Event>& events) {
    v1::AppendRequest request;
    request.set_ledger("T01");
    request.set_simulated_time("2024-06-01");
    for (const v1::Event& event : events) *request.add_events() = event;
    return request;
  }

  ServedLedger served_;
};

TEST_F(Services, ALedgerThatNobodyCreatedIsNotFound) {
  v1::AppendRequest request = Request({BoardEstablished("b-1")});
  request.set_ledger("XX9");
  v1::AppendResponse response;
  EXPECT_EQ(served_.TryAppend(request, &response).error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(Services, AnAtomicBatchIsThereWholeOrNotAtAll) {
  v1::AppendResponse response;
  const grpc::Status refused =
      served_.TryAppend(Request({BoardEstablished("b-1"), ProjectAssigned("p-none", "b-1")}), &response);
  EXPECT_EQ(FromGrpcStatus(refused).reason, "UNKNOWN_PROJECT");
  EXPECT_EQ(FromGrpcStatus(refused).field.substr(0, 10), "events[1].");
  ASSERT_TRUE(served_.TryAppend(Request({BoardEstablished("b-1"), ProjectProposed("p-1")}), &response).ok());
  EXPECT_EQ(response.events(0).sequence(), 1u) << "nothing of the refused batch was recorded";
  EXPECT_EQ(response.events(1).sequence(), 2u);
  EXPECT_EQ(response.receipt().substr(0, 6), "T01@2#");
}

TEST_F(Services, ADryRunListsEveryRefusalAndAppendsNothing) {
  v1::AppendRequest request = Request({BoardEstablished("b-1"), ProjectAssigned("p-none", "b-1"),
                                       ProjectProposed("p-1"), BenefitRegistered("x", "p-none")});
  request.set_dry_run(true);
  v1::AppendResponse response;
  ASSERT_TRUE(served_.TryAppend(request, &response).ok());
  ASSERT_EQ(response.refusals_size(), 2);
  EXPECT_EQ(response.refusals(0).event_index(), 1u);
  EXPECT_EQ(response.refusals(1).event_index(), 3u);
  EXPECT_EQ(response.refusals(1).reason(), "UNKNOWN_PROJECT");
  ASSERT_TRUE(served_.TryAppend(Request({BoardEstablished("b-1")}), &response).ok());
  EXPECT_EQ(response.events(response.events_size() - 1).sequence(), 1u);
}

TEST_F(Services, AnExpectedVersionThatIsNotTheStreamsIsAConflict) {
  v1::AppendResponse response;
  v1::AppendRequest request = Request({BoardEstablished("b-1")});
  auto* expected = request.add_expected_versions();
  expected->set_stream("board/b-1");
  expected->set_version(3);
  const grpc::Status status = served_.TryAppend(request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ABORTED);
  EXPECT_EQ(FromGrpcStatus(status).reason, "WRONG_EXPECTED_VERSION");
}

TEST_F(Services, AStreamAnswersEveryBatchInOrderAndGoesOnAfterARefusal) {
  constexpr int kBatches = 500;
  const auto stub = v1::AppendService::NewStub(served_.channel());
  grpc::ClientContext context;
  const auto stream = stub->AppendStream(&context);
  for (int i = 0; i < kBatches; ++i) {
    v1::AppendStreamRequest batch;
    batch.set_batch_id(static_cast<uint64_t>(i));
    const std::string id = "b-" + std::to_string(i);
    // Every tenth names a project that does not exist.
    *batch.mutable_append() =
        i % 10 == 3 ? Request({ProjectAssigned("p-none", id)}) : Request({BoardEstablished(id)});
    ASSERT_TRUE(stream->Write(batch));
  }
  stream->WritesDone();
  v1::AppendStreamResponse response;
  uint64_t answers = 0;
  uint64_t appended = 0;
  while (stream->Read(&response)) {
    EXPECT_EQ(response.batch_id(), answers);
    EXPECT_EQ(response.has_refused(), answers % 10 == 3) << response.DebugString();
    if (response.has_appended()) {
      EXPECT_EQ(response.appended().events(0).sequence(), ++appended);
    }
    if (response.has_refused()) {
      EXPECT_FALSE(response.decided_at().empty());
    }
    ++answers;
  }
  EXPECT_TRUE(stream->Finish().ok());
  EXPECT_EQ(answers, static_cast<uint64_t>(kBatches));
  EXPECT_EQ(appended, static_cast<uint64_t>(kBatches - kBatches / 10));
}

TEST_F(Services, AnUnknownFieldIsRefused) {
  v1::Event event = BoardEstablished("b-1");
  v1::Event::GetReflection()->MutableUnknownFields(&event)->AddVarint(999, 1);
  v1::AppendResponse response;
  EXPECT_EQ(FromGrpcStatus(served_.TryAppend(Request({event}), &response)).reason, "UNKNOWN_FIELD");
}

TEST_F(Services, AReceiptOfAnotherHistoryIsAMismatch) {
  v1::AppendResponse response;
  ASSERT_TRUE(served_.TryAppend(Request({BoardEstablished("b-1")}), &response).ok());
  std::string forged = response.receipt();
  forged.back() = forged.back() == '0' ? '1' : '0';
  v1::AppendRequest request = Request({BoardEstablished("b-2")});
  request.set_at_least(forged);
  EXPECT_EQ(FromGrpcStatus(served_.TryAppend(request, &response)).reason, "RECEIPT_MISMATCH");
  const CommandResult query = served_.Realise({"query", "savings", "T01", "--as-at", forged});
  EXPECT_EQ(query.exit_status, 5);
  EXPECT_THAT(query.err, ::testing::HasSubstr("RECEIPT_MISMATCH"));
}

TEST_F(Services, EmptyCommitsShareTheirEndAndEachOfTheirReceiptsCanBeAskedFor) {
  served_.Append("T01", "2024-06-01", {BoardEstablished("b-1")});
  const std::string before = served_.last_receipt();
  ASSERT_EQ(served_.Realise({"ledger", "correct-clock", "T01"}).exit_status, 0);
  for (const char* option : {"--at-least", "--as-at"}) {
    const CommandResult query = served_.Realise({"query", "savings", "T01", option, before});
    EXPECT_EQ(query.exit_status, 0) << option << ": " << query.err;
  }
}

TEST_F(Services, HealthSpeaksOfServicesAndLedgers) {
  const auto health = grpc::health::v1::Health::NewStub(served_.channel());
  served_.Append("T01", "2024-06-01", {BoardEstablished("b-1")});
  const std::map<std::string, grpc::StatusCode> expected = {
      {"", grpc::StatusCode::OK},
      {"realise.v1.QueryService", grpc::StatusCode::OK},
      {"ledger/T01", grpc::StatusCode::OK},
      {"ledger/T01/caught-up", grpc::StatusCode::OK},
      {"ledger/XX9", grpc::StatusCode::NOT_FOUND},
      {"ledger/XX9/caught-up", grpc::StatusCode::NOT_FOUND},
      {"ledger/T01/else", grpc::StatusCode::NOT_FOUND},
      {"nonsense", grpc::StatusCode::NOT_FOUND}};
  for (const auto& [service, code] : expected) {
    grpc::ClientContext context;
    grpc::health::v1::HealthCheckRequest request;
    request.set_service(service);
    grpc::health::v1::HealthCheckResponse response;
    EXPECT_EQ(health->Check(&context, request, &response).error_code(), code) << service;
  }
}

}  // namespace
}  // namespace realise::testing
