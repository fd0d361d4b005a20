// Two realise-ingest processes share one inbound topic and the ledgers; one of them is killed in the middle
// and started again, or stopped until it was replaced.  Nothing is lost, nothing is in a ledger twice, every
// message has an outcome, and what a process took for a ledger that the other writes got there.  Needs a real
// broker: tools/kafka up, REALISE_KAFKA_BROKERS.
//
//   REALISE_CRASH_SEED  decides what is poison, where it goes and which process is killed; random unless
//   given
#include <fmt/format.h>
#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>
#include <iostream>
#include <map>
#include <memory>
#include <numeric>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "libs/domain/testing/event_builders.h"
#include "libs/event_log/commit_scan.h"
#include "libs/event_log/kafka/kafka_event_log.h"
#include "libs/inbound/testing/event_messages.h"
#include "libs/rpc/deadline.h"
#include "realise/v1/append_service.grpc.pb.h"
#include "realise/v1/commit.pb.h"
#include "realise/v1/ledger_service.grpc.pb.h"
#include "tests/end_to_end/told.h"
#include "tests/inbound/inbound_door.h"
#include "tests/support/server_process.h"

namespace realise::testing {
namespace {

constexpr int kPartitions = 4;
constexpr size_t kLedgersOfEach = 2;
constexpr size_t kBefore = 600;   // messages while both live
constexpr size_t kDuring = 6000;  // in the middle of which one is killed
constexpr size_t kAfter = 600;    // when it has started again
constexpr std::chrono::seconds kPatience{60};

uint64_t Seed() {
  const char* const given = std::getenv("REALISE_CRASH_SEED");
  return given == nullptr ? std::random_device()() : std::strtoull(given, nullptr, 10);
}

// One realise-ingest that takes what is published, with a folder that outlives it.
class Ingest {
 public:
  explicit Ingest(const InboundDoor& door)
      : command_{REALISE_INGEST_PROGRAM, "--listen",      "127.0.0.1:0",    "--metrics-listen",
                 "127.0.0.1:0",          "--brokers",     door.brokers(),   "--inbound",
                 door.topics().inbound,  "--fleet-topic", FleetTopic(door), "--data",
                 folder_.path()} {
    Start();
  }
  static std::string FleetTopic(const InboundDoor& door) { return door.topics().inbound + ".fleet"; }

  void Start() {
    auto started = ServerProcess::Launch(command_);
    ASSERT_TRUE(started.ok()) << started.status();
    process_ = *std::move(started);
    channel_ = grpc::CreateChannel(process_->address(), grpc::InsecureChannelCredentials());
  }
  ServerProcess& process() { return *process_; }
  // A metric's value; 0 if there is no sample.
  double Told(const std::string& sample) const { return std::max(SampleOf(*process_, sample), 0.0); }
  double AwaitTold(const std::string& sample, double least) const {
    return AwaitSample(*process_, sample, least);
  }
  // Events that it wrote itself.
  double Wrote(const std::string& ledger) const {
    return Told("realise_writer_events_total{ledger=\"" + ledger + "\"}");
  }

  // Of these codes, those whose ledgers it writes.
  std::vector<std::string> Owned(const std::vector<std::string>& codes) const {
    grpc::ClientContext context;
    context.set_deadline(RpcNow() + kPatience);
    v1::GetWritersRequest request;
    for (const std::string& code : codes) request.add_ledgers(code);
    v1::GetWritersResponse response;
    const grpc::Status status =
        v1::LedgerService::NewStub(channel_)->GetWriters(&context, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    std::vector<std::string> owned;
    for (const v1::LedgerWriter& writer : response.ledgers()) {
      if (writer.here()) owned.push_back(writer.ledger());
    }
    return owned;
  }
  // Makes a ledger and registers the publisher there.
  void Create(const std::string& ledger) const {
    grpc::ClientContext creating;
    creating.set_deadline(RpcNow() + kPatience);
    v1::CreateLedgerRequest request;
    request.set_ledger(ledger);
    v1::CreateLedgerResponse created;
    grpc::Status status = v1::LedgerService::NewStub(channel_)->CreateLedger(&creating, request, &created);
    ASSERT_TRUE(status.ok()) << status.error_message();
    grpc::ClientContext registering;
    registering.set_deadline(RpcNow() + kPatience);
    v1::AppendRequest append;
    append.set_ledger(ledger);
    *append.add_events() = PublisherRegistered("programme-office", SourceOf(ledger), {"board_established"});
    v1::AppendResponse appended;
    status = v1::AppendService::NewStub(channel_)->Append(&registering, append, &appended);
    ASSERT_TRUE(status.ok()) << status.error_message();
  }

 private:
  TemporaryFolder folder_;
  const std::vector<std::string> command_;
  std::unique_ptr<ServerProcess> process_;
  std::shared_ptr<grpc::Channel> channel_;
};

// Every (source, id) of a ledger, in the order of the log.
std::vector<std::string> IdsInLog(EventLog& log, const std::string& ledger) {
  std::vector<std::string> ids;
  const absl::Status read = ScanCommits(log, ledger, [&](const ReadCommit& commit) -> absl::StatusOr<Scan> {
    v1::CommitBody body;
    EXPECT_TRUE(body.ParseFromArray(commit.body().data(), static_cast<int>(commit.body().size())));
    for (const v1::Event& event : body.events()) ids.push_back(event.source() + " " + event.id());
    return Scan::kGoOn;
  });
  EXPECT_TRUE(read.ok()) << read;
  return ids;
}

class InboundFleet : public ::testing::Test {
 protected:
  InboundFleet() : door_(kPartitions), random_(seed_) {
    std::cout << fmt::format("REALISE_CRASH_SEED={}\n", seed_) << std::flush;
  }
  void TearDown() override {
    fleet_.clear();
    door_.DeleteTopic(Ingest::FleetTopic(door_));
  }

