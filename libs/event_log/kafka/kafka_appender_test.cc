// Failures of a broker, injected by librdkafka's mock cluster.  For nothing else: it keeps no promise of a
// real broker's.
#include "libs/event_log/kafka/kafka_appender.h"

#include "gmock/gmock.h"
#include "librdkafka/rdkafka_mock.h"
#include "libs/event_log/kafka/kafka_event_log.h"

namespace realise {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int16_t kProduceRequest = 0;
constexpr int16_t kListOffsetsRequest = 2;
constexpr std::chrono::milliseconds kPatience{20'000};

struct MockClusterDeleter {
  void operator()(rd_kafka_mock_cluster_t* cluster) const { rd_kafka_mock_cluster_destroy(cluster); }
};

class KafkaFailures : public ::testing::Test {
 protected:
  KafkaFailures() : host_(*NewKafkaHandle(RD_KAFKA_PRODUCER, {}, {})) {
    cluster_.reset(rd_kafka_mock_cluster_new(host_.get(), 1));
    rd_kafka_mock_topic_create(cluster_.get(), "realise.ledger.RX1", 1, 1);
    log_ = *KafkaEventLog::Open({.brokers = rd_kafka_mock_cluster_bootstraps(cluster_.get()),
                                 .request_timeout = std::chrono::milliseconds(2000),
                                 .delivery_timeout = std::chrono::milliseconds(1500),
                                 .queued_bytes_max = 1024 * 1024});
  }

  void FailNextProduceWith(rd_kafka_resp_err_t error) {
    rd_kafka_mock_push_request_errors(cluster_.get(), kProduceRequest, 1, error);
  }
  // The appender's first failure; OK if none comes.
  absl::Status WaitForFailure(LogAppender& appender) {
    auto reader = *log_->OpenReader("RX1", 0);
    for (const Deadline deadline(kPatience); deadline.Left().count() > 0;) {
      if (absl::Status failure = appender.TakeFailure(); !failure.ok()) return failure;
      (void)reader->Read(std::chrono::milliseconds(20), 1024);
    }
    return absl::OkStatus();
  }

  KafkaHandle host_;
  std::unique_ptr<rd_kafka_mock_cluster_t, MockClusterDeleter> cluster_;
  std::unique_ptr<KafkaEventLog> log_;
};

TEST_F(KafkaFailures, ARefusedRecordIsReportedOnceAndOnlyToItsAppender) {
  auto appender = *log_->OpenAppender("RX1");
  auto other = *log_->OpenAppender("RX1");
  FailNextProduceWith(RD_KAFKA_RESP_ERR_TOPIC_AUTHORIZATION_FAILED);
  ASSERT_TRUE(appender->Append("what it says").ok());
  const absl::Status failure = WaitForFailure(*appender);
  EXPECT_TRUE(absl::IsUnavailable(failure)) << failure;
  EXPECT_THAT(std::string(failure.message()), Not(HasSubstr("what it says")));
  EXPECT_TRUE(appender->TakeFailure().ok());
  EXPECT_TRUE(other->TakeFailure().ok());
}

TEST_F(KafkaFailures, ATransientErrorIsSentAgainAndNotReported) {
  auto appender = *log_->OpenAppender("RX1");
  auto reader = *log_->OpenReader("RX1", 0);
  FailNextProduceWith(RD_KAFKA_RESP_ERR_NOT_ENOUGH_REPLICAS);
  ASSERT_TRUE(appender->Append("kept").ok());
  std::vector<LogRecord> records;
  for (const Deadline deadline(kPatience); records.empty() && deadline.Left().count() > 0;) {
    auto read = reader->Read(std::chrono::milliseconds(100), 1024);
    ASSERT_TRUE(read.ok()) << read.status();
    records = *std::move(read);
  }
  ASSERT_EQ(records.size(), 1U);
  EXPECT_EQ(records[0].stored, "kept");
  EXPECT_TRUE(appender->TakeFailure().ok());
}

TEST_F(KafkaFailures, WhatABrokerThatIsDownNeverTookFailsInTime) {
  auto appender = *log_->OpenAppender("RX1");
  rd_kafka_mock_broker_set_down(cluster_.get(), 1);
  ASSERT_TRUE(appender->Append("nobody there").ok());
  Deadline deadline(kPatience);
  absl::Status failure;
  for (; failure.ok() && deadline.Left().count() > 0;) failure = appender->TakeFailure();
  EXPECT_TRUE(absl::IsUnavailable(failure)) << failure;
}

TEST_F(KafkaFailures, QuestionsToABrokerThatIsDownEndInTime) {
  auto reader = *log_->OpenReader("RX1", 0);
  ASSERT_TRUE(reader->End().ok());
  rd_kafka_mock_broker_set_down(cluster_.get(), 1);
  EXPECT_TRUE(absl::IsUnavailable(reader->End().status()));
  EXPECT_TRUE(absl::IsUnavailable(log_->ReadAt("RX1", 0).status()));
  rd_kafka_mock_broker_set_up(cluster_.get(), 1);
  absl::StatusOr<Address> end = reader->End();
  for (const Deadline deadline(kPatience); !end.ok() && deadline.Left().count() > 0;) end = reader->End();
  EXPECT_TRUE(end.ok()) << end.status();
}

TEST_F(KafkaFailures, AFatalErrorEndsTheProducerAndANewAppenderHasANewOne) {
  auto appender = *log_->OpenAppender("RX1");
  FailNextProduceWith(RD_KAFKA_RESP_ERR_OUT_OF_ORDER_SEQUENCE_NUMBER);
  ASSERT_TRUE(appender->Append("out of order").ok());
  EXPECT_TRUE(absl::IsUnavailable(WaitForFailure(*appender)));
  EXPECT_TRUE(absl::IsUnavailable(appender->Append("after it")));
  auto next = *log_->OpenAppender("RX1");
  EXPECT_TRUE(next->Append("anew").ok());
}

TEST_F(KafkaFailures, MoreThanMayBeUnderWayIsRefused) {
  auto appender = *log_->OpenAppender("RX1");
  rd_kafka_mock_broker_set_down(cluster_.get(), 1);
  const std::string record(512 * 1024, 'x');
  absl::Status appended;
  for (int i = 0; i < 4 && appended.ok(); ++i) appended = appender->Append(record);
  EXPECT_TRUE(absl::IsResourceExhausted(appended)) << appended;
}

TEST_F(KafkaFailures, ALongerRecordThanTheLogTakesIsRefusedBeforeItIsHandedOver) {
  auto appender = *log_->OpenAppender("RX1");
  EXPECT_TRUE(absl::IsInvalidArgument(appender->Append(std::string(kKafkaRecordBytesMax + 1, 'x'))));
  EXPECT_TRUE(appender->TakeFailure().ok());
}

// It happened right after a topic was created, and when a broker was started again: the ledger stopped.
TEST_F(KafkaFailures, ALeaderThatDoesNotKnowItsTopicYetIsAskedAgain) {
  auto reader = *log_->OpenReader("RX1", 0);
  rd_kafka_mock_push_request_errors(cluster_.get(), kListOffsetsRequest, 2,
                                    RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART,
                                    RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  const auto end = reader->End();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, 0);
}

// It happened to a ledger that had just been created, now and then, as an error of the whole call.
TEST_F(KafkaFailures, ABrokerThatDoesNotLeadATopicYetIsAskedAgain) {
  auto reader = *log_->OpenReader("RX1", 0);
  for (int i = 0; i < 5; ++i) {
    rd_kafka_mock_push_request_errors(cluster_.get(), kListOffsetsRequest, 1,
                                      RD_KAFKA_RESP_ERR_NOT_LEADER_FOR_PARTITION);
  }
  const auto end = reader->End();
  ASSERT_TRUE(end.ok()) << end.status();
  EXPECT_EQ(*end, 0);
}

TEST_F(KafkaFailures, ALeaderThatNeverKnowsATopicThatIsThereCannotBeReached) {
  auto reader = *log_->OpenReader("RX1", 0);
  for (int i = 0; i < 2000; ++i) {
    rd_kafka_mock_push_request_errors(cluster_.get(), kListOffsetsRequest, 1,
                                      RD_KAFKA_RESP_ERR_UNKNOWN_TOPIC_OR_PART);
  }
  EXPECT_TRUE(absl::IsUnavailable(reader->End().status()));
}

}  // namespace
}  // namespace realise
