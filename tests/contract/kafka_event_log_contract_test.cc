// The Kafka log, on a real broker, keeps the contract.
#include <memory>
#include <string>

#include "fmt/format.h"
#include "libs/event_log/kafka/kafka_event_log.h"
#include "libs/event_log/kafka/kafka_test_cluster.h"
#include "tests/contract/event_log_contract.h"

namespace realise {
namespace {

class KafkaWorld : public EventLogWorld {
 public:
  KafkaWorld() { Reopen(); }

  EventLog& log() override { return *log_; }
  void Reopen() override {
    log_.reset();
    auto opened = KafkaEventLog::Open({.brokers = TestBrokers(), .topic_prefix = topics_.prefix()});
    ASSERT_TRUE(opened.ok()) << opened.status();
    log_ = *std::move(opened);
  }
  std::string NewLedgerCode() override { return fmt::format("RX{:04}", ++codes_); }

 private:
  TestTopics topics_;
  std::unique_ptr<KafkaEventLog> log_;
  int codes_ = 0;
};

std::unique_ptr<EventLogWorld> MakeKafkaWorld() { return std::make_unique<KafkaWorld>(); }

INSTANTIATE_TEST_SUITE_P(Kafka, EventLogContract, ::testing::Values(&MakeKafkaWorld));

}  // namespace
}  // namespace realise