  void StartBoth() {
    for (int i = 0; i < 2; ++i) fleet_.push_back(std::make_unique<Ingest>(door_));
    AwaitShared();
  }
  // Waits until the two know each other and share the partitions.
  void AwaitShared() {
    for (const auto& ingest : fleet_) {
      ASSERT_GE(ingest->AwaitTold("realise_fleet_members", 2), 2);
      ASSERT_GE(ingest->AwaitTold("realise_inbound_partitions", 1), 1);
    }
  }
  // Of both together.
  double Told(const std::string& sample) const {
    double told = 0;
    for (const auto& ingest : fleet_) told += ingest->Told(sample);
    return told;
  }
  // Waits until both have told of all that they did with the first messages.
  void AwaitTold(double accepted) {
    const auto until = std::chrono::steady_clock::now() + kPatience;
    while (Told("realise_inbound_accepted_total") < accepted && std::chrono::steady_clock::now() < until) {
    }
    EXPECT_EQ(Told("realise_inbound_accepted_total"), accepted);
  }
  void CreateLedgersOfEach() {
    std::vector<std::string> codes;
    for (int i = 0; i < 100; ++i) codes.push_back(FreshLedger());
    for (const auto& ingest : fleet_) {
      const std::vector<std::string> owned = ingest->Owned(codes);
      ASSERT_GE(owned.size(), kLedgersOfEach);
      for (size_t i = 0; i < kLedgersOfEach; ++i) {
        // Asked of the other, so that appends are passed on in either direction before any come from Kafka.
        (ingest == fleet_[0] ? fleet_[1] : fleet_[0])->Create(owned[i]);
        owner_[owned[i]] = ingest.get();
        ledgers_.push_back(owned[i]);
      }
    }
  }

  void Publish(size_t count) {
    for (size_t i = 0; i < count; ++i, ++published_) {
      const std::string& ledger = ledgers_[random_() % ledgers_.size()];
      const auto partition = static_cast<int32_t>(random_() % kPartitions);
      const std::string id = fmt::format("event-{}", published_);
      const v1::Event event = WithId(BoardEstablished(fmt::format("board-{}", published_)), id);
      MessageContent message = EventMessage(FromSource(event, SourceOf(ledger)));
      if (random_() % 20 == 0) {
        message.value = "{";
        poison_.insert({door_.topics().inbound, partition, offsets_[static_cast<size_t>(partition)]});
      } else {
        good_[ledger][partition].push_back(SourceOf(ledger) + " " + id);
      }
      door_.Publish(partition, message);
      ++offsets_[static_cast<size_t>(partition)];
    }
  }

