#include "tests/torture/round.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <random>

#include "fmt/format.h"
#include "tests/torture/history_checker.h"
#include "tests/torture/log_reading.h"

namespace realise::torture {
namespace {

constexpr std::chrono::milliseconds kLoadBefore{1500};
constexpr std::chrono::seconds kProgressMax{90};
constexpr std::chrono::seconds kSettleMax{120};
constexpr std::chrono::seconds kCatchUpMax{90};
constexpr std::chrono::milliseconds kLook{50};

class RoundRun {
 public:
  RoundRun(World& world, const Fault& fault, const RoundOptions& options)
      : world_(world), fault_(fault), options_(options), random_(options.seed) {}

  RoundResult Run() {
    for (const auto& ledger : world_.ledgers()) ledger->recorder().StartMeasuringPauses();
    {
      const LoadOptions load_options{.name = options_.name};
      Load load(load_options, world_.writer_stubs(), world_.reader_stubs(), world_.ledgers(), random_());
      for (int i = 0; i < options_.injections && result_.anomalies.empty(); ++i) InjectAndHeal();
      if (!load.Finish(kSettleMax))
        Complain("UNSETTLED: publishers go on retrying after everything is healed");
      for (const std::string& told : load.Unexpected()) Complain("UNEXPECTED: " + told);
    }
    for (const auto& ledger : world_.ledgers()) {
      result_.longest_pause = std::max(result_.longest_pause, ledger->recorder().longest_pause());
      CatchUp(*ledger);
      Judge(*ledger);
    }
    for (const auto& process : world_.processes()) {
      if (process->Died()) Complain(fmt::format("DIED: {} ended by itself", process->name()));
    }
    return std::move(result_);
  }

 private:
  void Complain(std::string what) { result_.anomalies.push_back(std::move(what)); }

  void Wait(std::chrono::milliseconds wait) {
    std::unique_lock lock(mutex_);
    never_.wait_for(lock, wait, [] { return false; });
  }

  void InjectAndHeal() {
    Wait(kLoadBefore);
    const uint64_t any = random_();
    const absl::Status injected = fault_.inject(world_, any);
    if (!injected.ok()) Complain(fmt::format("INJECT: {}", injected.ToString()));
    ++result_.injected;
    Wait(fault_.hold);
    absl::Status healed = fault_.heal(world_, any);
    if (healed.ok()) healed = world_.WaitForBrokers();
    if (!healed.ok()) Complain(fmt::format("HEAL: {}", healed.ToString()));
    const Moment from = std::chrono::steady_clock::now();
    for (const auto& ledger : world_.ledgers()) {
      while (ledger->recorder().last_progress() < from) {
        if (std::chrono::steady_clock::now() - from > kProgressMax) {
          return Complain(fmt::format("NO_PROGRESS: {} has had nothing acknowledged since it was healed; {}",
                                      ledger->recorder().ledger(), ledger->recorder().last_reason()));
        }
        Wait(kLook);
      }
    }
  }

  // Every projection answers for everything that was acknowledged.
  void CatchUp(LedgerClients& ledger) {
    v1::QuerySavingsRequest request;
    request.set_ledger(ledger.recorder().ledger());
    request.set_period("2024/25-M12");
    request.mutable_basis()->set_at_least(ledger.LastReceipt());
    for (const auto& server : world_.reader_stubs()) {
      const auto end = std::chrono::steady_clock::now() + kCatchUpMax;
      while (true) {
        QueryCall call = SendQuery(*server, options_.name + "-last", request, std::chrono::seconds(10));
        const bool answered = call.outcome == Outcome::kAnswered;
        const std::string error = call.error;
        ledger.recorder().Add(std::move(call));
        if (answered) break;
        if (std::chrono::steady_clock::now() > end) {
          Complain(fmt::format("BEHIND: {} does not answer for {}: {}", server->process.name(),
                               ledger.LastReceipt(), error));
          break;
        }
        Wait(kLook);
      }
    }
  }

  void Judge(LedgerClients& ledger) {
    const std::string& code = ledger.recorder().ledger();
    const auto records = world_.Records(code);
    if (!records.ok()) return Complain(fmt::format("UNREADABLE: {}: {}", code, records.status().ToString()));
    const LogReading reading = ReadLog(code, *records);
    LedgerClients::Judged now{CheckHistory(ledger.recorder().Copy(), reading), reading.takeovers,
                              reading.void_records};
    const LedgerClients::Judged& before = ledger.judged();
    result_.history += now.checked.calls;
    result_.calls += now.checked.calls - before.checked.calls;
    result_.acknowledged += now.checked.acknowledged_events - before.checked.acknowledged_events;
    result_.rejections += now.checked.rejections - before.checked.rejections;
    result_.rejections_behind += now.checked.rejections_behind - before.checked.rejections_behind;
    result_.queries += now.checked.queries - before.checked.queries;
    // What was unknown in one round may be known by the next.
    result_.recorded_unknown += now.checked.recorded_unknown -
                                std::min(now.checked.recorded_unknown, before.checked.recorded_unknown);
    result_.takeovers += now.takeovers - before.takeovers;
    result_.void_records += now.void_records - before.void_records;
    for (const Finding& finding : now.checked.findings) {
      Complain(fmt::format("{}: {}: {}", AnomalyName(finding.anomaly), code, finding.text));
    }
    ledger.judged() = std::move(now);
  }

  World& world_;
  const Fault& fault_;
  const RoundOptions& options_;
  std::mt19937_64 random_;
  RoundResult result_;
  std::mutex mutex_;
  std::condition_variable never_;
};

}  // namespace

RoundResult RunRound(World& world, const Fault& fault, const RoundOptions& options) {
  return RoundRun(world, fault, options).Run();
}

}  // namespace realise::torture
