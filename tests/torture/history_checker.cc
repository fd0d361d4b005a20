#include "tests/torture/history_checker.h"

#include <algorithm>
#include <array>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <utility>

#include "fmt/format.h"
#include "libs/base/calendar.h"
#include "tests/support/savings_oracle.h"
#include "tests/torture/history_index.h"

namespace realise::torture {
namespace {

// What one commit and one text may be, as publishers are told.
constexpr int kCommitEventsMax = 1000;
constexpr size_t kCommitBytesMax = 512 * 1024;
constexpr size_t kQuestionBytesMax = 500;

// In the order of the enum.
constexpr std::array<std::string_view, static_cast<size_t>(kLastAnomaly) + 1> kNames = {
    "DAMAGED_COMMIT",      "TWICE",        "VERSION_GAP",     "NOBODY_SENT",     "OTHER_CONTENT",
    "TORN_BATCH",          "LOST",         "ELSEWHERE",       "BAD_RECEIPT",     "WRONG_VERSION",
    "UNFOUNDED_REJECTION", "OUT_OF_ORDER", "FROM_THE_FUTURE", "STALE_REJECTION", "STALE_READ",
    "WENT_BACK",           "OTHER_BASIS",  "NOT_A_PREFIX"};
static_assert(!kNames.back().empty(), "every anomaly has a name");

bool MayBeRecorded(const AppendCall& call) {
  return call.outcome == Outcome::kUnknown || call.outcome == Outcome::kAnswered;
}

// What one event was sent as: the same name may have been sent with several contents.
struct SentAs {
  Moment first_invoked = Moment::max();
  bool may_be_recorded = false;
};

class HistoryJudge {
 public:
  HistoryJudge(const LedgerHistory& history, const LogReading& reading, const CheckOptions& options)
      : history_(history), log_(reading), options_(options) {}

  CheckedHistory Judge() {
    NoteSent();
    NoteTold();
    CheckLog();
    for (const AppendCall& call : history_.appends) CheckAppend(call);
    for (const QueryCall& call : history_.queries) CheckQuery(call);
    if (result_.findings.empty()) CheckFigures();
    result_.calls = history_.appends.size() + history_.queries.size();
    result_.acknowledged_events = acknowledged_.size();
    result_.recorded_unknown = log_.last_sequence() - std::min(log_.last_sequence(), acknowledged_.size());
    return std::move(result_);
  }

 private:
  void Find(Anomaly anomaly, std::string text) {
    if (result_.findings.size() < kFindingsMax) result_.findings.push_back({anomaly, std::move(text)});
  }

  // Who asked, and when, counted from the first call.
  std::string Say(const CallTimes& times) const {
    const auto us = [this](Moment moment) {
      return std::chrono::duration_cast<std::chrono::microseconds>(moment - begin_).count();
    };
    return fmt::format("{} of {} from {} to {} us", times.caller, times.server, us(times.invoked),
                       times.ended == Moment::max() ? -1 : us(times.ended));
  }

  void NoteSent();
  void NoteTold();
  void CheckLog();
  void CheckAppend(const AppendCall& call);
  void CheckAcknowledged(const AppendCall& call);
  void CheckAppendReceipt(const AppendCall& call, uint64_t last);
  void CheckExpected(const AppendCall& call, uint64_t position);
  void CheckRejected(const AppendCall& call);
  void CheckReason(const AppendCall& call, uint64_t position);
  void CheckBatch(const AppendCall& call);
  void CheckPosition(const CallTimes& times, uint64_t position, const std::string& at_least);
  void CheckQuery(const QueryCall& call);
  void CheckTime(const QueryCall& call, size_t commit, uint64_t told);
  void CheckFigures();
  std::optional<uint64_t> ToldBy(const AppendCall& call) const;
  std::optional<uint64_t> ToldBy(const QueryCall& call) const;

