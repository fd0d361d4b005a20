// One process of a run: a writer, which is production code stepped without its thread, and a fold of the same
// ledger.  It may be paused, and killed.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/event_log/commit_reader.h"
#include "libs/ledger/writer_loop.h"
#include "libs/projection/memory_fold.h"
#include "tests/simulation/world.h"

namespace realise::simulation {

// A reader of the ledger that folds it, as a projection does.
class SimulatedFold {
 public:
  SimulatedFold(World& world, int process);

  void Step();
  // Reads everything there is.  False if it stopped.
  bool Finish();

  // Why it stopped for good; OK while it goes on.
  const absl::Status& stopped() const { return stopped_; }
  // Of every valid commit that it read.
  const std::vector<Digest>& digests() const { return digests_; }
  const MemoryFold& fold() const { return fold_; }

 private:
  bool Open();
  void Note(const absl::Status& status);

  World& world_;
  const int process_;
  std::unique_ptr<CommitReader> reader_;
  MemoryFold fold_;
  std::vector<Digest> digests_;
  SteadyTime anchors_checked_{};
  absl::Status stopped_;
};

class SimulatedProcess {
 public:
  SimulatedProcess(World& world, int number);

  void Step();
  void Crash(bool store_gone);
  void Pause(bool paused);
  // Clean: answers what it can, then ends.
  void Stop();
  // What it does not answer before it is killed is never answered.  False if nobody is there to take it.
  bool Submit(std::unique_ptr<Command> command);

  bool paused() const { return paused_; }
  bool writes() const { return loop_ != nullptr && !stopping_; }
  // Its ledger stopped it for good.
  const absl::Status& stopped() const { return stopped_; }
  SimulatedFold& fold() { return *fold_; }
  SimulatedClock& clock() { return clock_; }
  // Of all writers that it had.
  const WriterCounts& counts() const { return counts_; }

 private:
  void Open();
  void Close();

  World& world_;
  const int number_;
  SimulatedClock clock_;
  size_t store_;
  std::unique_ptr<WriterLoop> loop_;
  std::unique_ptr<SimulatedFold> fold_;
  bool paused_ = false;
  bool stopping_ = false;
  SteadyTime down_until_{};
  absl::Status stopped_;
  WriterCounts counts_;
};

}  // namespace realise::simulation
