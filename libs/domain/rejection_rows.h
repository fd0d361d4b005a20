// One row for every rule: given events, when one is proposed, then a reason and a field.  For tests of the
// rules.
#pragma once

#include <initializer_list>
#include <limits>
#include <string>
#include <vector>

#include "libs/domain/rejection.h"
#include "libs/domain/testing/event_builders.h"

namespace realise {

struct Row {
  std::string name;
  Reason reason;
  std::string field;
  std::vector<v1::Event> given;  // after Ledger()
  v1::Event when;
};

std::vector<Row> FormRows();
std::vector<Row> RegisterRows();
std::vector<Row> ClaimRows();
std::vector<Row> MeasureRows();
std::vector<Row> PublisherRows();
std::vector<Row> Join(std::initializer_list<std::vector<Row>> parts);

// What the rows have in common: a small ledger, in April 2025, with three open months.
inline constexpr Instant kNow =
    std::chrono::sys_days(std::chrono::year(2025) / 4 / 15) + std::chrono::hours(9);
std::vector<v1::Event> Ledger();

inline constexpr int64_t kHuge = std::numeric_limits<int64_t>::max();
inline const char* const kJune = "2024/25-M03";
inline const char* const kJuly = "2024/25-M04";
inline const char* const kJulyFirst = "2024-07-01";

// The event after a change.
template <typename Change>
v1::Event With(v1::Event event, Change change) {
  change(event);
  return event;
}

// 30,000.00 pounds for June, posted to June.
v1::Event Claim();
v1::Event NewClaim(const std::string& benefit_id, const std::string& relates_to, const std::string& posted_to,
                   int64_t pence);
v1::Event Validation();
std::vector<v1::Event> Validated();
std::vector<v1::Event> ValidatedAndClosed();

v1::Event LengthOfStay();
v1::Event Share(int64_t numerator, int64_t denominator);
v1::Event Waits();
v1::Event BreakAt(const std::string& month, bool comparable);
v1::Event Baseline(const std::string& benefit_id, int64_t numerator);

}  // namespace realise
