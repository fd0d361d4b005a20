// The table of events: each with its sequence, its place in its stream, its publisher's id, and its bytes.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "realise/v1/event.pb.h"
#include "tests/bench/peers/postgresql/connection.h"
#include "tests/bench/peers/postgresql/event_fold.h"

namespace realise::peers {

// Makes an empty one, in place of one that is there.
[[nodiscard]] absl::Status MakeEventTable(Connection& connection);

// Sources stand in a table of their own, so that two bytes stand for each in rows and keys.  Not thread-safe.
class Sources {
 public:
  explicit Sources(Connection& connection) : connection_(connection) {}
  // Commits a new one at once.
  [[nodiscard]] absl::StatusOr<int16_t> NumberOf(const std::string& source);

 private:
  Connection& connection_;
  absl::flat_hash_map<std::string, int16_t> numbers_;
};

// What stands in a row.
struct EventRow {
  uint64_t sequence = 0;
  int16_t source = 0;
  const v1::Event& event;
  std::string_view bytes;
};

// Rows for COPY, behind CopyHeader.
void PutCopyRow(std::string& to, const EventRow& row);
inline constexpr char kCopyEvents[] = "BEGIN; COPY events FROM STDIN (FORMAT binary)";

// One row, as a call of a prepared statement, which has a parameter for each column.
inline constexpr int16_t kEventColumns = 6;
inline constexpr char kInsertEvent[] =
    "INSERT INTO events (sequence, version, source, stream, id, event) "
    "VALUES ($1::bigint, $2::integer, $3::smallint, $4::text, $5::text, $6::bytea)";
[[nodiscard]] absl::Status PrepareInsert(Connection& connection);
[[nodiscard]] Call InsertRow(const EventRow& row);

// The events of streams, read over `connection`, which must outlive it.
[[nodiscard]] absl::StatusOr<StreamHistory> HistoryOf(Connection& connection);

// Calls `each` with the events up to `last`, or all, in the order of their sequences; returns how many.
[[nodiscard]] absl::StatusOr<uint64_t> ForEachEvent(
    Connection& connection, std::optional<uint64_t> last,
    const std::function<absl::Status(const v1::Event& event)>& each);

}  // namespace realise::peers
