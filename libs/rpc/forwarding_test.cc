// Calls that reach a process which does not write their ledger: real servers, real connections, one log.
#include <arpa/inet.h>
#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <rocksdb/env.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "fmt/format.h"
#include "google/rpc/error_details.pb.h"
#include "google/rpc/status.pb.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"
#include "libs/fleet/placement.h"
#include "libs/ledger/decider_store.h"
#include "libs/ledger/ledger_writers.h"
#include "libs/rpc/deadline.h"
#include "libs/rpc/forwarder.h"
#include "libs/rpc/rpc_server.h"
#include "libs/rpc/rpc_status.h"
#include "realise/v1/append_service.grpc.pb.h"
#include "realise/v1/ledger_service.grpc.pb.h"

namespace realise::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::SizeIs;

constexpr const char* kLedger = "RH5";
constexpr std::chrono::seconds kPatience{60};

// Where a test says that ledgers are.
class SetPlacement final : public Placement {
 public:
  // All ledgers are there; from now on these and no other processes are alive.
  void Set(Place place) {
    const std::lock_guard lock(mutex_);
    place_ = std::move(place);
    ++version_;
    changed_.notify_all();
  }
  // Every process but the owner is gone.
  void SetGone() {
    const std::lock_guard lock(mutex_);
    all_gone_ = true;
    ++version_;
    changed_.notify_all();
  }

  Place Of(std::string_view /*ledger*/) const override {
    const std::lock_guard lock(mutex_);
    return place_;
  }
  bool Serving() const override { return true; }
  bool Leaving() const override { return false; }
  bool IsAlive(const ProcessId& process) const override {
    const std::lock_guard lock(mutex_);
    return !all_gone_ || process == place_.owner.id;
  }
  std::vector<Member> Members() const override { return {}; }
  uint64_t Version() const override {
    const std::lock_guard lock(mutex_);
    return version_;
  }
  void AwaitChange(uint64_t version, Time until) const override {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [&] { return version_ != version; });
  }

 private:
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  Place place_{.where = Where::kHere, .owner = {}};
  bool all_gone_ = false;
  uint64_t version_ = 0;
};

// One ingest process, within this one.
class TestProcess {
 public:
  TestProcess(EventLog& log, const Clock& clock, rocksdb::Env* env, const std::string& name)
      : id_(RandomProcessId()),
        store_(*DeciderStore::Open({.path = "/" + name, .env = env})),
        writers_(
            log, *store_, clock,
            {.take_over = true,
             .still_mine =
                 [this](const std::string& ledger) { return placement_.Of(ledger).where == Where::kHere; }}),
        server_(
            *RpcServer::Start({.log = log, .clock = clock, .writers = &writers_, .placement = &placement_},
                              {.listen = "127.0.0.1:0"})),
        channel_(grpc::CreateChannel(server_->address(), grpc::InsecureChannelCredentials())) {}

  Place AsOwner() const { return {.where = Where::kElsewhere, .owner = {id_, server_->address()}}; }
  SetPlacement& placement() { return placement_; }
  LedgerWriters& writers() { return writers_; }
  uint64_t Commits() { return (*writers_.Of(kLedger))->Counts().commits; }
  std::unique_ptr<v1::AppendService::Stub> append() { return v1::AppendService::NewStub(channel_); }
  std::unique_ptr<v1::LedgerService::Stub> ledger() { return v1::LedgerService::NewStub(channel_); }

 private:
  const ProcessId id_;
  SetPlacement placement_;
  std::unique_ptr<DeciderStore> store_;
  LedgerWriters writers_;
  std::unique_ptr<RpcServer> server_;
  std::shared_ptr<grpc::Channel> channel_;  // shared with gRPC
};

v1::AppendRequest Board(int number) {
  v1::AppendRequest request;
  request.set_ledger(kLedger);
  *request.add_events() = BoardEstablished(fmt::format("b-{}", number));
  return request;
}

// What an error says beside its code and its message; texts, for the order within a map is not told.
std::vector<std::string> Details(const grpc::Status& status) {
  google::rpc::Status rich;
  EXPECT_TRUE(rich.ParseFromString(status.error_details()));
  std::vector<std::string> details;
  for (const google::protobuf::Any& detail : rich.details()) {
    google::rpc::ErrorInfo info;
    google::rpc::BadRequest bad_request;
    if (detail.UnpackTo(&info)) details.push_back(info.DebugString());
    if (detail.UnpackTo(&bad_request)) details.push_back(bad_request.DebugString());
  }
  return details;
}

class ForwardingTest : public ::testing::Test {
 protected:
  ForwardingTest()
      : env_(rocksdb::NewMemEnv(rocksdb::Env::Default())),
        log_([this] {
          RocksDbEventLogOptions options;
          options.path = "/log";
          options.env = env_.get();
          return *RocksDbEventLog::Open(options);
        }()),
        first_(*log_, clock_, env_.get(), "first"),
        second_(*log_, clock_, env_.get(), "second") {
    EXPECT_TRUE(CreateLedger(*log_, clock_, kLedger, /*demonstration=*/false).ok());
    first_.placement().Set(second_.AsOwner());
  }

  static grpc::Status Append(TestProcess& process, const v1::AppendRequest& request,
                             v1::AppendResponse* response = nullptr,
                             std::chrono::milliseconds within = kPatience) {
    grpc::ClientContext context;
    context.set_deadline(RpcNow() + within);
    v1::AppendResponse unused;
    return process.append()->Append(&context, request, response == nullptr ? &unused : response);
  }

  // From now on the first writes, and both know it.
  void MoveToFirst() {
    first_.placement().Set({.where = Where::kHere});
    second_.placement().Set(first_.AsOwner());
    second_.writers().Release(kLedger);
  }
  void MoveToSecond() {
    second_.placement().Set({.where = Where::kHere});
    first_.placement().Set(second_.AsOwner());
    first_.writers().Release(kLedger);
  }

  SystemClock clock_;
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<RocksDbEventLog> log_;
  TestProcess first_;
  TestProcess second_;
};

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

// It takes connections, as a process that was stopped does, and answers nothing.
class SilentServer {
 public:
  SilentServer() : socket_(socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t length = sizeof(address);
    EXPECT_EQ(bind(socket_, reinterpret_cast<const sockaddr*>(&address), length), 0);
    EXPECT_EQ(listen(socket_, 16), 0);
    EXPECT_EQ(getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &length), 0);
    place_ = {
        .where = Where::kElsewhere,
        .owner = {.id = RandomProcessId(), .address = fmt::format("127.0.0.1:{}", ntohs(address.sin_port))}};
  }
  ~SilentServer() { close(socket_); }
  SilentServer(const SilentServer&) = delete;
  SilentServer& operator=(const SilentServer&) = delete;

  // Waits until somebody connects, and keeps the connection.
  void AwaitConnection() { connection_ = accept(socket_, nullptr, nullptr); }
  const Place& place() const { return place_; }

 private:
  const int socket_;
  int connection_ = -1;  // ends with this program
  Place place_;
};

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
