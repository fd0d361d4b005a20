#include "tests/bench/peers/postgresql/event_table.h"

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "tests/bench/peers/postgresql/binary_format.h"

namespace realise::peers {
namespace {

// Fixed widths first, so that nothing is padded.  Rows are never changed: pages are filled, and vacuum has
// nothing to do while there is a bulk append.
constexpr char kMakeTable[] = R"(
  DROP TABLE IF EXISTS events, sources;
  CREATE TABLE sources (
    number smallint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    source text NOT NULL UNIQUE);
  CREATE TABLE events (
    sequence bigint NOT NULL,
    version integer NOT NULL,
    source smallint NOT NULL,
    stream text NOT NULL,
    id text NOT NULL,
    event bytea NOT NULL,
    CONSTRAINT events_sequence PRIMARY KEY (sequence),
    CONSTRAINT events_stream_version UNIQUE (stream, version),
    CONSTRAINT events_id_source UNIQUE (id, source))
    WITH (autovacuum_vacuum_insert_threshold = -1);
  ALTER TABLE events ALTER COLUMN event SET STORAGE EXTERNAL;
)";

// The only field of a row of COPY, behind the number of fields and its length.
constexpr size_t kOneFieldPrefix = 6;

template <typename Number>
std::string Bytes(void (*put)(std::string&, Number), Number value) {
  std::string bytes;
  put(bytes, value);
  return bytes;
}

}  // namespace

absl::Status MakeEventTable(Connection& connection) { return connection.Execute(kMakeTable); }

absl::StatusOr<int16_t> Sources::NumberOf(const std::string& source) {
  if (const auto at = numbers_.find(source); at != numbers_.end()) return at->second;
  if (numbers_.empty()) {
    RETURN_IF_ERROR(connection_.Prepare(
        "source",
        "WITH added AS (INSERT INTO sources (source) SELECT $1::text WHERE NOT EXISTS "
        "(SELECT FROM sources WHERE source = $1) RETURNING number) "
        "SELECT number FROM added UNION ALL SELECT number FROM sources WHERE source = $1"));
  }
  ASSIGN_OR_RETURN(const Rows rows, connection_.Query({"source", {source}}));
  if (rows.size() != 1) return absl::InternalError("a source has no number");
  return numbers_[source] = rows.Int16(0, 0);
}

void PutCopyRow(std::string& to, const EventRow& row) {
  PutInt16(to, int16_t{kEventColumns});
  PutField64(to, static_cast<int64_t>(row.sequence));
  PutField32(to, static_cast<int32_t>(row.event.stream_version()));
  PutField16(to, row.source);
  PutFieldText(to, row.event.stream());
  PutFieldText(to, row.event.id());
  PutFieldText(to, row.bytes);
}

absl::Status PrepareInsert(Connection& connection) {
  return connection.Prepare("insert_event", kInsertEvent);
}

Call InsertRow(const EventRow& row) {
  return {"insert_event",
          {Bytes(PutInt64, static_cast<int64_t>(row.sequence)),
           Bytes(PutInt32, static_cast<int32_t>(row.event.stream_version())), Bytes(PutInt16, row.source),
           row.event.stream(), row.event.id(), std::string(row.bytes)}};
}

absl::StatusOr<StreamHistory> HistoryOf(Connection& connection) {
  RETURN_IF_ERROR(
      connection.Prepare("history", "SELECT event FROM events WHERE stream = $1::text ORDER BY version"));
  return [&connection](const std::string& stream) -> absl::StatusOr<std::vector<std::string>> {
    ASSIGN_OR_RETURN(const Rows rows, connection.Query({"history", {stream}}));
    std::vector<std::string> events;
    for (int row = 0; row < rows.size(); ++row) events.emplace_back(rows.Field(row, 0));
    return events;
  };
}

absl::StatusOr<uint64_t> ForEachEvent(Connection& connection, std::optional<uint64_t> last,
                                      const std::function<absl::Status(const v1::Event& event)>& each) {
  const std::string where = last ? fmt::format("WHERE sequence <= {}", *last) : "";
  uint64_t count = 0;
  v1::Event event;
  RETURN_IF_ERROR(connection.CopyOut(
      fmt::format("COPY (SELECT event FROM events {} ORDER BY sequence) TO STDOUT (FORMAT binary)", where),
      [&](std::string_view row) -> absl::Status {
        if (row.size() < kOneFieldPrefix) return absl::InternalError("a row without an event");
        row.remove_prefix(kOneFieldPrefix);
        if (!event.ParseFromArray(row.data(), static_cast<int>(row.size()))) {
          return absl::InternalError("an event that does not parse");
        }
        ++count;
        return each(event);
      }));
  return count;
}

}  // namespace realise::peers
