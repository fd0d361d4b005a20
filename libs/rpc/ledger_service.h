// gRPC: ledgers.
#pragma once

#include "libs/rpc/forwarder.h"
#include "libs/rpc/rpc_parts.h"
#include "realise/v1/ledger_service.grpc.pb.h"

namespace realise {

// Every process has it; what a process has no part for it answers with UNIMPLEMENTED, and where to ask
// instead. Thread-safe.
class LedgerServiceImpl final : public v1::LedgerService::Service {
 public:
  // `forwarder` is null where no other process writes.
  LedgerServiceImpl(const RpcParts& parts, Forwarder* forwarder) : parts_(parts), forwarder_(forwarder) {}

  grpc::Status CreateLedger(grpc::ServerContext* context, const v1::CreateLedgerRequest* request,
                            v1::CreateLedgerResponse* response) override;
  grpc::Status ListLedgers(grpc::ServerContext* context, const v1::ListLedgersRequest* request,
                           v1::ListLedgersResponse* response) override;
  grpc::Status CorrectClock(grpc::ServerContext* context, const v1::CorrectClockRequest* request,
                            v1::CorrectClockResponse* response) override;
  grpc::Status GetWriters(grpc::ServerContext* context, const v1::GetWritersRequest* request,
                          v1::GetWritersResponse* response) override;
  grpc::Status GetStatus(grpc::ServerContext* context, const v1::GetStatusRequest* request,
                         v1::GetStatusResponse* response) override;

 private:
  grpc::Status CreateHere(const v1::CreateLedgerRequest& request, v1::CreateLedgerResponse* response);
  grpc::Status CorrectHere(const v1::CorrectClockRequest& request, v1::CorrectClockResponse* response);

  const RpcParts parts_;
  Forwarder* const forwarder_;
};

}  // namespace realise
