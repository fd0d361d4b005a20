#include "tests/end_to_end/swapped_topic.h"

#include <gtest/gtest.h>

#include <chrono>
#include <utility>

#include "libs/event_log/commit.h"
#include "libs/event_log/kafka/kafka_event_log.h"
#include "libs/kafka/kafka_handles.h"

namespace realise::testing {
namespace {

constexpr std::chrono::seconds kPatience{60};
constexpr std::chrono::milliseconds kReadWait{20};
constexpr size_t kReadBytes = 1 << 20;

}  // namespace

std::vector<std::string> RecordsInKafka(const std::string& ledger) {
  const auto log = *KafkaEventLog::Open({.brokers = TestBrokers()});
  const auto reader = *log->OpenReader(ledger, 0);
  const Address end = *reader->End();
  std::vector<std::string> records;
  const Deadline deadline(kPatience);
  while (reader->next_address() < end && deadline.Left().count() > 0) {
    auto read = reader->Read(kReadWait, kReadBytes);
    for (size_t i = 0; read.ok() && i < read->size(); ++i) records.push_back(std::move((*read)[i].stored));
  }
  return records;
}

SwappedTopic::SwappedTopic(const std::string& ledger)
    : topic_(KafkaEventLogOptions().topic_prefix + ledger), records_(RecordsInKafka(ledger)) {
  CommitHeader altered = DecodeCommit(records_.back())->header;
  altered.writer = RandomWriterId();
  records_.back() = EncodeCommit(altered, DecodeCommit(records_.back())->body);
  topic_.Delete("");
  const auto log = *KafkaEventLog::Open({.brokers = TestBrokers()});
  const Deadline deadline(kPatience);
  while (!log->CreateLedger(ledger).ok()) {
    if (deadline.Left().count() <= 0) {
      ADD_FAILURE() << "the topic cannot be made anew";
      return;
    }
  }
  const auto appender = *log->OpenAppender(ledger);
  for (const std::string& record : records_) EXPECT_TRUE(appender->Append(record).ok());
  while (RecordsInKafka(ledger) != records_) {
    if (deadline.Left().count() <= 0) {
      ADD_FAILURE() << "the records do not arrive";
      return;
    }
  }
}

}  // namespace realise::testing
