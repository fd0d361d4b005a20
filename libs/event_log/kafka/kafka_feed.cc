#include "libs/event_log/kafka/kafka_feed.h"

#include <algorithm>
#include <array>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/kafka/kafka_topics.h"

namespace realise {
namespace {

constexpr size_t kMessagesAtOnce = 256;
// After this much librdkafka is nudged; a fraction of what it fetches ahead.
constexpr size_t kNudgeMessages = 25'000;
constexpr size_t kNudgeBytes = 8 * 1024 * 1024;
// What librdkafka keeps beside a message, about.
constexpr size_t kMessageOverheadBytes = 512;

KafkaSettings FollowerSettings(const KafkaSettings& connection) {
  KafkaSettings settings = ConsumerSettings(connection);
  // A topic that is added waits for the fetch under way, so that wait is short; a record that arrives ends it
  // at once.
  settings.insert(settings.end(), {{"fetch.wait.max.ms", "100"},
                                   {"fetch.message.max.bytes", "4194304"},
                                   // Of each topic, ahead of its readers.
                                   {"queued.min.messages", "100000"},
                                   {"queued.max.messages.kbytes", "32768"}});
  return settings;
}

void NoteError(rd_kafka_t* /*handle*/, int error, const char* /*reason*/, void* opaque) {
  if (error == RD_KAFKA_RESP_ERR__ALL_BROKERS_DOWN) ++static_cast<KafkaConsumer*>(opaque)->outages;
}

int NoteStatistics(rd_kafka_t* /*handle*/, char* json, size_t length, void* opaque) {
  static_cast<KafkaConsumer*>(opaque)->statistics->Take({json, length});
  return 0;
}

}  // namespace

KafkaFeed::KafkaFeed(KafkaConsumer& consumer, std::string topic, Address from, size_t kept_bytes_max)
    : consumer_(consumer),
      name_(std::move(topic)),
      kept_bytes_max_(kept_bytes_max),
      begin_(from),
      end_(from),
      queue_(rd_kafka_queue_new(consumer.handle.get())) {}

absl::StatusOr<std::unique_ptr<KafkaFeed>> KafkaFeed::Start(KafkaConsumer& consumer, const std::string& topic,
                                                            Address from, size_t kept_bytes_max) {
  ASSIGN_OR_RETURN(KafkaTopic handle, NewKafkaTopic(consumer.handle.get(), topic));
  std::unique_ptr<KafkaFeed> feed(new KafkaFeed(consumer, topic, from, kept_bytes_max));
  rd_kafka_queue_cb_event_enable(feed->queue_.get(), NoteCame, feed.get());
  if (rd_kafka_consume_start_queue(handle.get(), 0, from, feed->queue_.get()) != 0) {
    return FromKafka(rd_kafka_last_error(), fmt::format("reading topic {} from {}", topic, from));
  }
  feed->topic_ = std::move(handle);
  return feed;
}

KafkaFeed::~KafkaFeed() {
  rd_kafka_queue_cb_event_enable(queue_.get(), nullptr, nullptr);
  kept_.clear();
  if (topic_ != nullptr) rd_kafka_consume_stop(topic_.get(), 0);
}

bool KafkaFeed::Join(FeedCursor& cursor) {
  const std::lock_guard lock(mutex_);
  if (error_ || cursor.next < begin_ || cursor.next > end_) return false;
  followers_.push_back({&cursor});
  return true;
}

bool KafkaFeed::Leave(const FeedCursor& cursor) {
  const std::lock_guard lock(mutex_);
  followers_.erase(followers_.begin() + (&FollowerAt(cursor) - followers_.data()));
  return followers_.empty();
}

KafkaFeed::Follower& KafkaFeed::FollowerAt(const FeedCursor& cursor) {
  return *std::find_if(followers_.begin(), followers_.end(),
                       [&](const Follower& follower) { return follower.cursor == &cursor; });
}

FedRecords KafkaFeed::Take(FeedCursor& cursor, const Deadline& deadline, size_t bytes_max) {
  while (true) {
    uint64_t came = 0;
    {
      const std::lock_guard lock(came_mutex_);
      came = came_count_;
    }
    FedRecords taken;
    {
      const std::lock_guard lock(mutex_);
      taken.left_behind = FollowerAt(cursor).left_behind;
      if (taken.left_behind) return taken;
      TakeKept(cursor, bytes_max, taken);
      if ((taken.records.empty() || taken.bytes < bytes_max) && cursor.next >= end_) {
        Fetch(bytes_max);
        TakeKept(cursor, bytes_max, taken);
      }
      LetGo(cursor);
      if (taken.records.empty() && cursor.next >= end_) taken.error = error_;
    }
    if (!taken.records.empty() || taken.error) return taken;
    const auto left = deadline.Left();
    if (left.count() == 0) return taken;
    std::unique_lock lock(came_mutex_);
    came_.wait_for(lock, left, [&] { return came_count_ != came; });
  }
}

// Of an empty queue, by librdkafka's thread.  What comes while the queue is not empty is not told of: so
// whoever waits has seen it empty.
void KafkaFeed::NoteCame(rd_kafka_t* /*handle*/, void* feed) {
  auto* const self = static_cast<KafkaFeed*>(feed);
  {
    const std::lock_guard lock(self->came_mutex_);
    ++self->came_count_;
  }
  self->came_.notify_all();
}

void KafkaFeed::TakeKept(FeedCursor& cursor, size_t bytes_max, FedRecords& taken) {
  const auto behind = std::partition_point(kept_.begin(), kept_.end(),
                                           [&](const auto& kept) { return kept->offset < cursor.next; });
  for (auto message = behind; message != kept_.end(); ++message) {
    const size_t bytes = (*message)->len;
    if (!taken.records.empty() && taken.bytes + bytes > bytes_max) return;
    taken.bytes += bytes;
    cursor.next = (*message)->offset + 1;
    taken.records.push_back(ToRecord(**message));
  }
  // Behind a transaction's marker, which is no record, the end is further than the last record tells.
  cursor.next = std::max(cursor.next, end_);
}

void KafkaFeed::Fetch(size_t bytes_wanted) {
  const size_t bytes_before = kept_bytes_;
  std::array<rd_kafka_message_t*, kMessagesAtOnce> some{};
  ssize_t count = 0;
  if (error_) return;
  do {
    count = rd_kafka_consume_batch_queue(queue_.get(), 0, some.data(), some.size());
    rd_kafka_poll(consumer_.handle.get(), 0);
    for (ssize_t i = 0; i < count; ++i) Keep(KafkaMessage(some.at(static_cast<size_t>(i))));
  } while (count == kMessagesAtOnce && kept_bytes_ - bytes_before < bytes_wanted && !error_);
}

void KafkaFeed::Keep(KafkaMessage message) {
  if (error_) return;
  if (message->err == RD_KAFKA_RESP_ERR__PARTITION_EOF) {
    end_ = std::max(end_, message->offset);
  } else if (message->err != RD_KAFKA_RESP_ERR_NO_ERROR) {
    error_ = message->err;
  } else if (message->offset >= end_) {
    end_ = message->offset + 1;
    kept_bytes_ += BytesOf(*message);
    Nudge(message->len);
    kept_.push_back(std::move(message));
  }
}

// Of what nobody waits for any more; and of those who would have more kept than may be, the slowest first.
// The one that takes is not among them.
void KafkaFeed::LetGo(const FeedCursor& taking) {
  const auto slower = [](const Follower& a, const Follower& b) {
    return a.left_behind != b.left_behind ? b.left_behind : a.cursor->next < b.cursor->next;
  };
  while (true) {
    Follower& slowest = *std::min_element(followers_.begin(), followers_.end(), slower);
    begin_ = std::max(begin_, slowest.cursor->next);
    while (!kept_.empty() && kept_.front()->offset < begin_) {
      kept_bytes_ -= BytesOf(*kept_.front());
      kept_.pop_front();
    }
    if (kept_bytes_ <= kept_bytes_max_ || slowest.cursor == &taking) return;
    slowest.left_behind = true;
  }
}

size_t KafkaFeed::BytesOf(const rd_kafka_message_t& message) { return message.len + kMessageOverheadBytes; }

// When as much is fetched ahead as may be, librdkafka 2.0 looks again only after a second, however soon it is
// taken. Any request to the broker wakes it; its answer is not waited for.
void KafkaFeed::Nudge(size_t bytes) {
  ++messages_since_nudge_;
  bytes_since_nudge_ += bytes;
  if (messages_since_nudge_ < kNudgeMessages && bytes_since_nudge_ < kNudgeBytes) return;
  messages_since_nudge_ = 0;
  bytes_since_nudge_ = 0;
  (void)QueryOffset(consumer_.handle.get(), name_, RD_KAFKA_OFFSET_END, std::chrono::milliseconds(0));
}

absl::StatusOr<KafkaFeed*> KafkaFeeds::Join(const std::string& topic, FeedCursor& cursor) {
  const std::lock_guard lock(mutex_);
  for (const auto& feed : feeds_[topic]) {
    if (feed->Join(cursor)) return feed.get();
  }
  ASSIGN_OR_RETURN(KafkaConsumer* const consumer, AcquireLocked(topic));
  auto feed = KafkaFeed::Start(*consumer, topic, cursor.next, kept_bytes_max_);
  if (!feed.ok()) {
    consumer->topics.erase(topic);
    return feed.status();
  }
  (void)(*feed)->Join(cursor);  // it begins there
  return feeds_[topic].emplace_back(*std::move(feed)).get();
}

KafkaFeed* KafkaFeeds::JoinOlder(const std::string& topic, FeedCursor& cursor, KafkaFeed* feed) {
  KafkaFeed* joined = nullptr;
  {
    const std::lock_guard lock(mutex_);
    PollIdleLocked();
    for (const auto& older : feeds_[topic]) {
      if (older.get() == feed) return feed;
      if (!older->Join(cursor)) continue;
      joined = older.get();
      break;
    }
  }
  Leave(topic, cursor, feed);
  return joined;
}

void KafkaFeeds::Leave(const std::string& topic, const FeedCursor& cursor, KafkaFeed* feed) {
  std::unique_ptr<KafkaFeed> ended;
  {
    const std::lock_guard lock(mutex_);
    if (!feed->Leave(cursor)) return;
    // Nobody joins it from here on.
    auto& feeds = feeds_[topic];
    const auto at =
        std::find_if(feeds.begin(), feeds.end(), [&](const auto& one) { return one.get() == feed; });
    ended = std::move(*at);
    feeds.erase(at);
  }
  KafkaConsumer& consumer = ended->consumer();
  // Waits for librdkafka.
  ended.reset();
  const std::lock_guard lock(mutex_);
  consumer.topics.erase(topic);
}

size_t KafkaFeeds::size(const std::string& topic) const {
  const std::lock_guard lock(mutex_);
  const auto found = feeds_.find(topic);
  return found == feeds_.end() ? 0 : found->second.size();
}

// One that has room, and does not follow the topic yet.   REQUIRES: mutex_ is held.
absl::StatusOr<KafkaConsumer*> KafkaFeeds::AcquireLocked(const std::string& topic) {
  for (const auto& consumer : consumers_) {
    const bool full = consumer->topics.size() >= kConsumerTopicsMax;
    if (!full && consumer->topics.insert(topic).second) return consumer.get();
  }
  auto consumer = std::make_unique<KafkaConsumer>();
  consumer->statistics = statistics_;
  auto handle = NewKafkaHandle(RD_KAFKA_CONSUMER, FollowerSettings(connection_),
                               {.opaque = consumer.get(),
                                .error = NoteError,
                                .delivery = nullptr,
                                .statistics = statistics_ == nullptr ? nullptr : NoteStatistics});
  // The settings were right for other clients: what it lacks is threads, or files.
  if (!handle.ok()) return absl::UnavailableError(handle.status().message());
  consumer->handle = *std::move(handle);
  consumer->topics.insert(topic);
  return consumers_.emplace_back(std::move(consumer)).get();
}

// What librdkafka tells of a client that no feed uses would otherwise be kept for ever.   REQUIRES: mutex_ is
// held.
void KafkaFeeds::PollIdleLocked() {
  for (const auto& consumer : consumers_) {
    if (consumer->topics.empty()) rd_kafka_poll(consumer->handle.get(), 0);
  }
}

}  // namespace realise
