#include "libs/fleet/kafka/kafka_fleet.h"

#include <algorithm>
#include <array>
#include <condition_variable>
#include <mutex>
#include <optional>
#include <set>
#include <thread>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/fleet/kafka/heartbeat_topic.h"
#include "libs/fleet/member_table.h"

namespace realise {
namespace {

using internal::v1::Heartbeat;
using internal::v1::MEMBER_STATE_JOINING;
using internal::v1::MEMBER_STATE_LEAVING;
using internal::v1::MEMBER_STATE_SERVING;
using Time = Placement::Time;

// The thread looks around as often, so that neither a stop nor a silence goes unnoticed.
constexpr std::chrono::milliseconds kLookEvery{100};

Time Now() { return std::chrono::steady_clock::now(); }

class KafkaFleetImpl final : public KafkaFleet {
 public:
  explicit KafkaFleetImpl(std::unique_ptr<HeartbeatTopic> topic)
      : self_(RandomProcessId()),
        topic_(std::move(topic)),
        table_(self_, Now()),
        thread_([this] { Run(); }) {}

  ~KafkaFleetImpl() override {
    {
      const std::lock_guard lock(mutex_);
      stopping_ = true;
    }
    thread_.join();
  }

  void Join(std::string address) override {
    const std::lock_guard lock(mutex_);
    address_ = std::move(address);
    joined_at_ = Now();
    next_beat_ = Time{};
  }

  void Leave(std::chrono::milliseconds wait) override {
    std::unique_lock lock(mutex_);
    leaving_ = true;
    if (!joined_at_) return;
    next_beat_ = Time{};
    ++version_;
    changed_.notify_all();
    changed_.wait_for(lock, wait, [this] { return leaving_was_read_; });
  }

  void TellDamaged(const std::string& ledger) override {
    const std::lock_guard lock(mutex_);
    if (!found_damaged_.insert(ledger).second) return;
    next_beat_ = Time{};
    NoteDamagedLocked(Now());
    changed_.notify_all();
  }

  Place Of(std::string_view ledger) const override {
    {
      const std::lock_guard lock(mutex_);
      const auto damaged = damaged_.find(ledger);
      if (damaged != damaged_.end()) return {.where = Where::kDamaged, .owner = damaged->second};
    }
    const std::vector<Member> serving = Members();
    const Member* const owner = OwnerAmong(serving, ledger);
    if (owner == nullptr) return {};
    if (owner->id != self_) return {.where = Where::kElsewhere, .owner = *owner};
    return {.where = Where::kHere};
  }

  bool Serving() const override {
    const std::vector<Member> serving = Members();
    return std::any_of(serving.begin(), serving.end(), [&](const Member& m) { return m.id == self_; });
  }

  bool Leaving() const override {
    const std::lock_guard lock(mutex_);
    return leaving_;
  }

  bool IsAlive(const ProcessId& process) const override {
    const std::lock_guard lock(mutex_);
    return table_.IsAlive(process, Now());
  }

  std::vector<Member> Members() const override {
    const std::lock_guard lock(mutex_);
    return MembersAt(Now());
  }

  uint64_t Version() const override {
    const std::lock_guard lock(mutex_);
    return version_;
  }

  void AwaitChange(uint64_t version, Time until) const override {
    std::unique_lock lock(mutex_);
    changed_.wait_until(lock, until, [&] { return version_ != version; });
  }

  const ProcessId& self() const override { return self_; }

  absl::Status Health() const override {
    const std::lock_guard lock(mutex_);
    return health_;
  }

 private:
  // Under mutex_.
  std::vector<Member> MembersAt(Time now) const {
    std::vector<Member> serving = table_.Serving(now);
    if (leaving_) std::erase_if(serving, [&](const Member& member) { return member.id == self_; });
    return serving;
  }

  // Under mutex_.  What this process found itself it need not hear, nor to know anybody.
  bool NoteDamagedLocked(Time now) {
    DamagedLedgers damaged = table_.Damaged(now);
    for (const std::string& ledger : found_damaged_) damaged[ledger] = {.id = self_, .address = address_};
    if (damaged == damaged_) return false;
    damaged_ = std::move(damaged);
    ++version_;
    return true;
  }

  std::optional<Heartbeat> BeatIfDue() {
    const std::lock_guard lock(mutex_);
    const Time now = Now();
    if (!joined_at_ || now < next_beat_) return std::nullopt;
    next_beat_ = now + kBeatEvery;
    Heartbeat beat;
    beat.set_process_id(std::string(self_.view()));
    beat.set_address(address_);
    beat.set_counter(table_.NextCounter());
    beat.set_state(leaving_                        ? MEMBER_STATE_LEAVING
                   : now - *joined_at_ >= kJoinFor ? MEMBER_STATE_SERVING
                                                   : MEMBER_STATE_JOINING);
    for (const std::string& ledger : found_damaged_) {
      if (beat.damaged_ledgers_size() < kDamagedLedgersMax) beat.add_damaged_ledgers(ledger);
    }
    return beat;
  }

  void Note(const std::vector<Heartbeat>& beats, absl::Status health) {
    const std::lock_guard lock(mutex_);
    const Time now = Now();
    // Long enough that its writers have given up their ledgers before it gets any back.
    if (table_.Tick(now) && joined_at_) joined_at_ = now;
    for (const Heartbeat& beat : beats) {
      table_.Read(beat, now);
      if (beat.process_id() == self_.view() && beat.state() == MEMBER_STATE_LEAVING) leaving_was_read_ = true;
    }
    if (joined_at_ && now - *joined_at_ > kLiveFor && !table_.IsAlive(self_, now)) {
      health.Update(absl::UnavailableError("this process's own heartbeats do not come back from Kafka"));
    }
    health_ = std::move(health);
    const bool damage_changed = NoteDamagedLocked(now);
    std::vector<Member> serving = MembersAt(now);
    if (serving != serving_) {
      serving_ = std::move(serving);
      ++version_;
    } else if (!damage_changed && !leaving_was_read_) {
      return;
    }
    changed_.notify_all();
  }

  bool Stopping() const {
    const std::lock_guard lock(mutex_);
    return stopping_;
  }

  void Run() {
    std::vector<Heartbeat> beats;
    while (!Stopping()) {
      absl::Status health;
      if (const auto beat = BeatIfDue()) health = topic_->Publish(*beat);
      beats.clear();
      health.Update(topic_->Read(kLookEvery, beats));
      Note(beats, std::move(health));
    }
  }

  const ProcessId self_;
  const std::unique_ptr<HeartbeatTopic> topic_;  // of thread_

  mutable std::mutex mutex_;  // guards all that follows
  mutable std::condition_variable changed_;
  MemberTable table_;
  std::string address_;
  std::optional<Time> joined_at_;
  Time next_beat_{};
  bool leaving_ = false;
  bool leaving_was_read_ = false;
  bool stopping_ = false;
  std::vector<Member> serving_;          // at the last change
  std::set<std::string> found_damaged_;  // ledgers, by this process
  DamagedLedgers damaged_;               // these, and those that others found
  uint64_t version_ = 0;
  absl::Status health_;

  std::thread thread_;  // the last, so that it finds everything else there
};

}  // namespace

absl::StatusOr<std::unique_ptr<KafkaFleet>> KafkaFleet::Open(const KafkaFleetOptions& options) {
  ASSIGN_OR_RETURN(auto topic, HeartbeatTopic::Open(options));
  return std::make_unique<KafkaFleetImpl>(std::move(topic));
}

}  // namespace realise
