#include "tests/bench/peers/postgresql/balance_tables.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "tests/bench/peers/postgresql/binary_format.h"

namespace realise::peers {
namespace {

// A cell is changed in its own page as long as there is room, which leaves the index alone.
constexpr char kMakeTables[] = R"(
  DROP TABLE IF EXISTS savings, counts, bands;
  CREATE TABLE savings (
    pence bigint NOT NULL,
    financial_class smallint NOT NULL,
    sign smallint NOT NULL,
    recurrence smallint NOT NULL,
    rung smallint NOT NULL,
    posted smallint NOT NULL,
    related smallint NOT NULL,
    board text NOT NULL,
    PRIMARY KEY (board, posted, related, financial_class, sign, recurrence, rung))
    WITH (fillfactor = 50);
  CREATE TABLE counts (
    numerator bigint NOT NULL,
    denominator bigint NOT NULL,
    reported bigint NOT NULL,
    partial bigint NOT NULL,
    definition_version bigint NOT NULL,
    month smallint NOT NULL,
    measure text NOT NULL,
    PRIMARY KEY (measure, month));
  CREATE TABLE bands (
    month smallint NOT NULL,
    measure text NOT NULL,
    cells bigint[] NOT NULL,
    PRIMARY KEY (measure, month));
)";

constexpr std::array<const char*, kCellColumns> kCellTypes = {"text",     "smallint", "smallint", "smallint",
                                                              "smallint", "smallint", "smallint", "bigint"};

constexpr char kPutCounts[] =
    "INSERT INTO counts (measure, month, numerator, denominator, reported, partial, definition_version) "
    "SELECT * FROM unnest($1::text[], $2::smallint[], $3::bigint[], $4::bigint[], $5::bigint[], "
    "$6::bigint[], "
    "$7::bigint[]) "
    "ON CONFLICT (measure, month) DO UPDATE SET numerator = excluded.numerator, denominator = "
    "excluded.denominator, "
    "reported = excluded.reported, partial = excluded.partial, definition_version = "
    "excluded.definition_version";

// All rows' cells stand one behind the other in one array.
constexpr char kPutBands[] =
    "INSERT INTO bands (measure, month, cells) "
    "SELECT m.measure, m.month, ($3::bigint[])[(m.at - 1) * 108 + 1 : m.at * 108] "
    "FROM unnest($1::text[], $2::smallint[]) WITH ORDINALITY AS m (measure, month, at) "
    "ON CONFLICT (measure, month) DO UPDATE SET cells = excluded.cells";

template <typename Map>
std::vector<const typename Map::value_type*> Sorted(const Map& map) {
  std::vector<const typename Map::value_type*> sorted;
  sorted.reserve(map.size());
  for (const auto& entry : map) sorted.push_back(&entry);
  std::sort(sorted.begin(), sorted.end(), [](const auto* a, const auto* b) { return a->first < b->first; });
  return sorted;
}

// What stands between board and pence, in the order of the columns.
std::array<int16_t, kCellColumns - 2> PartsOf(const SavingsCell& cell) {
  return {cell.financial_class, cell.sign, cell.recurrence, cell.rung, cell.posted, cell.related};
}

Call SavingsCall(const Balances& changes, const EventFold& fold) {
  std::vector<std::string_view> boards;
  std::array<std::vector<int16_t>, kCellColumns - 2> parts;
  std::vector<int64_t> pence;
  for (const auto* entry : Sorted(changes.savings)) {
    const SavingsCell& cell = entry->first;
    boards.emplace_back(fold.boards().Name(cell.board));
    for (size_t part = 0; part < parts.size(); ++part) parts[part].push_back(PartsOf(cell)[part]);
    pence.push_back(entry->second);
  }
  Call call{"add_savings", {TextArray(boards)}};
  for (const auto& column : parts) call.values.push_back(Int16Array(column));
  call.values.push_back(Int64Array(pence));
  return call;
}

Call CountsCall(const Balances& changes, const EventFold& fold) {
  std::vector<std::string_view> measures;
  std::vector<int16_t> months;
  std::array<std::vector<int64_t>, std::tuple_size_v<CountValues>> values;
  for (const auto* entry : Sorted(changes.counts)) {
    measures.emplace_back(fold.measures().Name(entry->first.measure));
    months.push_back(entry->first.month);
    for (size_t kind = 0; kind < values.size(); ++kind) values[kind].push_back(entry->second[kind]);
  }
  Call call{"put_counts", {TextArray(measures), Int16Array(months)}};
  for (const auto& column : values) call.values.push_back(Int64Array(column));
  return call;
}

Call BandsCall(const Balances& changes, const EventFold& fold) {
  std::vector<std::string_view> measures;
  std::vector<int16_t> months;
  std::vector<int64_t> cells;
  for (const auto* entry : Sorted(changes.bands)) {
    measures.emplace_back(fold.measures().Name(entry->first.measure));
    months.push_back(entry->first.month);
    cells.insert(cells.end(), entry->second.begin(), entry->second.end());
  }
  return {"put_bands", {TextArray(measures), Int16Array(months), Int64Array(cells)}};
}

void AddCountRow(std::string_view measure, int32_t month, const CountValues& values, AnswersFile& answers) {
  for (size_t kind = 0; kind < values.size(); ++kind) {
    answers.Counts(measure, static_cast<int32_t>(kind + 1), month, values[kind]);
  }
}

template <typename Values>
void AddBandRow(std::string_view measure, int32_t month, const Values& values, AnswersFile& answers) {
  for (size_t cell = 0; cell < values.size(); ++cell) {
    answers.Bands(measure, month, static_cast<int32_t>(cell), values[cell]);
  }
}

}  // namespace

