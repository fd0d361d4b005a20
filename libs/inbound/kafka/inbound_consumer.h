// Takes what other systems publish to Kafka, appends it to the ledgers, and tells what became of it.
//
// Exactly once into the ledger: a message's place is committed to the consumer group only after its outcome,
// and the copy of it if it was rejected, are in their topics; after a crash it is taken again, and the ledger
// knows its id. Outcomes come at least once.  Several processes share the partitions of the topic by the
// group.
//
// No message holds up its partition for ever: one that cannot be read is rejected at once, one whose ledger
// does not answer after InboundOptions::lane.give_up_after.  Until then as much is taken behind it as the
// limits allow.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "libs/base/clock.h"
#include "libs/inbound/kafka/inbound_topics.h"
#include "libs/inbound/kafka/ledger_lane.h"
#include "libs/ledger/ledger_writer.h"
#include "realise/v1/append_service.pb.h"

namespace realise {

// Appends a request to its ledger, wherever its writer is, and calls `done` once, on any thread.  Must not
// block. NOT_FOUND says that there is no such ledger.
using AppendFunction =
    std::function<void(v1::AppendRequest request, std::function<void(AppendOutcome)> done)>;

struct InboundLimits {
  // Of a partition: taken and not yet committed; then it is paused.
  size_t partition_messages_max = 20'000;
  // Of a partition: bytes of messages that are not done: not answered, or their copies not kept yet.
  size_t partition_bytes_max = 16 * 1024 * 1024;
  // Of all partitions together.
  size_t process_bytes_max = 128 * 1024 * 1024;
};

struct InboundOptions {
  InboundCluster cluster;
  InboundTopics topics = InboundTopicsOf(std::string(kDefaultInboundTopic));
  bool allow_unsafe_topic = false;
  LaneLimits lane;
  InboundLimits limits;
  // A process that says nothing for as long loses its partitions to the others.
  std::chrono::milliseconds session_timeout{10'000};
  // At a stop, or when partitions go to another process: what is under way may take as long.
  std::chrono::milliseconds drain_within{5'000};
  // Told to an operator, a line at a time, from a thread of its own: trouble, and the end of it.  May be
  // empty.
  std::function<void(const std::string&)> say;
};

// Since the start, but for the last group.
struct InboundCounts {
  uint64_t taken = 0;
  uint64_t accepted = 0;
  uint64_t duplicates = 0;
  std::map<std::string, uint64_t> rejected;  // by reason
  uint64_t gone = 0;                         // deleted by Kafka before they were taken

  int64_t lag = 0;            // messages behind the last one that is committed, of the own partitions
  int64_t waiting = 0;        // for their ledgers
  int partitions = 0;         // that this process has
  int paused_partitions = 0;  // because a limit is reached
};

// Runs a thread of its own.  Thread-safe.
class InboundConsumer {
 public:
  // Checks the topics and joins the group.  `clock` must outlive it, and `append` what it uses.
  //   as CheckInboundTopics.   INVALID_ARGUMENT  an option; the message names it.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<InboundConsumer>> Start(const InboundOptions& options,
                                                                              AppendFunction append,
                                                                              const Clock& clock);
  // Stops.
  ~InboundConsumer();

  InboundConsumer(const InboundConsumer&) = delete;
  InboundConsumer& operator=(const InboundConsumer&) = delete;

  // Lets what is under way finish, within InboundOptions::drain_within, and leaves the group.  Health and
  // counts stay what they were at the end.  For one thread; a second call changes nothing.
  void Stop();

  // OK; UNAVAILABLE while Kafka or a ledger does not answer, or a partition waits.  The message says what.
  [[nodiscard]] absl::Status Health() const;
  [[nodiscard]] InboundCounts Counts() const;

 private:
  class Loop;
  explicit InboundConsumer(std::unique_ptr<Loop> loop);
  std::unique_ptr<Loop> loop_;
};

}  // namespace realise
