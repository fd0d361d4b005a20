#include "libs/ledger/send_turn.h"

#include <algorithm>

namespace realise {
namespace {

constexpr std::chrono::nanoseconds kRoundTripMin = std::chrono::microseconds(100);
constexpr std::chrono::nanoseconds kRoundTripMax = std::chrono::seconds(1);
// Hundredths of a round trip.  Drawn anew each time, so that two writers do not yield in step for ever.
constexpr int kYieldMin = 200;
constexpr int kYieldMax = 600;
constexpr int kPassOverTimes = 5;

}  // namespace

void SendTurn::NoteRoundTrip(std::chrono::nanoseconds took) {
  took = std::clamp(took, kRoundTripMin, kRoundTripMax);
  round_trip_ += (took - round_trip_) / 8;
}

void SendTurn::NoteForeign(bool valid, SteadyTime now) {
  if (owed_a_send_) return;
  if (!valid && now < pass_over_until_) return;
  const int hundredths = std::uniform_int_distribution<int>(kYieldMin, kYieldMax)(random_);
  const std::chrono::nanoseconds yield = round_trip_ * hundredths / 100;
  may_send_from_ = now + yield;
  pass_over_until_ = may_send_from_ + kPassOverTimes * yield;
  owed_a_send_ = true;
}

}  // namespace realise
