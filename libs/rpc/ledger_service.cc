#include "libs/rpc/ledger_service.h"

#include <chrono>
#include <cstring>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/commit_scan.h"
#include "libs/rpc/rpc_status.h"

namespace realise {
namespace {

constexpr std::chrono::seconds kShownWithin(5);

// A ledger's id and kind stand in its first commit.
absl::StatusOr<v1::Ledger> Describe(EventLog& log, const std::string& code) {
  v1::Ledger ledger;
  ledger.set_ledger(code);
  RETURN_IF_ERROR(ScanCommits(log, code, [&](const ReadCommit& commit) -> absl::StatusOr<Scan> {
    ledger.set_ledger_id(ToHex(commit.header.ledger_id.view()));
    ledger.set_demonstration((commit.header.flags & kFlagDemonstration) != 0);
    return Scan::kStop;
  }));
  return ledger;
}

absl::Status List(EventLog& log, v1::ListLedgersResponse& response) {
  ASSIGN_OR_RETURN(const auto codes, log.ListLedgers());
  for (const std::string& code : codes) {
    ASSIGN_OR_RETURN(*response.add_ledgers(), Describe(log, code));
  }
  return absl::OkStatus();
}

std::optional<LedgerId> ParseLedgerId(std::string_view hex) {
  const std::optional<std::string> bytes = FromHex(hex, LedgerId::kSize);
  if (!bytes) return std::nullopt;
  LedgerId id;
  std::memcpy(id.bytes.data(), bytes->data(), bytes->size());
  return id;
}

grpc::Status AskElsewhere(std::string_view what, std::string_view where) {
  return ToGrpcStatus(absl::UnimplementedError(fmt::format("this process does not {}; ask {}", what, where)));
}

}  // namespace

grpc::Status LedgerServiceImpl::CreateLedger(grpc::ServerContext* context,
                                             const v1::CreateLedgerRequest* request,
                                             v1::CreateLedgerResponse* response) {
  if (parts_.writers == nullptr) return AskElsewhere("create ledgers", "realise-ingest");
  // A process may create it, and be gone before it says so: then the next one is to know it again.
  v1::CreateLedgerRequest named = *request;
  if (named.ledger_id().empty()) named.set_ledger_id(ToHex(RandomLedgerId().view()));
  const auto here = [&] { return CreateHere(named, response); };
  if (forwarder_ == nullptr) return here();
  return forwarder_->Route(
      *context, request->ledger(), here, [&](const SharedChannel& channel, grpc::ClientContext& forwarded) {
        return v1::LedgerService::NewStub(channel)->CreateLedger(&forwarded, named, response);
      });
}

grpc::Status LedgerServiceImpl::CreateHere(const v1::CreateLedgerRequest& request,
                                           v1::CreateLedgerResponse* response) {
  const auto id = ParseLedgerId(request.ledger_id());
  if (!id) {
    return ToGrpcStatus(absl::InvalidArgumentError("ledger_id: has to be 32 hexadecimal digits, or empty"));
  }
  const auto created =
      realise::CreateLedger(parts_.log, parts_.clock, request.ledger(), request.demonstration(), *id);
  if (!created.ok()) return ToGrpcStatus(created.status());
  // So that whoever creates a ledger can ask it right away, in this process.  It is created all the same if
  // the views are not there in time.
  if (parts_.projection != nullptr) {
    static_cast<void>(parts_.projection->WaitFor(Receipt{request.ledger()}, kShownWithin));
  }
  response->set_ledger_id(ToHex(created->ledger_id.view()));
  response->set_receipt(created->receipt.ToString());
  return grpc::Status::OK;
}

grpc::Status LedgerServiceImpl::ListLedgers(grpc::ServerContext* /*context*/,
                                            const v1::ListLedgersRequest* /*request*/,
                                            v1::ListLedgersResponse* response) {
  return ToGrpcStatus(List(parts_.log, *response));
}

grpc::Status LedgerServiceImpl::CorrectClock(grpc::ServerContext* context,
                                             const v1::CorrectClockRequest* request,
                                             v1::CorrectClockResponse* response) {
  if (parts_.writers == nullptr) return AskElsewhere("write", "realise-ingest");
  const auto here = [&] { return CorrectHere(*request, response); };
  if (forwarder_ == nullptr) return here();
  return forwarder_->Route(
      *context, request->ledger(), here, [&](const SharedChannel& channel, grpc::ClientContext& forwarded) {
        return v1::LedgerService::NewStub(channel)->CorrectClock(&forwarded, *request, response);
      });
}

grpc::Status LedgerServiceImpl::CorrectHere(const v1::CorrectClockRequest& request,
                                            v1::CorrectClockResponse* response) {
  const auto writer = parts_.writers->Of(request.ledger());
  if (absl::IsAborted(writer.status())) return NotTheWriter();
  if (!writer.ok()) return ToGrpcStatus(writer.status());
  const auto receipt = (*writer)->CorrectClock();
  if (!receipt.ok()) return ToGrpcStatus(receipt.status());
  response->set_receipt(receipt->ToString());
  return grpc::Status::OK;
}

grpc::Status LedgerServiceImpl::GetWriters(grpc::ServerContext* /*context*/,
                                           const v1::GetWritersRequest* request,
                                           v1::GetWritersResponse* response) {
  if (parts_.writers == nullptr) return AskElsewhere("write", "realise-ingest");
  std::vector<std::string> ledgers(request->ledgers().begin(), request->ledgers().end());
  if (ledgers.empty()) {
    auto all = parts_.log.ListLedgers();
    if (!all.ok()) return ToGrpcStatus(all.status());
    ledgers = *std::move(all);
  }
  for (std::string& ledger : ledgers) {
    const Place place = parts_.placement == nullptr ? Place{.where = Where::kHere, .owner = {}}
                                                    : parts_.placement->Of(ledger);
    v1::LedgerWriter& writer = *response->add_ledgers();
    writer.set_ledger(std::move(ledger));
    if (place.where == Where::kDamaged) {
      writer.set_damage_found_by(place.owner.address);
      continue;
    }
    writer.set_address(place.owner.address);
    writer.set_here(place.where == Where::kHere);
  }
  return grpc::Status::OK;
}

grpc::Status LedgerServiceImpl::GetStatus(grpc::ServerContext* /*context*/,
                                          const v1::GetStatusRequest* request,
                                          v1::GetStatusResponse* response) {
  if (parts_.projection == nullptr) return AskElsewhere("fold", "realise-projection");
  for (v1::LedgerStatus& status :
       parts_.projection->Status({request->ledgers().begin(), request->ledgers().end()})) {
    *response->add_ledgers() = std::move(status);
  }
  return grpc::Status::OK;
}

}  // namespace realise
