#include "tests/simulation/simulation.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "libs/event_log/commit.h"
#include "libs/postings/postings.h"
#include "tests/simulation/oracle.h"
#include "tests/simulation/publishers.h"
#include "tests/simulation/simulated_process.h"

namespace realise::simulation {
namespace {

using std::chrono::microseconds;

// Steps, behind the last fault, in which everything that was asked has to be answered.
constexpr int kSettleStepsMax = 40'000;
// Steps in which a newcomer has to be answered while another writer has work without end.  A commit of one
// that is far takes some 90, so this is stricter than the bound of libs/ledger/send_turn.h.
constexpr int kNewcomerStepsMax = 3000;

// A fault that is injected now and then, and for how many of a hundred it is this one.
struct Injection {
  int odds;
  void (*inject)(World& world, Processes& processes);
};

SimulatedProcess& DrawProcess(World& world, Processes& processes) {
  return *processes[world.chance.Below(processes.size())];
}

void Kill(World& world, Processes& processes) {
  const bool store_gone = world.chance.OutOfHundred(20);
  ++world.faults[store_gone ? "killed, store gone" : "killed"];
  DrawProcess(world, processes).Crash(store_gone);
}

// Paused, and what it had sent may be held back until it goes on, or longer.
void PauseOrGoOn(World& world, Processes& processes) {
  const size_t number = world.chance.Below(processes.size());
  SimulatedProcess& process = *processes[number];
  const bool pause = !process.paused();
  if (pause) ++world.faults["paused"];
  process.Pause(pause);
  if (pause ? world.chance.OutOfHundred(60) : world.chance.OutOfHundred(70)) {
    if (pause) ++world.faults["paused, records held back"];
    world.log.HoldBack(static_cast<int>(number), pause);
  }
}

void HoldOrRelease(World& world, Processes& processes) {
  const auto number = static_cast<int>(world.chance.Below(processes.size()));
  const bool held = world.chance.OutOfHundred(40);
  if (held) ++world.faults["records held back"];
  world.Tell("records of {} are {}", number, held ? "held back" : "released");
  world.log.HoldBack(number, held);
}

void CutOrHeal(World& world, Processes& processes) {
  const auto number = static_cast<int>(world.chance.Below(processes.size()));
  const bool cut = world.chance.OutOfHundred(40);
  if (cut) ++world.faults["network cut"];
  world.Tell("{} {} the log", number, cut ? "does not reach" : "reaches");
  world.log.Cut(number, cut);
}

// What does not last: every process runs and reaches the log.
void GoOn(World& world, Processes& processes) {
  for (size_t i = 0; i < processes.size(); ++i) {
    if (processes[i]->paused()) processes[i]->Pause(false);
    world.log.Cut(static_cast<int>(i), false);
    world.log.HoldBack(static_cast<int>(i), false);
  }
}

// The ledger is given to a process; the others learn of it sooner or later.
void Assign(World& world, Processes& processes) {
  const size_t number = world.chance.Below(processes.size());
  ++world.faults["assigned anew"];
  world.Tell("{} is to write", number);
  world.believes[number] = true;
}

void Learn(World& world, Processes& processes) {
  if (std::count(world.believes.begin(), world.believes.end(), true) < 2) return;
  const size_t number = world.chance.Below(processes.size());
  world.Tell("{} learns that it is not to write", number);
  world.believes[number] = false;
}

void JumpClock(World& world, Processes& processes) {
  const bool log = world.chance.OutOfHundred(20);
  SimulatedClock& clock = log ? world.log.clock() : DrawProcess(world, processes).clock();
  ++world.faults[log ? "the log's clock jumped" : "clock jumped"];
  const int most = world.chance.OutOfHundred(80) ? 3'000'000 : 100'000'000;
  clock.SetAhead(world.chance.OutOfHundred(40) ? microseconds(0) : world.chance.Micros(-most, most));
  world.Tell("{} clock is {} us ahead", log ? "the log's" : "a", clock.ahead().count());
}

// Nothing happens for a while.
void LetTimePass(World& world, Processes& /*processes*/) {
  world.time.Advance(world.chance.Micros(1000, 1'500'000));
}

void Truncate(World& world, Processes& /*processes*/) {
  if (!world.plan.truncates) return;
  const auto count = static_cast<size_t>(world.chance.Between(1, 4));
  ++world.faults["log cut"];
  world.log.Truncate(count);
  world.Tell("the last {} records are gone, {} are left", count, world.log.records().size());
}

constexpr Injection kInjections[] = {
    {12, Kill},  {20, PauseOrGoOn}, {14, HoldOrRelease}, {12, CutOrHeal}, {10, Assign},
    {10, Learn}, {8, JumpClock},    {8, LetTimePass},    {6, Truncate},
};

class Simulation {
 public:
  Simulation(uint64_t seed, StorePool& stores, bool tell)
      : world_(PlanOf(seed), stores, tell), publishers_(world_, processes_) {
    world_.believes.assign(static_cast<size_t>(world_.plan.processes), false);
    world_.believes[0] = true;
    if (world_.plan.two_believe) world_.believes[1] = true;
    Found();
    for (int i = 0; i < world_.plan.processes; ++i) {
      processes_.push_back(std::make_unique<SimulatedProcess>(world_, i));
    }
    world_.log.SetOdds(world_.plan.odds);
    world_.log.SetFar(1, world_.plan.newcomer_far);
  }

