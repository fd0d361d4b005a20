#include "libs/ledger/command.h"

#include <fmt/format.h>

#include <unordered_set>
#include <utility>

#include "libs/domain/decide.h"
#include "libs/event_log/commit.h"

namespace realise {
namespace {

// What a commit adds to an event as the publisher sent it: tag and length of the event, tag and value of its
// version.
constexpr size_t kEventOverheadMax = 16;

void Refuse(Command& command, Reason reason, std::string field, std::string message) {
  command.malformed.push_back({0, {reason, std::move(field), std::move(message)}});
}

// REQUIRES: the request's size was asked for, which leaves that of each event behind.
void CheckEvents(Command& command) {
  const auto& events = command.request->events();
  command.keys.reserve(static_cast<size_t>(events.size()));
  for (int i = 0; i < events.size(); ++i) {
    const v1::Event& event = events[i];
    command.keys.push_back(EventKeyOf(event.source(), event.id()));
    const size_t bytes = static_cast<size_t>(event.GetCachedSize());
    command.body_bytes_max += bytes + kEventOverheadMax;
    std::optional<Rejection> rejection = CheckForm(event, bytes);
    if (!rejection) continue;
    command.undecidable.resize(static_cast<size_t>(events.size()));
    command.undecidable[static_cast<size_t>(i)] = true;
    command.malformed.push_back({static_cast<uint32_t>(i), *std::move(rejection)});
  }
}

void CheckExpectedVersions(Command& command) {
  std::unordered_set<std::string_view> streams;
  for (const v1::ExpectedVersion& expected : command.request->expected_versions()) {
    if (expected.stream().empty()) {
      Refuse(command, Reason::kMissingField, "expected_versions.stream",
             "an expected version needs its stream");
    } else if (!streams.insert(expected.stream()).second) {
      Refuse(command, Reason::kMalformed, "expected_versions", "a stream may be named once");
    }
  }
}

void ParseTexts(const std::string& ledger, Command& command) {
  const v1::AppendRequest& request = *command.request;
  if (!request.at_least().empty()) {
    command.at_least = Receipt::Parse(request.at_least());
    if (!command.at_least) {
      Refuse(command, Reason::kMalformed, "at_least",
             "a position is \"RH5@1234\", a receipt \"RH5@1234#<digest>\"");
    } else if (command.at_least->ledger != ledger) {
      command.at_least.reset();
      Refuse(command, Reason::kMalformed, "at_least",
             fmt::format("a position in ledger {} is needed", ledger));
    }
  }
  if (!request.simulated_time().empty()) {
    command.simulated_time = ParseInstant(request.simulated_time());
    if (!command.simulated_time) {
      Refuse(command, Reason::kMalformed, "simulated_time", "a time in UTC is \"2025-04-09T08:15:00Z\"");
    }
  }
}

}  // namespace

void PrepareCommand(const std::string& ledger, Command& command) {
  if (command.corrects_clock) return;
  const v1::AppendRequest& request = *command.request;
  command.bytes = request.ByteSizeLong();
  if (!request.ledger().empty() && request.ledger() != ledger) {
    Refuse(command, Reason::kMalformed, "ledger", fmt::format("this is the writer of ledger {}", ledger));
  }
  if (request.events().empty()) {
    Refuse(command, Reason::kMissingField, "events", "at least one event is needed");
  }
  // A dry run becomes no commit, so that a long list can be checked whole.
  const bool dry = request.dry_run();
  const int events_max = dry ? kDryRunEventsMax : static_cast<int>(kCommitEventsMax);
  const bool too_many = request.events_size() > events_max;
  if (!too_many) CheckEvents(command);
  CheckExpectedVersions(command);
  ParseTexts(ledger, command);
  if (too_many || (!dry && command.body_bytes_max > kCommitBodyBytesMax)) {
    command.undecidable.assign(static_cast<size_t>(request.events_size()), true);
    command.keys.resize(static_cast<size_t>(request.events_size()));
    Refuse(command, Reason::kTooLarge, "events",
           fmt::format("a batch holds at most {} events and {} bytes", events_max, kCommitBodyBytesMax));
  }
}

}  // namespace realise
