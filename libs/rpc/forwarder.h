// Passing calls on to the process that writes their ledger.
//
// A call travels one hop: one that was passed on is handled where it arrives, or refused as NOT_THE_WRITER.
// Passing on and trying again is safe, because an event's id makes its append idempotent.
#pragma once

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "libs/fleet/placement.h"

namespace realise {

// Calls passed on at the same time; more are refused with RESOURCE_EXHAUSTED.  Less than the threads that
// handle calls, which streams hold, so that some are left for the calls of others.
inline constexpr size_t kForwardsMax = 128;
// Connections to other processes that are kept.
inline constexpr size_t kPeersMax = 64;
// How long a call looks for the process that writes its ledger, if its own deadline is not earlier.
inline constexpr std::chrono::seconds kRouteFor{25};

// Shared with gRPC.
using SharedChannel = std::shared_ptr<grpc::Channel>;

// Thread-safe.  Runs a thread that ends calls to processes which give no sign of life any more.  `placement`
// must outlive it, and no call may be left when it is destroyed.
class Forwarder {
 public:
  explicit Forwarder(const Placement& placement);
  ~Forwarder();

  Forwarder(const Forwarder&) = delete;
  Forwarder& operator=(const Forwarder&) = delete;

  const Placement& placement() const { return placement_; }

  using Here = std::function<grpc::Status()>;
  using There = std::function<grpc::Status(const SharedChannel&, grpc::ClientContext& context)>;
  // Handles a unary call with `here` if this process writes the ledger, and otherwise passes it on with
  // `there`, whose answer, errors included, it returns byte for byte.  If the other process is gone, or is
  // not the writer, it looks for the writer again, within the call's deadline.   DATA_LOSS  it is damaged.
  grpc::Status Route(const grpc::ServerContext& context, const std::string& ledger, const Here& here,
                     const There& there);

  // One call that is passed on; it inherits deadline and cancellation of the call that it stands for.
  class Call {
   public:
    Call(Forwarder& forwarder, const grpc::ServerContext& from, const Member& to);
    ~Call();
    Call(const Call&) = delete;
    Call& operator=(const Call&) = delete;

    // RESOURCE_EXHAUSTED if there are too many; it must not be made then.
    const grpc::Status& admitted() const { return admitted_; }
    const SharedChannel& channel() const { return channel_; }
    grpc::ClientContext& context() { return *context_; }

   private:
    Forwarder& forwarder_;
    const ProcessId process_;
    const std::unique_ptr<grpc::ClientContext> context_;
    grpc::Status admitted_;
    SharedChannel channel_;
    std::list<Call*>::iterator listed_;
    friend class Forwarder;
  };

  // Whether nobody will write the ledger: this process leaves, and there is no other.
  bool IsLastToLeave(const std::string& ledger) const;
  // Waits until the placement changes, at most for a quarter of a second or until `until`.
  void AwaitChange(uint64_t version, Placement::Time until) const;

 private:
  SharedChannel ChannelTo(const std::string& address);
  void Watch();

  const Placement& placement_;
  std::mutex mutex_;  // guards all that follows
  std::map<std::string, SharedChannel> channels_;
  std::list<Call*> calls_;
  bool stopping_ = false;
  std::thread watch_;
};

// Whether another process passed this call on.
[[nodiscard]] bool IsForwarded(const grpc::ServerContext& context);

// When a call has to be answered, as a time that only passes; at most kRouteFor from now.
[[nodiscard]] Placement::Time RouteUntil(const grpc::ServerContext& context);

// UNAVAILABLE, reason NOT_THE_WRITER: nothing was decided here; safe to send again.
[[nodiscard]] grpc::Status NotTheWriter();
[[nodiscard]] bool IsNotTheWriter(const grpc::Status& status);

// DATA_LOSS: nobody writes the ledger, because of what `found_by` read; says what an operator should do.
[[nodiscard]] grpc::Status LedgerDamaged(const std::string& ledger, const Member& found_by);

// Whether a call that ended like this may do better elsewhere or later: it met no writer, or the process that
// it was passed on to went away.
[[nodiscard]] bool WorthAnotherTry(const grpc::Status& status);

}  // namespace realise
