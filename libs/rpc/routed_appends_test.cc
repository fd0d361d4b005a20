#include "libs/rpc/routed_appends.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>
#include <string>

namespace realise {
namespace {

constexpr std::chrono::seconds kPatience{30};

// A server whose ledgers "S..." do not answer while they are silenced, and say nothing of the events then.
class SomeSilent final : public v1::AppendService::Service {
 public:
  grpc::Status Append(grpc::ServerContext* context, const v1::AppendRequest* request,
                      v1::AppendResponse* response) override {
    if (request->ledger().starts_with('S')) {
      std::unique_lock lock(mutex_);
      while (silenced_ && !context->IsCancelled()) changed_.wait_for(lock, std::chrono::milliseconds(10));
      return {grpc::StatusCode::UNAVAILABLE, "no answer"};
    }
    for (const v1::Event& event : request->events()) response->add_events()->set_event_id(event.id());
    response->set_receipt(Receipt{request->ledger(), 1, Digest()}.ToString());
    return grpc::Status::OK;
  }
  void Silence(bool silenced) {
    const std::lock_guard lock(mutex_);
    silenced_ = silenced;
    changed_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool silenced_ = false;  // under mutex_
};

// What was answered, by ledger.
class Answers {
 public:
  std::function<void(AppendOutcome)> From(const std::string& ledger) {
    return [this, ledger](const AppendOutcome& outcome) {
      const std::lock_guard lock(mutex_);
      ++count_;
      last_[ledger] = outcome.status;
      changed_.notify_all();
    };
  }
  bool Await(size_t count) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return count_ >= count; });
  }
  bool Await(const std::string& ledger) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, kPatience, [&] { return last_.contains(ledger); });
  }
  absl::Status Last(const std::string& ledger) {
    const std::lock_guard lock(mutex_);
    return last_.at(ledger);
  }
  size_t count() {
    const std::lock_guard lock(mutex_);
    return count_;
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  size_t count_ = 0;                          // under mutex_
  std::map<std::string, absl::Status> last_;  // under mutex_
};

class RoutedAppendsTest : public ::testing::Test {
 protected:
  RoutedAppendsTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&ledgers_);
    server_ = builder.BuildAndStart();
    address_ = "127.0.0.1:" + std::to_string(port);
  }
  ~RoutedAppendsTest() override {
    ledgers_.Silence(false);
    server_->Shutdown();
  }

  void Append(RoutedAppends& appends, const std::string& ledger) {
    v1::AppendRequest request;
    request.set_ledger(ledger);
    request.add_events()->set_id("e");
    appends.Append(std::move(request), answers_.From(ledger));
  }

  SomeSilent ledgers_;
  Answers answers_;
  std::unique_ptr<grpc::Server> server_;
  std::string address_;
};

TEST_F(RoutedAppendsTest, LedgersThatDoNotAnswerLeaveRoomForThoseThatDo) {
  constexpr size_t kSilent = 2 * kRoutedAppendsMax;
  RoutedAppends appends(address_);
  for (size_t i = 0; i < kSilent; ++i) Append(appends, "S" + std::to_string(i));
  ASSERT_TRUE(answers_.Await(kSilent));
  // From here on it is known of each that it does not answer.
  ledgers_.Silence(true);
  for (size_t i = 0; i < kSilent; ++i) Append(appends, "S" + std::to_string(i));
  Append(appends, "GOOD");
  EXPECT_TRUE(answers_.Await("GOOD"));
  EXPECT_TRUE(answers_.Last("GOOD").ok());
  EXPECT_EQ(answers_.count(), kSilent + 1);
  ledgers_.Silence(false);
  EXPECT_TRUE(answers_.Await(2 * kSilent + 1));
}

TEST_F(RoutedAppendsTest, EveryRequestIsAnsweredAtTheEnd) {
  constexpr size_t kSilent = 2 * kRoutedAppendsMax;
  ledgers_.Silence(true);
  {
    RoutedAppends appends(address_);
    for (size_t i = 0; i < kSilent; ++i) Append(appends, "S" + std::to_string(i));
  }
  EXPECT_EQ(answers_.count(), kSilent);
  for (size_t i = 0; i < kSilent; ++i) {
    EXPECT_FALSE(answers_.Last("S" + std::to_string(i)).ok());
  }
}

TEST_F(RoutedAppendsTest, AProxyOfTheEnvironmentIsForOthers) {
  ASSERT_EQ(setenv("grpc_proxy", "http://127.0.0.1:1", 1), 0);
  RoutedAppends appends(address_);
  Append(appends, "GOOD");
  EXPECT_TRUE(answers_.Await("GOOD"));
  EXPECT_TRUE(answers_.Last("GOOD").ok()) << answers_.Last("GOOD");
  unsetenv("grpc_proxy");
}

}  // namespace
}  // namespace realise
