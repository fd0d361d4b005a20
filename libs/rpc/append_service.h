// gRPC: appending.  Parses, hands over to the ledger's writer, here or in another process, converts the
// outcome.
#pragma once

#include <grpcpp/grpcpp.h>

#include <memory>
#include <mutex>
#include <set>

#include "libs/ledger/ledger_writers.h"
#include "libs/rpc/append_outbox.h"
#include "libs/rpc/append_stream.h"
#include "libs/rpc/forwarder.h"

namespace realise {

// Ledgers whose writers are being opened at the same time; calls that need a further one are refused with
// RESOURCE_EXHAUSTED.
inline constexpr size_t kOpeningsMax = 64;

// v1::AppendService.  Thread-safe.
class AppendServing {
 public:
  // Where no other process writes.  No thread waits while a single append is committed.  `writers` must
  // outlive it.
  static std::unique_ptr<AppendServing> Here(LedgerWriters& writers);
  // Where others write, too.  Both must outlive it.
  static std::unique_ptr<AppendServing> Anywhere(LedgerWriters& writers, Forwarder& forwarder);
  virtual ~AppendServing() = default;

  // To be registered with one server.
  virtual grpc::Service& service() = 0;
  // Streams take no further batch and end once what they took is answered; so do those that are yet to come.
  void Drain();

 protected:
  AppendServing(LedgerWriters& writers, Forwarder* forwarder) : writers_(writers), forwarder_(forwarder) {}
  grpc::Status RunStream(grpc::ServerContext& context, AppendStream::Stream& stream);

  LedgerWriters& writers_;
  Forwarder* const forwarder_;  // null where no other process writes

 private:
  std::mutex mutex_;
  // Below: guarded by mutex_.
  bool draining_ = false;
  std::set<AppendOutbox*> streams_;
};

}  // namespace realise
