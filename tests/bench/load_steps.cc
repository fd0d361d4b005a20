#include "tests/bench/load_steps.h"

#include <unistd.h>

#include <algorithm>
#include <fstream>
#include <memory>
#include <sstream>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "libs/base/calendar.h"
#include "libs/base/status_macros.h"
#include "libs/domain/testing/event_builders.h"
#include "tests/bench/generated_history.h"

namespace realise::bench {
namespace {

namespace build = realise::testing;

constexpr int kManyCallers = 16;
constexpr int kRoundsOfOne = 10;
constexpr const char* kMonth = "2023/24-M12";

std::string ShowBoth(const CallTimes& measured, const CallTimes& call, const CallTimes& durable) {
  return fmt::format("p50 {}, p99 {}", ShowRatio(measured.p50(), call.p50() + durable.p50()),
                     ShowRatio(measured.p99(), call.p99() + durable.p99()));
}

std::vector<std::unique_ptr<LoadClient>> Clients(const std::string& address, int callers) {
  std::vector<std::unique_ptr<LoadClient>> clients;
  for (int i = 0; i < callers; ++i) clients.push_back(std::make_unique<LoadClient>(address));
  return clients;
}

v1::AppendRequest RequestOf(const std::string& ledger, const std::vector<v1::Event>& events) {
  v1::AppendRequest request;
  request.set_ledger(ledger);
  for (const v1::Event& event : events) *request.add_events() = event;
  return request;
}

// What single appends took, and each of their floors.
struct AppendTimes {
  CallTimes empty;
  CallTimes disk;
  CallTimes append;
};

absl::Status AddRound(const std::string& address, const std::string& ledger, int round, int callers, int each,
                      const DurableFloor& durable, AppendTimes& times) {
  const auto clients = Clients(address, callers);
  const auto client = [&](int caller) -> LoadClient& { return *clients[static_cast<size_t>(caller)]; };
  ASSIGN_OR_RETURN(
      const CallTimes empty,
      TimeCallsUnderWay<grpc::health::v1::HealthCheckResponse>(
          callers, each, [&](int caller, int, grpc::ClientContext& context, grpc::CompletionQueue& done) {
            return client(caller).BeginCheck(context, done);
          }));
  ASSIGN_OR_RETURN(const CallTimes disk, durable.time(callers, each));
  ASSIGN_OR_RETURN(
      const CallTimes append,
      TimeCallsUnderWay<v1::AppendResponse>(
          callers, each,
          [&](int caller, int number, grpc::ClientContext& context, grpc::CompletionQueue& done) {
            const std::string id = fmt::format("claim-{}-{}-{}-{}", callers, round, caller, number);
            return client(caller).BeginAppend(OneClaim(ledger, id), context, done);
          }));
  times.empty += empty;
  times.disk += disk;
  times.append += append;
  return absl::OkStatus();
}

absl::Status MeasureCallers(const std::string& address, const std::string& ledger, int callers, int calls,
                            const DurableFloor& durable, Rows& rows) {
  // One caller's times change by half from one second to the next, since CPUs go to sleep while he waits; so
  // he and his floors take turns.
  const int rounds = callers == 1 ? kRoundsOfOne : 1;
  AppendTimes times;
  for (int round = 0; round < rounds; ++round) {
    RETURN_IF_ERROR(
        AddRound(address, ledger, round, callers, std::max(calls / callers / rounds, 10), durable, times));
  }
  const auto& [empty, disk, append] = times;
  rows.push_back({fmt::format("single append, {}, {}", durable.log,
                              callers == 1 ? "1 caller" : fmt::format("{} callers", callers)),
                  fmt::format("{} appends", ShowCount(append.seconds.size())),
                  fmt::format("{}; {}", ShowTimes(append), ShowRate(append.per_second())),
                  fmt::format("empty call {} + {} {}", ShowTimes(empty), durable.name, ShowTimes(disk)),
                  ShowBoth(append, empty, disk)});
  return absl::OkStatus();
}

absl::Status MeasureVisible(const std::string& address, const std::string& ledger, int calls,
                            const DurableFloor& durable, Rows& rows) {
  LoadClient client(address);
  CallTimes visible;
  CallTimes empty;
  for (int i = 0; i < calls; ++i) {
    ASSIGN_OR_RETURN(const std::string receipt, client.Append(OneClaim(ledger, fmt::format("seen-{}", i))));
    v1::QuerySavingsRequest request;
    request.set_ledger(ledger);
    request.add_board_ids("board-0");
    request.set_period(kMonth);
    request.mutable_basis()->set_at_least(receipt);
    const Stopwatch watch;
    RETURN_IF_ERROR(client.Savings(request));
    visible.seconds.push_back(watch.seconds());
    const Stopwatch again;
    RETURN_IF_ERROR(client.Check());
    empty.seconds.push_back(again.seconds());
  }
  rows.push_back({fmt::format("append acknowledged to visible in a query, {}", durable.log),
                  fmt::format("{} appends", ShowCount(visible.seconds.size())), ShowTimes(visible),
                  fmt::format("empty call {}", ShowTimes(empty)), ShowRatios(visible, empty)});
  return absl::OkStatus();
}

// Asks about the plain board, and adds a row for each question, beside empty calls that take turns with it:
// how long a call takes changes by half from one second to the next, since CPUs go to sleep between calls.
class Questions {
 public:
  Questions(LoadClient& client, const LedgerSize& size, Rows& rows)
      : client_(client), size_(size), rows_(rows) {}

