#include "tests/torture/topic_faults.h"

#include <grpcpp/grpcpp.h>

#include <chrono>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/rpc/deadline.h"
#include "realise/v1/ledger_service.grpc.pb.h"
#include "tests/support/claim_story.h"

namespace realise::torture {
namespace {

constexpr std::chrono::seconds kStoppedMax{60};
constexpr std::chrono::seconds kCallMax{10};
constexpr int kEvents = 12;

}  // namespace

std::vector<TopicFault> AllTopicFaults() {
  using Records = std::vector<std::string>;
  const auto set = [](const std::string& setting, const std::string& value) {
    return [=](const TopicSurgeon& surgeon, const std::string& ledger, const Records& /*records*/) {
      return surgeon.Set(ledger, setting, value);
    };
  };
  return {
      {"topic deleted", false,
       [](const TopicSurgeon& surgeon, const std::string& ledger, const Records& /*records*/) {
         return surgeon.Delete(ledger);
       }},
      {"topic deleted and made anew", false,
       [](const TopicSurgeon& surgeon, const std::string& ledger, const Records& /*records*/) {
         return surgeon.Replace(ledger, {});
       }},
      {"topic truncated by one record", false,
       [](const TopicSurgeon& surgeon, const std::string& ledger, Records records) {
         records.pop_back();
         return surgeon.Replace(ledger, records);
       }},
      {"topic truncated and refilled", false,
       [](const TopicSurgeon& surgeon, const std::string& ledger, Records records) {
         records.back().back() = static_cast<char>(records.back().back() ^ 1);
         return surgeon.Replace(ledger, records);
       }},
      {"first records deleted", true,
       [](const TopicSurgeon& surgeon, const std::string& ledger, const Records& records) {
         return surgeon.DeleteRecordsBelow(ledger, static_cast<int64_t>(records.size()));
       }},
      {"topic made compacted", true, set("cleanup.policy", "compact")},
      {"topic given finite retention", true, set("retention.ms", "604800000")},
  };
}

namespace {

class TopicRound {
 public:
  TopicRound(World& world, const TopicFault& fault, const RoundOptions& options)
      : world_(world), fault_(fault), options_(options) {}

  RoundResult Run() {
    if (const absl::Status status = InjectAndWatch(); !status.ok()) {
      result_.anomalies.push_back(fmt::format("{}: {}", ledger_, status.ToString()));
    }
    return std::move(result_);
  }

 private:
  absl::Status InjectAndWatch() {
    ASSIGN_OR_RETURN(const std::unique_ptr<LedgerClients> clients, world_.FoundAnother(options_.seed));
    ledger_ = clients->recorder().ledger();
    // A server that never saw the ledger could not know that it is another one.
    const auto& writers = world_.writer_stubs();
    for (int i = 0; i < kEvents; ++i) {
      ServerStubs& writer = *writers[static_cast<size_t>(i) % writers.size()];
      RETURN_IF_ERROR(Retry(kStoppedMax, [&] { return Append(writer, i); }));
    }
    for (const auto& reader : world_.reader_stubs()) {
      RETURN_IF_ERROR(Retry(kStoppedMax, [&] { return CaughtUp(*reader); }));
    }
    ASSIGN_OR_RETURN(const std::vector<std::string> records, world_.Records(ledger_));
    for (const auto& process : world_.processes()) process->Pause();
    const absl::Status acted = fault_.act(TopicSurgeon(world_.brokers().direct()), ledger_, records);
    for (const auto& process : world_.processes()) process->Resume();
    RETURN_IF_ERROR(acted);
    ++result_.injected;
    for (const auto& process : world_.processes()) {
      if (!fault_.seen_at_start_only) break;
      (void)process->Stop();
      RETURN_IF_ERROR(process->Start());
    }
    for (const auto& writer : world_.writer_stubs()) RETURN_IF_ERROR(ExpectRefusal(*writer));
    for (const auto& reader : world_.reader_stubs()) {
      RETURN_IF_ERROR(Retry(kStoppedMax, [&] { return Stopped(*reader); }));
    }
    return absl::OkStatus();
  }

  absl::Status Append(ServerStubs& server, int number) {
    v1::AppendRequest request;
    request.set_ledger(ledger_);
    *request.add_events() = testing::SharedQuery(fmt::format("topic-{}", number));
    const AppendCall call = SendAppend(server, "topic", request, kCallMax);
    ++result_.calls;
    if (call.outcome == Outcome::kAnswered) return absl::OkStatus();
    reason_ = call.reason;
    return absl::UnavailableError(fmt::format("{} says {}", server.process.name(), call.reason));
  }

  // Nothing is acknowledged any more, and what is said is not that it may be tried again.
  absl::Status ExpectRefusal(ServerStubs& server) {
    int number = kEvents;
    return Retry(kStoppedMax, [&]() -> absl::Status {
      if (const absl::Status appended = Append(server, ++number); appended.ok()) {
        return absl::InternalError(fmt::format("{} acknowledged an append", server.process.name()));
      }
      if (reason_ == "DATA_LOSS" || reason_ == "FAILED_PRECONDITION" || reason_ == "NOT_FOUND") {
        return absl::OkStatus();
      }
      return absl::InternalError(fmt::format("{} does not stop; it says {}", server.process.name(), reason_));
    });
  }

  absl::StatusOr<v1::LedgerStatus> StatusOf(ServerStubs& server) {
    const auto stub = v1::LedgerService::NewStub(ChannelTo(server.process));
    grpc::ClientContext context;
    context.set_deadline(RpcNow() + kCallMax);
    v1::GetStatusRequest request;
    request.add_ledgers(ledger_);
    v1::GetStatusResponse response;
    const grpc::Status status = stub->GetStatus(&context, request, &response);
    if (!status.ok()) return absl::UnavailableError(status.error_message());
    if (response.ledgers_size() != 1) return absl::NotFoundError("no such ledger");
    return response.ledgers(0);
  }

  absl::Status CaughtUp(ServerStubs& server) {
    ASSIGN_OR_RETURN(const v1::LedgerStatus status, StatusOf(server));
    if (status.fold_state() == v1::FOLD_STATE_CAUGHT_UP) return absl::OkStatus();
    return absl::UnavailableError(server.process.name() + " does not catch up");
  }

  absl::Status Stopped(ServerStubs& server) {
    const auto status = StatusOf(server);
    if (absl::IsNotFound(status.status())) return absl::OkStatus();
    if (!status.ok()) return status.status();
    if (status->fold_state() == v1::FOLD_STATE_STOPPED && !status->message().empty()) return absl::OkStatus();
    return absl::InternalError(
        fmt::format("{} does not stop; it says {}", server.process.name(), status->ShortDebugString()));
  }

  World& world_;
  const TopicFault& fault_;
  const RoundOptions& options_;
  RoundResult result_;
  std::string ledger_;
  std::string reason_;
};

}  // namespace

RoundResult RunTopicRound(World& world, const TopicFault& fault, const RoundOptions& options) {
  return TopicRound(world, fault, options).Run();
}

}  // namespace realise::torture
