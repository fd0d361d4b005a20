#include "tests/support/savings_oracle.h"

#include "fmt/format.h"

namespace realise::testing {
namespace {

// No date of the month "2024/25-M03" is greater, as a text, than "2024-06-31".
std::string NoLaterThan(const std::string& month) {
  const int year = std::stoi(month.substr(0, 4));
  const int number = std::stoi(month.substr(9));
  return number <= 9 ? fmt::format("{}-{:02}-31", year, number + 3)
                     : fmt::format("{}-{:02}-31", year + 1, number - 9);
}

std::string YearOf(const std::string& month) { return month.substr(0, 7); }

void Count(const std::string& posted, const std::string& related, int64_t pence, const std::string& asked,
           bool restated, v1::SavingsAmounts& amounts) {
  const std::string& month = restated ? related : posted;
  amounts.set_since_start_pence(amounts.since_start_pence() + pence);
  if (YearOf(month) != YearOf(asked)) return;
  amounts.set_year_to_date_pence(amounts.year_to_date_pence() + pence);
  if (!restated && YearOf(related) < YearOf(asked)) {
    amounts.set_prior_year_pence(amounts.prior_year_pence() + pence);
  }
  if (month != asked) return;
  amounts.set_in_month_pence(amounts.in_month_pence() + pence);
  if (!restated && related < month) amounts.set_prior_period_pence(amounts.prior_period_pence() + pence);
}

}  // namespace

void SavingsOracle::Add(const v1::Event& event) {
  switch (event.body_case()) {
    case v1::Event::kBoardEstablished:
      boards_[event.board_established().board_id()] = event.board_established().name();
      break;
    case v1::Event::kProjectAssignedToBoard: {
      const auto& body = event.project_assigned_to_board();
      assignments_[body.project_id()][body.effective_from()] = body.board_id();
      break;
    }
    case v1::Event::kBenefitRegistered: {
      const auto& body = event.benefit_registered();
      benefits_[body.benefit_id()] = {body.project_id(),
                                      {body.financial_class(), body.sign(), body.recurrence()}};
      break;
    }
    case v1::Event::kClaimSubmitted: {
      const auto& body = event.claim_submitted();
      const Claim claim{body.benefit_id(), body.relates_to_period(), body.amount_pence(), 0};
      claims_[body.claim_id()] = claim;
      Post(claim, false, body.posted_to_period(), body.amount_pence());
      break;
    }
    case v1::Event::kClaimValidated: {
      const auto& body = event.claim_validated();
      Claim& claim = claims_.at(body.claim_id());
      claim.validated = body.amount_pence();
      Post(claim, false, body.posted_to_period(), -claim.claimed);
      Post(claim, true, body.posted_to_period(), claim.validated);
      break;
    }
    case v1::Event::kClaimRejected: {
      const auto& body = event.claim_rejected();
      const Claim& claim = claims_.at(body.claim_id());
      Post(claim, false, body.posted_to_period(), -claim.claimed);
      break;
    }
    case v1::Event::kClaimCorrected: {
      const auto& body = event.claim_corrected();
      Claim& claim = claims_.at(body.claim_id());
      claim.validated += body.delta_pence();
      Post(claim, true, body.posted_to_period(), body.delta_pence());
      break;
    }
    case v1::Event::kClaimReversed: {
      const auto& body = event.claim_reversed();
      const Claim& claim = claims_.at(body.claim_id());
      Post(claim, true, body.posted_to_period(), -claim.validated);
      break;
    }
    default:
      break;
  }
}

void SavingsOracle::Post(const Claim& claim, bool validated, const std::string& posted, int64_t pence) {
  sums_[BoardOf(claim)][benefits_.at(claim.benefit).line][{validated, posted, claim.related}] += pence;
}

// The board that the project is under on the last day of the month that the claim relates to.
std::string SavingsOracle::BoardOf(const Claim& claim) const {
  std::string board;
  for (const auto& [from, to] : assignments_.at(benefits_.at(claim.benefit).project)) {
    if (from <= NoLaterThan(claim.related)) board = to;
  }
  return board;
}

std::vector<v1::BoardSavings> SavingsOracle::Expected(const std::string& month, bool restated) const {
  std::vector<v1::BoardSavings> answer;
  for (const auto& [id, name] : boards_) {
    v1::BoardSavings& board = answer.emplace_back();
    board.set_board_id(id);
    board.set_name(name);
    v1::SavingsAmounts& net_cash = *board.mutable_net_cash();
    const auto sums = sums_.find(id);
    if (sums == sums_.end()) continue;
    for (const auto& [line, cells] : sums->second) {
      const bool cash = line.financial_class == v1::FINANCIAL_CLASS_CASH_RELEASING ||
                        line.financial_class == v1::FINANCIAL_CLASS_INCOME_GENERATION;
      v1::SavingsLine expected;
      bool any = false;
      for (const auto& [cell, pence] : cells) {
        if ((restated ? cell.related : cell.posted) > month) continue;
        any = true;
        Count(cell.posted, cell.related, pence, month, restated,
              cell.validated ? *expected.mutable_validated() : *expected.mutable_awaiting_validation());
        if (cell.validated && cash) Count(cell.posted, cell.related, pence, month, restated, net_cash);
      }
      if (!any) continue;
      expected.set_financial_class(line.financial_class);
      expected.set_sign(line.sign);
      expected.set_recurrence(line.recurrence);
      // An answer always has both.
      expected.mutable_validated();
      expected.mutable_awaiting_validation();
      *board.add_lines() = expected;
    }
  }
  return answer;
}

}  // namespace realise::testing
