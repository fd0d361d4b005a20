// What the made-up programme is made of: boards, their projects, their benefits.  Nothing here is real;
// amounts are of the size that an acute trust of 900 beds would see.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "realise/v1/benefit_events.pb.h"

namespace realise::demo {

struct BenefitPlan {
  std::string_view id;
  std::string_view title;
  v1::FinancialClass financial_class = v1::FINANCIAL_CLASS_UNSPECIFIED;
  v1::Recurrence recurrence = v1::RECURRENCE_UNSPECIFIED;
  v1::Aim aim = v1::AIM_UNSPECIFIED;
  int64_t pounds_a_month = 0;  // below 0 for a dis-benefit; 0 without a price
  int months = 99;             // how many are claimed
  bool on_length_of_stay = false;
};

struct ProjectPlan {
  std::string_view id;
  std::string_view title;
  std::string_view programme;
  int first_month = 0;  // months after April 2023
  std::vector<BenefitPlan> benefits;
};

struct BoardPlan {
  std::string_view id;
  std::string_view name;
  std::string_view theme;
  std::vector<ProjectPlan> projects;
  std::vector<std::string_view> treatment_functions;  // whose waits are part of its figures, "c_100"
};

// A trust, and the share of the catalogue's amounts that it sees.
struct TrustPlan {
  std::string_view ledger;
  int64_t percent = 100;
  std::vector<std::string_view> boards;
};

[[nodiscard]] std::span<const TrustPlan> Trusts();
// REQUIRES: an id of the catalogue.
[[nodiscard]] const BoardPlan& Board(std::string_view id);

}  // namespace realise::demo
