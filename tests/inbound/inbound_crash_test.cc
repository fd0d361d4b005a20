// Processes that take from the inbound topic are killed in the middle of thousands of messages.  Nothing is
// lost, nothing is in a ledger twice, every message has an outcome.  Needs a real broker: tools/kafka up,
// REALISE_KAFKA_BROKERS.
//
//   REALISE_CRASH_SEED  decides what is poison and when a process is killed; random unless given
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <random>
#include <set>
#include <sstream>

#include "libs/domain/testing/event_builders.h"
#include "libs/inbound/testing/event_messages.h"
#include "tests/end_to_end/served_ledger.h"
#include "tests/inbound/inbound_door.h"

namespace realise::testing {
namespace {

constexpr int kMessages = 4000;
// Of them, published behind the last kill, so that the last process has some of each partition to do:
// without, it may not even have its partitions back when it is stopped, for others had done everything.
constexpr int kMessagesBehindKills = 400;
constexpr int kPartitions = 3;
constexpr int kKills = 3;

uint64_t Seed() {
  const char* const given = std::getenv("REALISE_CRASH_SEED");
  return given == nullptr ? std::random_device()() : std::strtoull(given, nullptr, 10);
}

// Every (source, id) of a ledger and how often it is there, from the log itself.
std::map<std::string, int> IdsInLog(const ServedLedger& server, const std::string& ledger) {
  const CommandResult history = server.Realise({"-o", "csv", "log", ledger});
  EXPECT_EQ(history.exit_status, 0) << history.err;
  std::map<std::string, int> ids;
  std::istringstream lines(history.out);
  std::string line;
  std::getline(lines, line);  // the names of the columns; the id is the last
  while (std::getline(lines, line)) {
    if (line.ends_with('\r')) line.pop_back();
    ++ids[line.substr(line.rfind(',') + 1)];
  }
  return ids;
}

TEST(InboundCrash, KilledInTheMiddleOfThousandsOfMessages) {
  const uint64_t seed = Seed();
  std::cout << fmt::format("REALISE_CRASH_SEED={}\n", seed) << std::flush;
  std::mt19937_64 random(seed);
  InboundDoor door(kPartitions);
  const std::vector<std::string> arguments = {"--log",        "kafka",     "--brokers",
                                              door.brokers(), "--inbound", door.topics().inbound};
  const TemporaryFolder data;
  const std::vector<std::string> ledgers = {FreshLedger(), FreshLedger()};
  auto server = std::make_unique<ServedLedger>(data.path(), arguments);
  for (const std::string& ledger : ledgers) {
    server->Create(ledger);
    server->Append(ledger, "2024-01-01",
                   {PublisherRegistered("programme-office", SourceOf(ledger), {"board_established"})});
  }

  std::map<std::string, std::set<std::string>> good;  // by ledger
  std::set<MessagePlace> poison;
  std::vector<int64_t> offsets(kPartitions, 0);
  const auto publish = [&](int i) {
    const std::string& ledger = ledgers[random() % ledgers.size()];
    const int32_t partition = static_cast<int32_t>(random() % kPartitions);
    const std::string id = fmt::format("event-{}", i);
    v1::Event event = WithId(BoardEstablished(fmt::format("board-{}", i)), id);
    MessageContent message = EventMessage(FromSource(event, SourceOf(ledger)));
    if (random() % 20 == 0) {
      message.value = "{";
      poison.insert({door.topics().inbound, partition, offsets[static_cast<size_t>(partition)]});
    } else {
      good[ledger].insert(id);
    }
    door.Publish(partition, message);
    ++offsets[static_cast<size_t>(partition)];
  };
  int published = 0;
  while (published < kMessages - kMessagesBehindKills) publish(published++);
  for (int kill = 1; kill <= kKills; ++kill) {
    door.Await(static_cast<size_t>(kMessages) * static_cast<size_t>(kill) / (kKills + 2));
    server->process().Kill();
    server = std::make_unique<ServedLedger>(data.path(), arguments);
  }
  while (published < kMessages) publish(published++);
  door.Flush();
  door.Await(kMessages);

  size_t again = 0;
  for (const auto& [place, outcomes] : door.told()) {
    again += outcomes.size() - 1;
    for (const v1::InboundOutcome& outcome : outcomes) {
      EXPECT_EQ(outcome.outcome() == kRejected, poison.contains(place)) << outcome.DebugString();
    }
  }
  std::cout << fmt::format("{} messages, {} poison, {} killed, {} outcomes told again\n", kMessages,
                           poison.size(), kKills, again);
  for (const std::string& ledger : ledgers) {
    std::map<std::string, int> wanted = {{"publisher_registered:programme-office", 1}};
    for (const std::string& id : good[ledger]) wanted[id] = 1;
    auto found = IdsInLog(*server, ledger);
    EXPECT_EQ(found.size(), wanted.size());
    for (const auto& [id, count] : wanted) EXPECT_EQ(found[id], count) << ledger << " " << id;
    EXPECT_EQ(server->Realise({"replay", ledger, "--verify"}).exit_status, 0);
  }
  // A planned stop commits all that was told, and the last process has told the last message of each
  // partition.
  EXPECT_EQ(server->process().Terminate(), 0);
  EXPECT_EQ(door.Committed(), offsets);
}

}  // namespace
}  // namespace realise::testing
