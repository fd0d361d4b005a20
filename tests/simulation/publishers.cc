#include "tests/simulation/publishers.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "libs/domain/testing/event_builders.h"
#include "libs/ledger/clock_guard.h"
#include "libs/ledger/command.h"

namespace realise::simulation {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kAskAgain{5000};
// Boards that everybody renames, and months that everybody measures.
constexpr int kSharedBoards = 4;
constexpr int kMonths = 24;

std::string Month(int month) {
  return fmt::format("20{}/{}-M{:02}", 20 + month / 12, 21 + month / 12, 1 + month % 12);
}

// An answer that says what became of the request, for ever.
bool IsFinal(const AppendOutcome& outcome) {
  if (outcome.status.ok()) return true;
  return !outcome.refusals.empty() && outcome.refusals.front().reason() != kClockRefusal;
}

}  // namespace

Publishers::Publishers(World& world, Processes& processes)
    : world_(world), processes_(processes), publishers_(static_cast<size_t>(world.plan.publishers)) {}

void Publishers::NoteStep() {
  if (newcomer_waits_ > 0) newcomer_waited_most_ = std::max(newcomer_waited_most_, ++newcomer_waits_);
}

void Publishers::Step() {
  Publisher& publisher = publishers_[world_.chance.Below(publishers_.size())];
  if (!publisher.call) {
    if (make_more_) Make(publisher);
  } else if (publisher.answer != nullptr && *publisher.answer) {
    Take(publisher);
  } else if (world_.time.Now() >= (publisher.answer == nullptr ? publisher.send_from : publisher.ask_again)) {
    Send(publisher);
  }
}

bool Publishers::Done() const {
  return std::none_of(publishers_.begin(), publishers_.end(),
                      [](const Publisher& publisher) { return publisher.call.has_value(); });
}

void Publishers::GiveUp() {
  for (Publisher& publisher : publishers_) publisher = Publisher();
  newcomer_waits_ = 0;
}

void Publishers::Make(Publisher& publisher) {
  Call call;
  call.request = DrawRequest();
  call.acknowledged_before = acknowledged_;
  publisher.call = calls_.size();
  calls_.push_back(std::move(call));
  Send(publisher);
}

v1::AppendRequest Publishers::DrawRequest() {
  // In a race every answer takes a commit: neither writer can answer from what it has read.
  if (world_.plan.contention) {
    v1::AppendRequest request;
    request.set_ledger(world_.plan.ledger);
    *request.add_events() = testing::BoardEstablished(fmt::format("own-{}", boards_++));
    return request;
  }
  // Sent once more, as somebody does who did not note the answer; or with other content, which is refused.
  if (!calls_.empty() && world_.chance.OutOfHundred(10)) {
    v1::AppendRequest request = calls_[world_.chance.Below(calls_.size())].request;
    request.clear_at_least();
    if (request.events_size() > 0 && world_.chance.OutOfHundred(30)) {
      request.mutable_events(0)->set_occurred_on("2023-04-04");
    }
    return request;
  }
  v1::AppendRequest request;
  request.set_ledger(world_.plan.ledger);
  AddEvents(request);
  if (world_.chance.OutOfHundred(20)) DrawAtLeast(request);
  request.set_dry_run(world_.chance.OutOfHundred(5));
  return request;
}

void Publishers::AddEvents(v1::AppendRequest& request) {
  const int kind = world_.chance.Between(0, 9);
  if (kind < 3) {  // something that is nobody else's
    const int count = world_.chance.OutOfHundred(30) ? world_.chance.Between(2, 4) : 1;
    for (int i = 0; i < count; ++i) {
      *request.add_events() = testing::BoardEstablished(fmt::format("own-{}", boards_++));
    }
    return;
  }
  const std::string board = fmt::format("shared-{}", world_.chance.Between(0, kSharedBoards - 1));
  const std::string id = fmt::format("e-{}", ids_++);
  if (kind == 3) {
    *request.add_events() = testing::WithId(testing::BoardEstablished(board), id);
  } else if (kind == 4) {
    *request.add_events() = testing::WithId(testing::MeasureDefined("m", v1::MEASURE_UNIT_COUNT), id);
  } else if (kind == 5) {
    const int month = world_.chance.Between(0, kMonths - 1);
    *request.add_events() = testing::WithId(
        testing::MeasurementRecorded("m", v1::MEASURE_UNIT_COUNT, Month(month), world_.chance.Between(1, 99)),
        id);
  } else {
    *request.add_events() =
        testing::WithId(testing::BoardRenamed(board, "Name " + id, testing::kOccurredOn), id);
  }
  if (kind < 8) return;
  v1::ExpectedVersion& expected = *request.add_expected_versions();
  expected.set_stream("board/" + board);
  expected.set_version(world_.chance.Below(2 + static_cast<uint64_t>(ids_) / 8));
}