  const LedgerHistory& history_;
  const LogIndex log_;
  const CheckOptions options_;
  CheckedHistory result_;
  Moment begin_ = Moment::max();
  std::map<std::pair<PublishedName, std::string>, SentAs> sent_;  // by name and content
  std::map<PublishedName, std::set<std::string>> expected_;  // the expectations that a batch was sent with
  std::vector<Moment>
      sent_up_to_;  // when the last of the events up to a sequence was first sent; [0] is none
  ToldPositions told_;
  std::map<std::string, ToldPositions> writers_told_;
  std::map<std::string, ToldPositions> readers_told_;
  std::set<uint64_t> acknowledged_;
};

std::string ExpectationsOf(const v1::AppendRequest& request) {
  v1::AppendRequest only;
  *only.mutable_expected_versions() = request.expected_versions();
  return only.SerializeAsString();
}

void HistoryJudge::NoteSent() {
  for (const AppendCall& call : history_.appends) {
    begin_ = std::min(begin_, call.times.invoked);
    if (MayBeRecorded(call) && call.request.events_size() > 0) {
      expected_[NameOf(call.request.events(0))].insert(ExpectationsOf(call.request));
    }
    for (const v1::Event& event : call.request.events()) {
      SentAs& sent = sent_[{NameOf(event), ContentOf(event)}];
      sent.may_be_recorded |= MayBeRecorded(call);
      if (MayBeRecorded(call)) sent.first_invoked = std::min(sent.first_invoked, call.times.invoked);
    }
  }
}

// The greatest position that an answer speaks of, if it is one that the log has.
std::optional<uint64_t> HistoryJudge::ToldBy(const AppendCall& call) const {
  if (call.outcome == Outcome::kRejected) return log_.PositionOf(call.decided_at);
  if (call.outcome != Outcome::kAnswered) return std::nullopt;
  uint64_t last = 0;
  for (const v1::Appended& appended : call.response.events()) last = std::max(last, appended.sequence());
  return last <= log_.last_sequence() ? std::optional(last) : std::nullopt;
}

std::optional<uint64_t> HistoryJudge::ToldBy(const QueryCall& call) const {
  if (call.outcome != Outcome::kAnswered) return std::nullopt;
  return log_.PositionOf(call.response.basis().receipt());
}

void HistoryJudge::NoteTold() {
  for (const AppendCall& call : history_.appends) {
    const std::optional<uint64_t> position = ToldBy(call);
    if (!position) continue;
    told_.Tell(call.times.ended, *position);
    writers_told_[call.times.server].Tell(call.times.ended, *position);
  }
  for (const QueryCall& call : history_.queries) {
    const std::optional<uint64_t> position = ToldBy(call);
    if (!position) continue;
    told_.Tell(call.times.ended, *position);
    readers_told_[call.times.server].Tell(call.times.ended, *position);
  }
  told_.Sort();
  for (auto& [server, told] : writers_told_) told.Sort();
  for (auto& [server, told] : readers_told_) told.Sort();
}

// Every event once, in its stream's order, as somebody sent it, behind everything told before it was sent.
void HistoryJudge::CheckLog() {
  for (const std::string& damaged : log_.reading().damaged) Find(Anomaly::kDamagedCommit, damaged);
  std::map<std::string, uint64_t> versions;
  sent_up_to_.emplace_back();
  for (uint64_t sequence = 1; sequence <= log_.last_sequence(); ++sequence) {
    const v1::Event& event = log_.At(sequence);
    const std::string what = fmt::format("{} at {}", event.id(), sequence);
    if (const uint64_t first = *log_.Find(NameOf(event)); first != sequence) {
      Find(Anomaly::kTwice, fmt::format("{}, and at {}", what, first));
    }
    if (const uint64_t version = ++versions[event.stream()]; event.stream_version() != version) {
      Find(Anomaly::kVersionGap,
           fmt::format("{}: {} is at {}, not {}", what, event.stream(), event.stream_version(), version));
    }
    sent_up_to_.push_back(sent_up_to_.back());
    const auto sent = sent_.find({NameOf(event), ContentOf(event)});
    if (sent == sent_.end()) {
      const auto other = sent_.lower_bound({NameOf(event), ""});
      const bool by_name = other != sent_.end() && other->first.first == NameOf(event);
      Find(by_name ? Anomaly::kOtherContent : Anomaly::kNobodySent, what);
      continue;
    }
    if (!sent->second.may_be_recorded) {
      Find(Anomaly::kNobodySent, what + " was turned away whenever it was sent");
      continue;
    }
    sent_up_to_.back() = std::max(sent_up_to_.back(), sent->second.first_invoked);
    if (const uint64_t told = told_.Before(sent->second.first_invoked); told >= sequence) {
      Find(Anomaly::kOutOfOrder, fmt::format("{}: position {} was told before it was sent", what, told));
    }
  }
}

void HistoryJudge::CheckAppend(const AppendCall& call) {
  if (call.outcome == Outcome::kAnswered) CheckAcknowledged(call);
  if (call.outcome == Outcome::kRejected) CheckRejected(call);
  if (MayBeRecorded(call)) CheckBatch(call);
}

void HistoryJudge::CheckAcknowledged(const AppendCall& call) {
  const std::string who = Say(call.times);
  if (call.response.events_size() != call.request.events_size() || call.request.events_size() == 0) {
    Find(Anomaly::kElsewhere, fmt::format("{}: {} events sent, {} acknowledged", who,
                                          call.request.events_size(), call.response.events_size()));
    return;
  }
  uint64_t last = 0;
  uint64_t first_new = 0;
  for (int i = 0; i < call.request.events_size(); ++i) {
    const v1::Event& event = call.request.events(i);
    const v1::Appended& appended = call.response.events(i);
    const std::optional<uint64_t> sequence = log_.FindSame(event);
    if (!sequence) {
      Find(Anomaly::kLost,
           fmt::format("{}: {} was acknowledged at {}", who, event.id(), appended.sequence()));
      return;
    }
    if (*sequence != appended.sequence() || appended.event_id() != event.id() ||
        log_.VersionAt(event.stream(), *sequence) != appended.stream_version()) {
      Find(Anomaly::kElsewhere, fmt::format("{}: {} stands at {}; told {}", who, event.id(), *sequence,
                                            appended.ShortDebugString()));
      return;
    }
    acknowledged_.insert(*sequence);
    last = std::max(last, *sequence);
    if (appended.already_recorded()) continue;
    if (first_new == 0) first_new = *sequence;
    if (const uint64_t told = told_.Before(call.times.invoked); told >= *sequence) {
      Find(Anomaly::kOutOfOrder, fmt::format("{}: {} is told to be new at {}, and {} was told before", who,
                                             event.id(), *sequence, told));
    }
  }
  CheckAppendReceipt(call, last);
  CheckPosition(call.times, last, first_new == 0 ? std::string() : call.request.at_least());
  if (first_new != 0) CheckExpected(call, first_new - 1);
}

void HistoryJudge::CheckAppendReceipt(const AppendCall& call, uint64_t last) {
  const std::optional<size_t> commit = log_.Pinned(call.response.receipt());
  if (!commit) {
    Find(Anomaly::kBadReceipt, fmt::format("{}: {}", Say(call.times), call.response.receipt()));
  } else if (*commit != log_.CommitOf(last)) {
    Find(Anomaly::kBadReceipt,
         fmt::format("{}: {} does not pin the commit of {}", Say(call.times), call.response.receipt(), last));
  }
}

void HistoryJudge::CheckExpected(const AppendCall& call, uint64_t position) {
  for (const v1::ExpectedVersion& expected : call.request.expected_versions()) {
    const uint64_t version = log_.VersionAt(expected.stream(), position);
    if (version == expected.version()) continue;
    Find(Anomaly::kWrongVersion, fmt::format("{}: {} expected at {} was at {} before {}", Say(call.times),
                                             expected.stream(), expected.version(), version, position + 1));
  }
}

void HistoryJudge::CheckRejected(const AppendCall& call) {
  ++result_.rejections;
  const std::string what = fmt::format("{}: {} at {}", Say(call.times), call.reason, call.decided_at);
  const std::optional<size_t> commit = log_.Pinned(call.decided_at);
  if (!commit) return Find(Anomaly::kBadReceipt, what);
  const uint64_t position = log_.reading().commits[*commit].last_sequence;
  CheckReason(call, position);
  CheckPosition(call.times, position, call.request.at_least());
  const auto own = writers_told_.find(call.times.server);
  uint64_t included = own == writers_told_.end() ? 0 : own->second.Before(call.times.invoked);
  included = std::max(included, told_.Before(call.times.server_started));
  const uint64_t told = told_.Before(call.times.invoked);
  if (told > position) ++result_.rejections_behind;
  if (options_.rejections_are_current) included = told;
  if (position < included) {
    Find(Anomaly::kStaleRejection, fmt::format("{}: {} had been told before", what, included));
  }
}

// Whether the reason holds on the history up to the position.
void HistoryJudge::CheckReason(const AppendCall& call, uint64_t position) {
  const auto& events = call.request.events();
  const auto recorded = [&](const v1::Event& event) {
    const std::optional<uint64_t> sequence = log_.FindSame(event);
    return sequence && *sequence <= position;
  };
  const std::string what = fmt::format("{}: {} at {}", Say(call.times), call.reason, position);
  if (!events.empty() && std::all_of(events.begin(), events.end(), recorded)) {
    return Find(Anomaly::kUnfoundedRejection, what + ": all of it was recorded already");
  }
  bool holds = false;
  if (call.reason == "WRONG_EXPECTED_VERSION") {
    const auto& expected = call.request.expected_versions();
    holds = std::any_of(expected.begin(), expected.end(), [&](const v1::ExpectedVersion& version) {
      return log_.VersionAt(version.stream(), position) != version.version();
    });
  } else if (call.reason == "CONFLICTING_DUPLICATE") {
    holds = std::any_of(events.begin(), events.end(), [&](const v1::Event& event) {
      const std::optional<uint64_t> sequence = log_.Find(NameOf(event));
      return sequence && *sequence <= position && !recorded(event);
    });
  } else if (call.reason == "UNKNOWN_CLAIM") {
    holds = std::any_of(events.begin(), events.end(), [&](const v1::Event& event) {
      return event.stream().rfind("claim/", 0) == 0 && log_.VersionAt(event.stream(), position) == 0;
    });
  } else if (call.reason == "MALFORMED") {
    holds = std::any_of(events.begin(), events.end(), [](const v1::Event& event) {
      return event.claim_queried().question().size() > kQuestionBytesMax;
    });
  } else if (call.reason == "TOO_LARGE") {
    holds = events.size() > kCommitEventsMax || call.request.ByteSizeLong() > kCommitBytesMax;
  } else {
    return Find(Anomaly::kUnfoundedRejection, what + ": no publisher gives cause for it");
  }
  if (!holds) Find(Anomaly::kUnfoundedRejection, what);
}

// All of it in one commit, in order, where the versions were as expected; or none.
void HistoryJudge::CheckBatch(const AppendCall& call) {
  int there = 0;
  bool together = true;
  uint64_t previous = 0;
  for (const v1::Event& event : call.request.events()) {
    const std::optional<uint64_t> sequence = log_.FindSame(event);
    if (!sequence) continue;
    ++there;
    if (previous != 0) {
      together &= *sequence == previous + 1 && log_.CommitOf(*sequence) == log_.CommitOf(previous);
    }
    previous = *sequence;
  }
  if (there == 0) return;
  if (there != call.request.events_size() || !together) {
    return Find(Anomaly::kTornBatch, fmt::format("{}: {} of {} events from {} on", Say(call.times), there,
                                                 call.request.events_size(), call.request.events(0).id()));
  }
  // A duplicate may expect anything; a batch that was always sent with the same expectations met them.
  if (call.outcome == Outcome::kUnknown && expected_.at(NameOf(call.request.events(0))).size() == 1) {
    CheckExpected(call, *log_.FindSame(call.request.events(0)) - 1);
  }
}

// What every answer at a position has to keep.
void HistoryJudge::CheckPosition(const CallTimes& times, uint64_t position, const std::string& at_least) {
  if (sent_up_to_.at(position) > times.ended) {
    Find(Anomaly::kFromTheFuture, fmt::format("{}: told {}", Say(times), position));
  }
  if (at_least.empty()) return;
  const std::optional<uint64_t> asked = log_.PositionOf(at_least);
  if (!asked) {
    Find(Anomaly::kBadReceipt, fmt::format("{}: waited for {}", Say(times), at_least));
  } else if (position < *asked) {
    Find(Anomaly::kStaleRead, fmt::format("{}: told {}, asked for {}", Say(times), position, at_least));
  }
}

void HistoryJudge::CheckQuery(const QueryCall& call) {
  if (call.outcome != Outcome::kAnswered) return;
  ++result_.queries;
  const std::string& receipt = call.response.basis().receipt();
  const std::optional<size_t> commit = log_.Pinned(receipt);
  if (!commit) return Find(Anomaly::kBadReceipt, fmt::format("{}: {}", Say(call.times), receipt));
  const uint64_t position = log_.reading().commits[*commit].last_sequence;
  CheckPosition(call.times, position, call.request.basis().at_least());
  if (call.request.basis().has_position()) {
    const std::string& asked = call.request.basis().position();
    if (log_.PositionOf(asked) == position && (receipt == asked || !log_.Pinned(asked))) return;
    return Find(Anomaly::kOtherBasis, fmt::format("{}: {}, asked for {}", Say(call.times), receipt, asked));
  }
  const uint64_t told = readers_told_.at(call.times.server).Before(call.times.invoked);
  if (call.request.basis().has_time()) return CheckTime(call, *commit, told);
  if (position < told) {
    Find(Anomaly::kWentBack, fmt::format("{}: {}, and had answered at {}", Say(call.times), receipt, told));
  }
}

// The last commit that was recorded by then, of those that the server had told of.
void HistoryJudge::CheckTime(const QueryCall& call, size_t commit, uint64_t told) {
  const std::string& asked = call.request.basis().time();
  const auto time = ParseInstant(asked);
  const auto& commits = log_.reading().commits;
  const auto by_then = [&](const LoggedCommit& logged) {
    return time && logged.recorded_at_us <= time->time_since_epoch().count();
  };
  const bool later =
      std::any_of(commits.begin() + static_cast<std::ptrdiff_t>(commit) + 1, commits.end(),
                  [&](const LoggedCommit& logged) {
                    return logged.last_sequence <= told && !logged.events.empty() && by_then(logged);
                  });
  if (by_then(commits[commit]) && !later) return;
  Find(Anomaly::kOtherBasis,
       fmt::format("{}: {}, asked for the time {}", Say(call.times), call.response.basis().receipt(), asked));
}

// In the order of positions, so that one oracle serves all.
void HistoryJudge::CheckFigures() {
  std::multimap<uint64_t, const QueryCall*> by_position;
  for (const QueryCall& call : history_.queries) {
    if (const std::optional<uint64_t> position = ToldBy(call)) by_position.emplace(*position, &call);
  }
  testing::SavingsOracle oracle;
  uint64_t added = 0;
  for (const auto& [position, call] : by_position) {
    while (added < position) oracle.Add(log_.At(++added));
    const bool restated = call->request.basis().view() == v1::VIEW_RESTATED;
    v1::QuerySavingsResponse expected;
    for (v1::BoardSavings& board : oracle.Expected(call->request.period(), restated)) {
      *expected.add_boards() = std::move(board);
    }
    v1::QuerySavingsResponse answered;
    *answered.mutable_boards() = call->response.boards();
    if (expected.SerializeAsString() == answered.SerializeAsString()) continue;
    Find(Anomaly::kNotAPrefix,
         fmt::format("{}: {} at {}: {}; the events make {}", Say(call->times), call->request.period(),
                     position, answered.ShortDebugString(), expected.ShortDebugString()));
  }
}

}  // namespace

std::string_view AnomalyName(Anomaly anomaly) { return kNames.at(static_cast<size_t>(anomaly)); }

CheckedHistory CheckHistory(const LedgerHistory& history, const LogReading& reading,
                            const CheckOptions& options) {
  return HistoryJudge(history, reading, options).Judge();
}

}  // namespace realise::torture
