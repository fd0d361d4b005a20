// The load of the serve crash test: publishers that go on through the lives of a server.
#pragma once

#include <atomic>
#include <deque>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "realise/v1/append_service.pb.h"
#include "tests/crash/serve_crash_history.h"
#include "tests/crash/serve_crash_server.h"
#include "tests/support/claim_story.h"

namespace realise::crash {

// What publishers believe the version of the shared claim to be.
using SharedVersion = std::atomic<uint64_t>;

// One publisher, for one thread.  What it does not know the outcome of, it sends again in its next run,
// unchanged.
class Publisher {
 public:
  virtual ~Publisher() = default;

  // Publishes until the life of the server has ended.
  virtual void Run(const Life& life) = 0;
  // Sends again what is unknown, and nothing new.
  virtual void Settle(const Life& life) = 0;
};

// Calls Append with 1 to `batch_max` events, the versions that it expects, and now and then what has to be
// refused, what is recorded already, or a query of the shared claim, which another publisher may be faster
// with.
class CallPublisher : public Publisher {
 public:
  struct Options {
    std::string name;
    uint64_t seed = 0;
    int batch_max = 1;
  };
  // The others must outlive it.
  CallPublisher(const Options& options, Answers& answers, SharedVersion& shared);

  void Run(const Life& life) override;
  void Settle(const Life& life) override;

 private:
  // A request, and what may become of it.
  struct Asked {
    v1::AppendRequest request;
    bool races = false;            // may be refused, because another was faster
    std::string expected_refusal;  // has to be refused, for this reason
  };

  Asked NextSteps();
  Asked NextQuery();
  Asked NextDuplicate();
  Asked NextConflict();
  Asked Next();
  // False if the outcome is unknown.
  bool Send(Services& services, const Life& life, Asked& asked);
  void TakeAnswer(const Asked& asked, const v1::AppendResponse& response);
  void TakeRefusal(const Asked& asked, const grpc::Status& status);

  const Options options_;
  Answers& answers_;
  SharedVersion& shared_;
  std::mt19937_64 random_;
  testing::Story story_;
  uint64_t queries_ = 0;
  std::optional<v1::Event> recorded_;  // one that was accepted
  std::optional<Asked> unknown_;
};

// Sends batch after batch over AppendStream without waiting for the answers, at most kWindow of them.
class StreamPublisher : public Publisher {
 public:
  StreamPublisher(const std::string& name, uint64_t seed, Answers& answers);

  void Run(const Life& life) override;
  void Settle(const Life& life) override;

 private:
  static constexpr size_t kWindow = 8;
  static constexpr uint64_t kBatchMax = 8;

  v1::AppendStreamRequest NextBatch();
  // Sends what is unknown, and new batches until the life has ended if `go_on`.  False if some is still
  // unknown.
  bool SendAll(const Life& life, bool go_on);
  // Takes one answer, to the oldest batch.  False if its outcome is unknown.
  bool TakeAnswer(const v1::AppendStreamResponse& response);

  Answers& answers_;
  std::mt19937_64 random_;
  testing::Story story_;
  uint64_t batches_ = 0;
  std::deque<v1::AppendStreamRequest> unknown_;  // oldest first
};

}  // namespace realise::crash
