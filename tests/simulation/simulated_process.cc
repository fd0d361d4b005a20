#include "tests/simulation/simulated_process.h"

#include <utility>

namespace realise::simulation {
namespace {

using std::chrono::microseconds;
using std::chrono::milliseconds;

constexpr uint32_t kFoldVersion = 1;
constexpr size_t kReadBytes = 1 << 20;
constexpr std::chrono::seconds kAnchorsEvery{1};

WriterId DrawWriterId(Chance& chance) {
  WriterId id;
  for (uint8_t& byte : id.bytes) byte = static_cast<uint8_t>(chance.Below(256));
  return id;
}

}  // namespace

SimulatedFold::SimulatedFold(World& world, int process)
    : world_(world), process_(process), fold_(world.plan.ledger, kFoldVersion) {}

bool SimulatedFold::Open() {
  if (reader_ != nullptr) return true;
  auto reader = CommitReader::Open(world_.log.Of(process_), world_.plan.ledger, std::nullopt);
  Note(reader.status());
  if (!reader.ok()) return false;
  reader_ = *std::move(reader);
  return true;
}

void SimulatedFold::Note(const absl::Status& status) {
  if (status.ok() || absl::IsUnavailable(status) || !stopped_.ok()) return;
  stopped_ = status;
  world_.Tell("fold of {} stopped: {}", process_, std::string(status.message()));
}

void SimulatedFold::Step() {
  if (!stopped_.ok() || !Open()) return;
  if (world_.time.Now() - anchors_checked_ >= kAnchorsEvery) {
    anchors_checked_ = world_.time.Now();
    const absl::Status checked = reader_->CheckAnchors();
    Note(checked);
    if (!checked.ok()) return;
  }
  const auto commits = reader_->Read(milliseconds(0), kReadBytes);
  Note(commits.status());
  if (!commits.ok()) return;
  for (const ReadCommit& commit : *commits) {
    if (commit.verdict != Verdict::kValid) continue;
    const absl::Status folded = fold_.Add(commit.stored);
    if (!folded.ok()) {
      world_.Anomaly(
          fmt::format("the fold of {} cannot apply a valid commit: {}", process_, folded.ToString()));
      Note(folded);
      return;
    }
    digests_.push_back(commit.digest);
  }
}

bool SimulatedFold::Finish() {
  for (int step = 0; step < 100'000 && stopped_.ok(); ++step) {
    Step();
    if (reader_ == nullptr || !stopped_.ok()) continue;
    const auto caught_up = reader_->CaughtUp();
    if (caught_up.ok() && *caught_up) break;
  }
  if (stopped_.ok()) Note(reader_->CheckAnchors());
  return stopped_.ok();
}

SimulatedProcess::SimulatedProcess(World& world, int number)
    : world_(world),
      number_(number),
      clock_(world.time),
      store_(world.stores_used++),
      fold_(std::make_unique<SimulatedFold>(world, number)) {}

void SimulatedProcess::Open() {
  if (world_.time.Now() < down_until_ || !world_.believes[static_cast<size_t>(number_)]) return;
  LedgerWriterOptions options;
  options.ledger = world_.plan.ledger;
  options.answer_within = milliseconds(world_.chance.Between(300, 3000));
  options.give_up_after = milliseconds(world_.chance.Between(20, 400));
  options.save_every_events = static_cast<size_t>(world_.chance.Between(1, 40));
  options.save_aside = false;
  // Nobody is killed in a race, and there are many more events.
  if (world_.plan.contention) options.save_every_events *= 100;
  options.take_over = world_.plan.take_over;
  if (options.take_over) {
    options.still_mine = [this] { return static_cast<bool>(world_.believes[static_cast<size_t>(number_)]); };
  }
  auto loop = std::make_unique<WriterLoop>(world_.log.Of(number_), world_.stores.store(store_), clock_,
                                           world_.time, DrawWriterId(world_.chance), std::move(options));
  const absl::Status opened = loop->Open();
  down_until_ = world_.time.Now() + world_.chance.Micros(1000, 100'000);
  if (opened.ok()) {
    world_.Tell("writer of {} open", number_);
    loop_ = std::move(loop);
    stopping_ = false;
  } else if (!absl::IsUnavailable(opened)) {
    stopped_ = opened;
    world_.Tell("writer of {} does not open: {}", number_, opened.ToString());
    if (!world_.plan.truncates) world_.Anomaly("a writer does not open: " + opened.ToString());
  }
}

void SimulatedProcess::Step() {
  if (paused_) return;
  if (world_.chance.OutOfHundred(25)) return fold_->Step();
  if (!stopped_.ok()) return;
  if (loop_ == nullptr) return Open();
  if (!loop_->Step()) return Close();
  if (absl::IsDataLoss(loop_->Health())) {
    stopped_ = loop_->Health();
    world_.Tell("writer of {} stopped: {}", number_, std::string(stopped_.message()));
    if (!world_.plan.truncates) world_.Anomaly("a writer stopped: " + stopped_.ToString());
  } else if (loop_->Resigned() && !stopping_) {
    world_.Tell("writer of {} resigned", number_);
    ++world_.faults["resignation"];
    Stop();
  } else if (!stopping_ && !world_.believes[static_cast<size_t>(number_)] && world_.chance.OutOfHundred(5)) {
    world_.Tell("writer of {} is released", number_);
    ++world_.faults["release"];
    stopping_ = true;
    loop_->BeginDrain(/*released=*/true);
  }
}

void SimulatedProcess::Close() {
  const WriterCounts counts = loop_->Counts();
  counts_.commits += counts.commits;
  counts_.foreign_commits += counts.foreign_commits;
  counts_.decided_again += counts.decided_again;
  counts_.taken_over += counts.taken_over;
  counts_.receipt_mismatches += counts.receipt_mismatches;
  loop_.reset();
  stopping_ = false;
}

void SimulatedProcess::Stop() {
  if (loop_ == nullptr || stopping_) return;
  stopping_ = true;
  loop_->BeginDrain(/*released=*/false);
}

void SimulatedProcess::Crash(bool store_gone) {
  world_.Tell("{} is killed{}", number_, store_gone ? ", its store is gone" : "");
  if (loop_ != nullptr) Close();
  if (store_gone && world_.stores_used < StorePool::kStores) store_ = world_.stores_used++;
  fold_ = std::make_unique<SimulatedFold>(world_, number_);
  paused_ = false;
  stopped_ = absl::OkStatus();
  down_until_ = world_.time.Now() + world_.chance.Micros(100, 200'000);
}

void SimulatedProcess::Pause(bool paused) {
  world_.Tell("{} {}", number_, paused ? "is paused" : "goes on");
  paused_ = paused;
}

bool SimulatedProcess::Submit(std::unique_ptr<Command> command) {
  if (loop_ == nullptr) return false;
  loop_->Submit(std::move(command));
  return true;
}

}  // namespace realise::simulation
