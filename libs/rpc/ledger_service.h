// gRPC: ledgers.
#pragma once

#include "libs/base/clock.h"
#include "libs/event_log/event_log.h"
#include "libs/ledger/ledger_writers.h"
#include "libs/projection/projection.h"
#include "realise/v1/ledger_service.grpc.pb.h"

namespace realise {

// Thread-safe.  Everything it is given must outlive it.
class LedgerServiceImpl final : public v1::LedgerService::Service {
 public:
  LedgerServiceImpl(EventLog& log, LedgerWriters& writers, const Projection& projection, const Clock& clock)
      : log_(log), writers_(writers), projection_(projection), clock_(clock) {}

  grpc::Status CreateLedger(grpc::ServerContext* context, const v1::CreateLedgerRequest* request,
                            v1::CreateLedgerResponse* response) override;
  grpc::Status ListLedgers(grpc::ServerContext* context, const v1::ListLedgersRequest* request,
                           v1::ListLedgersResponse* response) override;
  grpc::Status CorrectClock(grpc::ServerContext* context, const v1::CorrectClockRequest* request,
                            v1::CorrectClockResponse* response) override;
  grpc::Status GetStatus(grpc::ServerContext* context, const v1::GetStatusRequest* request,
                         v1::GetStatusResponse* response) override;

 private:
  EventLog& log_;
  LedgerWriters& writers_;
  const Projection& projection_;
  const Clock& clock_;
};

}  // namespace realise
