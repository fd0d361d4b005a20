// The ways that the batches of a stream can go: to this process's writer, or to another process.
#pragma once

#include <memory>
#include <string>

#include "libs/ledger/ledger_writer.h"
#include "libs/rpc/append_outbox.h"
#include "libs/rpc/forwarder.h"

namespace realise {

// Fills in what an answer to an append says.
void FillAppendResponse(AppendOutcome outcome, v1::AppendResponse* response);

// For one thread at a time.  Answers come on other threads, into the outbox.
class BatchRoute {
 public:
  virtual ~BatchRoute() = default;

  // Hands a batch over; may wait until the other side takes more.  The caller leaves it alone from now on.
  virtual void Send(AppendOutbox::Slot slot, std::shared_ptr<v1::AppendRequest> append) = 0;
  // Ends the route: what was not answered will not be.  Why it broke; NOT_THE_WRITER if this process or the
  // other stopped being the writer.  Once.
  [[nodiscard]] virtual grpc::Status End() = 0;
};

// The outbox is shared with answers that come after the stream was cancelled.
[[nodiscard]] std::unique_ptr<BatchRoute> RouteToWriter(std::shared_ptr<LedgerWriter> writer,
                                                        std::shared_ptr<AppendOutbox> outbox);
[[nodiscard]] std::unique_ptr<BatchRoute> RouteToProcess(Forwarder& forwarder,
                                                         const grpc::ServerContext& context, const Member& to,
                                                         std::shared_ptr<AppendOutbox> outbox);

}  // namespace realise