absl::Status MakeBalanceTables(Connection& connection) { return connection.Execute(kMakeTables); }

absl::Status PrepareBalances(Connection& connection) {
  const std::string add_savings = AddSavingsSql(
      "SELECT * FROM unnest($1::text[], $2::smallint[], $3::smallint[], $4::smallint[], $5::smallint[], "
      "$6::smallint[], $7::smallint[], $8::bigint[])");
  RETURN_IF_ERROR(connection.Prepare("add_savings", add_savings.c_str()));
  RETURN_IF_ERROR(connection.Prepare("put_counts", kPutCounts));
  return connection.Prepare("put_bands", kPutBands);
}

void AddBalanceCalls(const Balances& changes, const EventFold& fold, std::vector<Call>& calls) {
  if (!changes.savings.empty()) calls.push_back(SavingsCall(changes, fold));
  if (!changes.counts.empty()) calls.push_back(CountsCall(changes, fold));
  if (!changes.bands.empty()) calls.push_back(BandsCall(changes, fold));
}

std::string AddSavingsSql(std::string_view rows) {
  return fmt::format(
      "INSERT INTO savings AS s (board, financial_class, sign, recurrence, rung, posted, related, pence) {} "
      "ON CONFLICT (board, posted, related, financial_class, sign, recurrence, rung) "
      "DO UPDATE SET pence = s.pence + excluded.pence",
      rows);
}

void AppendCellParameters(size_t before, std::string& values) {
  if (!values.empty()) values += ", ";
  for (size_t column = 0; column < kCellColumns; ++column) {
    values += fmt::format("{}${}::{}", column == 0 ? '(' : ',', before + column + 1, kCellTypes[column]);
  }
  values += ')';
}

void AddCellValues(const Balances& changes, const EventFold& fold, std::vector<std::string>& values) {
  for (const auto* entry : Sorted(changes.savings)) {
    const SavingsCell& cell = entry->first;
    values.push_back(fold.boards().Name(cell.board));
    for (const int16_t part : PartsOf(cell)) PutInt16(values.emplace_back(), part);
    PutInt64(values.emplace_back(), entry->second);
  }
}

