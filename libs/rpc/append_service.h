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
#include "libs/rpc/append_calls.h"
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
class AppendServiceImpl final : public AppendCalls::Service {
 public:
  // `forwarder` is null where no other process writes.  Both must outlive it.
  AppendServiceImpl(LedgerWriters& writers, Forwarder* forwarder)
      : writers_(writers), forwarder_(forwarder) {}

  // Does not wait.  `call` is finished then or later.
  void Append(AppendCall& call);
  grpc::Status AppendStream(grpc::ServerContext* context, realise::AppendStream::Stream* stream) override;

  // Streams take no further batch and end once what they took is answered; so do those that are yet to come.
  void Drain();

 private:
  Place PlaceOf(const std::string& ledger) const;
  void Submit(LedgerWriter& writer, AppendCall& call);
  void PassOn(AppendCall& call, const Member& owner);
  void TryAgain(AppendCall& call, const grpc::Status& status);
  void Wait(AppendCall& call, const grpc::Status& otherwise);
  grpc::Status AppendSomewhere(AppendCall& call);

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
