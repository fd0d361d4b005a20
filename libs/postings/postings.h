// Postings: what one event does to the additive figures.  Pure.  A figure is nothing but the sum of its
// postings.
//
// Accounts, and the cells in them:
//   savings/<board_id>          class x sign x recurrence x rung x posted month x related month: pence
//   counts/<measure_id>         CountKind x month: counts, or pence of PENCE; of WEEKLY_WAIT_BANDS only
//                               which months are reported, so that the latest is found
//   bands/<measure_id>/<month>  band 0 ... 104, then the cells below: pathways; <month> is a month index
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "libs/base/calendar.h"
#include "libs/base/ids.h"
#include "libs/domain/ledger_state.h"
#include "realise/v1/event.pb.h"

namespace realise {

// A cell of an account, packed; see SavingsCell and CountCell.
using Cell = uint64_t;

// What events posted, in the order of the log.  The names of accounts lie in one piece, for a fold comes by
// millions of them.
class PostedEvents {
 public:
  struct Posting {
    Sequence sequence = 0;  // of the event
    Cell cell = 0;
    int64_t delta = 0;
    // The account's name.
    size_t name_begin = 0;
    size_t name_bytes = 0;
  };

  // What is posted from now on is of this event.   REQUIRES: sequences rise.
  void BeginEvent(Sequence sequence) { sequence_ = sequence; }
  // To the account of the name `kind` + `id`; nothing if `delta` is 0.
  void Post(std::string_view kind, std::string_view id, Cell cell, int64_t delta);
  void Clear();

  const std::vector<Posting>& postings() const { return postings_; }
  // Valid until the next change.
  std::string_view AccountOf(const Posting& posting) const {
    return std::string_view(names_).substr(posting.name_begin, posting.name_bytes);
  }

 private:
  Sequence sequence_ = 0;
  std::string names_;
  std::vector<Posting> postings_;
};

enum class Rung : uint8_t {
  kAwaiting = 1,   // claimed, neither validated nor rejected
  kValidated = 2,  // validated by finance, and corrected since
};

struct SavingsCell {
  v1::FinancialClass financial_class = v1::FINANCIAL_CLASS_UNSPECIFIED;
  v1::BenefitSign sign = v1::BENEFIT_SIGN_UNSPECIFIED;
  v1::Recurrence recurrence = v1::RECURRENCE_UNSPECIFIED;
  Rung rung = Rung::kAwaiting;
  int32_t posted = 0;   // month index
  int32_t related = 0;  // month index

  [[nodiscard]] Cell Pack() const;
  static SavingsCell Unpack(Cell cell);
  friend bool operator==(const SavingsCell&, const SavingsCell&) = default;
};

enum class CountKind : uint8_t {
  kNumerator = 1,
  kDenominator = 2,
  kReported = 3,  // 1 once the month is recorded: missing is not zero
  kPartial = 4,   // 1 while the month is not complete
  kVersion = 5,   // the version of the definition it was counted by
};

struct CountCell {
  CountKind kind = CountKind::kNumerator;
  int32_t month = 0;  // month index

  [[nodiscard]] Cell Pack() const;
  static CountCell Unpack(Cell cell);
};

inline constexpr int kBands = 105;
inline constexpr Cell kBandUnknownClockStarts = 105;
inline constexpr Cell kBandReported = 106;  // 1 once the month is recorded
inline constexpr Cell kBandVersion = 107;   // the version of the definition it was counted by

[[nodiscard]] std::string SavingsAccount(std::string_view board_id);
[[nodiscard]] std::string CountsAccount(std::string_view measure_id);
[[nodiscard]] std::string BandsAccount(std::string_view measure_id, int32_t month_index);

// Appends the postings of `event` to `out`, given the state before it.   REQUIRES: `out` has begun the event.
//   INTERNAL  the event does not fit the state: a defect.  Stop the ledger.  `out` may hold a part of them.
[[nodiscard]] absl::Status AppendPostings(const v1::Event& event, const LedgerState& before,
                                          PostedEvents& out);

// Whether the event is one of those that say how boards, projects, measures, baselines and periods hang
// together.  A view keeps them whole, in order, as facts.
[[nodiscard]] bool IsFact(const v1::Event& event);

}  // namespace realise
