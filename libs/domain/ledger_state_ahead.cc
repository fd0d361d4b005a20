// What events are about, found ahead of them.
//
// It lies scattered over memory, and one thing names the next: an event its claim and its benefit, the
// benefit its project.  So each is looked for in steps, some events before the next step: where the table
// would have it, its place there, the row, the row's id.
#include "libs/base/prefetch.h"
#include "libs/domain/ledger_state.h"

namespace realise {
namespace {

// One of a table's rows, while it is looked for.
template <typename T>
class Chase {
 public:
  void Begin(const EntityTable<T>& table, std::string_view id) {
    id_ = id;
    hash_ = table.Hash(id);
    table.PrefetchTable(hash_);
  }
  bool begun() const { return !id_.empty(); }
  std::string_view id() const { return id_; }
  uint64_t hash() const { return hash_; }

  // The steps between.
  void FindPlace(const EntityTable<T>& table) {
    if (begun()) place_ = table.PrefetchPlace(hash_);
  }
  void FindRow(const EntityTable<T>& table) const { table.PrefetchRowAt(place_); }
  void FindId(const EntityTable<T>& table) const { table.PrefetchIdAt(place_); }

 private:
  std::string_view id_;
  uint64_t hash_ = 0;
  const void* place_ = nullptr;
};

// What an event names, while it is looked for.
struct Sought {
  Chase<ClaimState> claim;
  Chase<state::BenefitState> benefit;
  Chase<state::ProjectState> project;
};

// Calls `use` with the body of an event about a claim, of the kinds that come by the thousand.
template <typename Use>
void WithClaimBody(const v1::Event& event, const Use& use) {
  switch (event.body_case()) {
    case v1::Event::kClaimSubmitted:
      return use(event.claim_submitted());
    case v1::Event::kClaimValidated:
      return use(event.claim_validated());
    case v1::Event::kClaimCorrected:
      return use(event.claim_corrected());
    default:
      return;
  }
}

// Calls `take` with the event that step `step` has come to in a round: the steps before it are so many events
// ahead.
template <typename Take>
void AtStep(size_t round, size_t step, size_t events, const Take& take) {
  const size_t i = round - step * kPrefetchAhead;
  if (round >= step * kPrefetchAhead && i < events) take(i);
}

}  // namespace

void LedgerState::AddMissingClaims(const google::protobuf::RepeatedPtrField<v1::Event>& events,
                                   std::vector<std::string>& rows) {
  std::vector<FoundAhead> found;
  AddMissingClaims(events, rows, found);
}

void LedgerState::AddMissingClaims(const google::protobuf::RepeatedPtrField<v1::Event>& events,
                                   std::vector<std::string>& rows, std::vector<FoundAhead>& found) {
  const auto size = static_cast<size_t>(events.size());
  const size_t found_before = found.size();
  found.resize(found_before + size);
  std::vector<Sought> sought(size);
  const auto event_of = [&](size_t i) -> const v1::Event& { return events[static_cast<int>(i)]; };
  const auto find_body = [&](size_t i) {
    PrefetchRow(&event_of(i).stream());
    WithClaimBody(event_of(i), [](const auto& body) { PrefetchRow(&body); });
  };
  const auto find_texts = [&](size_t i) {
    PrefetchRow(event_of(i).stream().data());
    WithClaimBody(event_of(i), [](const auto& body) { PrefetchRow(&body.posted_to_period()); });
    if (event_of(i).has_claim_submitted()) PrefetchRow(&event_of(i).claim_submitted().benefit_id());
  };
  const auto seek_claim = [&](size_t i) {
    const std::string_view id = ClaimOf(event_of(i).stream());
    if (id.empty()) return;
    sought[i].claim.Begin(claims, id);
    if (!claims_left_before_) claims_left_.Prefetch(sought[i].claim.hash());
  };
  const auto take_claim = [&](size_t i) {
    if (!sought[i].claim.begun()) return;
    auto* claim = FindClaim(sought[i].claim.id(), sought[i].claim.hash(), rows);
    found[found_before + i].claim = claim;
    found[found_before + i].claim_hash = sought[i].claim.hash();
    const bool is_new = claim == nullptr && event_of(i).has_claim_submitted();
    if (claim != nullptr) sought[i].benefit.Begin(benefits, claim->value.benefit_id());
    if (is_new) sought[i].benefit.Begin(benefits, event_of(i).claim_submitted().benefit_id());
  };
  const auto take_benefit = [&](size_t i) {
    if (!sought[i].benefit.begun()) return;
    auto* benefit = benefits.FindRow(sought[i].benefit.id(), sought[i].benefit.hash());
    found[found_before + i].benefit = benefit;
    if (benefit != nullptr) PrefetchRow(&benefit->value.project_id());
  };
  const auto seek_project = [&](size_t i) {
    const auto* benefit = found[found_before + i].benefit;
    const bool asks_for_project = benefit != nullptr && event_of(i).has_claim_submitted();
    if (asks_for_project) sought[i].project.Begin(projects, benefit->value.project_id());
  };
  const auto take_project = [&](size_t i) {
    if (!sought[i].project.begun()) return;
    found[found_before + i].project = projects.FindRow(sought[i].project.id(), sought[i].project.hash());
  };
  for (size_t round = 0; round < size + 16 * kPrefetchAhead; ++round) {
    AtStep(round, 0, size, [&](size_t i) { PrefetchRow(&event_of(i)); });
    AtStep(round, 1, size, find_body);
    AtStep(round, 2, size, find_texts);
    AtStep(round, 3, size, seek_claim);
    AtStep(round, 4, size, [&](size_t i) { sought[i].claim.FindPlace(claims); });
    AtStep(round, 5, size, [&](size_t i) { sought[i].claim.FindRow(claims); });
    AtStep(round, 6, size, [&](size_t i) { sought[i].claim.FindId(claims); });
    AtStep(round, 7, size, take_claim);
    AtStep(round, 8, size, [&](size_t i) { sought[i].benefit.FindPlace(benefits); });
    AtStep(round, 9, size, [&](size_t i) { sought[i].benefit.FindRow(benefits); });
    AtStep(round, 10, size, [&](size_t i) { sought[i].benefit.FindId(benefits); });
    AtStep(round, 11, size, take_benefit);
    AtStep(round, 12, size, seek_project);
    AtStep(round, 13, size, [&](size_t i) { sought[i].project.FindPlace(projects); });
    AtStep(round, 14, size, [&](size_t i) { sought[i].project.FindRow(projects); });
    AtStep(round, 15, size, [&](size_t i) { sought[i].project.FindId(projects); });
    AtStep(round, 16, size, take_project);
  }
}

void LedgerState::Expect(const v1::Event& event, const std::vector<FoundAhead>& found, size_t i) {
  if (found[i].claim != nullptr) claims.found_ = found[i].claim;
  if (found[i].benefit != nullptr) benefits.found_ = found[i].benefit;
  if (found[i].project != nullptr) projects.found_ = found[i].project;
  // One that was not there may have come since.
  if (found[i].claim == nullptr && found[i].claim_hash != 0) {
    claims.NoteHash(ClaimOf(event.stream()), found[i].claim_hash);
  }
  if (i + kPrefetchAhead >= found.size()) return;
  const FoundAhead& later = found[i + kPrefetchAhead];
  if (later.claim == nullptr && later.claim_hash != 0) claims.PrefetchTable(later.claim_hash);
  PrefetchRow(later.claim);
  PrefetchRow(later.benefit);
  PrefetchRow(later.project);
}

}  // namespace realise