  // Good messages for a ledger.
  size_t CountOf(const std::string& ledger) {
    size_t count = 0;
    for (const auto& [partition, published] : good_[ledger]) count += published.size();
    return count;
  }
  // Of messages that both took while nothing went wrong.
  void ExpectBothTookAndPassedOn() {
    AwaitTold(static_cast<double>(kBefore - poison_.size()));
    EXPECT_EQ(Told("realise_inbound_taken_total"), static_cast<double>(kBefore));
    for (const auto& ingest : fleet_) {
      // Every partition has messages for every ledger; of some of them this process is not the writer.
      EXPECT_GT(ingest->Told("realise_inbound_accepted_total"), 0);
      for (const auto& [ledger, owner] : owner_) {
        const size_t all = 1 + CountOf(ledger);
        EXPECT_EQ(ingest->Wrote(ledger), owner == ingest.get() ? static_cast<double>(all) : 0) << ledger;
      }
    }
  }
  void ExpectOutcomes() {
    size_t again = 0;
    for (const auto& [place, outcomes] : door_.told()) {
      again += outcomes.size() - 1;
      for (const v1::InboundOutcome& outcome : outcomes) {
        EXPECT_EQ(outcome.outcome() == kRejected, poison_.contains(place)) << outcome.DebugString();
      }
    }
    std::cout << fmt::format("{} messages, {} poison, {} outcomes told again\n", published_, poison_.size(),
                             again);
  }
  // Each once, and those of a partition in the order in which they were published.
  void ExpectAllThereOnceInOrder() {
    const auto log = *KafkaEventLog::Open({.brokers = door_.brokers()});
    for (const std::string& ledger : ledgers_) {
      const std::vector<std::string> ids = IdsInLog(*log, ledger);
      std::map<std::string, size_t> at;
      for (size_t i = 0; i < ids.size(); ++i) EXPECT_TRUE(at.emplace(ids[i], i).second) << ids[i];
      for (const auto& [partition, published] : good_[ledger]) {
        size_t last = 0;
        for (const std::string& id : published) {
          ASSERT_TRUE(at.contains(id)) << id << " is lost";
          EXPECT_GT(at[id], last) << id << " is out of order";
          last = at[id];
        }
      }
      EXPECT_EQ(ids.size(), 1 + CountOf(ledger)) << ledger;
    }
  }

  const uint64_t seed_ = Seed();
  InboundDoor door_;
  std::mt19937_64 random_;
  std::vector<std::unique_ptr<Ingest>> fleet_;
  std::vector<std::string> ledgers_;
  std::map<std::string, const Ingest*> owner_;  // by ledger, at the start
  size_t published_ = 0;
  std::vector<int64_t> offsets_ = std::vector<int64_t>(kPartitions, 0);
  std::set<MessagePlace> poison_;
  std::map<std::string, std::map<int32_t, std::vector<std::string>>> good_;  // by ledger and partition
};

TEST_F(InboundFleet, OneOfTwoIsKilledInTheMiddleAndStartedAgain) {
  StartBoth();
  CreateLedgersOfEach();
  if (HasFatalFailure()) return;
  Publish(kBefore);
  door_.Flush();
  door_.Await(kBefore);
  ExpectBothTookAndPassedOn();

  Ingest& victim = *fleet_[random_() % fleet_.size()];
  Publish(kDuring);
  door_.Await(kBefore + kDuring / 4);
  victim.process().Kill();
  const std::vector<int64_t> done = door_.Committed();
  EXPECT_LT(std::accumulate(done.begin(), done.end(), int64_t{0}), static_cast<int64_t>(published_))
      << "it was killed too late";
  door_.Await(kBefore + kDuring / 3);
  victim.Start();
  door_.Flush();
  AwaitShared();
  if (HasFatalFailure()) return;
  Publish(kAfter);
  door_.Flush();
  door_.Await(kBefore + kDuring + kAfter);

  EXPECT_GT(victim.AwaitTold("realise_inbound_taken_total", 1), 0);
  ExpectOutcomes();
  ExpectAllThereOnceInOrder();
  for (const auto& ingest : fleet_) EXPECT_EQ(ingest->process().Terminate(), 0);
  EXPECT_EQ(door_.Committed(), offsets_);
}

// It goes on with what it had in hand, for partitions and ledgers that are the other's by then.
TEST_F(InboundFleet, OneOfTwoIsStoppedUntilItWasReplacedAndGoesOn) {
  StartBoth();
  CreateLedgersOfEach();
  if (HasFatalFailure()) return;
  Ingest& stopped = *fleet_[random_() % fleet_.size()];
  Publish(kDuring);
  door_.Await(kDuring / 4);
  ASSERT_EQ(kill(stopped.process().pid(), SIGSTOP), 0);
  door_.Flush();
  // All of it is the other's now.
  door_.Await(kDuring);
  ASSERT_EQ(kill(stopped.process().pid(), SIGCONT), 0);
  AwaitShared();
  Publish(kAfter);
  door_.Flush();
  door_.Await(kDuring + kAfter);
  ExpectOutcomes();
  ExpectAllThereOnceInOrder();
  for (const auto& ingest : fleet_) EXPECT_EQ(ingest->process().Terminate(), 0);
  EXPECT_EQ(door_.Committed(), offsets_);
}

}  // namespace
}  // namespace realise::testing
