// The savings of boards, added up again for crash and torture tests: nothing of the product's rules,
// postings or fold is used, and months and dates are compared as the texts that they are.
#pragma once

#include <compare>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "realise/v1/event.pb.h"
#include "realise/v1/query_service.pb.h"

namespace realise::testing {

class SavingsOracle {
 public:
  // The next event of the history.
  void Add(const v1::Event& event);

  // What every board's savings are in a month, in the form of an answer.
  [[nodiscard]] std::vector<v1::BoardSavings> Expected(const std::string& month, bool restated) const;

 private:
  struct Line {
    v1::FinancialClass financial_class = v1::FINANCIAL_CLASS_UNSPECIFIED;
    v1::BenefitSign sign = v1::BENEFIT_SIGN_UNSPECIFIED;
    v1::Recurrence recurrence = v1::RECURRENCE_UNSPECIFIED;
    friend auto operator<=>(const Line&, const Line&) = default;
  };
  struct Months {
    bool validated = false;
    std::string posted;
    std::string related;
    friend auto operator<=>(const Months&, const Months&) = default;
  };
  struct Benefit {
    std::string project;
    Line line;
  };
  struct Claim {
    std::string benefit;
    std::string related;
    int64_t claimed = 0;
    int64_t validated = 0;
  };
  using Sums = std::map<Line, std::map<Months, int64_t>>;

  void Post(const Claim& claim, bool validated, const std::string& posted, int64_t pence);
  std::string BoardOf(const Claim& claim) const;

  std::map<std::string, std::string> boards_;                              // name by id
  std::map<std::string, std::map<std::string, std::string>> assignments_;  // project -> first date -> board
  std::map<std::string, Benefit> benefits_;
  std::map<std::string, Claim> claims_;
  std::map<std::string, Sums> sums_;  // by board
};

}  // namespace realise::testing
