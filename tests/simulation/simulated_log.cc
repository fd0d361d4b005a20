#include "tests/simulation/simulated_log.h"

#include <algorithm>
#include <utility>

namespace realise::simulation {
namespace {

constexpr size_t kUnderWayMax = 64;
constexpr int kReadAtOnceMax = 12;
constexpr int kLongMicros = 3'000'000;

absl::Status OutOfReach() { return absl::UnavailableError("no broker answers"); }

}  // namespace

class SimulatedLog::Reader : public LogReader {
 public:
  Reader(SimulatedLog& log, int process, Address from) : log_(log), process_(process), next_(from) {}

  absl::StatusOr<std::vector<LogRecord>> Read(std::chrono::milliseconds /*wait_max*/,
                                              size_t bytes_max) override {
    auto records = log_.ReadFrom(process_, next_, bytes_max);
    if (records.ok() && !records->empty()) next_ = records->back().address + 1;
    return records;
  }
  absl::StatusOr<Address> End() override {
    if (log_.ReadFails(process_)) return OutOfReach();
    // As a reader of Kafka: a high watermark that recedes is not believed.
    end_seen_ = std::max(end_seen_, static_cast<Address>(log_.records_.size()));
    return end_seen_;
  }
  Address next_address() const override { return next_; }

 private:
  SimulatedLog& log_;
  const int process_;
  Address next_;
  Address end_seen_ = 0;
};

class SimulatedLog::Appender : public LogAppender {
 public:
  Appender(SimulatedLog& log, Route& route) : log_(log), route_(route) {}

  absl::Status Append(std::string stored) override {
    if (route_.letters.size() >= kUnderWayMax) return absl::ResourceExhaustedError("too much is under way");
    log_.Send(route_, std::move(stored));
    return absl::OkStatus();
  }
  absl::Status TakeFailure() override {
    if (route_.failure.ok() || log_.time_.Now() < route_.told_at) return absl::OkStatus();
    return std::exchange(route_.failure, absl::OkStatus());
  }

 private:
  SimulatedLog& log_;
  Route& route_;
};

class SimulatedLog::View : public EventLog {
 public:
  View(SimulatedLog& log, int process) : log_(log), process_(process) {}

  absl::Status CreateLedger(const std::string& /*ledger*/) override { return absl::AlreadyExistsError(""); }
  absl::StatusOr<std::vector<std::string>> ListLedgers() override {
    return std::vector<std::string>{log_.ledger_};
  }
  absl::Status CheckLedger(const std::string& ledger) override {
    if (log_.ReadFails(process_)) return OutOfReach();
    return ledger == log_.ledger_ ? absl::OkStatus() : absl::NotFoundError("no such ledger");
  }
  absl::StatusOr<std::unique_ptr<LogReader>> OpenReader(const std::string& /*ledger*/,
                                                        Address from) override {
    if (log_.ReadFails(process_)) return OutOfReach();
    return std::make_unique<Reader>(log_, process_, from);
  }
  absl::StatusOr<std::unique_ptr<LogAppender>> OpenAppender(const std::string& /*ledger*/) override {
    if (log_.ReadFails(process_)) return OutOfReach();
    Route& route = log_.routes_.emplace_back();
    route.process = process_;
    return std::make_unique<Appender>(log_, route);
  }
  absl::StatusOr<LogRecord> ReadAt(const std::string& /*ledger*/, Address address) override {
    return log_.ReadAt(process_, address);
  }

