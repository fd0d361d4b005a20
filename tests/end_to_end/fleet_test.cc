// Several realise-ingest processes on one real broker, killed, stopped and paused under load: tools/kafka up,
// REALISE_KAFKA_BROKERS.
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/ids.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/event_log/commit_scan.h"
#include "libs/event_log/kafka/kafka_event_log.h"
#include "libs/fleet/member_table.h"
#include "libs/rpc/deadline.h"
#include "realise/v1/append_service.grpc.pb.h"
#include "realise/v1/commit.pb.h"
#include "realise/v1/ledger_service.grpc.pb.h"
#include "tests/end_to_end/swapped_topic.h"
#include "tests/support/server_process.h"

namespace realise::testing {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr int kLedgers = 6;
// Enough that each of three processes has some.
constexpr size_t kProbes = 60;
constexpr milliseconds kAskEvery{20};
// Of one call; a publisher then tries elsewhere.
constexpr seconds kCallWithin{5};
// Of one event, through all calls: the limit of this test, not a measure.
constexpr seconds kPatience{60};

std::string Brokers() {
  const char* brokers = std::getenv("REALISE_KAFKA_BROKERS");
  return brokers == nullptr ? "" : brokers;
}

// Codes and topics of its own, for topics outlive a test.
std::string Fresh() {
  std::string code = "F" + ToHex(RandomLedgerId().view()).substr(0, 7);
  for (char& c : code) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return code;
}

std::shared_ptr<grpc::Channel> ChannelTo(const std::string& address) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 500);
  return grpc::CreateCustomChannel(address, grpc::InsecureChannelCredentials(), arguments);
}

// One realise-ingest with a folder of its own.
class Ingest {
 public:
  explicit Ingest(const std::string& fleet_topic) {
    auto started = ServerProcess::Launch({REALISE_INGEST_PROGRAM, "--listen", "127.0.0.1:0", "--brokers",
                                          Brokers(), "--fleet-topic", fleet_topic, "--data", folder_.path()});
    EXPECT_TRUE(started.ok()) << started.status();
    if (!started.ok()) return;
    process_ = *std::move(started);
    channel_ = ChannelTo(process_->address());
  }

  ServerProcess& process() { return *process_; }
  void Signal(int signal) { kill(process_->pid(), signal); }
  std::unique_ptr<v1::AppendService::Stub> append() { return v1::AppendService::NewStub(channel_); }
  std::unique_ptr<v1::LedgerService::Stub> ledger() { return v1::LedgerService::NewStub(channel_); }

 private:
  TemporaryFolder folder_;
  std::unique_ptr<ServerProcess> process_;
  std::shared_ptr<grpc::Channel> channel_;
};

// What publishers saw.
struct Seen {
  std::mutex mutex;
  std::condition_variable changed;
  std::map<std::string, std::map<std::string, Sequence>> acknowledged;  // by ledger and event id
  std::map<std::string, Clock::time_point> last_acknowledged;           // by ledger
  std::set<grpc::StatusCode> errors;
  milliseconds longest{0};  // from the first call for an event to its acknowledgement
  size_t count = 0;
};

// Appends event after event, each until it is acknowledged, at all processes in turn.
void Publish(const std::vector<std::unique_ptr<Ingest>>& fleet, const std::vector<std::string>& ledgers,
             const std::string& name, const std::atomic<bool>& stop, Seen& seen) {
  std::vector<std::unique_ptr<v1::AppendService::Stub>> stubs;
  stubs.reserve(fleet.size());
  for (const auto& ingest : fleet) stubs.push_back(ingest->append());
  size_t at = 0;
  for (int i = 0; !stop; ++i) {
    const std::string& ledger = ledgers[static_cast<size_t>(i) % ledgers.size()];
    v1::AppendRequest request;
    request.set_ledger(ledger);
    *request.add_events() = BoardEstablished(fmt::format("{}-{}", name, i));
    const auto begun = Clock::now();
    while (true) {
      grpc::ClientContext context;
      context.set_deadline(RpcNow() + kCallWithin);
      v1::AppendResponse response;
      const grpc::Status status = stubs[at++ % stubs.size()]->Append(&context, request, &response);
      const std::lock_guard lock(seen.mutex);
      if (status.ok()) {
        seen.acknowledged[ledger][request.events(0).id()] = response.events(0).sequence();
        seen.last_acknowledged[ledger] = Clock::now();
        seen.longest = std::max(seen.longest, std::chrono::duration_cast<milliseconds>(Clock::now() - begun));
        ++seen.count;
        seen.changed.notify_all();
        break;
      }
      seen.errors.insert(status.error_code());
      ASSERT_LT(Clock::now() - begun, kPatience) << status.error_message();
    }
  }
}