  // About the latest position.
  template <typename Request>
  Request About() const {
    Request request;
    request.set_ledger(size_.last.ledger);
    request.add_board_ids(kPlainBoard);
    return request;
  }
  // The same as behind so many commits: they end at multiples of their events.
  template <typename Request>
  Request AsAt(Request request, uint64_t commits) const {
    request.mutable_basis()->set_position(
        fmt::format("{}@{}", size_.last.ledger, std::max<uint64_t>(commits, 1) * kEventsPerCommit));
    return request;
  }

  template <typename Request>
  absl::Status Time(const std::string& what, int calls, absl::Status (LoadClient::*ask)(const Request&),
                    const std::function<Request(uint64_t number)>& request) const {
    return TimeEach(what, calls, [&](uint64_t number) { return (client_.*ask)(request(number)); });
  }
  // The same of anything that is asked.
  absl::Status TimeEach(const std::string& what, int calls,
                        const std::function<absl::Status(uint64_t number)>& ask) const {
    CallTimes times;
    CallTimes empty;
    for (int number = 0; number < calls; ++number) {
      const Stopwatch watch;
      RETURN_IF_ERROR(ask(static_cast<uint64_t>(number)));
      const double took = watch.seconds();
      const Stopwatch again;
      RETURN_IF_ERROR(client_.Check());
      if (number < calls / 10) continue;  // warming up
      times.seconds.push_back(took);
      empty.seconds.push_back(again.seconds());
    }
    rows_.push_back(
        {what, fmt::format("{} calls, {} events", ShowCount(times.seconds.size()), ShowCount(size_.events)),
         ShowTimes(times), fmt::format("empty call {}", ShowTimes(empty)), ShowRatios(times, empty)});
    return absl::OkStatus();
  }
  // Latest, and as at the middle of the ledger.
  template <typename Request>
  absl::Status TimeBoth(const std::string& what, int calls, absl::Status (LoadClient::*ask)(const Request&),
                        const Request& latest) const {
    RETURN_IF_ERROR(Time<Request>(what + ", latest, asked again and again", calls, ask,
                                  [&](uint64_t) { return latest; }));
    Request past = AsAt(latest, commits() / 2);
    return Time<Request>(what + ", as at the middle of the ledger, asked again and again", calls, ask,
                         [&](uint64_t) { return past; });
  }

  LoadClient& client() const { return client_; }
  uint64_t commits() const { return size_.commits; }
  const std::string& ledger() const { return size_.last.ledger; }

