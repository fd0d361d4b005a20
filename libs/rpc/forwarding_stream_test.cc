// Streams that reach a process which does not write their ledger, or not any more.
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "libs/rpc/forwarder.h"
#include "libs/rpc/rpc_status.h"
#include "libs/rpc/testing/forwarding_fixture.h"

namespace realise::testing {
namespace {

using ::testing::SizeIs;

// A caller that sends batches and checks that each is answered once, in order.
class StreamingTest : public ForwardingTest {
 protected:
  // Sends batches 0 to count - 1, calls `at` behind every one, and expects all of them to be recorded, in
  // order.
  void SendThrough(TestProcess& process, int count, const std::function<void(int)>& at) {
    grpc::ClientContext context;
    context.set_deadline(RpcNow() + kPatience);
    const auto stream = process.append()->AppendStream(&context);
    std::thread reading([&] {
      v1::AppendStreamResponse response;
      uint64_t last = 0;
      for (int expected = 0; stream->Read(&response); ++expected) {
        EXPECT_EQ(response.batch_id(), static_cast<uint64_t>(expected) + 1000);
        ASSERT_TRUE(response.has_appended()) << response.ShortDebugString();
        const v1::Appended& event = response.appended().events(0);
        EXPECT_GT(event.sequence(), last) << "batch " << expected;
        last = event.sequence();
        ++answered_;
      }
    });
    for (int i = 0; i < count; ++i) {
      v1::AppendStreamRequest request;
      request.set_batch_id(static_cast<uint64_t>(i) + 1000);
      *request.mutable_append() = Board(i);
      EXPECT_TRUE(stream->Write(request)) << "batch " << i;
      at(i);
    }
    stream->WritesDone();
    reading.join();
    const grpc::Status status = stream->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(answered_, count);
  }

  std::atomic<int> answered_ = 0;
};

TEST_F(StreamingTest, AStreamIsPassedOn) {
  SendThrough(first_, 300, [](int) {});
  EXPECT_GE(second_.Commits(), 2U);
}

TEST_F(StreamingTest, AStreamFollowsItsLedgerFromProcessToProcess) {
  SendThrough(first_, 400, [this](int i) {
    if (i % 100 == 49) MoveToFirst();
    if (i % 100 == 99) MoveToSecond();
  });
  v1::AppendResponse last;
  ASSERT_TRUE(Append(first_, Board(400), &last).ok());
  EXPECT_EQ(last.events(0).sequence(), 401U) << "nothing is there twice";
}

TEST_F(StreamingTest, AStreamToALedgerThatIsCalledDamagedEndsWhatIsUnderWay) {
  grpc::ClientContext context;
  context.set_deadline(RpcNow() + kPatience);
  const auto stream = first_.append()->AppendStream(&context);
  int recorded = 0;
  std::optional<v1::BatchFailure> failure;
  for (int i = 0; !failure; ++i) {
    v1::AppendStreamRequest request;
    *request.mutable_append() = Board(i);
    ASSERT_TRUE(stream->Write(request));
    v1::AppendStreamResponse response;
    ASSERT_TRUE(stream->Read(&response));
    if (response.has_failed()) failure = response.failed();
    recorded += response.has_appended() ? 1 : 0;
    if (i != 10) continue;
    const Place damaged{.where = Where::kDamaged, .owner = second_.AsOwner().owner};
    first_.placement().Set(damaged);
    second_.placement().Set(damaged);
    second_.writers().Release(kLedger);
  }
  EXPECT_EQ(failure->code(), grpc::StatusCode::DATA_LOSS) << failure->message();
  EXPECT_EQ(recorded, 11);
}

TEST_F(StreamingTest, AStreamToAStoppedProcessGoesOnAtTheNext) {
  SilentServer stopped;
  first_.placement().Set(stopped.place());
  std::thread replaced([&] {
    stopped.AwaitConnection();
    first_.placement().Set(second_.AsOwner());
    first_.placement().SetGone();
  });
  SendThrough(first_, 50, [](int) {});
  replaced.join();
}

TEST_F(StreamingTest, AnErrorOfTheWriterEndsTheStreamAsItIs) {
  const auto ended = [](TestProcess& process) {
    grpc::ClientContext context;
    context.set_deadline(RpcNow() + kPatience);
    const auto stream = process.append()->AppendStream(&context);
    v1::AppendStreamRequest request;
    *request.mutable_append() = Board(1);
    request.mutable_append()->set_ledger("RX9");
    stream->Write(request);
    v1::AppendStreamResponse response;
    EXPECT_FALSE(stream->Read(&response));
    return stream->Finish();
  };
  const grpc::Status direct = ended(second_);
  const grpc::Status passed_on = ended(first_);
  EXPECT_EQ(direct.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(passed_on.error_code(), direct.error_code());
  EXPECT_EQ(Details(passed_on), Details(direct));
  EXPECT_THAT(Details(direct), SizeIs(1));
}

TEST_F(StreamingTest, TwoThatBothBelieveToWriteMakeProgress) {
  first_.placement().Set({.where = Where::kHere});
  std::set<uint64_t> sequences;
  std::mutex mutex;
  const auto publish = [&](TestProcess& process, int from) {
    for (int i = from; i < from + 20; ++i) {
      v1::AppendResponse response;
      const grpc::Status status = Append(process, Board(i), &response);
      ASSERT_TRUE(status.ok()) << status.error_message();
      const std::lock_guard lock(mutex);
      EXPECT_TRUE(sequences.insert(response.events(0).sequence()).second);
    }
  };
  std::thread other([&] { publish(second_, 100); });
  publish(first_, 0);
  other.join();
  EXPECT_EQ(sequences.size(), 40U);
  EXPECT_EQ(*sequences.rbegin(), 40U) << "nothing is there twice";
}

}  // namespace
}  // namespace realise::testing
