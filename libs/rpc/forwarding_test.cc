// Calls that reach a process which does not write their ledger: real servers, real connections, one log.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "libs/rpc/append_service.h"
#include "libs/rpc/forwarder.h"
#include "libs/rpc/testing/forwarding_fixture.h"

namespace realise::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST_F(ForwardingTest, ACallGoesToTheProcessThatWrites) {
  v1::AppendResponse response;
  const grpc::Status status = Append(first_, Board(1), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.events(0).sequence(), 1U);
  EXPECT_GE(second_.Commits(), 1U);
  EXPECT_TRUE(absl::IsAborted(first_.writers().Of(kLedger).status())) << "it does not open a writer itself";
}

TEST_F(ForwardingTest, AnErrorComesBackAsItIs) {
  v1::AppendRequest wrong = Board(1);
  wrong.mutable_events(0)->mutable_board_established()->set_effective_from("yesterday");
  const grpc::Status direct = Append(second_, wrong);
  const grpc::Status passed_on = Append(first_, wrong);
  EXPECT_EQ(direct.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(passed_on.error_code(), direct.error_code());
  EXPECT_EQ(passed_on.error_message(), direct.error_message());
  EXPECT_EQ(Details(passed_on), Details(direct));
  EXPECT_THAT(Details(direct), SizeIs(2));
}

TEST_F(ForwardingTest, ACallTravelsOneHop) {
  second_.placement().Set(first_.AsOwner());
  const grpc::Status status = Append(first_, Board(1), nullptr, std::chrono::milliseconds(700));
  EXPECT_TRUE(IsNotTheWriter(status) || status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED)
      << status.error_message();
}

TEST_F(ForwardingTest, ACallWaitsForAWriterWithinItsDeadline) {
  first_.placement().Set({.where = Where::kUnknown});
  std::thread found([this] { first_.placement().Set(second_.AsOwner()); });
  EXPECT_TRUE(Append(first_, Board(1)).ok());
  found.join();
}

TEST_F(ForwardingTest, ACallThatMetADeadProcessGoesToTheNext) {
  first_.placement().Set(
      {.where = Where::kElsewhere, .owner = {.id = RandomProcessId(), .address = "127.0.0.1:1"}});
  std::thread replaced([this] { first_.placement().Set({.where = Where::kHere}); });
  v1::AppendResponse response;
  EXPECT_TRUE(Append(first_, Board(1), &response).ok());
  replaced.join();
  EXPECT_EQ(response.events(0).sequence(), 1U);
}

TEST_F(ForwardingTest, CallsFollowTheirLedgerFromProcessToProcess) {
  constexpr int kCallers = 4, kCalls = 60;
  std::atomic<int> done = 0;
  std::vector<std::thread> callers;
  for (int caller = 0; caller < kCallers; ++caller) {
    callers.emplace_back([&, caller] {
      for (int i = 0; i < kCalls; ++i, ++done) {
        const grpc::Status status = Append(caller % 2 == 0 ? first_ : second_, Board(caller * kCalls + i));
        EXPECT_TRUE(status.ok()) << status.error_message();
      }
    });
  }
  for (int moves = 0; done < kCallers * kCalls; ++moves) {
    const int before = done;
    moves % 2 == 0 ? MoveToFirst() : MoveToSecond();
    while (done == before && done < kCallers * kCalls) std::this_thread::yield();
  }
  for (std::thread& caller : callers) caller.join();
  MoveToFirst();
  v1::AppendResponse last;
  ASSERT_TRUE(Append(first_, Board(kCallers * kCalls), &last).ok());
  EXPECT_EQ(last.events(0).sequence(), kCallers * kCalls + 1U) << "each once";
}

TEST_F(ForwardingTest, NoMoreThanSomeWaitForAWriter) {
  constexpr size_t kMore = 20;
  first_.placement().Set({.where = Where::kUnknown});
  struct Under {
    grpc::ClientContext context;
    v1::AppendRequest request;
    v1::AppendResponse response;
  };
  std::vector<std::unique_ptr<Under>> calls;
  std::mutex mutex;
  std::condition_variable changed;
  size_t ended = 0, appended = 0, refused = 0;
  const auto stub = first_.append();
  for (size_t i = 0; i < kCallsWaitingMax + kMore; ++i) {
    Under& call = *calls.emplace_back(std::make_unique<Under>());
    call.context.set_deadline(RpcNow() + kPatience);
    call.request = Board(static_cast<int>(i));
    stub->async()->Append(&call.context, &call.request, &call.response, [&](const grpc::Status& status) {
      const std::lock_guard lock(mutex);
      ++ended;
      appended += status.ok() ? 1 : 0;
      refused += status.error_code() == grpc::StatusCode::RESOURCE_EXHAUSTED ? 1 : 0;
      changed.notify_one();
    });
  }
  {
    std::unique_lock lock(mutex);
    EXPECT_TRUE(changed.wait_for(lock, kPatience, [&] { return ended >= kMore; }));
    EXPECT_EQ(refused, kMore);
  }
  first_.placement().Set({.where = Where::kHere});
  std::unique_lock lock(mutex);
  // Every call has a deadline.
  changed.wait(lock, [&] { return ended == calls.size(); });
  EXPECT_EQ(appended, kCallsWaitingMax);
}

TEST_F(ForwardingTest, ACallThatWasPassedOnIsNotPassedOnByWhoeverLostItsLedger) {
  ASSERT_TRUE(Append(second_, Board(1)).ok());
  second_.placement().Set({.where = Where::kUnknown});
  grpc::ClientContext context;
  context.AddMetadata("realise-forwarded", "1");
  context.set_deadline(RpcNow() + kPatience);
  v1::AppendResponse response;
  EXPECT_TRUE(IsNotTheWriter(second_.append()->Append(&context, Board(2), &response)));
}

TEST_F(ForwardingTest, ACallThatHangsAtAStoppedProcessIsTakenBackOnceThatIsKnown) {
  SilentServer stopped;
  first_.placement().Set(stopped.place());
  std::thread replaced([&] {
    stopped.AwaitConnection();
    first_.placement().Set(second_.AsOwner());
    first_.placement().SetGone();
  });
  EXPECT_TRUE(Append(first_, Board(1)).ok());
  replaced.join();
}

TEST_F(ForwardingTest, ALedgerIsCreatedByItsOwner) {
  grpc::ClientContext context;
  v1::CreateLedgerRequest request;
  request.set_ledger("RJ1");
  v1::CreateLedgerResponse response;
  const grpc::Status status = first_.ledger()->CreateLedger(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.receipt().rfind("RJ1@0#", 0), 0U);
}

// Creates ledgers by way of another, and is gone before it says so.
class LostAnswers final : public v1::LedgerService::Service {
 public:
  LostAnswers(TestProcess& creator, SetPlacement& placement) : creator_(creator), placement_(placement) {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    placement_.Set({.where = Where::kElsewhere,
                    .owner = {.id = RandomProcessId(), .address = fmt::format("127.0.0.1:{}", port)}});
  }

  grpc::Status CreateLedger(grpc::ServerContext* /*context*/, const v1::CreateLedgerRequest* request,
                            v1::CreateLedgerResponse* response) override {
    grpc::ClientContext context;
    EXPECT_TRUE(creator_.ledger()->CreateLedger(&context, *request, response).ok());
    placement_.Set(creator_.AsOwner());
    return {grpc::StatusCode::UNAVAILABLE, "the connection is closed"};
  }

 private:
  TestProcess& creator_;
  SetPlacement& placement_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(ForwardingTest, ALedgerIsNotSaidToExistBecauseItsCreatorWasGoneBeforeItAnswered) {
  LostAnswers gone(second_, first_.placement());
  grpc::ClientContext context;
  v1::CreateLedgerRequest request;
  request.set_ledger("RJ1");
  v1::CreateLedgerResponse response;
  const grpc::Status status = first_.ledger()->CreateLedger(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();

  grpc::ClientContext again;
  request.set_ledger_id(response.ledger_id());
  v1::CreateLedgerResponse same;
  ASSERT_TRUE(second_.ledger()->CreateLedger(&again, request, &same).ok());
  EXPECT_EQ(same.receipt(), response.receipt());
}

TEST_F(ForwardingTest, ALedgersIdIsChecked) {
  for (TestProcess* const process : {&first_, &second_}) {
    grpc::ClientContext context;
    v1::CreateLedgerRequest request;
    request.set_ledger("RJ1");
    request.set_ledger_id("RJ1");
    v1::CreateLedgerResponse response;
    const grpc::Status status = process->ledger()->CreateLedger(&context, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr("ledger_id: has to be 32 hexadecimal digits"));
  }
}

TEST_F(ForwardingTest, AClockIsCorrectedByTheWriter) {
  grpc::ClientContext context;
  v1::CorrectClockRequest request;
  request.set_ledger(kLedger);
  v1::CorrectClockResponse response;
  const grpc::Status status = first_.ledger()->CorrectClock(&context, request, &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_GE(second_.Commits(), 2U) << "the take-over and the correction";
}

TEST_F(ForwardingTest, WhatAProcessCallsDamagedIsRefusedByAllAndSaysWhere) {
  ASSERT_TRUE(Append(first_, Board(1)).ok());
  const Place damaged{.where = Where::kDamaged, .owner = second_.AsOwner().owner};
  first_.placement().Set(damaged);
  second_.placement().Set(damaged);
  const auto expect_refused = [&](const grpc::Status& status) {
    EXPECT_EQ(status.error_code(), grpc::StatusCode::DATA_LOSS) << status.error_message();
    EXPECT_THAT(status.error_message(), HasSubstr("restart the process at " + damaged.owner.address));
  };
  for (TestProcess* const process : {&first_, &second_}) {
    expect_refused(Append(*process, Board(2)));
    {
      grpc::ClientContext context;
      context.set_deadline(RpcNow() + kPatience);
      const auto stream = process->append()->AppendStream(&context);
      v1::AppendStreamRequest request;
      *request.mutable_append() = Board(2);
      stream->Write(request);
      v1::AppendStreamResponse response;
      EXPECT_FALSE(stream->Read(&response));
      expect_refused(stream->Finish());
    }
    grpc::ClientContext creating;
    v1::CreateLedgerRequest create;
    create.set_ledger(kLedger);
    v1::CreateLedgerResponse created;
    expect_refused(process->ledger()->CreateLedger(&creating, create, &created));
    grpc::ClientContext correcting;
    v1::CorrectClockRequest correct;
    correct.set_ledger(kLedger);
    v1::CorrectClockResponse corrected;
    expect_refused(process->ledger()->CorrectClock(&correcting, correct, &corrected));
    grpc::ClientContext asking;
    v1::GetWritersResponse writers;
    EXPECT_TRUE(process->ledger()->GetWriters(&asking, {}, &writers).ok());
    EXPECT_EQ(writers.ledgers(0).damage_found_by(), damaged.owner.address);
    EXPECT_FALSE(writers.ledgers(0).here());
  }
  MoveToSecond();
  v1::AppendResponse response;
  ASSERT_TRUE(Append(first_, Board(2), &response).ok());
  EXPECT_EQ(response.events(0).sequence(), 2U) << "nothing was recorded meanwhile";
}

}  // namespace
}  // namespace realise::testing
