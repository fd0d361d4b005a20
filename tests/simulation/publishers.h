// Who appends in a run: each has one request under way, and sends it again, to any process, until it knows
// what became of it.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "libs/ledger/ledger_writer.h"
#include "realise/v1/append_service.pb.h"
#include "tests/simulation/simulated_process.h"
#include "tests/simulation/world.h"

namespace realise::simulation {

using Processes = std::vector<std::unique_ptr<SimulatedProcess>>;

// A request and what became of it.
struct Call {
  v1::AppendRequest request;
  std::optional<AppendOutcome> outcome;  // once it is known
  Sequence acknowledged_before = 0;      // the last event acknowledged to anybody when it was first sent
  int sent = 0;                          // times
};

class Publishers {
 public:
  Publishers(World& world, Processes& processes);

  // A step of the run begins.
  void NoteStep();
  // One publisher, drawn, does something: makes a request, sends it, or takes an answer.
  void Step();
  // Makes no new requests from now on.
  void MakeNoMore() { make_more_ = false; }
  // Whether every request's outcome is known.
  bool Done() const;
  // Forgets what is under way: its outcome stays unknown.
  void GiveUp();

  // Every request whose first sending was done.
  const std::vector<Call>& calls() const { return calls_; }
  // Every receipt that was handed out.
  const std::vector<Receipt>& receipts() const { return receipts_; }
  // Steps since the newcomer of a run with contention sent what it has not been answered; 0 if nothing waits.
  int newcomer_waits() const { return newcomer_waits_; }
  // The most that it was.
  int newcomer_waited_most() const { return newcomer_waited_most_; }

 private:
  struct Publisher {
    std::optional<size_t> call;  // of calls_, under way
    SteadyTime send_from{};
    SteadyTime ask_again{};
    // Shared with the writer that may answer, or not, when this has long been sent again.
    std::shared_ptr<std::optional<AppendOutcome>> answer;
    int process = 0;
  };

  void Make(Publisher& publisher);
  void Send(Publisher& publisher);
  void Take(Publisher& publisher);
  void AskForClockCorrection(Publisher& publisher);
  int DrawProcess(const Publisher& publisher);
  v1::AppendRequest DrawRequest();
  void AddEvents(v1::AppendRequest& request);
  void DrawAtLeast(v1::AppendRequest& request);

  World& world_;
  Processes& processes_;
  std::vector<Publisher> publishers_;
  std::vector<Call> calls_;
  std::vector<Receipt> receipts_;
  bool make_more_ = true;
  Sequence acknowledged_ = 0;
  int boards_ = 0;
  int ids_ = 0;
  int newcomer_waits_ = 0;
  int newcomer_waited_most_ = 0;
};

}  // namespace realise::simulation
