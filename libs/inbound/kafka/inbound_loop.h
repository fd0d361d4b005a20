// The thread of an InboundConsumer.  Private to this folder.
#pragma once

#include <atomic>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

#include "libs/inbound/kafka/inbound_consumer.h"
#include "libs/inbound/kafka/outcome_producer.h"
#include "libs/inbound/kafka/partition_progress.h"
#include "libs/kafka/kafka_handles.h"
#include "libs/kafka/kafka_statistics.h"

namespace realise {

// A batch's answer on its way from the writer's thread.
struct LaneAnswer {
  int32_t partition = 0;
  uint64_t assignment = 0;
  std::string ledger;
  AppendOutcome outcome;
};

// What other threads leave for the loop.  Shared with the writers' callbacks, which may come when it is gone.
class InboundMailbox {
 public:
  void Put(LaneAnswer answer);
  void Wake();
  std::vector<LaneAnswer> Take();
  // Waits until something was put or woken since the last wait, at most as long.
  void Wait(std::chrono::milliseconds most);

 private:
  std::mutex mutex_;
  std::condition_variable woken_;
  bool awake_ = false;               // under mutex_
  std::vector<LaneAnswer> answers_;  // under mutex_
};

class InboundConsumer::Loop {
 public:
  Loop(const InboundOptions& options, AppendFunction append, const Clock& clock);
  ~Loop();

  // As InboundConsumer::Start.
  [[nodiscard]] absl::Status Start();
  // As InboundConsumer::Stop.
  void Stop();

  absl::Status Health() const;
  InboundCounts Counts() const;

 private:
  using Time = std::chrono::steady_clock::time_point;

  struct Partition {
    uint64_t assignment = 0;
    PartitionProgress progress;
    std::map<std::string, LedgerLane> lanes;       // by ledger
    std::unordered_map<int64_t, int> undelivered;  // messages about an offset
    std::unordered_map<int64_t, size_t> held;      // bytes of an offset that is not done
    size_t held_bytes = 0;
    std::optional<int64_t> expected;  // the next offset to be taken, or behind it
    Time asked_at{};                  // about a gap
    bool paused = false;
    Time paused_at{};
  };

  void Run();
  bool TakeMessages();
  void Take(const rd_kafka_message_t& message);
  void NoteGap(Partition& partition, const rd_kafka_message_t& message);
  void Settle(int32_t id, Partition& partition, const std::vector<SettledEntry>& settled);
  void TakeAnswers(Time now);
  void TakeDeliveries(Time now);
  void Advance(Time now, bool submit);
  void Submit(int32_t id, const Partition& partition, const std::string& ledger, v1::AppendRequest request);
  void Commit(bool wait);
  void NoteTrouble(std::string what);
  bool Full(const Partition& partition) const;
  void PauseOrResume();
  void SetPaused(int32_t id, Partition& partition, bool paused);
  bool Quiet() const;
  void Drain();

  static void Rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t error,
                        rd_kafka_topic_partition_list_t* partitions, void* opaque);
  void Assign(rd_kafka_topic_partition_list_t* partitions);
  void Revoke();
  static void NoteCommit(rd_kafka_t* handle, rd_kafka_resp_err_t error,
                         rd_kafka_topic_partition_list_t* offsets, void* opaque);
  static int NoteStatistics(rd_kafka_t* handle, char* json, size_t size, void* opaque);
  static void NoteError(rd_kafka_t* handle, int error, const char* reason, void* opaque);
  static void Wake(rd_kafka_t* handle, void* opaque);

  // What Health and Counts answer.
  void Publish(Time now);
  // What is wrong, by what it is wrong with.
  std::map<std::string, std::string> Troubles(Time now) const;
  void Say(const std::string& line) const;

  const InboundOptions options_;
  const AppendFunction append_;
  const Clock& clock_;
  const std::shared_ptr<InboundMailbox> mailbox_ = std::make_shared<InboundMailbox>();

  // Of the thread alone, after Start.
  std::map<int32_t, Partition> partitions_;
  uint64_t assignments_ = 0;
  size_t held_bytes_ = 0;
  InboundCounts counted_;
  std::string client_error_;
  Time client_error_at_{};
  KafkaStatistics statistics_;
  bool connected_ = true;  // to any broker, as of the last statistics
  Time commit_at_{};
  Time publish_at_{};
  Time said_at_{};
  std::set<std::string> said_;  // what was wrong when it was said
  std::unique_ptr<OutcomeProducer> producer_;
  KafkaHandle consumer_;  // its callbacks use all of the above

  mutable std::mutex mutex_;
  absl::Status health_;   // under mutex_
  InboundCounts counts_;  // under mutex_
  std::atomic<bool> stopping_ = false;
  std::thread thread_;
};

}  // namespace realise