absl::Status ReplaceBalances(Connection& connection, const Balances& balances, const EventFold& fold) {
  // A table that was emptied in the same transaction is synced at its end instead of logged.
  RETURN_IF_ERROR(connection.Execute("TRUNCATE savings, counts, bands"));
  std::string savings(CopyHeader());
  for (const auto* entry : Sorted(balances.savings)) {
    const SavingsCell& cell = entry->first;
    PutInt16(savings, 8);
    PutFieldText(savings, fold.boards().Name(cell.board));
    for (const int16_t part : PartsOf(cell)) PutField16(savings, part);
    PutField64(savings, entry->second);
  }
  std::string counts(CopyHeader());
  for (const auto* entry : Sorted(balances.counts)) {
    PutInt16(counts, 7);
    PutFieldText(counts, fold.measures().Name(entry->first.measure));
    PutField16(counts, entry->first.month);
    for (const int64_t value : entry->second) PutField64(counts, value);
  }
  std::string bands(CopyHeader());
  for (const auto* entry : Sorted(balances.bands)) {
    PutInt16(bands, 3);
    PutFieldText(bands, fold.measures().Name(entry->first.measure));
    PutField16(bands, entry->first.month);
    PutFieldText(bands, Int64Array(entry->second.data(), entry->second.size()));
  }
  for (std::string* data : {&savings, &counts, &bands}) *data += CopyTrailer();
  RETURN_IF_ERROR(connection.CopyIn(
      "COPY savings (board, financial_class, sign, recurrence, rung, posted, related, pence) "
      "FROM STDIN (FORMAT binary)",
      savings));
  RETURN_IF_ERROR(connection.CopyIn(
      "COPY counts (measure, month, numerator, denominator, reported, partial, definition_version) "
      "FROM STDIN (FORMAT binary)",
      counts));
  return connection.CopyIn("COPY bands (measure, month, cells) FROM STDIN (FORMAT binary)", bands);
}

absl::Status PrepareBoard(Connection& connection) {
  return connection.Prepare("board",
                            "SELECT financial_class, sign, recurrence, rung, posted, related, pence "
                            "FROM savings WHERE board = $1::text");
}

absl::StatusOr<int> ReadBoard(Connection& connection, const std::string& board, int64_t& pence) {
  ASSIGN_OR_RETURN(const Rows rows, connection.Query({"board", {board}}));
  for (int row = 0; row < rows.size(); ++row) pence += rows.Int64(row, 6);
  return rows.size();
}

absl::Status AddTables(Connection& connection, AnswersFile& answers) {
  RETURN_IF_ERROR(connection.Prepare(
      "all_savings",
      "SELECT board, financial_class, sign, recurrence, rung, posted, related, pence FROM savings"));
  RETURN_IF_ERROR(connection.Prepare(
      "all_counts",
      "SELECT measure, month, numerator, denominator, reported, partial, definition_version FROM counts"));
  RETURN_IF_ERROR(connection.Prepare("all_bands", "SELECT measure, month, cells FROM bands"));
  ASSIGN_OR_RETURN(const Rows savings, connection.Query({"all_savings", {}}));
  for (int row = 0; row < savings.size(); ++row) {
    answers.Savings(savings.Field(row, 0),
                    {.financial_class = savings.Int16(row, 1),
                     .sign = savings.Int16(row, 2),
                     .recurrence = savings.Int16(row, 3),
                     .rung = savings.Int16(row, 4),
                     .posted = savings.Int16(row, 5),
                     .related = savings.Int16(row, 6)},
                    savings.Int64(row, 7));
  }
  ASSIGN_OR_RETURN(const Rows counts, connection.Query({"all_counts", {}}));
  for (int row = 0; row < counts.size(); ++row) {
    CountValues values;
    for (size_t kind = 0; kind < values.size(); ++kind)
      values[kind] = counts.Int64(row, static_cast<int>(kind) + 2);
    AddCountRow(counts.Field(row, 0), counts.Int16(row, 1), values, answers);
  }
  ASSIGN_OR_RETURN(const Rows bands, connection.Query({"all_bands", {}}));
  for (int row = 0; row < bands.size(); ++row) {
    AddBandRow(bands.Field(row, 0), bands.Int16(row, 1), ParseInt64Array(bands.Field(row, 2)), answers);
  }
  return absl::OkStatus();
}

void AddBalances(const Balances& balances, const EventFold& fold, AnswersFile& answers) {
  for (const auto& [cell, pence] : balances.savings) {
    answers.Savings(fold.boards().Name(cell.board),
                    {.financial_class = cell.financial_class,
                     .sign = cell.sign,
                     .recurrence = cell.recurrence,
                     .rung = cell.rung,
                     .posted = cell.posted,
                     .related = cell.related},
                    pence);
  }
  for (const auto& [month, values] : balances.counts) {
    AddCountRow(fold.measures().Name(month.measure), month.month, values, answers);
  }
  for (const auto& [month, values] : balances.bands) {
    AddBandRow(fold.measures().Name(month.measure), month.month, values, answers);
  }
}

}  // namespace realise::peers
