#include "tests/end_to_end/served_ledger.h"

#include <cstdio>
#include <cstdlib>

#include "libs/rpc/deadline.h"
#include "libs/rpc/rpc_server.h"

namespace realise::testing {
namespace {

[[noreturn]] void Give(const std::string& what) {
  std::fprintf(stderr, "served_ledger: %s\n", what.c_str());
  std::abort();
}

void Check(const grpc::Status& status, const std::string& what) {
  if (!status.ok()) Give(what + ": " + status.error_message());
}

void Prepare(grpc::ClientContext& context) { context.set_deadline(RpcNow() + std::chrono::seconds(60)); }

}  // namespace

std::string RealiseProgram() { return REALISE_PROGRAM; }

ServedLedger::ServedLedger() : ServedLedger("", {}) {}

ServedLedger::ServedLedger(const std::string& data, const std::vector<std::string>& arguments)
    : data_(data.empty() ? folder_.path() : data) {
  std::vector<std::string> words = {"--data", data_};
  words.insert(words.end(), arguments.begin(), arguments.end());
  auto server = ServerProcess::Start(REALISE_PROGRAM, words);
  if (!server.ok()) Give(server.status().ToString());
  server_ = *std::move(server);
  grpc::ChannelArguments channel;
  channel.SetMaxReceiveMessageSize(kMessageBytesMax);
  channel_ = grpc::CreateCustomChannel(server_->address(), grpc::InsecureChannelCredentials(), channel);
  append_ = v1::AppendService::NewStub(channel_);
  ledger_ = v1::LedgerService::NewStub(channel_);
  query_ = v1::QueryService::NewStub(channel_);
}

void ServedLedger::Create(const std::string& ledger) {
  grpc::ClientContext context;
  Prepare(context);
  v1::CreateLedgerRequest request;
  request.set_ledger(ledger);
  request.set_demonstration(true);
  v1::CreateLedgerResponse response;
  Check(ledger_->CreateLedger(&context, request, &response), "create");
}

grpc::Status ServedLedger::TryAppend(const v1::AppendRequest& request, v1::AppendResponse* response) {
  grpc::ClientContext context;
  Prepare(context);
  grpc::Status status = append_->Append(&context, request, response);
  if (status.ok() && !request.dry_run()) last_receipt_ = response->receipt();
  return status;
}

grpc::Status ServedLedger::TryAppend(const std::string& ledger, const std::string& time,
                                     const v1::Event& event, v1::AppendResponse* response) {
  v1::AppendRequest request;
  request.set_ledger(ledger);
  request.set_simulated_time(time);
  *request.add_events() = event;
  return TryAppend(request, response);
}

void ServedLedger::Append(const std::string& ledger, const std::string& time,
                          const std::vector<v1::Event>& events) {
  for (const v1::Event& event : events) {
    v1::AppendResponse response;
    Check(TryAppend(ledger, time, event, &response), event.id());
  }
}

v1::QuerySavingsResponse ServedLedger::Savings(const std::string& ledger, const std::string& period,
                                               v1::View view, const std::string& closed_period) {
  grpc::ClientContext context;
  Prepare(context);
  v1::QuerySavingsRequest request;
  request.set_ledger(ledger);
  request.set_period(period);
  request.mutable_basis()->set_view(view);
  request.mutable_basis()->set_at_least(last_receipt_);
  if (!closed_period.empty()) request.mutable_basis()->set_closed_period(closed_period);
  v1::QuerySavingsResponse response;
  Check(query_->QuerySavings(&context, request, &response), "savings");
  return response;
}

v1::QueryBedDaysResponse ServedLedger::BedDays(const std::string& ledger, const std::string& from,
                                               const std::string& to) {
  grpc::ClientContext context;
  Prepare(context);
  v1::QueryBedDaysRequest request;
  request.set_ledger(ledger);
  request.set_period_from(from);
  request.set_period_to(to);
  request.mutable_basis()->set_at_least(last_receipt_);
  v1::QueryBedDaysResponse response;
  Check(query_->QueryBedDays(&context, request, &response), "bed days");
  return response;
}

v1::QueryWaitsResponse ServedLedger::Waits(const std::string& ledger, const std::string& period) {
  grpc::ClientContext context;
  Prepare(context);
  v1::QueryWaitsRequest request;
  request.set_ledger(ledger);
  request.set_period(period);
  request.mutable_basis()->set_at_least(last_receipt_);
  v1::QueryWaitsResponse response;
  Check(query_->QueryWaits(&context, request, &response), "waits");
  return response;
}

v1::ExplainResponse ServedLedger::Explain(v1::ExplainRequest request) {
  grpc::ClientContext context;
  Prepare(context);
  request.mutable_basis()->set_at_least(last_receipt_);
  v1::ExplainResponse response;
  Check(query_->Explain(&context, request, &response), "explain");
  return response;
}

CommandResult ServedLedger::Realise(std::vector<std::string> words) const {
  words.insert(words.begin(), {REALISE_PROGRAM, "--server", server_->address()});
  return RunCommand(words);
}

}  // namespace realise::testing
