#include "libs/fleet/member_table.h"

#include <algorithm>

#include "libs/base/sha256.h"

namespace realise {
namespace {

constexpr size_t kAddressBytesMax = 256;

}  // namespace

const Member* OwnerAmong(const std::vector<Member>& members, std::string_view ledger) {
  const Member* owner = nullptr;
  Digest highest;
  for (const Member& member : members) {
    const Digest hash = Sha256(std::string(member.id.view()).append(ledger));
    const bool higher = hash != highest ? hash > highest : owner == nullptr || member.id > owner->id;
    if (owner != nullptr && !higher) continue;
    owner = &member;
    highest = hash;
  }
  return owner;
}

bool MemberTable::Tick(Time now) {
  const bool paused = now - ticked_at_ > kLiveFor;
  if (paused) {
    members_.clear();
    void_up_to_ = counter_;
  }
  ticked_at_ = now;
  return paused;
}

void MemberTable::Read(const internal::v1::Heartbeat& beat, Time now) {
  if (beat.process_id().size() != ProcessId::kSize || beat.address().empty() ||
      beat.address().size() > kAddressBytesMax) {
    return;
  }
  ProcessId id;
  std::copy(beat.process_id().begin(), beat.process_id().end(), id.bytes.begin());
  if (id == self_ && beat.counter() <= void_up_to_) return;
  const auto known = members_.find(id);
  if (known != members_.end() && beat.counter() <= known->second.counter) return;
  heard_ += std::min<Heard>(now - newest_at_, kSilenceMax);
  newest_at_ = now;
  if (known == members_.end() && members_.size() >= kMembersMax) {
    std::erase_if(members_, [&](const auto& member) { return !IsAlive(member.second); });
    if (members_.size() >= kMembersMax) return;
  }
  Seen& seen = members_[id];
  seen = {.address = beat.address(), .state = beat.state(), .counter = beat.counter(), .at = heard_};
  for (int i = 0; i < std::min(beat.damaged_ledgers_size(), kDamagedLedgersMax); ++i) {
    if (IsLedgerCode(beat.damaged_ledgers(i))) seen.damaged_ledgers.push_back(beat.damaged_ledgers(i));
  }
}

// Whether what is known may no longer be so: this process was paused, or nobody is heard from.
bool MemberTable::Blind(Time now) const {
  return now - ticked_at_ > kLiveFor || now - newest_at_ > kBlindFor;
}

std::vector<Member> MemberTable::Serving(Time now) const {
  std::vector<Member> serving;
  if (Blind(now)) return serving;
  for (const auto& [id, seen] : members_) {
    if (seen.state != internal::v1::MEMBER_STATE_SERVING || !IsAlive(seen)) continue;
    serving.push_back({.id = id, .address = seen.address});
  }
  return serving;
}

DamagedLedgers MemberTable::Damaged(Time now) const {
  DamagedLedgers damaged;
  if (Blind(now)) return damaged;
  for (const auto& [id, seen] : members_) {
    if (!IsAlive(seen)) continue;
    for (const std::string& ledger : seen.damaged_ledgers) {
      damaged.try_emplace(ledger, Member{.id = id, .address = seen.address});
    }
  }
  return damaged;
}

bool MemberTable::IsAlive(const ProcessId& process, Time now) const {
  const auto known = members_.find(process);
  return !Blind(now) && known != members_.end() && IsAlive(known->second);
}

}  // namespace realise
