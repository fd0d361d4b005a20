// The keys of the view store.  This file owns their grammar.
//
//   key     := version ledger table rest
//   version := 2 bytes  the fold version that made the row; 0 for rows that belong to none
//   ledger  := 4 bytes  the ledger's number in this store, from 1; 0 for rows that belong to none
//   table   := 1 byte
//
// Rows of version 0:
//   'l' code                             -> number, 4 bytes     the ledger's number; under ledger 0
//   'v'                                  -> version, 2 bytes    the fold version that answers
// Rows of every other version:
//   'a' account name                     -> ViewAccountRow
//   'c' end sequence 8, ordinal 8        -> ViewCommitRow           commits by their end; empty ones share it
//   'f' sequence 8                       -> v1.Event            facts
//   'k' account number 4, sequence 8     -> balances            checkpoint of all cells, behind that event
//   'm'                                  -> internal.v1.LogPlace
//   'p' account number 4, sequence 8     -> postings            of that event, and of some behind it
//   's' row key of LedgerState           -> row of LedgerState
//   't' segment 4, recorded_at 8         -> end sequence 8, ordinal 8
//
// Numbers are big endian, so that rows sort as numbers do; recorded_at has its sign bit turned.  Ordinals
// count the commits of a ledger from 1.  A segment is a run of commits whose times rise; a clock correction
// that goes back begins the next.  The values stand in view_rows.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/calendar.h"
#include "libs/base/ids.h"

namespace realise {

using LedgerNumber = uint32_t;
using AccountNumber = uint32_t;

enum class ViewTable : char {
  kAccounts = 'a',
  kCommits = 'c',
  kFacts = 'f',
  kCheckpoints = 'k',
  kLedgers = 'l',
  kPlace = 'm',
  kPostings = 'p',
  kState = 's',
  kTimes = 't',
  kAnswering = 'v',
};

// The rows of one ledger in one fold version.
struct ViewKeyspace {
  uint16_t version = 0;
  LedgerNumber ledger = 0;

  // What the keys of the rows begin with: of all of them, of one table, of one account in a table.
  [[nodiscard]] std::string Prefix() const;
  [[nodiscard]] std::string Table(ViewTable table) const;
  [[nodiscard]] std::string Account(ViewTable table, AccountNumber account) const;

  [[nodiscard]] std::string AccountName(std::string_view name) const;
  [[nodiscard]] std::string Commit(Sequence end, uint64_t ordinal) const;
  [[nodiscard]] std::string Fact(Sequence sequence) const;
  [[nodiscard]] std::string Checkpoint(AccountNumber account, Sequence sequence) const;
  [[nodiscard]] std::string Place() const;
  [[nodiscard]] std::string Posting(AccountNumber account, Sequence sequence) const;
  [[nodiscard]] std::string State(std::string_view row_key) const;
  [[nodiscard]] std::string Time(uint32_t segment, Instant recorded_at) const;

  friend bool operator==(const ViewKeyspace&, const ViewKeyspace&) = default;
};

// The rows of version 0.
[[nodiscard]] std::string LedgersKey(std::string_view code);
[[nodiscard]] std::string AnsweringKey(LedgerNumber ledger);

inline constexpr size_t kViewPrefixBytes = 6;
inline constexpr size_t kViewTableBytes = 7;

// What every key begins with.   Nothing if it is too short to be one.
[[nodiscard]] std::optional<ViewKeyspace> KeyspaceOf(std::string_view key);

// The smallest key that is greater than all keys that begin with `prefix`; empty if there is none.
[[nodiscard]] std::string KeyBehind(std::string_view prefix);

// Big endian numbers, as they stand in keys and in rows of a fixed form.
void AppendUint16(std::string& to, uint16_t value);
void AppendUint32(std::string& to, uint32_t value);
void AppendUint64(std::string& to, uint64_t value);
// REQUIRES: at least as many bytes as the number has.
[[nodiscard]] uint16_t ReadUint16(std::string_view bytes);
[[nodiscard]] uint32_t ReadUint32(std::string_view bytes);
[[nodiscard]] uint64_t ReadUint64(std::string_view bytes);

}  // namespace realise
