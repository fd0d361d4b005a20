#include "libs/event_log/kafka/kafka_reader.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"

namespace realise {

absl::StatusOr<std::unique_ptr<KafkaReader>> KafkaReader::Open(KafkaFeeds& feeds, KafkaTopics& topics,
                                                               const std::string& topic, Address from) {
  // Negative offsets have meanings of their own in librdkafka.
  if (from < 0) return absl::InvalidArgumentError(fmt::format("there is no address {}", from));
  RETURN_IF_ERROR(topics.Describe(topic).status());
  std::unique_ptr<KafkaReader> reader(new KafkaReader(feeds, topics, topic, from));
  RETURN_IF_ERROR(reader->Join());
  return reader;
}

KafkaReader::~KafkaReader() { Leave(); }

absl::Status KafkaReader::Join() {
  if (feed_ != nullptr) return absl::OkStatus();
  ASSIGN_OR_RETURN(feed_, feeds_.Join(name_, cursor_));
  outages_seen_ = feed_->consumer().outages;
  return absl::OkStatus();
}

void KafkaReader::Leave() {
  if (feed_ == nullptr) return;
  NoteOutage();
  feeds_.Leave(name_, cursor_, std::exchange(feed_, nullptr));
}

void KafkaReader::NoteOutage() {
  const uint64_t outages = feed_->consumer().outages;
  outage_ = outage_ || outages != outages_seen_;
  outages_seen_ = outages;
}

absl::StatusOr<std::vector<LogRecord>> KafkaReader::Read(std::chrono::milliseconds wait_max,
                                                         size_t bytes_max) {
  RETURN_IF_ERROR(stopped_);
  ASSIGN_OR_RETURN(FedRecords fed, Take(wait_max, bytes_max));
  if (fed.error) return Explain(*fed.error);
  NoteOutage();
  if (fed.records.empty() && std::exchange(outage_, false)) {
    return absl::UnavailableError(fmt::format("Kafka, reading topic {}: no broker answers", name_));
  }
  return std::move(fed.records);
}

// From a feed that has what comes next, or, at its end, from one that others follow.
absl::StatusOr<FedRecords> KafkaReader::Take(std::chrono::milliseconds wait_max, size_t bytes_max) {
  const Deadline deadline(wait_max);
  while (true) {
    RETURN_IF_ERROR(Join());
    FedRecords fed = feed_->Take(cursor_, Deadline(std::chrono::milliseconds(0)), bytes_max);
    if (fed.left_behind) {
      Leave();
      continue;
    }
    if (!fed.records.empty() || fed.error) return fed;
    NoteOutage();
    KafkaFeed* const own = std::exchange(feed_, feeds_.JoinOlder(name_, cursor_, feed_));
    if (feed_ != own) outages_seen_ = feed_->consumer().outages;
    fed = feed_->Take(cursor_, deadline, bytes_max);
    if (!fed.left_behind) return fed;
  }
}

// What an error in place of the next record means; reading goes on where it was, unless that is gone.
absl::Status KafkaReader::Explain(rd_kafka_resp_err_t error) {
  const std::string said(rd_kafka_err2str(error));
  Leave();
  if (IsDamage(error)) {
    return Stop(fmt::format("topic {}: the record at or behind address {} is damaged: {}", name_,
                            cursor_.next, said));
  }
  const bool out_of_range =
      error == RD_KAFKA_RESP_ERR__AUTO_OFFSET_RESET || error == RD_KAFKA_RESP_ERR_OFFSET_OUT_OF_RANGE;
  if (absl::Status found = topics_.Describe(name_).status(); absl::IsNotFound(found)) {
    return Stop(fmt::format("topic {} is gone", name_));
  } else if (!found.ok()) {
    return found;
  }
  if (!out_of_range) return absl::UnavailableError(fmt::format("Kafka, reading topic {}: {}", name_, said));
  ASSIGN_OR_RETURN(const Watermarks watermarks, topics_.QueryWatermarks(name_));
  if (cursor_.next >= watermarks.low && cursor_.next <= watermarks.high) {
    return absl::UnavailableError(fmt::format("Kafka, reading topic {}: {}", name_, said));
  }
  const std::string what = fmt::format("topic {} holds addresses {} to {}, and is to be read from {}", name_,
                                       watermarks.low, watermarks.high - 1, cursor_.next);
  const absl::Status missed = topics_.Missed(name_, cursor_.next, what);
  return absl::IsNotFound(missed) ? Stop(what) : missed;
}

absl::Status KafkaReader::Stop(const std::string& what) {
  stopped_ = absl::DataLossError(what);
  return stopped_;
}

absl::StatusOr<Address> KafkaReader::End() {
  RETURN_IF_ERROR(stopped_);
  ASSIGN_OR_RETURN(const Address high, topics_.QueryEnd(name_));
  // A new leader's high watermark may recede for a while; what was there is acknowledged all the same.
  end_seen_ = std::max(end_seen_, high);
  return end_seen_;
}

}  // namespace realise
