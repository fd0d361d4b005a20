#include "tests/torture/paper_history.h"

#include <charconv>
#include <map>

#include "fmt/format.h"
#include "libs/base/sha256.h"
#include "libs/event_log/commit.h"
#include "realise/v1/commit.pb.h"
#include "tests/support/savings_oracle.h"
#include "tests/torture/history_index.h"

namespace realise::torture {
namespace {

constexpr std::string_view kCommitName = "commit:";

void Resolve(const LogReading& reading, std::string& text) {
  if (text.rfind(kCommitName, 0) != 0) return;
  size_t commit = 0;
  std::from_chars(text.data() + kCommitName.size(), text.data() + text.size(), commit);
  if (commit < reading.commits.size()) text = reading.commits[commit].receipt;
}

}  // namespace

Moment AtMs(int64_t ms) { return Moment(std::chrono::milliseconds(ms)); }

std::string CommitName(size_t commit) { return fmt::format("{}{}", kCommitName, commit); }

void ExpectVersion(AppendCall& call, const std::string& stream, uint64_t version) {
  v1::ExpectedVersion& expected = *call.request.add_expected_versions();
  expected.set_stream(stream);
  expected.set_version(version);
}

size_t PaperHistory::Commit(std::vector<v1::Event> events) {
  for (size_t i = 0; i < events.size(); ++i) {
    uint64_t version = 1;
    for (const auto& commit : commits) {
      for (const v1::Event& event : commit) version += event.stream() == events[i].stream() ? 1 : 0;
    }
    for (size_t before = 0; before < i; ++before) {
      version += events[before].stream() == events[i].stream() ? 1 : 0;
    }
    events[i].set_stream_version(version);
  }
  commits.push_back(std::move(events));
  return commits.size() - 1;
}

uint64_t PaperHistory::LastOf(size_t commit) const {
  uint64_t last = 0;
  for (size_t i = 0; i <= commit; ++i) last += commits.at(i).size();
  return last;
}

AppendCall& PaperHistory::Call(int64_t invoked_ms, int64_t ended_ms, const std::vector<v1::Event>& events,
                               Outcome outcome) {
  AppendCall& call = history.appends.emplace_back();
  call.times = {.caller = fmt::format("call-{}", history.appends.size()),
                .server = "ingest-1#1",
                .server_started = Moment{},
                .invoked = AtMs(invoked_ms),
                .ended = AtMs(ended_ms)};
  call.request.set_ledger(kPaperLedger);
  for (const v1::Event& event : events) {
    *call.request.add_events() = event;
    call.request.mutable_events(call.request.events_size() - 1)->clear_stream_version();
  }
  call.outcome = outcome;
  return call;
}

AppendCall& PaperHistory::Acknowledge(int64_t invoked_ms, int64_t ended_ms,
                                      const std::vector<v1::Event>& events, size_t commit) {
  AppendCall& call = Call(invoked_ms, ended_ms, events, Outcome::kAnswered);
  call.response.set_receipt(CommitName(commit));
  const uint64_t first = LastOf(commit) - commits.at(commit).size() + 1;
  for (const v1::Event& event : events) {
    v1::Appended& appended = *call.response.add_events();
    appended.set_event_id(event.id());
    for (size_t i = 0; i < commits[commit].size(); ++i) {
      if (commits[commit][i].id() != event.id()) continue;
      appended.set_sequence(first + i);
      appended.set_stream_version(commits[commit][i].stream_version());
    }
  }
  return call;
}

QueryCall& PaperHistory::Query(int64_t invoked_ms, int64_t ended_ms, const std::string& month,
                               size_t commit) {
  QueryCall& call = history.queries.emplace_back();
  call.times = {.caller = fmt::format("query-{}", history.queries.size()),
                .server = "projection-1#1",
                .server_started = Moment{},
                .invoked = AtMs(invoked_ms),
                .ended = AtMs(ended_ms)};
  call.request.set_ledger(kPaperLedger);
  call.request.set_period(month);
  call.outcome = Outcome::kAnswered;
  call.response.mutable_basis()->set_receipt(CommitName(commit));
  testing::SavingsOracle oracle;
  for (size_t i = 0; i <= commit; ++i) {
    for (const v1::Event& event : commits.at(i)) oracle.Add(event);
  }
  for (v1::BoardSavings& board : oracle.Expected(month, false))
    *call.response.add_boards() = std::move(board);
  return call;
}

std::vector<std::string> PaperHistory::Records() const {
  std::vector<std::string> records;
  CommitHeader header;
  header.ledger_id.bytes.fill(7);
  header.recorded_at = Instant(std::chrono::seconds(1'700'000'000));
  for (size_t i = 0; i < commits.size(); ++i) {
    v1::CommitBody body;
    for (const v1::Event& event : commits[i]) *body.add_events() = event;
    header.event_count = static_cast<uint32_t>(commits[i].size());
    records.push_back(EncodeCommit(header, body.SerializeAsString()));
    header.previous = Sha256(records.back());
    header.first_sequence += header.event_count;
    header.recorded_at += std::chrono::milliseconds(1);
    for (const size_t behind : void_behind) {
      if (behind != i) continue;
      CommitHeader beaten = header;
      beaten.previous.bytes.fill(9);
      beaten.event_count = 0;
      records.push_back(EncodeCommit(beaten, ""));
    }
  }
  return records;
}

CheckedHistory PaperHistory::Check(const CheckOptions& options) const {
  const LogReading reading = ReadLog(kPaperLedger, Records());
  LedgerHistory resolved = history;
  for (AppendCall& call : resolved.appends) {
    Resolve(reading, *call.response.mutable_receipt());
    Resolve(reading, call.decided_at);
    Resolve(reading, *call.request.mutable_at_least());
  }
  for (QueryCall& call : resolved.queries) {
    Resolve(reading, *call.response.mutable_basis()->mutable_receipt());
    v1::Basis& basis = *call.request.mutable_basis();
    Resolve(reading, *basis.mutable_at_least());
    if (basis.has_position()) Resolve(reading, *basis.mutable_position());
  }
  return CheckHistory(resolved, reading, options);
}

}  // namespace realise::torture
