// One life of a server, as its clients see it.
#pragma once

#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>

#include "realise/v1/append_service.grpc.pb.h"
#include "realise/v1/log_service.grpc.pb.h"
#include "realise/v1/query_service.grpc.pb.h"

namespace realise::crash {

// A connection of its own to the services of one server.
struct Services {
  explicit Services(const std::string& address);

  std::unique_ptr<v1::AppendService::Stub> append;
  std::unique_ptr<v1::LogService::Stub> log;
  std::unique_ptr<v1::QueryService::Stub> query;
};

// Sets how long a call may take before the test has failed.
void SetDeadline(grpc::ClientContext& context);

// From a server's start until it was killed.  Thread-safe.
class Life {
 public:
  Life(std::string ledger, std::string address) : ledger_(std::move(ledger)), address_(std::move(address)) {}

  const std::string& ledger() const { return ledger_; }
  const std::string& address() const { return address_; }

  void End();
  bool Ended() const;
  // Waits until it ended, or for as long as this; whether it ended.
  bool WaitForEnd(std::chrono::milliseconds wait_max) const;

 private:
  const std::string ledger_;
  const std::string address_;
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool ended_ = false;  // protected by mutex_
};

}  // namespace realise::crash
