#include "tests/bench/many_ledgers.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <future>
#include <thread>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "tests/bench/generated_batches.h"
#include "tests/bench/ledger_plan.h"

namespace realise::bench {
namespace {

constexpr int kSingleCallers = 8;
constexpr uint64_t kEndless = 100'000'000;
constexpr uint64_t kBegunBatches = 20;
constexpr std::chrono::minutes kBeginsWithin{2};

// Neither is among the planned ones, which begin with an R.
std::string SingleLedger(const ManyLedgers& many, int caller) {
  return fmt::format("SI{}{}", caller, many.run);
}
std::string BulkLedger(const ManyLedgers& many) { return "BULK" + many.run; }

absl::StatusOr<std::vector<LedgerSize>> Generate(const ManyLedgers& many) {
  ASSIGN_OR_RETURN(const auto log, many.open_log());
  std::vector<LedgerSize> sizes;
  for (const PlannedLedger& ledger : PlanLedgers(kSeed, many.events, many.ledgers)) {
    ASSIGN_OR_RETURN(LedgerSize size,
                     RecordGenerated(*log, ledger.code + many.run, ledger.events, ledger.seed));
    sizes.push_back(std::move(size));
  }
  return sizes;
}

absl::Status WaitUntilAllFolded(const std::string& address, const std::vector<LedgerSize>& sizes) {
  LoadClient client(address);
  for (const LedgerSize& size : sizes) {
    RETURN_IF_ERROR(client.WaitUntilFolded(size.last.ledger, size.last.ToString()));
  }
  return absl::OkStatus();
}

std::string ShowMiB(uint64_t mib) { return fmt::format("{} MiB", mib); }

absl::StatusOr<std::unique_ptr<ServerProcess>> MeasureStarts(const ManyLedgers& many, Rows& rows) {
  ASSIGN_OR_RETURN(const std::vector<LedgerSize> sizes, Generate(many));
  const Stopwatch first;
  ASSIGN_OR_RETURN(auto server, many.serve());
  RETURN_IF_ERROR(WaitUntilAllFolded(server->address(), sizes));
  const double folding = first.seconds();
  const uint64_t folded = ResidentMiB(server->pid());
  server->Terminate();
  const Stopwatch again;
  ASSIGN_OR_RETURN(server, many.serve());
  const double serves = again.seconds();
  RETURN_IF_ERROR(WaitUntilAllFolded(server->address(), sizes));
  const double answers = again.seconds();
  const uint64_t restarted = ResidentMiB(server->pid());
  const std::string size =
      fmt::format("{} ledgers, {} events, from {} to {}", sizes.size(), ShowCount(many.events),
                  ShowCount(sizes.front().events), ShowCount(sizes.back().events));
  const auto memory = [&](const std::string& what, uint64_t mib) {
    rows.push_back({what, size, ShowMiB(mib), "nothing folded " + ShowMiB(many.empty_mib),
                    ShowRatio(static_cast<double>(mib), static_cast<double>(many.empty_mib))});
  };
  rows.push_back({"server: start until all ledgers answer, all to fold, " + many.log, size, ShowTime(folding),
                  "-", "-"});
  rows.push_back({"server: start until all ledgers answer, all folded, " + many.log, size,
                  fmt::format("{} (listens after {})", ShowTime(answers), ShowTime(serves)), "-", "-"});
  memory("server: memory, all ledgers folded, " + many.log, folded);
  memory("server: memory, started again, all ledgers asked, " + many.log, restarted);
  return server;
}

absl::StatusOr<CallTimes> TimeSingles(const std::string& address, const ManyLedgers& many,
                                      const std::string& round) {
  std::vector<std::unique_ptr<LoadClient>> clients;
  for (int i = 0; i < kSingleCallers; ++i) clients.push_back(std::make_unique<LoadClient>(address));
  return TimeCalls(kSingleCallers, std::max(many.calls / kSingleCallers, 10), [&](int caller, int number) {
    const std::string id = fmt::format("claim-{}-{}", round, number);
    return clients[static_cast<size_t>(caller)]->Append(OneClaim(SingleLedger(many, caller), id)).status();
  });
}

// Loads a ledger for as long as it lives.
class BulkLoad {
 public:
  BulkLoad(const std::string& address, std::string ledger)
      : ledger_(std::move(ledger)), client_(address), thread_([this] { result_ = Run(); }) {}
  ~BulkLoad() { static_cast<void>(End()); }
  BulkLoad(const BulkLoad&) = delete;
  BulkLoad& operator=(const BulkLoad&) = delete;

  // Waits until it is well under way.   UNAVAILABLE  it is not in time.   Others: why it ended.
  absl::Status AwaitBegun() {
    if (begun_.get_future().wait_for(kBeginsWithin) == std::future_status::ready) return absl::OkStatus();
    const absl::Status ended = End();
    return ended.ok() ? absl::UnavailableError("the bulk load does not begin") : ended;
  }
  uint64_t events() const { return client_.batches_appended() * kEventsPerCommit; }

  absl::Status End() {
    ended_ = true;
    if (thread_.joinable()) thread_.join();
    return result_;
  }

 private:
  absl::Status Run() {
    RETURN_IF_ERROR(client_.Create(ledger_));
    const BatchSource batches = GeneratedBatches(ledger_, kEndless);
    bool begun = false;
    return client_
        .AppendAll([&] {
          if (!begun && client_.batches_appended() >= kBegunBatches) {
            begun = true;
            begun_.set_value();
          }
          return ended_ ? Batch() : batches();
        })
        .status();
  }

  const std::string ledger_;
  LoadClient client_;
  std::promise<void> begun_;
  std::atomic<bool> ended_ = false;
  absl::Status result_;  // of the thread, once it is joined
  std::thread thread_;
};

absl::Status MeasureFairness(const std::string& address, const ManyLedgers& many, Rows& rows) {
  for (int caller = 0; caller < kSingleCallers; ++caller) {
    LoadClient client(address);
    RETURN_IF_ERROR(BeginClaims(client, SingleLedger(many, caller)));
  }
  ASSIGN_OR_RETURN(const CallTimes alone, TimeSingles(address, many, "alone"));
  BulkLoad bulk(address, BulkLedger(many));
  RETURN_IF_ERROR(bulk.AwaitBegun());
  const uint64_t before = bulk.events();
  const Stopwatch watch;
  ASSIGN_OR_RETURN(const CallTimes beside, TimeSingles(address, many, "beside"));
  const double rate = static_cast<double>(bulk.events() - before) / watch.seconds();
  RETURN_IF_ERROR(bulk.End());
  rows.push_back(
      {fmt::format("single append while another ledger is loaded in bulk, {}, 8 callers, a ledger each",
                   many.log),
       fmt::format("{} appends beside {} ledgers", ShowCount(beside.seconds.size()), many.ledgers),
       fmt::format("{}; {}; bulk {}", ShowTimes(beside), ShowRate(beside.per_second()), ShowRate(rate)),
       fmt::format("without the bulk load {}; {}", ShowTimes(alone), ShowRate(alone.per_second())),
       ShowRatios(beside, alone)});
  return absl::OkStatus();
}

}  // namespace

absl::Status MeasureManyLedgers(const ManyLedgers& many, Rows& rows) {
  ASSIGN_OR_RETURN(const auto server, MeasureStarts(many, rows));
  RETURN_IF_ERROR(MeasureFairness(server->address(), many, rows));
  server->Terminate();
  return absl::OkStatus();
}

}  // namespace realise::bench
