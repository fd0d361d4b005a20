#include "libs/inbound/kafka/inbound_loop.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/inbound/kafka/kafka_messages.h"
#include "libs/inbound/outcome.h"

namespace realise {
namespace {

using std::chrono::milliseconds;

constexpr int kMessagesAtOnce = 500;
constexpr milliseconds kWaitMax{50};
constexpr milliseconds kCommitEvery{100};
// Gaps of up to as many offsets are asked about now and then only.
constexpr int64_t kMarkersMax = 16;
constexpr std::chrono::seconds kAskForGapsEvery{1};
constexpr int kAskForGapsMs = 2000;

KafkaSettings GroupSettings(const InboundOptions& options) {
  KafkaSettings settings = ConnectionSettings(options.cluster.brokers, options.cluster.connection);
  const int64_t session = options.session_timeout.count();
  settings.insert(settings.end(), {{"group.id", options.topics.group},
                                   {"enable.auto.commit", "false"},
                                   {"allow.auto.create.topics", "false"},
                                   {"enable.auto.offset.store", "false"},
                                   // A new group begins with what is there; the ledger knows what it has.
                                   {"auto.offset.reset", "earliest"},
                                   // What a publisher took back is not taken.
                                   {"isolation.level", "read_committed"},
                                   {"check.crcs", "true"},
                                   {"session.timeout.ms", std::to_string(session)},
                                   {"heartbeat.interval.ms", std::to_string(session / 4)},
                                   {"fetch.wait.max.ms", "100"},
                                   {"queued.min.messages", "10000"},
                                   {"queued.max.messages.kbytes", "8192"}});
  return settings;
}

}  // namespace

void InboundMailbox::Put(LaneAnswer answer) {
  const std::lock_guard lock(mutex_);
  answers_.push_back(std::move(answer));
  awake_ = true;
  woken_.notify_one();
}

void InboundMailbox::Wake() {
  const std::lock_guard lock(mutex_);
  awake_ = true;
  woken_.notify_one();
}

std::vector<LaneAnswer> InboundMailbox::Take() {
  const std::lock_guard lock(mutex_);
  return std::exchange(answers_, {});
}

void InboundMailbox::Wait(milliseconds most) {
  std::unique_lock lock(mutex_);
  woken_.wait_for(lock, most, [&] { return awake_; });
  awake_ = false;
}

InboundConsumer::Loop::Loop(const InboundOptions& options, AppendFunction append, const Clock& clock)
    : options_(options), append_(std::move(append)), clock_(clock) {}

absl::Status InboundConsumer::Loop::Start() {
  RETURN_IF_ERROR(CheckInboundTopics(options_.cluster, options_.topics, options_.allow_unsafe_topic));
  ASSIGN_OR_RETURN(producer_, OutcomeProducer::Open(
                                  ConnectionSettings(options_.cluster.brokers, options_.cluster.connection),
                                  options_.topics.outcomes, options_.topics.rejected,
                                  [mailbox = mailbox_] { mailbox->Wake(); }));
  ASSIGN_OR_RETURN(consumer_, NewKafkaHandle(RD_KAFKA_CONSUMER, GroupSettings(options_),
                                             {.opaque = this,
                                              .error = NoteError,
                                              .delivery = nullptr,
                                              .statistics = NoteStatistics,
                                              .rebalance = Rebalance,
                                              .commit = NoteCommit}));
  RETURN_IF_ERROR(FromKafka(rd_kafka_poll_set_consumer(consumer_.get()), "reading the inbound topic"));
  const std::unique_ptr<rd_kafka_queue_t, KafkaQueueDeleter> queue(
      rd_kafka_queue_get_consumer(consumer_.get()));
  rd_kafka_queue_cb_event_enable(queue.get(), Wake, this);
  const std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaPartitionsDeleter> topics(
      rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(topics.get(), options_.topics.inbound.c_str(), RD_KAFKA_PARTITION_UA);
  RETURN_IF_ERROR(FromKafka(rd_kafka_subscribe(consumer_.get(), topics.get()),
                            fmt::format("subscribing to topic {}", options_.topics.inbound)));
  thread_ = std::thread([this] { Run(); });
  return absl::OkStatus();
}

InboundConsumer::Loop::~Loop() { Stop(); }

void InboundConsumer::Loop::Stop() {
  stopping_ = true;
  mailbox_->Wake();
  if (thread_.joinable()) thread_.join();
}

void InboundConsumer::Loop::Wake(rd_kafka_t* /*handle*/, void* opaque) {
  static_cast<Loop*>(opaque)->mailbox_->Wake();
}

void InboundConsumer::Loop::NoteError(rd_kafka_t* /*handle*/, int error, const char* reason, void* opaque) {
  // A single broker that is gone is librdkafka's affair.
  if (error == RD_KAFKA_RESP_ERR__TRANSPORT || error == RD_KAFKA_RESP_ERR__RESOLVE) return;
  Loop& loop = *static_cast<Loop*>(opaque);
  loop.NoteTrouble(fmt::format("{} ({})", rd_kafka_err2str(static_cast<rd_kafka_resp_err_t>(error)), reason));
}

void InboundConsumer::Loop::Run() {
  while (!stopping_) {
    const bool more = TakeMessages();
    const Time now = std::chrono::steady_clock::now();
    TakeAnswers(now);
    Advance(now, /*submit=*/true);
    TakeDeliveries(now);
    if (now >= commit_at_) Commit(/*wait=*/false);
    PauseOrResume();
    Publish(now);
    if (!more) mailbox_->Wait(kWaitMax);
  }
  Drain();
  Commit(/*wait=*/true);
  const std::unique_ptr<rd_kafka_queue_t, KafkaQueueDeleter> queue(
      rd_kafka_queue_get_consumer(consumer_.get()));
  rd_kafka_queue_cb_event_enable(queue.get(), nullptr, nullptr);
  rd_kafka_consumer_close(consumer_.get());
  publish_at_ = Time();
  Publish(std::chrono::steady_clock::now());
}

// False if there is nothing more for now.
bool InboundConsumer::Loop::TakeMessages() {
  for (int i = 0; i < kMessagesAtOnce; ++i) {
    const KafkaMessage message(rd_kafka_consumer_poll(consumer_.get(), 0));
    if (message == nullptr) return false;
    if (message->err == RD_KAFKA_RESP_ERR_NO_ERROR) {
      Take(*message);
      PauseOrResume();
    } else {
      NoteTrouble(rd_kafka_message_errstr(message.get()));
    }
  }
  return true;
}

void InboundConsumer::Loop::Take(const rd_kafka_message_t& message) {
  const auto found = partitions_.find(message.partition);
  if (found == partitions_.end()) return;  // it went to another process meanwhile
  Partition& partition = found->second;
  NoteGap(partition, message);
  ++counted_.taken;
  partition.expected = message.offset + 1;
  partition.progress.Take(message.offset);
  LaneEntry entry;
  entry.message = ToInbound(message);
  entry.read = ReadCloudEvent(entry.message.content);
  const size_t bytes = entry.message.content.Bytes() + entry.read.event.SpaceUsedLong();
  partition.held[message.offset] = bytes;
  partition.held_bytes += bytes;
  held_bytes_ += bytes;
  if (entry.read.refusal) {
    v1::InboundOutcome outcome = Rejected(entry.message.place, entry.read, *entry.read.refusal, "");
    std::vector<SettledEntry> settled;
    settled.push_back({std::move(entry), std::move(outcome)});
    return Settle(message.partition, partition, settled);
  }
  const std::string ledger = entry.read.ledger;
  partition.lanes.try_emplace(ledger, ledger, options_.lane).first->second.Add(std::move(entry));
}

// Retention may have been faster, and a topic may have been made anew.
void InboundConsumer::Loop::NoteGap(Partition& partition, const rd_kafka_message_t& message) {
  if (!partition.expected || message.offset == *partition.expected) return;
  if (message.offset < *partition.expected) {
    Say(fmt::format("inbound: partition {} begins again at {}: topic {} was made anew or cut",
                    message.partition, message.offset, options_.topics.inbound));
    held_bytes_ -= partition.held_bytes;
    partition = Partition();
    partition.assignment = ++assignments_;
    return;
  }
  // The marker of a transaction takes an offset too; that is not worth a question each time.
  const Time now = std::chrono::steady_clock::now();
  const int64_t gap = message.offset - *partition.expected;
  if (gap <= kMarkersMax && now - partition.asked_at < kAskForGapsEvery) return;
  partition.asked_at = now;
  int64_t low = 0;
  int64_t high = 0;
  if (rd_kafka_query_watermark_offsets(consumer_.get(), options_.topics.inbound.c_str(), message.partition,
                                       &low, &high, kAskForGapsMs) != RD_KAFKA_RESP_ERR_NO_ERROR ||
      low <= *partition.expected) {
    return;
  }
  const int64_t gone = std::min(low, message.offset) - *partition.expected;
  counted_.gone += static_cast<uint64_t>(gone);
  Say(fmt::format(
      "inbound: {} messages of partition {} were deleted before they were taken: topic {} keeps them for "
      "too short a time",
      gone, message.partition, options_.topics.inbound));
}

void InboundConsumer::Loop::Settle(int32_t id, Partition& partition,
                                   const std::vector<SettledEntry>& settled) {
  const Instant now = clock_.Now();
  for (const SettledEntry& one : settled) {
    const int64_t offset = one.entry.message.place.offset;
    const SettledPlace about{id, partition.assignment, offset};
    const v1::InboundOutcome& outcome = one.outcome;
    partition.undelivered[offset] = outcome.outcome() == kRejected ? 2 : 1;
    if (outcome.outcome() == kRejected) {
      ++counted_.rejected[outcome.reason()];
      producer_->SendRejected(RejectedCopy(one.entry.message, outcome, now), about);
    } else {
      ++(outcome.outcome() == kDuplicate ? counted_.duplicates : counted_.accepted);
    }
    producer_->SendOutcome(OutcomeMessage(outcome, now), about);
  }
}

void InboundConsumer::Loop::TakeAnswers(Time now) {
  for (LaneAnswer& answer : mailbox_->Take()) {
    const auto found = partitions_.find(answer.partition);
    if (found == partitions_.end() || found->second.assignment != answer.assignment) continue;
    LedgerLane& lane = found->second.lanes.at(answer.ledger);
    Settle(answer.partition, found->second, lane.Answer(answer.outcome, now));
  }
}

void InboundConsumer::Loop::Advance(Time now, bool submit) {
  for (auto& [id, partition] : partitions_) {
    for (auto at = partition.lanes.begin(); at != partition.lanes.end();) {
      auto& [ledger, lane] = *at;
      Settle(id, partition, lane.GiveUp(now));
      if (submit) {
        if (auto request = lane.NextBatch(now)) Submit(id, partition, ledger, *std::move(request));
      }
      at = !lane.under_way() && lane.Idle(now) ? partition.lanes.erase(at) : std::next(at);
    }
  }
}

void InboundConsumer::Loop::Submit(int32_t id, const Partition& partition, const std::string& ledger,
                                   v1::AppendRequest request) {
  append_(std::move(request),
          [mailbox = mailbox_, id, assignment = partition.assignment, ledger](AppendOutcome outcome) {
            mailbox->Put({id, assignment, ledger, std::move(outcome)});
          });
}

void InboundConsumer::Loop::TakeDeliveries(Time now) {
  for (const SettledPlace& about : producer_->Poll(now)) {
    const auto found = partitions_.find(about.partition);
    if (found == partitions_.end() || found->second.assignment != about.assignment) continue;
    Partition& partition = found->second;
    const auto left = partition.undelivered.find(about.offset);
    if (left == partition.undelivered.end() || --left->second > 0) continue;
    partition.undelivered.erase(left);
    partition.progress.Done(about.offset);
    // Not before: the copy of a rejected message takes as much until its topic has it.
    const auto bytes = partition.held.find(about.offset);
    partition.held_bytes -= bytes->second;
    held_bytes_ -= bytes->second;
    partition.held.erase(bytes);
  }
}

void InboundConsumer::Loop::Commit(bool wait) {
  commit_at_ = std::chrono::steady_clock::now() + kCommitEvery;
  const std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaPartitionsDeleter> offsets(
      rd_kafka_topic_partition_list_new(static_cast<int>(partitions_.size())));
  for (auto& [id, partition] : partitions_) {
    const std::optional<int64_t> next = partition.progress.ToCommit();
    if (!next) continue;
    rd_kafka_topic_partition_list_add(offsets.get(), options_.topics.inbound.c_str(), id)->offset = *next;
  }
  if (offsets->cnt == 0) return;
  const rd_kafka_resp_err_t error = rd_kafka_commit(consumer_.get(), offsets.get(), wait ? 0 : 1);
  // What becomes of one that was only handed over is told to NoteCommit.
  if (wait || error != RD_KAFKA_RESP_ERR_NO_ERROR) NoteCommit(nullptr, error, offsets.get(), this);
}

void InboundConsumer::Loop::NoteCommit(rd_kafka_t* /*handle*/, rd_kafka_resp_err_t error,
                                       rd_kafka_topic_partition_list_t* offsets, void* opaque) {
  Loop& loop = *static_cast<Loop*>(opaque);
  for (int i = 0; offsets != nullptr && i < offsets->cnt; ++i) {
    const rd_kafka_topic_partition_t& one = offsets->elems[i];
    const auto found = loop.partitions_.find(one.partition);
    const bool failed = error != RD_KAFKA_RESP_ERR_NO_ERROR || one.err != RD_KAFKA_RESP_ERR_NO_ERROR;
    if (failed && error == RD_KAFKA_RESP_ERR_NO_ERROR) error = one.err;
    if (found != loop.partitions_.end()) found->second.progress.NoteCommit(one.offset, failed);
  }
  if (error == RD_KAFKA_RESP_ERR_NO_ERROR || error == RD_KAFKA_RESP_ERR__NO_OFFSET) return;
  // If it never succeeds, whoever has the partition next takes these messages again, as duplicates.
  loop.NoteTrouble(fmt::format("committing: {}", rd_kafka_err2str(error)));
}

bool InboundConsumer::Loop::Full(const Partition& partition) const {
  const InboundLimits& limits = options_.limits;
  return held_bytes_ >= limits.process_bytes_max ||
         partition.progress.open() >= limits.partition_messages_max ||
         partition.held_bytes >= limits.partition_bytes_max;
}

// Half of each limit has to be free again, so that a partition does not go to and fro.
void InboundConsumer::Loop::PauseOrResume() {
  const InboundLimits& limits = options_.limits;
  for (auto& [id, partition] : partitions_) {
    const bool room = held_bytes_ <= limits.process_bytes_max / 2 &&
                      partition.progress.open() <= limits.partition_messages_max / 2 &&
                      partition.held_bytes <= limits.partition_bytes_max / 2;
    if (!partition.paused && Full(partition)) SetPaused(id, partition, true);
    if (partition.paused && room) SetPaused(id, partition, false);
  }
}

void InboundConsumer::Loop::SetPaused(int32_t id, Partition& partition, bool paused) {
  const std::unique_ptr<rd_kafka_topic_partition_list_t, KafkaPartitionsDeleter> one(
      rd_kafka_topic_partition_list_new(1));
  rd_kafka_topic_partition_list_add(one.get(), options_.topics.inbound.c_str(), id);
  const auto error = paused ? rd_kafka_pause_partitions(consumer_.get(), one.get())
                            : rd_kafka_resume_partitions(consumer_.get(), one.get());
  if (error != RD_KAFKA_RESP_ERR_NO_ERROR) return;
  partition.paused = paused;
  partition.paused_at = std::chrono::steady_clock::now();
}

// Nothing is under way that is worth waiting for.
bool InboundConsumer::Loop::Quiet() const {
  if (producer_->under_way() > 0) return false;
  for (const auto& [id, partition] : partitions_) {
    for (const auto& [ledger, lane] : partition.lanes) {
      if (lane.under_way()) return false;
    }
  }
  return true;
}

// Takes nothing more, and lets what is under way finish.
void InboundConsumer::Loop::Drain() {
  const Deadline deadline(options_.drain_within);
  while (deadline.Left().count() > 0) {
    const Time now = std::chrono::steady_clock::now();
    TakeAnswers(now);
    TakeDeliveries(now);
    if (Quiet()) return;
    mailbox_->Wait(std::min(kWaitMax, deadline.Left()));
  }
}

void InboundConsumer::Loop::Rebalance(rd_kafka_t* handle, rd_kafka_resp_err_t error,
                                      rd_kafka_topic_partition_list_t* partitions, void* opaque) {
  Loop& loop = *static_cast<Loop*>(opaque);
  if (error == RD_KAFKA_RESP_ERR__ASSIGN_PARTITIONS) return loop.Assign(partitions);
  loop.Revoke();
  rd_kafka_assign(handle, nullptr);
}

void InboundConsumer::Loop::Assign(rd_kafka_topic_partition_list_t* partitions) {
  const int timeout = ToKafkaTimeout(options_.cluster.request_timeout);
  const bool known = rd_kafka_committed(consumer_.get(), partitions, timeout) == RD_KAFKA_RESP_ERR_NO_ERROR;
  for (int i = 0; i < partitions->cnt; ++i) {
    rd_kafka_topic_partition_t& given = partitions->elems[i];
    Partition& partition = partitions_[given.partition];
    partition.assignment = ++assignments_;
    if (!known || given.err != RD_KAFKA_RESP_ERR_NO_ERROR) given.offset = RD_KAFKA_OFFSET_STORED;
    if (given.offset < 0) continue;
    partition.expected = given.offset;
    partition.progress.StartAt(given.offset);
  }
  rd_kafka_assign(consumer_.get(), partitions);
}

void InboundConsumer::Loop::Revoke() {
  Drain();
  // The partitions may be another's already: it commits what it does, and this would be refused.
  if (rd_kafka_assignment_lost(consumer_.get()) == 0) Commit(/*wait=*/true);
  for (auto& [id, partition] : partitions_) {
    if (partition.paused) SetPaused(id, partition, false);
  }
  partitions_.clear();
  held_bytes_ = 0;
}

InboundConsumer::InboundConsumer(std::unique_ptr<Loop> loop) : loop_(std::move(loop)) {}
InboundConsumer::~InboundConsumer() = default;

absl::StatusOr<std::unique_ptr<InboundConsumer>> InboundConsumer::Start(const InboundOptions& options,
                                                                        AppendFunction append,
                                                                        const Clock& clock) {
  auto loop = std::make_unique<Loop>(options, std::move(append), clock);
  RETURN_IF_ERROR(loop->Start());
  return std::unique_ptr<InboundConsumer>(new InboundConsumer(std::move(loop)));
}

void InboundConsumer::Stop() { loop_->Stop(); }
absl::Status InboundConsumer::Health() const { return loop_->Health(); }
InboundCounts InboundConsumer::Counts() const { return loop_->Counts(); }

}  // namespace realise
