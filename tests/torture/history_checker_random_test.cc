// Histories that a correct ledger could have left, made at random: the checker must pass them all; and the
// same with one change, which it must not pass.
#include <algorithm>
#include <iostream>
#include <map>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "tests/support/claim_story.h"
#include "tests/torture/history_checker.h"
#include "tests/torture/history_index.h"
#include "tests/torture/paper_history.h"

namespace realise::torture {
namespace {

constexpr uint64_t kHistories = 150;
constexpr int kSteps = 300;
constexpr size_t kCallers = 6;
constexpr char kMonth[] = "2024/25-M12";

// A correct ledger and its callers, one step at a time: a call begins, is decided, ends, in any interleaving.
class RandomLedger {
 public:
  explicit RandomLedger(uint64_t seed) : random_(seed) {
    for (size_t i = 0; i < kCallers; ++i) callers_.emplace_back(fmt::format("caller-{}", i), seed + i);
    const size_t founding = paper_.Commit(testing::Founding());
    paper_.Acknowledge(0, 1, testing::Founding(), founding);
  }

  PaperHistory Run() {
    for (now_ = 10; now_ < 10 + kSteps; ++now_) Step(callers_[random_() % kCallers]);
    for (const Caller& caller : callers_) {
      if (caller.events.empty()) continue;
      AppendCall& call = paper_.Call(caller.invoked, now_, caller.events, Outcome::kUnknown);
      AddExpected(caller, call);
      call.times.ended = Moment::max();
    }
    return paper_;
  }

 private:
  struct Caller {
    Caller(const std::string& called, uint64_t seed) : name(called), story(called, seed) {}

    std::string name;
    testing::Story story;
    int64_t invoked = 0;
    std::vector<v1::Event> events;  // empty: no call, or a query
    std::vector<std::pair<std::string, uint64_t>> expected;
    bool queries = false;
    std::optional<size_t> decided;  // at which commit
    bool already = false;
    bool rejected = false;
    uint64_t queried = 0;
  };

  uint64_t Version(const std::string& stream) const {
    uint64_t version = 0;
    for (const auto& commit : paper_.commits) {
      for (const v1::Event& event : commit) version += event.stream() == stream ? 1 : 0;
    }
    return version;
  }

  std::optional<size_t> CommitOf(const v1::Event& event) const {
    for (size_t i = 0; i < paper_.commits.size(); ++i) {
      for (const v1::Event& there : paper_.commits[i]) {
        if (NameOf(there) == NameOf(event)) return i;
      }
    }
    return std::nullopt;
  }

  void Step(Caller& caller) {
    if (caller.events.empty() && !caller.queries) return Begin(caller);
    if (!caller.decided) {
      if (!caller.queries && random_() % 8 == 0) return Lose(caller);
      return Decide(caller);
    }
    if (!caller.queries && !caller.rejected && random_() % 8 == 0) return Lose(caller);
    End(caller);
  }

  void Begin(Caller& caller) {
    caller.invoked = now_;
    const uint64_t choice = random_() % 10;
    if (choice < 2) {
      caller.queries = true;
    } else if (choice < 5) {
      const std::string stream = fmt::format("claim/{}", testing::kSharedClaim);
      caller.expected = {{stream, believed_}};
      caller.events = {testing::SharedQuery(fmt::format("{}-q{}", caller.name, ++caller.queried))};
    } else {
      for (uint64_t i = 0; i <= random_() % 3; ++i) {
        testing::Step step = caller.story.Next();
        const bool known =
            std::any_of(caller.expected.begin(), caller.expected.end(),
                        [&](const auto& expected) { return expected.first == step.event.stream(); });
        if (!known) caller.expected.emplace_back(step.event.stream(), step.version_before);
        caller.events.push_back(std::move(step.event));
      }
    }
  }

  // No answer comes; the same is sent again.
  void Lose(Caller& caller) {
    AddExpected(caller, paper_.Call(caller.invoked, now_, caller.events, Outcome::kUnknown));
    caller.invoked = ++now_;
    caller.decided.reset();
  }

  void Decide(Caller& caller) {
    const size_t last = paper_.commits.size() - 1;
    if (caller.queries) {
      caller.decided = last;
      return;
    }
    if (const std::optional<size_t> there = CommitOf(caller.events[0])) {
      caller.decided = there;
      caller.already = true;
      return;
    }
    for (const auto& [stream, version] : caller.expected) {
      const uint64_t is = Version(stream);
      if (stream == fmt::format("claim/{}", testing::kSharedClaim)) believed_ = is;
      if (is == version) continue;
      caller.decided = last;
      caller.rejected = true;
      return;
    }
    caller.decided = paper_.Commit(caller.events);
    if (random_() % 4 == 0) paper_.void_behind.push_back(*caller.decided);
  }

