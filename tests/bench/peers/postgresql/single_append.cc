#include "tests/bench/peers/postgresql/single_append.h"

#include <poll.h>

#include <cerrno>
#include <memory>
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

struct Caller {
  std::unique_ptr<Connection> connection;
  std::vector<std::vector<Call>> appends;
  size_t next = 0;
  bench::Stopwatch watch;

  // False behind its last.
  absl::StatusOr<bool> SendNext() {
    if (next == appends.size()) return false;
    watch = bench::Stopwatch();
    RETURN_IF_ERROR(connection->SendPipeline(appends[next++]));
    return true;
  }
};

// From one thread, which keeps one append of each caller under way: sixteen threads would take part of the
// machine from the server.
absl::Status CommitAll(std::vector<Caller>& callers, std::vector<double>& seconds) {
  std::vector<pollfd> sockets;
  size_t under_way = 0;
  for (Caller& caller : callers) {
    ASSIGN_OR_RETURN(const bool sent, caller.SendNext());
    sockets.push_back({sent ? caller.connection->descriptor() : -1, POLLIN, 0});
    if (sent) ++under_way;
  }
  while (under_way > 0) {
    if (poll(sockets.data(), sockets.size(), -1) < 0 && errno != EINTR) {
      return absl::UnavailableError("waiting for PostgreSQL failed");
    }
    for (size_t i = 0; i < callers.size(); ++i) {
      if (sockets[i].fd < 0 || sockets[i].revents == 0) continue;
      Caller& caller = callers[i];
      RETURN_IF_ERROR(caller.connection->FinishPipeline(caller.appends[caller.next - 1]));
      seconds.push_back(caller.watch.seconds());
      ASSIGN_OR_RETURN(const bool sent, caller.SendNext());
      if (sent) continue;
      sockets[i].fd = -1;
      --under_way;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<SingleAppends> AppendSingly(const Database& database, int connections, BatchAppender& before,
                                           LedgerEvents& events, uint64_t count) {
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
  SingleAppends result;
  const bench::Stopwatch watch;
  RETURN_IF_ERROR(CommitAll(callers, result.seconds));
  result.wall = watch.seconds();
  return result;
}

}  // namespace realise::peers
