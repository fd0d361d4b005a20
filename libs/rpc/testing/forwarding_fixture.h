// Processes that pass calls on to each other, for tests: real servers, real connections, one log.
#pragma once

#include <arpa/inet.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <rocksdb/env.h>
#include <sys/socket.h>
#include <unistd.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
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
#include "libs/rpc/rpc_server.h"
#include "realise/v1/append_service.grpc.pb.h"
#include "realise/v1/ledger_service.grpc.pb.h"

namespace realise::testing {

inline constexpr const char* kLedger = "RH5";
inline constexpr std::chrono::seconds kPatience{60};

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

inline v1::AppendRequest Board(int number) {
  v1::AppendRequest request;
  request.set_ledger(kLedger);
  *request.add_events() = BoardEstablished(fmt::format("b-{}", number));
  return request;
}

// What an error says beside its code and its message; texts, for the order within a map is not told.
inline std::vector<std::string> Details(const grpc::Status& status) {
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

}  // namespace realise::testing
