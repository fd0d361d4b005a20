// The same ledger on the embedded log, in Kafka, in a file and back: same positions, same digests, same
// answers. Needs a real broker: tools/kafka up, REALISE_KAFKA_BROKERS.
#include <cstdlib>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/ids.h"
#include "libs/domain/testing/event_builders.h"
#include "tests/end_to_end/served_ledger.h"

namespace realise::testing {
namespace {

// A code of its own, for topics outlive a test.
std::string FreshLedger() {
  std::string code = "T" + ToHex(RandomLedgerId().view()).substr(0, 8);
  for (char& c : code) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return code;
}

TEST(KafkaCopy, EmbeddedToKafkaToAFileAndBack) {
  const char* brokers = std::getenv("REALISE_KAFKA_BROKERS");
  ASSERT_NE(brokers, nullptr) << "REALISE_KAFKA_BROKERS is not set: run tools/kafka up";
  const std::string ledger = FreshLedger();
  const std::string kafka = std::string("kafka:") + brokers;
  const TemporaryFolder folder;
  ServedLedger embedded;
  embedded.Create(ledger);
  embedded.Append(
      ledger, "2024-06-01",
      {BoardEstablished("urgent-care"), ProjectProposed("p-1"), ProjectAssigned("p-1", "urgent-care"),
       BenefitRegistered("b-1", "p-1"), PeriodOpened("2024/25-M01"),
       ClaimSubmitted("c-1", "b-1", "2024/25-M01", "2024/25-M01", 123456),
       ClaimValidated("c-1", "2024/25-M01", 123450)});
  const CommandResult to_kafka = embedded.Realise({"ledger", "copy", ledger, "--to", kafka});
  ASSERT_EQ(to_kafka.exit_status, 0) << to_kafka.err;

  const std::vector<std::string> question = {"-o",          "json",       "query",
                                             "savings",     ledger,       "--period",
                                             "2024/25-M01", "--at-least", embedded.last_receipt()};
  const std::string answer = embedded.Realise(question).out;
  const TemporaryFolder kafka_data;
  ServedLedger on_kafka(kafka_data.path(), {"--log", "kafka", "--brokers", brokers});
  EXPECT_EQ(on_kafka.Realise(question).out, answer);
  EXPECT_EQ(on_kafka.Realise({"verify", embedded.last_receipt()}).exit_status, 0);

  const std::string backup = "file:" + folder.path() + "/copy";
  const CommandResult to_file = on_kafka.Realise({"ledger", "copy", ledger, "--from", kafka, "--to", backup});
  ASSERT_EQ(to_file.exit_status, 0) << to_file.err;
  const std::string restored = folder.path() + "/restored";
  ASSERT_EQ(RunCommand({"/bin/mkdir", "-p", restored}).exit_status, 0);
  const CommandResult back =
      embedded.Realise({"ledger", "copy", ledger, "--from", backup, "--to", "embedded:" + restored + "/log"});
  ASSERT_EQ(back.exit_status, 0) << back.err;
  ServedLedger returned(restored, {});
  EXPECT_EQ(returned.Realise(question).out, answer);

  // On Kafka the ledger goes on where the copy ended.
  on_kafka.Append(ledger, "2024-06-02", {ClaimSubmitted("c-2", "b-1", "2024/25-M01", "2024/25-M01", 100)});
  EXPECT_EQ(on_kafka.last_receipt().substr(0, ledger.size() + 3), ledger + "@8#");
  EXPECT_EQ(on_kafka.Realise({"replay", ledger, "--verify"}).exit_status, 0);
}

}  // namespace
}  // namespace realise::testing