  RunReport Run() {
    for (; steps_ < world_.plan.steps; ++steps_) {
      Step();
      if (world_.chance.OutOfThousand(world_.plan.faults_of_1000)) Inject();
      if (world_.chance.OutOfThousand(5)) GoOn(world_, processes_);
    }
    Settle();
    return Report();
  }

 private:
  // The first commit, as CreateLedger would write it.
  void Found() {
    CommitHeader header;
    for (uint8_t& byte : header.ledger_id.bytes) byte = static_cast<uint8_t>(world_.chance.Below(256));
    header.recorded_at = world_.log.clock().Now();
    world_.log.Put(EncodeCommit(header, ""));
  }

  void Step() {
    world_.time.Advance(world_.chance.Micros(10, 200));
    if (!world_.plan.contention && world_.chance.OutOfHundred(1))
      world_.time.Advance(world_.chance.Micros(1000, 60'000));
    world_.log.Deliver();
    for (int i = 0; i < 2; ++i) DrawProcess(world_, processes_).Step();
    publishers_.NoteStep();
    for (int i = 0; i < world_.plan.publisher_steps; ++i) publishers_.Step();
    if (publishers_.newcomer_waits() > kNewcomerStepsMax) {
      world_.Anomaly("a newcomer got no word in against a writer with work without end");
      publishers_.GiveUp();
    }
  }

  void Inject() {
    int draw = world_.chance.Between(0, 99);
    for (const Injection& injection : kInjections) {
      draw -= injection.odds;
      if (draw < 0) return injection.inject(world_, processes_);
    }
  }

  // The faults end: everything that was asked is answered within a bounded number of steps.
  void Settle() {
    world_.Tell("the faults end");
    publishers_.MakeNoMore();
    world_.log.Heal();
    const size_t owner = world_.chance.Below(processes_.size());
    for (size_t i = 0; i < processes_.size(); ++i) {
      processes_[i]->clock().SetAhead(microseconds(0));
      if (processes_[i]->paused()) processes_[i]->Pause(false);
      world_.believes[i] = i == owner || (world_.plan.two_believe && i == (owner + 1) % processes_.size());
    }
    // Of a log that was cut nobody has to make anything: its writers may all have stopped.
    const int most = world_.plan.truncates ? 4000 : kSettleStepsMax;
    for (int step = 0; step < most && !(publishers_.Done() && world_.log.idle()); ++step, ++steps_) {
      Step();
      // Time-outs are what is waited for now.
      if (step % 50 == 0) world_.time.Advance(world_.chance.Micros(1000, 100'000));
    }
    if (!world_.plan.truncates && !publishers_.Done()) {
      world_.Anomaly("a request was not answered long after the faults had ended");
    }
    world_.Tell("settled");
  }

  RunReport Report() {
    Oracle oracle(world_);
    RunReport report;
    bool agree = true;
    for (const auto& process : processes_) {
      const bool goes_on = process->fold().Finish();
      if (!goes_on || !process->stopped().ok()) report.stopped = true;
      if (goes_on && !oracle.Agrees(process->fold())) agree = false;
    }
    if (world_.plan.truncates) {
      report.parted = !agree;
    } else {
      if (!agree) world_.Anomaly("a reader read another history");
      if (report.stopped) world_.Anomaly("a reader stopped, and nothing was wrong with the log");
      oracle.CheckCalls(publishers_.calls());
      oracle.CheckReceipts(publishers_.receipts());
      CompareFolds();
    }
    for (const auto& process : processes_) {
      report.decided_again += process->counts().decided_again;
      report.taken_over += process->counts().taken_over;
    }
    report.truncated = world_.faults.count("log cut") > 0;
    report.history = oracle.digest();
    report.events = oracle.events();
    report.commits = oracle.commits();
    report.void_records = oracle.void_records();
    report.answers =
        static_cast<uint64_t>(std::count_if(publishers_.calls().begin(), publishers_.calls().end(),
                                            [](const Call& call) { return call.outcome.has_value(); }));
    report.steps = steps_;
    report.newcomer_waited_most = publishers_.newcomer_waited_most();
    report.anomalies = std::move(world_.anomalies);
    report.story = std::move(world_.story);
    report.faults = std::move(world_.faults);
    return report;
  }

  // Every fold that got to a position answers the same there.
  void CompareFolds() {
    const MemoryFold& first = processes_.front()->fold().fold();
    for (size_t i = 1; i < processes_.size(); ++i) {
      const MemoryFold& other = processes_[i]->fold().fold();
      if (first.Latest().digest != other.Latest().digest) world_.Anomaly("two folds end elsewhere");
      for (int draws = 0; draws < 4; ++draws) {
        const Sequence sequence = world_.chance.Below(first.Latest().sequence + 1);
        const auto mine = first.BalancesAt(CountsAccount("m"), sequence);
        const auto theirs = other.BalancesAt(CountsAccount("m"), sequence);
        if (mine.status() != theirs.status() || (mine.ok() && *mine != *theirs)) {
          world_.Anomaly(fmt::format("two folds differ at {}", sequence));
        }
      }
    }
  }

  World world_;
  Processes processes_;
  Publishers publishers_;
  int steps_ = 0;
};

}  // namespace

RunReport RunSeed(uint64_t seed, StorePool& stores, bool tell) {
  return Simulation(seed, stores, tell).Run();
}

}  // namespace realise::simulation
