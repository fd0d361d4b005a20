// Events: whatever a publisher sends is refused by name, or can be applied and posted.
#include <algorithm>
#include <optional>
#include <vector>

#include "libs/base/calendar.h"
#include "libs/domain/decide.h"
#include "libs/domain/evolve.h"
#include "libs/domain/nhs_number.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/postings/postings.h"
#include "realise/v1/commit.pb.h"
#include "tests/fuzz/fuzz_target.h"

namespace realise::fuzz {
namespace {

constexpr int kEventsMax = 50;
const Instant kNow = *ParseInstant("2025-06-01T09:00:00Z");

// Records an event that was accepted.
void Apply(v1::Event event, LedgerState& state) {
  event.set_stream_version(state.StreamVersion(event.stream()) + 1);
  PostedEvents postings;
  Require(AppendPostings(event, state, postings).ok(), "what is accepted can be posted");
  Require(Evolve(event, state).ok(), "what is accepted can be applied");
}

// A programme with something of each kind, so that what arrives finds what it names.
LedgerState& Founded() {
  static LedgerState state;
  if (state.StreamVersion("board/b") > 0) return state;
  for (const v1::Event& event :
       {testing::BoardEstablished("b"), testing::BoardEstablished("c"), testing::ProjectProposed("p"),
        testing::ProjectAssigned("p", "b"),
        testing::MeasureDefined("m", v1::MEASURE_UNIT_BED_DAYS_PER_DISCHARGE),
        testing::MeasureDefined("w", v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS, v1::PATHWAY_ADMITTED),
        testing::MeasureAssignedToBoard("m", "b"), testing::BenefitRegistered("x", "p", {.measure_id = "m"}),
        testing::PeriodOpened("2024/25-M01"), testing::PeriodOpened("2024/25-M02"),
        testing::ClaimSubmitted("k", "x", "2024/25-M01", "2024/25-M01", 100),
        testing::ClaimValidated("k", "2024/25-M01", 100),
        testing::ClaimSubmitted("l", "x", "2024/25-M01", "2024/25-M02", 100)}) {
    Require(!CheckForm(event) && !Decide(state, event, kNow), "the programme is accepted");
    Apply(event, state);
  }
  return state;
}

void Propose(const v1::Event& event, LedgerState& state) {
  const std::optional<Rejection> form = CheckForm(event);
  const std::optional<Rejection> rejection = form ? form : Decide(state, event, kNow);
  if (!rejection) {
    Require(StreamOf(event) == event.stream() && !TypeOf(event).empty(),
            "an accepted event is about something");
    Apply(event, state);
    return;
  }
  Require(!ReasonName(rejection->reason).empty() && !rejection->message.empty(), "a refusal says why");
  Require(!ContainsNhsNumber(rejection->message), "a refusal repeats no NHS number");
}

}  // namespace

// The input is one event, and, if it can be read so, the events of a commit.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  LedgerState& state = Founded();
  const JournalMark founded = state.Mark();
  v1::Event event;
  if (event.ParseFromArray(data, static_cast<int>(size))) Propose(event, state);
  v1::CommitBody body;
  if (body.ParseFromArray(data, static_cast<int>(size))) {
    for (int i = 0; i < std::min(body.events_size(), kEventsMax); ++i) {
      Propose(body.events(i), state);
    }
  }
  state.RollBackTo(founded);
  return 0;
}

}  // namespace realise::fuzz