void Publishers::DrawAtLeast(v1::AppendRequest& request) {
  if (receipts_.empty()) return;
  // Those that were handed out last are the ones that others have not read yet.
  const size_t back = std::min(receipts_.size(), static_cast<size_t>(world_.chance.Between(1, 4)));
  Receipt receipt = receipts_[receipts_.size() - back];
  if (world_.chance.OutOfHundred(30)) receipt.digest.reset();
  request.set_at_least(receipt.ToString());
}

int Publishers::DrawProcess(const Publisher& publisher) {
  if (world_.plan.contention) return &publisher == &publishers_.back() ? 1 : 0;
  if (world_.chance.OutOfHundred(60)) {
    for (size_t i = 0; i < processes_.size(); ++i) {
      if (world_.believes[i]) return static_cast<int>(i);
    }
  }
  return static_cast<int>(world_.chance.Below(processes_.size()));
}

void Publishers::Send(Publisher& publisher) {
  publisher.process = DrawProcess(publisher);
  publisher.answer = std::make_shared<std::optional<AppendOutcome>>();
  publisher.ask_again = world_.time.Now() + kAskAgain;
  Call& call = calls_[*publisher.call];
  auto command = std::make_unique<Command>();
  command->request = std::make_shared<v1::AppendRequest>(call.request);
  command->done = [answer = publisher.answer](AppendOutcome outcome) { *answer = std::move(outcome); };
  PrepareCommand(world_.plan.ledger, *command);
  if (processes_[static_cast<size_t>(publisher.process)]->Submit(std::move(command))) {
    ++call.sent;
    if (world_.plan.contention && publisher.process == 1 && newcomer_waits_ == 0) newcomer_waits_ = 1;
    return;
  }
  publisher.answer.reset();
  publisher.send_from = world_.time.Now() + milliseconds(5);
}

void Publishers::Take(Publisher& publisher) {
  Call& call = calls_[*publisher.call];
  AppendOutcome outcome = **publisher.answer;
  publisher.answer.reset();
  if (!IsFinal(outcome)) {
    if (absl::IsInternal(outcome.status))
      world_.Anomaly("a request met a defect: " + outcome.status.ToString());
    if (absl::IsDataLoss(outcome.status) && !world_.plan.truncates) {
      world_.Anomaly("a request was told that the ledger stopped: " + outcome.status.ToString());
    }
    if (outcome.moved) ++world_.faults["request moved"];
    if (absl::IsFailedPrecondition(outcome.status)) AskForClockCorrection(publisher);
    publisher.send_from = world_.time.Now() + world_.chance.Micros(1000, 50'000);
    return;
  }
  if (call.sent > 1) ++world_.faults["request sent again"];
  if (outcome.receipt.digest) receipts_.push_back(outcome.receipt);
  for (const v1::Appended& event : outcome.events)
    acknowledged_ = std::max<Sequence>(acknowledged_, event.sequence());
  if (world_.plan.contention && publisher.process == 1) {
    newcomer_waits_ = 0;
  }
  call.outcome = std::move(outcome);
  publisher.call.reset();
}

// As an operator does, once every clock is right again and the ledger was dated by one that was not.
void Publishers::AskForClockCorrection(Publisher& publisher) {
  ++world_.faults["clock refusal"];
  if (make_more_ || world_.chance.OutOfHundred(80)) return;
  auto command = std::make_unique<Command>();
  command->corrects_clock = true;
  command->done = [](const AppendOutcome&) {};
  processes_[static_cast<size_t>(publisher.process)]->Submit(std::move(command));
}

}  // namespace realise::simulation
