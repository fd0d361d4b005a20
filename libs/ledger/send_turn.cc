#include "libs/ledger/send_turn.h"

#include <algorithm>
#include <utility>

#include "libs/base/sabotage.h"

namespace realise {
namespace {

constexpr std::chrono::nanoseconds kRoundTripMin = std::chrono::microseconds(100);
constexpr std::chrono::nanoseconds kRoundTripMax = std::chrono::seconds(1);
// Hundredths of a round trip.  Drawn anew each time, so that nothing goes on in step for ever.
constexpr int kYieldMin = 300;
constexpr int kYieldMax = 600;
constexpr int kPassOverTimes = 5;
// Who was last yielded to longer ago than this is not still knocking.
constexpr std::chrono::seconds kKnocksAtLeastEvery{10};
// Doubled as often, the shortest yield is longer than kYieldLongest.
constexpr int kDoubledMax = 12;
// Yields that worked before a shorter one is tried.
constexpr int kWorkedMax = 8;
// Round trips after which a knock is lost.
constexpr int kLostAfter = 8;

}  // namespace

void SendTurn::NoteRoundTrip(std::chrono::nanoseconds took) {
  took = std::clamp(took, kRoundTripMin, kRoundTripMax);
  round_trip_ += (took - round_trip_) / 8;
}

void SendTurn::NoteForeign(bool valid, SteadyTime now) {
  if (Sabotaged("no_yield")) return;
  if (valid && std::exchange(in_vain_, false) && ++worked_ == kWorkedMax) Halve();
  if (knocks_ || (!valid && now < pass_over_until_)) return;
  if (in_vain_) Double();
  in_vain_ = !valid;
  if (now - pass_over_until_ >= kKnocksAtLeastEvery) doubled_ = 0;
  const int hundredths = std::uniform_int_distribution<int>(kYieldMin, kYieldMax)(random_);
  const std::chrono::nanoseconds shortest = round_trip_ * hundredths / 100;
  const std::chrono::nanoseconds yield =
      std::max(shortest, std::min(shortest * (1 << doubled_), kYieldLongest));
  may_send_from_ = now + yield;
  pass_over_until_ = may_send_from_ + kPassOverTimes * yield;
  knocks_ = true;
}

void SendTurn::Double() {
  doubled_ = std::min(doubled_ + 1, kDoubledMax);
  worked_ = 0;
}

void SendTurn::Halve() {
  doubled_ = std::max(doubled_ - 1, 0);
  worked_ = 0;
}

void SendTurn::NoteSent(const Digest& commit, SteadyTime now) {
  if (!knocks_) return;
  under_way_ = Knock{commit, now};
  may_send_from_ = now + kLostAfter * round_trip_;
}

void SendTurn::NoteOwn(const Digest& commit, bool valid, SteadyTime now) {
  if (!under_way_ || under_way_->commit != commit) return;
  NoteRoundTrip(now - under_way_->sent_at);
  under_way_.reset();
  may_send_from_ = now;
  knocks_ = !valid;
}

}  // namespace realise
