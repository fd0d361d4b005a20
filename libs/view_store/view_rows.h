// The values of the view store's rows.  This file owns their grammar; the keys stand in view_keys.h.
//
//   postings := posting (step? posting)*
//       what events posted to an account, in the order of the log; the first one is of the event in the key
//   posting  := cell delta
//       never a delta of 0
//   step     := distance 0
//       what follows is of the event that is so many behind
//   balances := (cell - cell before, balance)*
//       rising cells; the first is counted from 0
//   ViewAccountRow := number postings_since cells checkpoint
//   ViewCommitRow  := recorded_at 8, segment 4, ordinal 8, digest 32, log address 8
//       big endian
//
// Numbers are varints, signed ones in zigzag form.  Balances have up to 128 bits: the fold never fails
// because a sum does not fit into 64 bits; only asking for such a sum does.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "libs/base/balance.h"
#include "libs/base/calendar.h"
#include "libs/base/ids.h"
#include "libs/view_store/view_keys.h"

namespace realise {

// What an event posted to a cell of an account.
struct ViewPosting {
  Sequence sequence = 0;  // of the event
  uint64_t cell = 0;
  int64_t delta = 0;
  friend bool operator==(const ViewPosting&, const ViewPosting&) = default;
};

// `before` is the event of the posting before this one in the row; for the first one, that in the row's key.
// REQUIRES: posting.sequence >= before, and a delta.
void AppendPosting(std::string& row, Sequence before, const ViewPosting& posting);
// Takes the first one from a row; nothing if it does not decode.
[[nodiscard]] std::optional<ViewPosting> TakePosting(std::string_view& row, Sequence before);

using CellBalance = std::pair<uint64_t, Balance>;

// REQUIRES: sorted by cell, no cell twice.
[[nodiscard]] std::string EncodeBalances(const std::vector<CellBalance>& balances);
[[nodiscard]] std::optional<std::vector<CellBalance>> DecodeBalances(std::string_view row);

struct ViewAccountRow {
  AccountNumber number = 0;     // from 1, in the order of their first postings
  uint64_t postings_since = 0;  // cell deltas behind the last checkpoint
  uint64_t cells = 0;           // that were ever posted to
  Sequence checkpoint = 0;      // of the last one; 0 without
  friend bool operator==(const ViewAccountRow&, const ViewAccountRow&) = default;
};

[[nodiscard]] std::string EncodeAccountRow(const ViewAccountRow& row);
[[nodiscard]] std::optional<ViewAccountRow> DecodeAccountRow(std::string_view row);

struct ViewCommitRow {
  Instant recorded_at{};
  uint32_t segment = 0;
  uint64_t ordinal = 0;
  Digest digest;
  int64_t address = 0;  // where the log keeps it
  friend bool operator==(const ViewCommitRow&, const ViewCommitRow&) = default;
};

[[nodiscard]] std::string EncodeCommitRow(const ViewCommitRow& row);
[[nodiscard]] std::optional<ViewCommitRow> DecodeCommitRow(std::string_view row);

// DATA_LOSS, of a row that does not decode.
[[nodiscard]] absl::Status DamagedRow(std::string_view key);

}  // namespace realise
