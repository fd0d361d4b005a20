#include "tests/bench/peers/postgresql/single_append.h"

#include <memory>
#include <thread>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "tests/bench/peers/postgresql/balance_tables.h"
#include "tests/bench/peers/postgresql/event_table.h"
#include "tests/bench/result_table.h"

namespace realise::peers {
namespace {

constexpr std::array<const char*, 3> kAppendWithCells = {"insert_event", "append_1", "append_2"};

// The event and the cells that it changes in one statement, which costs less than one for each.  PostgreSQL
// changes the cells last, so that others wait for their rows no longer than the commit takes.
absl::Status PrepareAll(Connection& connection) {
  RETURN_IF_ERROR(PrepareInsert(connection));
  RETURN_IF_ERROR(PrepareBalances(connection));
  for (size_t cells = 1; cells < kAppendWithCells.size(); ++cells) {
    std::string values;
    for (size_t cell = 0; cell < cells; ++cell)
      AppendCellParameters(kEventColumns + cell * kCellColumns, values);
    const std::string sql =
        fmt::format("WITH cells AS ({}) {}", AddSavingsSql("VALUES " + values), kInsertEvent);
    RETURN_IF_ERROR(connection.Prepare(kAppendWithCells[cells], sql.c_str()));
  }
  return absl::OkStatus();
}

std::vector<Call> CallsOf(const EventRow& row, const Balances& changes, const EventFold& fold) {
  Call insert = InsertRow(row);
  if (changes.savings.size() < kAppendWithCells.size() && changes.counts.empty()) {
    insert.statement = kAppendWithCells[changes.savings.size()];
    AddCellValues(changes, fold, insert.values);
    return {insert};
  }
  std::vector<Call> calls = {std::move(insert)};
  AddBalanceCalls(changes, fold, calls);
  return calls;
}

absl::Status CommitEach(Connection& connection, const std::vector<std::vector<Call>>& appends,
                        std::vector<double>& seconds) {
  for (const std::vector<Call>& append : appends) {
    const bench::Stopwatch watch;
    RETURN_IF_ERROR(connection.Pipeline(append));
    seconds.push_back(watch.seconds());
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SingleAppends> AppendSingly(const Database& database, int connections, BatchAppender& before,
                                           LedgerEvents& events, uint64_t count) {
  struct Caller {
    std::unique_ptr<Connection> connection;
    std::vector<std::vector<Call>> appends;
    std::vector<double> seconds;
    absl::Status status;
  };
  std::vector<Caller> callers(static_cast<size_t>(connections));
  for (Caller& caller : callers) {
    ASSIGN_OR_RETURN(caller.connection, Connection::Open(database.dsn, database.schema));
    RETURN_IF_ERROR(PrepareAll(*caller.connection));
  }
  v1::Event event;
  Balances changes;
  for (uint64_t i = 0; i < count; ++i) {
    ASSIGN_OR_RETURN(const auto next, events.Next());
    if (!next) break;
    if (!event.ParseFromArray(next->bytes.data(), static_cast<int>(next->bytes.size()))) {
      return absl::DataLossError("an event does not parse");
    }
    changes.Clear();
    RETURN_IF_ERROR(before.fold().Apply(event, changes));
    ASSIGN_OR_RETURN(const int16_t source, before.sources().NumberOf(event.source()));
    const EventRow row{.sequence = next->sequence, .source = source, .event = event, .bytes = next->bytes};
    std::vector<Call> append = CallsOf(row, changes, before.fold());
    callers[LaneOf(event, callers.size())].appends.push_back(std::move(append));
  }
  const bench::Stopwatch watch;
  std::vector<std::thread> threads;
  for (Caller& caller : callers) {
    threads.emplace_back(
        [&caller] { caller.status = CommitEach(*caller.connection, caller.appends, caller.seconds); });
  }
  for (std::thread& thread : threads) thread.join();
  SingleAppends result;
  result.wall = watch.seconds();
  for (const Caller& caller : callers) {
    RETURN_IF_ERROR(caller.status);
    result.seconds.insert(result.seconds.end(), caller.seconds.begin(), caller.seconds.end());
  }
  return result;
}

}  // namespace realise::peers