 private:
  LoadClient& client_;
  const LedgerSize& size_;
  Rows& rows_;
};

absl::Status MeasureSavings(const Questions& questions, int calls) {
  auto savings = questions.About<v1::QuerySavingsRequest>();
  savings.set_period(kMonth);
  RETURN_IF_ERROR(questions.TimeBoth("savings of a board, 240 cells", calls, &LoadClient::Savings, savings));
  // From the end, where the board has all its cells; each position once, so that nothing is known of it.
  const int positions =
      static_cast<int>(std::min<uint64_t>(static_cast<uint64_t>(calls), questions.commits() / 2));
  return questions.Time<v1::QuerySavingsRequest>(
      "savings of a board, 240 cells, as at other positions, each asked once", positions,
      &LoadClient::Savings,
      [&](uint64_t number) { return questions.AsAt(savings, questions.commits() - number); });
}

absl::Status MeasureMeasures(const Questions& questions, int calls) {
  auto waits = questions.About<v1::QueryWaitsRequest>();
  waits.set_period("2019/20-M06");
  RETURN_IF_ERROR(
      questions.Time<v1::QueryWaitsRequest>("waiting times of a board for a month, asked again and again",
                                            calls, &LoadClient::Waits, [&](uint64_t) { return waits; }));
  auto bed_days = questions.About<v1::QueryBedDaysRequest>();
  bed_days.set_period_from("2019/20-M01");
  bed_days.set_period_to("2019/20-M12");
  return questions.TimeBoth("bed days of a board for twelve months", calls, &LoadClient::BedDays, bed_days);
}

// A line has postings of all months; a hundred of them come with their events, read from the log.
absl::Status MeasureExplain(const Questions& questions, int calls) {
  v1::ExplainRequest explain;
  explain.set_ledger(questions.ledger());
  v1::SavingsFigure& line = *explain.mutable_savings();
  const build::BenefitKind kind;
  line.set_board_id(kPlainBoard);
  line.set_financial_class(kind.financial_class);
  line.set_sign(kind.sign);
  line.set_recurrence(kind.recurrence);
  line.set_period_to(kMonth);
  const std::string what = "explain what a board saved on a line, 100 postings of it";
  RETURN_IF_ERROR(questions.TimeBoth(what, calls, &LoadClient::Explain, explain));
  // From the first page again behind the last.
  v1::ExplainRequest page = explain;
  RETURN_IF_ERROR(questions.TimeEach(what + ", latest, page after page", calls,
                                     [&](uint64_t) { return questions.client().ExplainNext(page); }));
  // A figure that was not asked for yet, each time.
  const Period last = *Period::Parse(kMonth);
  return questions.Time<v1::ExplainRequest>(
      what + ", up to other months, each asked once", std::min(calls, 50), &LoadClient::Explain,
      [&](uint64_t number) {
        v1::ExplainRequest other = explain;
        const Period month = Period::FromIndex(last.index() - 1 - static_cast<int32_t>(number));
        other.mutable_savings()->set_period_to(month.ToString());
        return other;
      });
}

}  // namespace

std::string ShowTimes(const CallTimes& measured) {
  return fmt::format("p50 {}, p99 {}", ShowTime(measured.p50()), ShowTime(measured.p99()));
}

std::string ShowRatios(const CallTimes& measured, const CallTimes& floor) {
  return fmt::format("p50 {}, p99 {}", ShowRatio(measured.p50(), floor.p50()),
                     ShowRatio(measured.p99(), floor.p99()));
}

absl::Status BeginClaims(LoadClient& client, const std::string& ledger) {
  RETURN_IF_ERROR(client.Create(ledger));
  return client
      .Append(RequestOf(ledger,
                        {build::BoardEstablished("board-0"), build::ProjectProposed("project-0"),
                         build::ProjectAssigned("project-0", "board-0"),
                         build::BenefitRegistered("benefit-0", "project-0"), build::PeriodOpened(kMonth)}))
      .status();
}

v1::AppendRequest OneClaim(const std::string& ledger, const std::string& id) {
  return RequestOf(ledger, {build::ClaimSubmitted(id, "benefit-0", kMonth, kMonth, 120'000)});
}

double ProcessorSeconds(pid_t pid) {
  std::ifstream stat(fmt::format("/proc/{}/stat", pid));
  std::string line;
  std::getline(stat, line);
  // Behind the command, which may have spaces: state, ten numbers, and then those of user and system.
  std::istringstream fields(line.substr(line.rfind(')') + 1));
  std::string skipped;
  for (int i = 0; i < 11; ++i) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

uint64_t ResidentMiB(pid_t pid) {
  std::ifstream statm(fmt::format("/proc/{}/statm", pid));
  uint64_t pages = 0;
  uint64_t resident = 0;
  statm >> pages >> resident;
  return resident * static_cast<uint64_t>(sysconf(_SC_PAGESIZE)) / (1024 * 1024);
}

absl::Status MeasureQueries(const std::string& address, const LedgerSize& size, int calls, Rows& rows) {
  LoadClient client(address);
  const Questions questions(client, size, rows);
  RETURN_IF_ERROR(MeasureSavings(questions, calls));
  RETURN_IF_ERROR(MeasureMeasures(questions, calls));
  return MeasureExplain(questions, std::max(calls / 10, 10));
}

absl::Status MeasureAppends(const std::string& address, const std::string& ledger, int calls,
                            const DurableFloor& durable, Rows& rows) {
  LoadClient client(address);
  RETURN_IF_ERROR(BeginClaims(client, ledger));
  RETURN_IF_ERROR(MeasureCallers(address, ledger, 1, calls, durable, rows));
  RETURN_IF_ERROR(MeasureCallers(address, ledger, kManyCallers, calls, durable, rows));
  return MeasureVisible(address, ledger, std::max(calls / 4, 10), durable, rows);
}

}  // namespace realise::bench
