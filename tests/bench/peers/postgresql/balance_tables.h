// The tables of balances: savings cell by cell, a measure's month in one row.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tests/bench/peers/postgresql/connection.h"
#include "tests/bench/peers/postgresql/event_fold.h"
#include "tests/bench/peers/realise/answers_file.h"

namespace realise::peers {

// Makes empty ones, in place of those that are there.
[[nodiscard]] absl::Status MakeBalanceTables(Connection& connection);

// For BalanceCalls.
[[nodiscard]] absl::Status PrepareBalances(Connection& connection);

// Calls that add what changed to the tables, at most one for each table; rows are locked in the order of
// their keys, so that two transactions never wait for each other both ways.
void AddBalanceCalls(const Balances& changes, const EventFold& fold, std::vector<Call>& calls);

// For a statement that changes few cells: the statement around its rows, a row of parameters behind `before`
// others, and the values of such rows in the order of their keys.
inline constexpr size_t kCellColumns = 8;
[[nodiscard]] std::string AddSavingsSql(std::string_view rows);
void AppendCellParameters(size_t before, std::string& values);
void AddCellValues(const Balances& changes, const EventFold& fold, std::vector<std::string>& values);

// Puts `balances` in the place of all that is in the tables.  REQUIRES: within a transaction.
[[nodiscard]] absl::Status ReplaceBalances(Connection& connection, const Balances& balances,
                                           const EventFold& fold);

// Reads one board's cells; returns how many there are.
[[nodiscard]] absl::Status PrepareBoard(Connection& connection);
[[nodiscard]] absl::StatusOr<int> ReadBoard(Connection& connection, const std::string& board, int64_t& pence);

// What the tables hold, and what a fold holds in memory.
[[nodiscard]] absl::Status AddTables(Connection& connection, AnswersFile& answers);
void AddBalances(const Balances& balances, const EventFold& fold, AnswersFile& answers);

}  // namespace realise::peers