 private:
  SimulatedLog& log_;
  const int process_;
};

SimulatedLog::SimulatedLog(std::string ledger, const SimulatedTime& time, Chance& chance, Faults& faults)
    : ledger_(std::move(ledger)), time_(time), chance_(chance), faults_(faults), clock_(time) {}
SimulatedLog::~SimulatedLog() = default;

EventLog& SimulatedLog::Of(int process) {
  while (views_.size() <= static_cast<size_t>(process)) {
    views_.push_back(std::make_unique<View>(*this, static_cast<int>(views_.size())));
  }
  return *views_[static_cast<size_t>(process)];
}

SteadyTime SimulatedLog::After(int micros_max) {
  return time_.Now() + chance_.Micros(micros_max / 4, micros_max);
}

void SimulatedLog::Send(Route& route, std::string stored) {
  const auto far = far_.find(route.process);
  const int latest = odds_.latency_us_max * (far == far_.end() ? 1 : far->second);
  SteadyTime arrives_at =
      odds_.same_latency ? time_.Now() + std::chrono::microseconds(latest) : After(latest);
  if (!route.letters.empty()) arrives_at = std::max(arrives_at, route.letters.back().arrives_at);
  route.letters.push_back({arrives_at, std::move(stored)});
}

void SimulatedLog::Deliver() {
  for (Route& route : routes_) {
    if (held_[route.process] || cut_[route.process]) continue;
    while (!route.letters.empty() && route.letters.front().arrives_at <= time_.Now()) {
      std::string stored = std::move(route.letters.front().stored);
      route.letters.pop_front();
      Arrive(route, std::move(stored));
    }
  }
  for (size_t i = 0; i < stray_.size();) {
    if (stray_[i].arrives_at > time_.Now()) {
      ++i;
      continue;
    }
    Put(std::move(stray_[i].stored));
    stray_.erase(stray_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void SimulatedLog::Arrive(Route& route, std::string stored) {
  int draw = chance_.Between(0, 999);
  const auto is = [&](int odds, const char* fault) {
    if (draw >= odds) {
      draw -= odds;
      return false;
    }
    draw = 1000;  // nothing else happens to it
    ++faults_[fault];
    return true;
  };
  if (is(odds_.lost, "record lost")) return;
  if (is(odds_.refused, "record refused")) return Fail(route);
  if (is(odds_.delayed, "record overtaken")) {
    stray_.push_back(
        {After(chance_.OutOfHundred(50) ? odds_.latency_us_max * 4 : kLongMicros), std::move(stored)});
    if (chance_.OutOfHundred(30)) Fail(route);
    return;
  }
  if (is(odds_.ack_lost, "acknowledgement lost")) Fail(route);
  if (is(odds_.doubled, "record doubled")) {
    if (chance_.OutOfHundred(50)) {
      Put(stored);
    } else {
      stray_.push_back({After(kLongMicros), stored});
    }
  }
  Put(std::move(stored));
}

void SimulatedLog::Fail(Route& route) {
  if (!route.failure.ok()) return;
  route.failure = absl::UnavailableError("delivery failed, as far as is known");
  route.told_at = After(chance_.OutOfHundred(70) ? odds_.latency_us_max : kLongMicros / 10);
}

void SimulatedLog::Put(std::string stored) {
  LogRecord record;
  record.address = static_cast<Address>(records_.size());
  record.appended_at = clock_.Now();
  record.stored = std::move(stored);
  records_.push_back(std::move(record));
}

void SimulatedLog::HoldBack(int process, bool held) { held_[process] = held; }
void SimulatedLog::Cut(int process, bool cut) { cut_[process] = cut; }

void SimulatedLog::Truncate(size_t count) {
  records_.resize(records_.size() - std::min(count, records_.size() - 1));
}

void SimulatedLog::Heal() {
  odds_ = NetworkOdds();
  held_.clear();
  cut_.clear();
  clock_.SetAhead(std::chrono::microseconds(0));
}

bool SimulatedLog::idle() const {
  return stray_.empty() && std::all_of(routes_.begin(), routes_.end(),
                                       [](const Route& route) { return route.letters.empty(); });
}

bool SimulatedLog::ReadFails(int process) {
  if (cut_[process]) return true;
  if (!chance_.OutOfThousand(odds_.reads_fail)) return false;
  ++faults_["read failed"];
  return true;
}

absl::StatusOr<LogRecord> SimulatedLog::ReadAt(int process, Address address) {
  if (ReadFails(process)) return OutOfReach();
  if (address < 0 || address >= static_cast<Address>(records_.size())) {
    return absl::NotFoundError("there is no such record");
  }
  return records_[static_cast<size_t>(address)];
}

absl::StatusOr<std::vector<LogRecord>> SimulatedLog::ReadFrom(int process, Address from,
                                                              size_t /*bytes_max*/) {
  if (ReadFails(process)) return OutOfReach();
  std::vector<LogRecord> read;
  // Behind the end of a log that was cut nothing comes, and nobody says why.
  size_t at_most = kReadAtOnceMax;
  if (chance_.OutOfThousand(odds_.lag)) {
    at_most = chance_.Below(3);
    ++faults_["read lagged"];
  }
  for (auto at = static_cast<size_t>(from); at < records_.size() && read.size() < at_most; ++at) {
    read.push_back(records_[at]);
  }
  return read;
}

}  // namespace realise::simulation
