// What an administrator may do to a ledger's topic behind the backs of those who read it.
#pragma once

#include <string>
#include <vector>

#include "libs/event_log/kafka/kafka_test_cluster.h"

namespace realise::testing {

// All records of a ledger in Kafka, valid or not, as they stand now.
std::vector<std::string> RecordsInKafka(const std::string& ledger);

// Deletes a ledger's topic and makes it anew, as long as it was, with another last commit that is valid in
// itself.  Fails the test if that cannot be done.  The topic goes with it.
class SwappedTopic {
 public:
  explicit SwappedTopic(const std::string& ledger);
  const std::vector<std::string>& records() const { return records_; }

 private:
  TestTopics topic_;
  std::vector<std::string> records_;
};

}  // namespace realise::testing
