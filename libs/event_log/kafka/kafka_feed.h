// What is fetched of the topics of ledgers, for all who follow them.  Private to this folder.
//
// Most readers of a topic stand at its end: the writer, which reads back, and the fold.  What comes there is
// fetched once for all of them.  Who has further to go has a feed of its own until it gets there.
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/event_log/event_log.h"
#include "libs/kafka/kafka_handles.h"
#include "libs/kafka/kafka_statistics.h"

namespace realise {

// A feed keeps no more than about this for the slowest of its readers, what librdkafka adds included.
inline constexpr size_t kFeedKeptBytesMax = 16 * 1024 * 1024;

// Of one client.  librdkafka 2.0 asks for each of them whenever one of them had something.
inline constexpr size_t kConsumerTopicsMax = 16;

// One client that fetches some topics, each for one feed: one thread and one connection per broker serve them
// all.
struct KafkaConsumer {
  KafkaStatistics* statistics = nullptr;  // told how it fares, if not null
  std::atomic<uint64_t> outages{0};       // how often no broker was left; outlives the handle
  KafkaHandle handle;
  std::set<std::string> topics;  // under the mutex of KafkaFeeds
};

// Where a reader stands.  Moved by Take alone.
struct FeedCursor {
  Address next = 0;
};

// What a feed had for a reader.  One of the last two says that it has to leave the feed.
struct FedRecords {
  std::vector<LogRecord> records;
  size_t bytes = 0;                          // of them
  std::optional<rd_kafka_resp_err_t> error;  // in place of what comes next
  bool left_behind = false;                  // the feed no longer keeps what comes next
};

// What one consumer fetches of one topic from an address on.  Whoever finds nothing that is kept takes what
// has come, for all. Thread-safe, but for each cursor.
class KafkaFeed {
 public:
  // The consumer follows `topic` for this feed alone, and outlives it.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<KafkaFeed>> Start(KafkaConsumer& consumer,
                                                                        const std::string& topic,
                                                                        Address from, size_t kept_bytes_max);
  ~KafkaFeed();

  KafkaFeed(const KafkaFeed&) = delete;
  KafkaFeed& operator=(const KafkaFeed&) = delete;

  // False, and nothing is changed, if the feed does not have what comes next to the cursor.  A cursor that
  // joined has to leave before it, or the feed, goes.
  [[nodiscard]] bool Join(FeedCursor& cursor);
  // Whether it was the last one.
  bool Leave(const FeedCursor& cursor);

  // What comes next, at most about `bytes_max` but at least one if there is any; waits for the first.  The
  // cursor then stands behind it.
  [[nodiscard]] FedRecords Take(FeedCursor& cursor, const Deadline& deadline, size_t bytes_max);

  KafkaConsumer& consumer() const { return consumer_; }

 private:
  KafkaFeed(KafkaConsumer& consumer, std::string topic, Address from, size_t kept_bytes_max);
  static void NoteCame(rd_kafka_t* handle, void* feed);

  struct Follower {
    const FeedCursor* cursor = nullptr;
    bool left_behind = false;
  };

  // REQUIRES: it joined, and mutex_ is held.
  Follower& FollowerAt(const FeedCursor& cursor);
  void TakeKept(FeedCursor& cursor, size_t bytes_max, FedRecords& taken);
  void Fetch(size_t bytes_wanted);
  void Keep(KafkaMessage message);
  void LetGo(const FeedCursor& taking);
  void Nudge(size_t bytes);
  static size_t BytesOf(const rd_kafka_message_t& message);

  KafkaConsumer& consumer_;
  const std::string name_;
  const size_t kept_bytes_max_;

  std::mutex mutex_;
  // Under mutex_.
  std::vector<Follower> followers_;
  std::deque<KafkaMessage> kept_;  // for the slowest, the oldest first
  size_t kept_bytes_ = 0;
  Address begin_;  // nothing is missing from here on
  Address end_;    // behind what has come
  std::optional<rd_kafka_resp_err_t> error_;
  size_t messages_since_nudge_ = 0;
  size_t bytes_since_nudge_ = 0;

  // librdkafka holds locks of its own when it says that something came: so that is noted under another mutex
  // than what calls it.
  std::mutex came_mutex_;
  std::condition_variable came_;
  uint64_t came_count_ = 0;  // under came_mutex_

  KafkaTopic topic_;
  KafkaQueue queue_;
};

// The feeds of a log, and their consumers: one for some topics, and another where several feeds follow the
// same topic, which librdkafka allows once per client.  Thread-safe.
class KafkaFeeds {
 public:
  // `statistics`, if not null, is told how the consumers fare, and must outlive this.
  explicit KafkaFeeds(KafkaSettings connection, KafkaStatistics* statistics = nullptr,
                      size_t kept_bytes_max = kFeedKeptBytesMax)
      : connection_(std::move(connection)), statistics_(statistics), kept_bytes_max_(kept_bytes_max) {}

  // A feed that the cursor joined; started if there is none that has what comes next.  It is there until the
  // last cursor left.   UNAVAILABLE  librdkafka refuses.
  [[nodiscard]] absl::StatusOr<KafkaFeed*> Join(const std::string& topic, FeedCursor& cursor);
  // An older feed that has what comes next, joined in place of `feed`; `feed` if there is none.  Call it when
  // nothing comes.
  [[nodiscard]] KafkaFeed* JoinOlder(const std::string& topic, FeedCursor& cursor, KafkaFeed* feed);
  void Leave(const std::string& topic, const FeedCursor& cursor, KafkaFeed* feed);

  // How many follow a topic.
  size_t size(const std::string& topic) const;

 private:
  absl::StatusOr<KafkaConsumer*> AcquireLocked(const std::string& topic);
  void PollIdleLocked();

  const KafkaSettings connection_;
  KafkaStatistics* const statistics_;
  const size_t kept_bytes_max_;
  mutable std::mutex mutex_;
  // Under mutex_.
  std::vector<std::unique_ptr<KafkaConsumer>> consumers_;                 // never shrinks
  std::map<std::string, std::vector<std::unique_ptr<KafkaFeed>>> feeds_;  // by topic, the oldest first
};

}  // namespace realise
