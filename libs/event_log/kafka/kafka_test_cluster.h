// What tests do to a real broker behind the log's back.  The broker is the one that REALISE_KAFKA_BROKERS
// names, which `tools/kafka up` prints.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/event_log/event_log.h"
#include "libs/kafka/kafka_handles.h"

namespace realise {

// Ends the test program if REALISE_KAFKA_BROKERS is not set: a test that needs a broker and has none has
// failed.
[[nodiscard]] std::string TestBrokers();

// Topics of one test, apart from every other test's and run's; they are deleted when it ends.  Thread-safe.
class TestTopics {
 public:
  TestTopics();
  // All topics whose names begin so.
  explicit TestTopics(std::string prefix);
  ~TestTopics();

  TestTopics(const TestTopics&) = delete;
  TestTopics& operator=(const TestTopics&) = delete;

  // For KafkaEventLogOptions::topic_prefix; prefix + ledger is a topic.
  const std::string& prefix() const { return prefix_; }

  // Every call fails the test, and returns, if the broker refuses.
  void Create(const std::string& ledger, int partitions, const std::map<std::string, std::string>& settings);
  void Delete(const std::string& ledger);
  // Deletes the records below `address`.
  void DeleteRecordsBelow(const std::string& ledger, Address address);
  // Adds a transaction of these records, which Kafka ends with a marker that takes an address of its own.
  void AppendTransaction(const std::string& ledger, const std::vector<std::string>& records, bool commit);

 private:
  void DeleteTopic(const std::string& topic);

  const std::string brokers_;
  const std::string prefix_;
  KafkaHandle handle_;
};

}  // namespace realise
