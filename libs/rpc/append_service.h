// gRPC: appending.  Parses, hands over to the ledger's writer, here or in another process, converts the
// outcome.
#pragma once

#include <grpcpp/grpcpp.h>

#include <future>
#include <list>
#include <mutex>
#include <set>

#include "libs/fleet/placement.h"
#include "libs/ledger/ledger_writers.h"
#include "libs/rpc/append_outbox.h"
#include "libs/rpc/append_stream.h"
#include "libs/rpc/forwarder.h"
#include "realise/v1/append_service.grpc.pb.h"

namespace realise {

// Single appends that wait for a writer to be opened, or for one to be known.  More are refused with
// RESOURCE_EXHAUSTED, or, if they were tried once, with what that ended with.
inline constexpr size_t kCallsWaitingMax = 256;

// Thread-safe.  No thread waits while a single append is committed by a writer that is open, here or
// elsewhere.
class AppendServiceImpl final
    : public v1::AppendService::WithCallbackMethod_Append<v1::AppendService::Service> {
 public:
  // `forwarder` is null where no other process writes.  Both must outlive it.
  AppendServiceImpl(LedgerWriters& writers, Forwarder* forwarder)
      : writers_(writers), forwarder_(forwarder) {}

  // On a thread that polls, which must not wait.  What it returns is gRPC's, and lives until it is finished,
  // as do the arguments.
  grpc::ServerUnaryReactor* Append(grpc::CallbackServerContext* context, const v1::AppendRequest* request,
                                   v1::AppendResponse* response) override;
  grpc::Status AppendStream(grpc::ServerContext* context, realise::AppendStream::Stream* stream) override;

  // Streams take no further batch and end once what they took is answered; so do those that are yet to come.
  void Drain();

 private:
  // A single append, until it is finished.
  struct Call {
    const grpc::CallbackServerContext* context;
    const v1::AppendRequest* request;
    v1::AppendResponse* response;
    grpc::ServerUnaryReactor* reactor;
  };

  Place PlaceOf(const std::string& ledger) const;
  void Submit(LedgerWriter& writer, const Call& call);
  void PassOn(const Call& call, const Member& owner);
  void TryAgain(const Call& call, const grpc::Status& status);
  void Wait(const Call& call, const grpc::Status& otherwise);
  grpc::Status AppendSomewhere(const Call& call);

  LedgerWriters& writers_;
  Forwarder* const forwarder_;

  std::mutex waiting_mutex_;
  std::list<std::future<void>> waiting_;  // guarded by waiting_mutex_; some are done

  std::mutex mutex_;
  // Below: guarded by mutex_.
  bool draining_ = false;
  std::set<AppendOutbox*> streams_;
};

}  // namespace realise
