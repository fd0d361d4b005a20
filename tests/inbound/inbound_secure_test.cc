// A broker that wants TLS and a password: the server and `realise inbound` take the same files.  Needs a real
// one: tools/kafka up --secure, REALISE_KAFKA_BROKERS for those who need neither, and REALISE_KAFKA_SECURE,
// the file that says how to connect.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <fstream>
#include <sstream>

#include "libs/domain/testing/event_builders.h"
#include "libs/inbound/testing/event_messages.h"
#include "tests/end_to_end/served_ledger.h"
#include "tests/end_to_end/told.h"
#include "tests/inbound/inbound_door.h"

namespace realise::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kPassword = "kafka.sasl.password = \"";

class InboundSecure : public ::testing::Test {
 protected:
  void SetUp() override {
    const char* const config = std::getenv("REALISE_KAFKA_SECURE");
    ASSERT_NE(config, nullptr) << "REALISE_KAFKA_SECURE is not set: run tools/kafka up --secure";
    config_ = config;
    std::ifstream file(config_);
    std::stringstream text;
    text << file.rdbuf();
    said_ = text.str();
    const size_t at = said_.find(kPassword);
    ASSERT_NE(at, std::string::npos) << config_;
    password_ =
        said_.substr(at + kPassword.size(), said_.find('"', at + kPassword.size()) - at - kPassword.size());
  }
  CommandResult Inbound(const std::string& config, std::vector<std::string> words) const {
    words.insert(words.begin(), {RealiseProgram(), "inbound"});
    words.insert(words.end(), {"--config", config, "--topic", door_.topics().inbound});
    CommandResult result = RunCommand(words);
    EXPECT_THAT(result.out + result.err, Not(HasSubstr(password_)));
    return result;
  }
  // The file with a password that is wrong.
  std::string WithAnotherPassword() const {
    std::string text = said_;
    text.replace(text.find(password_), password_.size(), "another");
    std::string path = folder_.path() + "/another.conf";
    std::ofstream(path) << text;
    return path;
  }

  InboundDoor door_{1};
  TemporaryFolder folder_;
  std::string config_;
  std::string said_;
  std::string password_;
};

TEST_F(InboundSecure, TheServerAndTheCommandConnectInTheSameWay) {
  const std::string ledger = FreshLedger();
  ServedLedger server(folder_.path(),
                      {"--log", "kafka", "--config", config_, "--inbound", door_.topics().inbound});
  server.Create(ledger);
  const CommandResult created = Inbound(config_, {"create"});
  EXPECT_EQ(created.exit_status, 0) << created.err;
  EXPECT_THAT(created.out, HasSubstr("All topics were there already"));

  const MessageContent board = EventMessage(FromSource(BoardEstablished("urgent-care"), SourceOf(ledger)));
  door_.Publish(0, board);
  door_.Flush();
  door_.Await(1);
  EXPECT_EQ(door_.Last(0).reason(), "PUBLISHER_NOT_REGISTERED");
  const CommandResult listed = Inbound(config_, {"list"});
  EXPECT_EQ(listed.exit_status, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("PUBLISHER_NOT_REGISTERED"));

  server.Append(ledger, "2024-01-01",
                {PublisherRegistered("programme-office", SourceOf(ledger), {"board_established"})});
  const CommandResult replayed = Inbound(config_, {"replay", "--send"});
  EXPECT_EQ(replayed.exit_status, 0) << replayed.err;
  door_.Await(2);
  EXPECT_EQ(door_.Last(1).outcome(), kAccepted) << door_.Last(1).DebugString();

  const std::string backup = "file:" + folder_.path() + "/backup";
  std::string brokers = said_.substr(said_.find('"') + 1);
  brokers.resize(brokers.find('"'));
  const CommandResult copied =
      RunCommand({RealiseProgram(), "ledger", "copy", ledger, "--from", "kafka:" + brokers, "--to", backup,
                  "--allow-unsafe-topic", "--config", config_});
  EXPECT_EQ(copied.exit_status, 0) << copied.err;
}

TEST_F(InboundSecure, AWrongPasswordIsRefusedAndNotShown) {
  const CommandResult refused = Inbound(WithAnotherPassword(), {"list"});
  EXPECT_EQ(refused.exit_status, 69) << refused.out;
  EXPECT_THAT(refused.err, HasSubstr("uthentication"));
}

TEST_F(InboundSecure, WithoutBrokersItSaysWhereTheyMayStand) {
  const CommandResult none = RunCommand({RealiseProgram(), "inbound", "list"});
  EXPECT_EQ(none.exit_status, 2);
  EXPECT_THAT(none.err, HasSubstr("--brokers: is needed"));
}

}  // namespace
}  // namespace realise::testing
