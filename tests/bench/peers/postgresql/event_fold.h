// What events do to balances, worked out by the client: the same figures as libs/postings, in code of its
// own.
//
// Valid input is assumed, as a program in front of a database would have decided on it before.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/calendar.h"
#include "realise/v1/event.pb.h"

namespace realise::peers {

// Numbers for names that are short lived: boards and measures in memory.
class Names {
 public:
  uint32_t NumberOf(const std::string& name);
  const std::string& Name(uint32_t number) const { return names_[number]; }

 private:
  absl::flat_hash_map<std::string, uint32_t> numbers_;
  std::vector<std::string> names_;
};

enum Rung : uint8_t { kAwaiting = 1, kValidated = 2 };

struct SavingsCell {
  uint16_t board = 0;  // its number
  uint8_t financial_class = 0;
  uint8_t sign = 0;
  uint8_t recurrence = 0;
  uint8_t rung = 0;
  int16_t posted = 0;  // month index
  int16_t related = 0;

  friend auto operator<=>(const SavingsCell&, const SavingsCell&) = default;
  template <typename H>
  friend H AbslHashValue(H hash, const SavingsCell& cell) {
    return H::combine(std::move(hash), cell.board, cell.financial_class, cell.sign, cell.recurrence,
                      cell.rung, cell.posted, cell.related);
  }
};

struct MeasuredMonth {
  uint32_t measure = 0;  // its number
  int16_t month = 0;

  friend auto operator<=>(const MeasuredMonth&, const MeasuredMonth&) = default;
  template <typename H>
  friend H AbslHashValue(H hash, const MeasuredMonth& month) {
    return H::combine(std::move(hash), month.measure, month.month);
  }
};

// Numerator, denominator, reported, partial, version; of a measure of waits only "reported".
using CountValues = std::array<int64_t, 5>;
// 105 bands, unknown clock starts, reported, version.
using BandValues = std::array<int64_t, 108>;

// All balances, or what some events change of them: pence to add, and values to put in place of those that
// are there.
struct Balances {
  absl::flat_hash_map<SavingsCell, int64_t> savings;
  absl::flat_hash_map<MeasuredMonth, CountValues> counts;
  absl::flat_hash_map<MeasuredMonth, BandValues> bands;

  void Clear();
};

// Gives the events of a stream, oldest first, as they are stored.
using StreamHistory = std::function<absl::StatusOr<std::vector<std::string>>(const std::string& stream)>;

// Not thread-safe.
class EventFold {
 public:
  // Keeps between one and two times `claims_max` claims in memory, the last ones used; others are read again
  // from their stream.  Without a history all are kept.
  explicit EventFold(StreamHistory history = nullptr, size_t claims_max = SIZE_MAX)
      : history_(std::move(history)), claims_max_(claims_max) {}

  // Applies the next event of the ledger.
  //   INTERNAL  an event of unknown type, or one that does not fit those before it.
  [[nodiscard]] absl::Status Apply(const v1::Event& event, Balances& balances);

  const Names& boards() const { return boards_; }
  const Names& measures() const { return measure_names_; }

 private:
  struct Benefit {
    std::string project;
    SavingsCell line;  // class, sign and recurrence
  };
  struct Assignment {
    Date from;
    uint16_t board = 0;
  };
  struct Measure {
    uint32_t number = 0;
    bool waits = false;
  };
  struct Claim {
    SavingsCell cell;  // without rung and posted month
    int64_t claimed = 0;
    int64_t validated = 0;
  };
  using Claims = absl::flat_hash_map<std::string, Claim>;

  absl::Status ApplyStructure(const v1::Event& event);
  absl::Status ApplyMeasurement(const v1::Event& event, Balances& balances);
  absl::Status Submit(const v1::ClaimSubmitted& body, Balances& balances);
  absl::Status Settle(const std::string& claim_id, const std::string& posted_to, int64_t validated,
                      uint64_t version, Balances& balances);
  absl::Status Correct(const std::string& claim_id, const std::string& posted_to, int64_t delta,
                       uint64_t version, Balances& balances);
  absl::Status Reverse(const std::string& claim_id, const std::string& posted_to, uint64_t version,
                       Balances& balances);
  void KeepClaim(const std::string& id, const Claim& claim);
  // The claim as it is before the event of its stream that has `version`; valid until the next is looked for.
  absl::StatusOr<Claim*> FindClaim(const std::string& id, uint64_t version);
  // Months stand in few different texts.
  absl::StatusOr<Period> Month(const std::string& text);
  absl::StatusOr<const Measure*> FindMeasure(const std::string& id) const;

  const StreamHistory history_;
  const size_t claims_max_;
  Names boards_;
  Names measure_names_;
  absl::flat_hash_map<std::string, std::vector<Assignment>> projects_;  // in the order of their dates
  absl::flat_hash_map<std::string, Benefit> benefits_;
  absl::flat_hash_map<std::string, Measure> measures_;
  absl::flat_hash_map<std::string, Period> months_;
  Claims claims_;
  Claims older_claims_;
};

}  // namespace realise::peers