  void AddExpected(const Caller& caller, AppendCall& call) {
    call.times.caller = caller.name;
    for (const auto& [stream, version] : caller.expected) ExpectVersion(call, stream, version);
  }

  void End(Caller& caller) {
    if (caller.queries) {
      QueryCall& call = paper_.Query(caller.invoked, now_, kMonth, *caller.decided);
      // Decisions of one server are in order; its answers need not be, as at a position.
      call.request.mutable_basis()->set_position(CommitName(*caller.decided));
    } else if (caller.rejected) {
      AppendCall& call = paper_.Call(caller.invoked, now_, caller.events, Outcome::kRejected);
      AddExpected(caller, call);
      call.reason = "WRONG_EXPECTED_VERSION";
      call.decided_at = CommitName(*caller.decided);
    } else {
      AppendCall& call = paper_.Acknowledge(caller.invoked, now_, caller.events, *caller.decided);
      AddExpected(caller, call);
      for (v1::Appended& appended : *call.response.mutable_events()) {
        appended.set_already_recorded(caller.already);
      }
    }
    caller.events.clear();
    caller.expected.clear();
    caller.decided.reset();
    caller.queries = caller.rejected = caller.already = false;
  }

  std::mt19937_64 random_;
  PaperHistory paper_;
  std::vector<Caller> callers_;
  int64_t now_ = 0;
  uint64_t believed_ = 1;
};

std::string FirstOf(const CheckedHistory& checked) {
  if (checked.findings.empty()) return "nothing found";
  return fmt::format("{}: {}", AnomalyName(checked.findings[0].anomaly), checked.findings[0].text);
}

class RandomHistories : public ::testing::Test {
 protected:
  RandomHistories() : seed_(std::random_device()()) { std::cout << "seed " << seed_ << "\n"; }

  const uint64_t seed_;
};

TEST_F(RandomHistories, OfACorrectLedgerPass) {
  uint64_t rejections = 0;
  uint64_t acknowledged = 0;
  for (uint64_t i = 0; i < kHistories; ++i) {
    const CheckedHistory checked = RandomLedger(seed_ + i).Run().Check({.rejections_are_current = true});
    ASSERT_TRUE(checked.findings.empty()) << "seed " << seed_ + i << ": " << FirstOf(checked);
    rejections += checked.rejections;
    acknowledged += checked.acknowledged_events;
  }
  EXPECT_GT(rejections, kHistories) << "or nobody raced";
  EXPECT_GT(acknowledged, 10 * kHistories);
}

TEST_F(RandomHistories, WithOneAcknowledgedCommitLessDoNot) {
  for (uint64_t i = 0; i < kHistories; ++i) {
    PaperHistory paper = RandomLedger(seed_ + i).Run();
    std::vector<size_t> acknowledged;
    for (const AppendCall& call : paper.history.appends) {
      if (call.outcome != Outcome::kAnswered) continue;
      for (size_t commit = 2; commit < paper.commits.size(); ++commit) {
        if (CommitName(commit) == call.response.receipt()) acknowledged.push_back(commit);
      }
    }
    ASSERT_FALSE(acknowledged.empty());
    const size_t lost = acknowledged[(seed_ + i) % acknowledged.size()];
    paper.commits[lost].clear();
    EXPECT_FALSE(paper.Check().findings.empty()) << "seed " << seed_ + i << ", commit " << lost;
  }
}

// Whether anything behind the ledger's beginning had been acknowledged when the call was made.
bool MoreWasTold(const std::vector<AppendCall>& calls, const AppendCall& call) {
  return std::any_of(calls.begin(), calls.end(), [&](const AppendCall& other) {
    return other.outcome == Outcome::kAnswered && other.times.ended < call.times.invoked &&
           other.response.receipt() != CommitName(1);
  });
}

// A writer that answers from what it knew some commits ago.
TEST_F(RandomHistories, WithRejectionsBehindWhatWasToldDoNot) {
  uint64_t changed = 0;
  for (uint64_t i = 0; i < kHistories; ++i) {
    PaperHistory paper = RandomLedger(seed_ + i).Run();
    auto& calls = paper.history.appends;
    const auto rejected = std::find_if(calls.begin(), calls.end(), [&](const AppendCall& call) {
      return call.outcome == Outcome::kRejected && MoreWasTold(calls, call);
    });
    if (rejected == calls.end()) continue;
    rejected->decided_at = CommitName(1);
    ++changed;
    EXPECT_FALSE(paper.Check().findings.empty()) << "seed " << seed_ + i;
  }
  EXPECT_GT(changed, 0u);
}

}  // namespace
}  // namespace realise::torture
