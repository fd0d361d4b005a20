// A log of one ledger as a cluster of brokers keeps it, and the network on the way to it: records are late,
// lost, doubled, come long after their sender gave them up, or without their acknowledgement; a sender's are
// held back; the log is cut.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "libs/event_log/event_log.h"
#include "tests/simulation/chance.h"
#include "tests/simulation/simulated_time.h"

namespace realise::simulation {

// How often what happened.
using Faults = std::map<std::string, uint64_t>;

// Of a thousand records that arrive.
struct NetworkOdds {
  int lost = 0;        // without a word
  int refused = 0;     // lost, and its sender is told so, sooner or later
  int ack_lost = 0;    // there, and its sender is told that it is not
  int doubled = 0;     // the second one right behind, or much later
  int delayed = 0;     // later ones of the same sender come first
  int reads_fail = 0;  // of a thousand reads
  int lag = 0;         // of a thousand reads, that give less than there is
  int latency_us_max = 2000;
  bool same_latency = false;  // each record takes as long as that
};

// Not thread-safe.  time and chance must outlive it.
class SimulatedLog {
 public:
  SimulatedLog(std::string ledger, const SimulatedTime& time, Chance& chance, Faults& faults);
  ~SimulatedLog();

  // The log as the process with this number reaches it.
  EventLog& Of(int process);

  // Lets arrive what is due.
  void Deliver();
  void SetOdds(const NetworkOdds& odds) { odds_ = odds; }

  // What this process sends takes so many times as long.
  void SetFar(int process, int times) { far_[process] = times; }
  // What this process sent, and sends, arrives only when it is released.
  void HoldBack(int process, bool held);
  // The process reaches no broker.
  void Cut(int process, bool cut);
  // The last records are gone.
  void Truncate(size_t count);
  // Puts a record there at once.
  void Put(std::string stored);
  // Everything under way arrives soon, and nothing goes wrong any more.
  void Heal();

  const std::vector<LogRecord>& records() const { return records_; }
  SimulatedClock& clock() { return clock_; }
  bool idle() const;

 private:
  class View;
  class Reader;
  class Appender;
  struct Letter {
    SteadyTime arrives_at;
    std::string stored;
  };
  // The way from one appender to the log.
  struct Route {
    int process = 0;
    std::deque<Letter> letters;
    absl::Status failure;  // to be told at `told_at`
    SteadyTime told_at{};
  };

  void Send(Route& route, std::string stored);
  void Arrive(Route& route, std::string stored);
  void Fail(Route& route);
  SteadyTime After(int micros_max);
  absl::StatusOr<LogRecord> ReadAt(int process, Address address);
  absl::StatusOr<std::vector<LogRecord>> ReadFrom(int process, Address from, size_t bytes_max);
  bool ReadFails(int process);

  const std::string ledger_;
  const SimulatedTime& time_;
  Chance& chance_;
  Faults& faults_;
  SimulatedClock clock_;
  NetworkOdds odds_;
  std::vector<std::unique_ptr<View>> views_;
  std::map<int, int> far_;
  std::map<int, bool> held_;
  std::map<int, bool> cut_;
  std::deque<Route> routes_;   // never shrinks, so that appenders can point into it
  std::vector<Letter> stray_;  // no longer in any order
  std::vector<LogRecord> records_;
};

}  // namespace realise::simulation