// A ledger as its log has it.
struct Recorded {
  std::map<std::string, std::vector<Sequence>> events;  // sequences by event id
  std::vector<CommitHeader> commits;                    // valid ones
};

class Fleet : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(Brokers(), "") << "REALISE_KAFKA_BROKERS is not set: run tools/kafka up";
    topic_ = "test." + Fresh() + ".ingest";
    log_ = *KafkaEventLog::Open({.brokers = Brokers()});
  }
  void TearDown() override { StopPublishing(); }

  // Starts processes and waits until they know each other.
  void StartProcesses(size_t count) {
    std::vector<Ingest*> started;
    for (size_t i = 0; i < count; ++i) {
      fleet_.push_back(std::make_unique<Ingest>(topic_));
      started.push_back(fleet_.back().get());
    }
    const auto agree = [&] {
      const auto writers = WritersSeenBy(*started.front());
      std::set<std::string> addresses;
      for (const auto& [ledger, address] : writers) addresses.insert(address);
      return addresses.size() == count && std::all_of(started.begin(), started.end(), [&](Ingest* ingest) {
               return WritersSeenBy(*ingest) == writers;
             });
    };
    std::unique_lock lock(seen_.mutex);
    for (const auto until = Clock::now() + kPatience; !agree();) {
      ASSERT_LT(Clock::now(), until) << "the processes do not find each other";
      seen_.changed.wait_for(lock, kAskEvery);
    }
  }
  // By ledger, of ledgers that need not exist.
  static std::map<std::string, std::string> WritersSeenBy(Ingest& ingest) {
    grpc::ClientContext context;
    context.set_deadline(RpcNow() + kCallWithin);
    v1::GetWritersRequest request;
    for (size_t i = 0; i < kProbes; ++i) request.add_ledgers(fmt::format("X{:02}", i));
    v1::GetWritersResponse response;
    const grpc::Status status = ingest.ledger()->GetWriters(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::map<std::string, std::string> writers;
    for (const v1::LedgerWriter& writer : response.ledgers()) {
      writers[writer.ledger()] = writer.here() ? ingest.process().address() : writer.address();
    }
    return writers;
  }
  // The process that writes the first ledger.
  Ingest& Owner() {
    for (const auto& ingest : fleet_) {
      grpc::ClientContext context;
      context.set_deadline(RpcNow() + kCallWithin);
      v1::GetWritersRequest request;
      request.add_ledgers(ledgers_.front());
      v1::GetWritersResponse response;
      const grpc::Status status = ingest->ledger()->GetWriters(&context, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      if (status.ok() && response.ledgers(0).here()) return *ingest;
    }
    ADD_FAILURE() << "nobody writes the first ledger";
    return *fleet_.front();
  }
  void CreateLedgers() {
    for (int i = 0; i < kLedgers; ++i) {
      ledgers_.push_back(Fresh());
      grpc::ClientContext context;
      context.set_deadline(RpcNow() + kPatience);
      v1::CreateLedgerRequest request;
      request.set_ledger(ledgers_.back());
      v1::CreateLedgerResponse response;
      const grpc::Status status = fleet_[static_cast<size_t>(i) % fleet_.size()]->ledger()->CreateLedger(
          &context, request, &response);
      ASSERT_TRUE(status.ok()) << status.error_message();
    }
  }

  void StartPublishing(int publishers) {
    for (int i = 0; i < publishers; ++i) {
      publishers_.emplace_back([this, i] { Publish(fleet_, ledgers_, fmt::format("p{}", i), stop_, seen_); });
    }
  }
  void StopPublishing() {
    stop_ = true;
    for (std::thread& publisher : publishers_) publisher.join();
    publishers_.clear();
  }
  // Waits until every ledger has taken an event that was acknowledged after now.  How long each took.
  std::vector<milliseconds> AwaitProgress() {
    const auto begun = Clock::now();
    std::map<std::string, milliseconds> took;
    std::unique_lock lock(seen_.mutex);
    seen_.changed.wait_for(lock, kPatience, [&] {
      for (const auto& [ledger, at] : seen_.last_acknowledged) {
        if (at > begun) took.try_emplace(ledger, std::chrono::duration_cast<milliseconds>(at - begun));
      }
      return took.size() == ledgers_.size();
    });
    EXPECT_EQ(took.size(), ledgers_.size()) << "not every ledger goes on";
    std::vector<milliseconds> times;
    times.reserve(took.size());
    for (const auto& [ledger, time] : took) times.push_back(time);
    std::sort(times.begin(), times.end());
    return times;
  }
  static std::string Text(const std::vector<milliseconds>& times) {
    std::string text;
    for (const milliseconds time : times) text += fmt::format(" {}", time.count());
    return text + " ms";
  }

  Recorded ReadLog(const std::string& ledger) {
    Recorded recorded;
    const absl::Status read =
        ScanCommits(*log_, ledger, [&](const ReadCommit& commit) -> absl::StatusOr<Scan> {
          recorded.commits.push_back(commit.header);
          v1::CommitBody body;
          EXPECT_TRUE(body.ParseFromArray(commit.body().data(), static_cast<int>(commit.body().size())));
          Sequence sequence = commit.header.first_sequence;
          for (const v1::Event& event : body.events()) recorded.events[event.id()].push_back(sequence++);
          return Scan::kGoOn;
        });
    EXPECT_TRUE(read.ok()) << read;
    return recorded;
  }
  // Everything acknowledged is there, once, where the acknowledgement said.
  void ExpectAllThereOnce() {
    for (const std::string& ledger : ledgers_) {
      const Recorded recorded = ReadLog(ledger);
      for (const auto& [id, sequences] : recorded.events)
        EXPECT_EQ(sequences.size(), 1U) << ledger << " " << id;
      for (const auto& [id, sequence] : seen_.acknowledged[ledger]) {
        const auto found = recorded.events.find(id);
        ASSERT_NE(found, recorded.events.end())
            << ledger << " " << id << " was acknowledged, and is not there";
        EXPECT_EQ(found->second.front(), sequence) << ledger << " " << id;
      }
    }
  }

  grpc::Status AppendAt(Ingest& ingest, const std::string& ledger) {
    grpc::ClientContext context;
    context.set_deadline(RpcNow() + kCallWithin);
    v1::AppendRequest request;
    request.set_ledger(ledger);
    *request.add_events() = BoardEstablished(fmt::format("a-{}", ++appended_at_));
    v1::AppendResponse response;
    return ingest.append()->Append(&context, request, &response);
  }
  // Appends at all processes until each refuses because the ledger is damaged.
  void AwaitRefusal(const std::string& ledger) {
    std::set<Ingest*> refusing;
    for (const auto until = Clock::now() + kPatience; refusing.size() < fleet_.size();) {
      ASSERT_LT(Clock::now(), until) << "not every process hears that the ledger is damaged";
      for (const auto& ingest : fleet_) {
        const grpc::Status status = AppendAt(*ingest, ledger);
        ASSERT_FALSE(status.ok()) << "appended to a history that its writer calls damaged";
        if (status.error_code() == grpc::StatusCode::DATA_LOSS) refusing.insert(ingest.get());
      }
    }
  }

  int appended_at_ = 0;
  std::string topic_;
  std::unique_ptr<KafkaEventLog> log_;
  std::vector<std::unique_ptr<Ingest>> fleet_;
  std::vector<std::string> ledgers_;
  Seen seen_;
  std::atomic<bool> stop_ = false;
  std::vector<std::thread> publishers_;
};

TEST_F(Fleet, EveryLedgerHasOneWriterAndAllAgree) {
  StartProcesses(3);
  const auto writers = WritersSeenBy(*fleet_[0]);
  EXPECT_EQ(writers.size(), kProbes);
  EXPECT_EQ(WritersSeenBy(*fleet_[1]), writers);
  EXPECT_EQ(WritersSeenBy(*fleet_[2]), writers);
}

TEST_F(Fleet, WhatWasAcknowledgedIsThereOnceWhenAProcessIsKilled) {
  StartProcesses(3);
  CreateLedgers();
  StartPublishing(4);
  AwaitProgress();
  Owner().process().Kill();
  const auto took = AwaitProgress();
  std::cout << "one of three killed: ledgers went on after" << Text(took) << "\n";
  AwaitProgress();
  StopPublishing();
  std::cout << seen_.count << " events acknowledged, the slowest after " << seen_.longest.count() << " ms\n";
  ExpectAllThereOnce();
}

TEST_F(Fleet, APlannedStopIsNotNoticedByWhoeverTriesAgain) {
  StartProcesses(3);
  CreateLedgers();
  StartPublishing(4);
  AwaitProgress();
  EXPECT_EQ(Owner().process().Terminate(), 0);
  const auto took = AwaitProgress();
  std::cout << "one of three stopped: ledgers went on after" << Text(took) << "\n";
  StopPublishing();
  std::cout << seen_.count << " events acknowledged, the slowest after " << seen_.longest.count() << " ms\n";
  for (const grpc::StatusCode error : seen_.errors) EXPECT_EQ(error, grpc::StatusCode::UNAVAILABLE);
  ExpectAllThereOnce();
}

// The writers that wrote anything so far.
std::set<WriterId> WritersOf(const std::vector<CommitHeader>& commits) {
  std::set<WriterId> writers;
  for (const CommitHeader& commit : commits) writers.insert(commit.writer);
  return writers;
}

TEST_F(Fleet, NothingOfAPausedProcessIsAcceptedOnceItWasReplaced) {
  StartProcesses(3);
  CreateLedgers();
  StartPublishing(4);
  AwaitProgress();
  std::map<std::string, std::set<WriterId>> before;
  for (const std::string& ledger : ledgers_) before[ledger] = WritersOf(ReadLog(ledger).commits);
  Ingest& paused = Owner();
  paused.Signal(SIGSTOP);
  const auto took = AwaitProgress();
  std::cout << "one of three paused: ledgers went on after" << Text(took) << "\n";
  std::map<std::string, size_t> replaced_at;  // commits of ledgers that were taken over
  for (const std::string& ledger : ledgers_) {
    const auto commits = ReadLog(ledger).commits;
    if (before[ledger].count(commits.back().writer) == 0) replaced_at[ledger] = commits.size();
  }
  paused.Signal(SIGCONT);
  AwaitProgress();
  AwaitProgress();
  StopPublishing();
  EXPECT_FALSE(replaced_at.empty()) << "it wrote no ledger";
  for (const auto& [ledger, from] : replaced_at) {
    const auto commits = ReadLog(ledger).commits;
    std::set<WriterId> took_over_again;
    for (size_t i = from; i < commits.size(); ++i) {
      if (commits[i].event_count == 0) took_over_again.insert(commits[i].writer);
      EXPECT_FALSE(before[ledger].count(commits[i].writer) > 0 &&
                   took_over_again.count(commits[i].writer) == 0)
          << ledger << ": commit " << i << " is of a writer that was replaced";
    }
  }
  std::cout << replaced_at.size() << " ledgers were taken over; " << seen_.count
            << " events acknowledged, the slowest after " << seen_.longest.count() << " ms\n";
  ExpectAllThereOnce();
}

// All are paused, so that whoever is back first owns the ledger; only the one that wrote it can know.
TEST_F(Fleet, NobodyWritesALedgerWhoseLogIsNotWhatItsWriterRead) {
  StartProcesses(3);
  CreateLedgers();
  const std::string& ledger = ledgers_.front();
  const grpc::Status first = AppendAt(*fleet_[0], ledger);
  ASSERT_TRUE(first.ok()) << first.error_message();
  Ingest& finder = Owner();
  for (const auto& ingest : fleet_) ingest->Signal(SIGSTOP);
  const auto paused_at = Clock::now();
  const SwappedTopic swapped(ledger);
  {
    std::unique_lock lock(seen_.mutex);
    seen_.changed.wait_until(lock, paused_at + kLiveFor + kAskEvery, [] { return false; });
  }
  for (const auto& ingest : fleet_) ingest->Signal(SIGCONT);
  AwaitRefusal(ledger);
  fleet_.push_back(std::make_unique<Ingest>(topic_));
  AwaitRefusal(ledger);
  for (const auto& ingest : fleet_) {
    EXPECT_THAT(AppendAt(*ingest, ledger).error_message(),
                ::testing::HasSubstr("restart the process at " + finder.process().address()));
  }
  EXPECT_EQ(RecordsInKafka(ledger), swapped.records()) << "something was appended";
  EXPECT_TRUE(AppendAt(*fleet_.back(), ledgers_.back()).ok()) << "the other ledgers go on";
  finder.process().Kill();
  for (const auto until = Clock::now() + kPatience; !AppendAt(*fleet_.back(), ledger).ok();) {
    ASSERT_LT(Clock::now(), until) << "it does not clear once the process that said so is gone";
  }
}

TEST_F(Fleet, TwoThatBelieveToWriteEveryLedgerMakeProgress) {
  StartProcesses(1);
  topic_ += ".other";
  StartProcesses(1);
  CreateLedgers();
  StartPublishing(4);
  AwaitProgress();
  const auto took = AwaitProgress();
  StopPublishing();
  std::cout << "both write everything: each ledger goes on within" << Text(took) << "; " << seen_.count
            << " events acknowledged, the slowest after " << seen_.longest.count() << " ms\n";
  ExpectAllThereOnce();
}

TEST_F(Fleet, AStreamGoesOnThroughTheProcessThatStays) {
  StartProcesses(2);
  CreateLedgers();
  std::vector<std::thread> streams;
  constexpr size_t kBatches = 400;
  for (const std::string& ledger : ledgers_) {
    streams.emplace_back([&, ledger] {
      grpc::ClientContext context;
      context.set_deadline(RpcNow() + kPatience);
      const auto stub = fleet_[0]->append();
      const auto stream = stub->AppendStream(&context);
      std::thread reading([&] {
        v1::AppendStreamResponse response;
        while (stream->Read(&response)) {
          ASSERT_TRUE(response.has_appended()) << response.ShortDebugString();
          const std::lock_guard lock(seen_.mutex);
          const v1::Appended& event = response.appended().events(0);
          seen_.acknowledged[ledger][event.event_id()] = event.sequence();
          ++seen_.count;
          seen_.changed.notify_all();
        }
      });
      for (size_t i = 0; i < kBatches; ++i) {
        v1::AppendStreamRequest request;
        request.set_batch_id(i);
        request.mutable_append()->set_ledger(ledger);
        *request.mutable_append()->add_events() = BoardEstablished(fmt::format("s-{}", i));
        EXPECT_TRUE(stream->Write(request));
      }
      stream->WritesDone();
      reading.join();
      const grpc::Status status = stream->Finish();
      EXPECT_TRUE(status.ok()) << status.error_message();
    });
  }
  {
    std::unique_lock lock(seen_.mutex);
    EXPECT_TRUE(seen_.changed.wait_for(lock, kPatience, [&] { return seen_.count >= kBatches; }));
  }
  fleet_[1]->process().Kill();
  for (std::thread& stream : streams) stream.join();
  EXPECT_EQ(seen_.count, kBatches * ledgers_.size());
  ExpectAllThereOnce();
}

}  // namespace
}  // namespace realise::testing
