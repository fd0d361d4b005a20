// What a run's log really holds, read by the one rule and nothing of the product but the decoding of a
// header; and whether everything that was answered is true of it.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "tests/simulation/publishers.h"
#include "tests/simulation/simulated_process.h"
#include "tests/simulation/world.h"

namespace realise::simulation {

class Oracle {
 public:
  explicit Oracle(World& world);

  // Each answer: what was accepted is there once, where it was said to be, and on top of what it expected;
  // what was refused had to be, at the position that was named; every receipt is one of this history.
  void CheckCalls(const std::vector<Call>& calls);
  void CheckReceipts(const std::vector<Receipt>& receipts);
  // Whether a fold that goes on read this history, and nothing else.
  bool Agrees(const SimulatedFold& fold) const;

  size_t events() const { return events_.size(); }
  size_t commits() const { return digests_.size(); }
  size_t void_records() const { return void_records_; }
  Digest digest() const { return digests_.empty() ? Digest{} : digests_.back(); }

 private:
  struct Recorded {
    v1::Event event;
    size_t commit = 0;
  };

  void Read();
  void Take(const CommitView& commit, const Digest& digest);
  void CheckAccepted(const Call& call);
  void CheckRefused(const Call& call);
  std::string WhyNotRefused(const v1::Event& event, const std::string& reason, Sequence at,
                            const std::string& message, const v1::AppendRequest& request) const;
  uint64_t VersionAt(const std::string& stream, Sequence sequence) const;
  bool IsCommitEnd(const Receipt& receipt) const;
  void Anomaly(const Call& call, const std::string& what);

  World& world_;
  std::vector<Recorded> events_;  // event n is at n - 1
  std::vector<Digest> digests_;   // of each valid commit
  std::set<std::pair<Sequence, Digest>> ends_;
  std::map<std::string, Sequence> ids_;
  std::map<std::string, std::vector<Sequence>> streams_;  // the event that made each version
  size_t void_records_ = 0;
};

}  // namespace realise::simulation
