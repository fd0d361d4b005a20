#include "libs/domain/claim_state.h"

#include <algorithm>

namespace realise {

ClaimState::ClaimState(const Submission& submission) {
  bytes_.resize(kTexts + submission.benefit_id.size() + submission.board_id.size() +
                submission.claimant_role.size());
  SetNumber(kClaimed, submission.claimed_pence);
  SetNumber(kRelatesTo, submission.relates_to);
  set_stage(ClaimStage::kSubmitted);
  SetNumber(kBenefitBytes, static_cast<uint16_t>(submission.benefit_id.size()));
  SetNumber(kBoardBytes, static_cast<uint16_t>(submission.board_id.size()));
  char* end = bytes_.data() + kTexts;
  for (const std::string_view text : {submission.benefit_id, submission.board_id, submission.claimant_role}) {
    end = std::copy(text.begin(), text.end(), end);
  }
}

bool ClaimState::Parse(std::string_view bytes) {
  if (bytes.size() < kTexts) return false;
  bytes_.assign(bytes.begin(), bytes.end());
  const size_t ids = size_t{Number<uint16_t>(kBenefitBytes)} + Number<uint16_t>(kBoardBytes);
  return stage() >= ClaimStage::kSubmitted && stage() <= ClaimStage::kReversed &&
         ids <= bytes.size() - kTexts;
}

std::string_view ClaimState::benefit_id() const {
  return bytes().substr(kTexts, Number<uint16_t>(kBenefitBytes));
}

std::string_view ClaimState::board_id() const {
  return bytes().substr(kTexts + Number<uint16_t>(kBenefitBytes), Number<uint16_t>(kBoardBytes));
}

std::string_view ClaimState::claimant_role() const {
  return bytes().substr(kTexts + Number<uint16_t>(kBenefitBytes) + Number<uint16_t>(kBoardBytes));
}

}  // namespace realise
