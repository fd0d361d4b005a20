// The topics of a cluster: which there are, how they are set, where they begin and end, and single records of
// them. Private to this folder.
#pragma once

#include <chrono>
#include <condition_variable>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/event_log/event_log.h"
#include "libs/event_log/kafka/loss_watch.h"
#include "libs/kafka/kafka_handles.h"

namespace realise {

// A topic as the cluster describes it.
struct TopicShape {
  int brokers = 0;  // of the cluster
  int partitions = 0;
  int replicas = 0;  // of partition 0, as are the next two
  int in_sync = 0;
  bool has_leader = false;
};

// Offsets of partition 0: of the first record that is kept, and behind the last one that every reader may
// see.
struct Watermarks {
  Address low = 0;
  Address high = 0;
};

// What is unsafe about how a topic is set, each with what is right; empty if nothing is.  `settings` are
// Kafka's names and values.  Pure.
[[nodiscard]] std::vector<std::string> UnsafeSettings(const TopicShape& shape,
                                                      const std::map<std::string, std::string>& settings);

// REQUIRES: a message without an error.
[[nodiscard]] LogRecord ToRecord(const rd_kafka_message_t& message);

// One client for everything but following and appending; its fetches are short, so that no question waits
// behind one. Every call waits for `timeout` at most, and answers UNAVAILABLE then.  Thread-safe.
class KafkaTopics {
 public:
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<KafkaTopics>> Open(const KafkaSettings& connection,
                                                                         std::chrono::milliseconds timeout);

  // Made with one partition and safe settings; visible when it returns.  `replicas` of 0 is as many as there
  // are brokers, and at most 3.   ALREADY_EXISTS  there is one.
  [[nodiscard]] absl::Status Create(const std::string& topic, int replicas);
  // The names of all topics.
  [[nodiscard]] absl::StatusOr<std::vector<std::string>> List();
  //   NOT_FOUND  there is no such topic.
  [[nodiscard]] absl::StatusOr<TopicShape> Describe(const std::string& topic);
  [[nodiscard]] absl::StatusOr<std::map<std::string, std::string>> Settings(const std::string& topic);
  [[nodiscard]] absl::StatusOr<Watermarks> QueryWatermarks(const std::string& topic);
  // Watermarks::high alone.
  [[nodiscard]] absl::StatusOr<Address> QueryEnd(const std::string& topic);

  // Reads records, whose addresses rise; one answer for each, for which it waits as long as other calls do.
  // After UNAVAILABLE nobody is asked for the rest.  One caller of a topic at a time; others wait, within the
  // same time-out.  Topics do not wait for each other.
  //   NOT_FOUND    there is none at that address; of a replicated topic only once it stayed away (LossWatch).
  //   DATA_LOSS    there is, and it is damaged.
  //   UNAVAILABLE  nobody answers, or the record may come back.  Call again.
  [[nodiscard]] std::vector<absl::StatusOr<LogRecord>> ReadEachAt(const std::string& topic,
                                                                  const std::vector<Address>& addresses);

  // `what` as NOT_FOUND if a record that is not there counts as gone, and else as UNAVAILABLE.
  [[nodiscard]] absl::Status Missed(const std::string& topic, Address address, const std::string& what);

 private:
  KafkaTopics(KafkaHandle handle, std::chrono::milliseconds timeout)
      : timeout_(timeout), handle_(std::move(handle)) {}

  // What one broker answers; `brokers`, if not null, becomes how many it knows.
  absl::StatusOr<TopicShape> Ask(const std::string& topic, std::chrono::milliseconds timeout,
                                 int* brokers = nullptr);
  absl::StatusOr<std::map<std::string, std::string>> AskSettings(const std::string& topic);
  absl::StatusOr<Address> AskLeader(const std::string& topic, int64_t which);
  absl::Status WaitUntilVisible(const std::string& topic);
  void WaitToAskAgain();
  // Of one topic, as long as something is read from it again.
  struct Reading {
    bool busy = false;  // under reading_mutex_
    KafkaTopic handle;  // of whoever made it busy; null before the first time
  };

  absl::StatusOr<TopicShape> DescribeUntil(const std::string& topic, const Deadline& deadline);
  void ReadSome(const std::string& topic, const std::vector<Address>& addresses,
                std::vector<absl::StatusOr<LogRecord>>& records);
  absl::Status Begin(Reading& reading, const std::string& topic, Address address, const Deadline& deadline);
  static void ReadOn(rd_kafka_topic_t* handle, const std::vector<Address>& addresses,
                     const Deadline& deadline, std::vector<absl::StatusOr<LogRecord>>& records);
  absl::StatusOr<LogRecord> FetchAt(rd_kafka_topic_t* handle, const std::string& topic, Address address,
                                    const Deadline& deadline);
  absl::StatusOr<std::chrono::milliseconds> WaitAtEnd(const std::string& topic, Address address,
                                                      const Deadline& deadline);
  absl::Status WhyNoRecord(const std::string& topic, Address address, bool out_of_range,
                           const Deadline& deadline);

  const std::chrono::milliseconds timeout_;
  const KafkaHandle handle_;
  std::mutex reading_mutex_;
  std::condition_variable reading_ended_;
  std::map<std::string, Reading> reading_;  // under reading_mutex_; the topics that were read from
  std::mutex loss_mutex_;
  LossWatch loss_watch_;  // under loss_mutex_
};

}  // namespace realise
