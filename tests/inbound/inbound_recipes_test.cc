// Runs the recipes of libs/inbound/README.md as they are written there.  Needs a real broker: tools/kafka up,
// REALISE_KAFKA_BROKERS; kcat and python3-confluent-kafka.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/end_to_end/served_ledger.h"

namespace realise::testing {
namespace {

using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// The block of the README that begins with "```" and `name`.
std::string Recipe(const std::string& name) {
  std::ifstream file("libs/inbound/README.md");
  std::ostringstream text;
  text << file.rdbuf();
  const std::string readme = text.str();
  const std::string head = "```" + name + "\n";
  const size_t begin = readme.find(head);
  if (begin == std::string::npos) {
    ADD_FAILURE() << "the README has no block " << name;
    return "";
  }
  const size_t from = begin + head.size();
  return readme.substr(from, readme.find("```", from) - from);
}

CommandResult Shell(const std::string& script) { return RunCommand({"/bin/sh", "-c", script}); }

class Recipes : public ::testing::Test {
 protected:
  Recipes() {
    const char* const brokers = std::getenv("REALISE_KAFKA_BROKERS");
    if (brokers != nullptr) brokers_ = brokers;
    std::filesystem::create_symlink(RealiseProgram(), folder_.path() + "/realise");
    // Debian's python3 and kcat, whatever else is installed.
    setenv("PATH", (folder_.path() + ":/usr/bin:/bin").c_str(), 1);
    setenv("BROKERS", brokers_.c_str(), 1);
    setenv("REALISE_DATA", (folder_.path() + "/data").c_str(), 1);
    setenv("REALISE_LISTEN", "127.0.0.1:0", 1);
  }

  TemporaryFolder folder_;
  std::string brokers_;
};

TEST_F(Recipes, OfTheReadmeWork) {
  ASSERT_NE(brokers_, "") << "REALISE_KAFKA_BROKERS is not set: run tools/kafka up";
  const auto server = ServerProcess::Launch({"/bin/sh", "-c", Recipe("sh server")});
  ASSERT_TRUE(server.ok()) << server.status();
  setenv("REALISE_SERVER", (*server)->address().c_str(), 1);
  const CommandResult operated = Shell(Recipe("sh operator"));
  EXPECT_EQ(operated.exit_status, 0) << operated.out << operated.err;

  const CommandResult kcat = Shell(Recipe("sh kcat"));
  EXPECT_EQ(kcat.exit_status, 0) << kcat.err;
  EXPECT_THAT(kcat.out, HasSubstr("\"outcome\":"));
  // A broker that has seen this test before has the events already.
  EXPECT_THAT(kcat.out, AnyOf(HasSubstr("\"accepted\""), HasSubstr("\"duplicate\""))) << kcat.out;

  std::ofstream(folder_.path() + "/publish.py") << Recipe("python publish.py");
  const CommandResult python = Shell("cd " + folder_.path() + " && python3 publish.py \"$BROKERS\"");
  EXPECT_EQ(python.exit_status, 0) << python.out << python.err;
  EXPECT_THAT(python.out, AnyOf(StartsWith("accepted RH5@"), StartsWith("duplicate RH5@")));

  const CommandResult listed =
      Shell("realise inbound list --brokers \"$BROKERS\" --reason PUBLISHER_NOT_REGISTERED");
  EXPECT_EQ(listed.exit_status, 0) << listed.err;
  EXPECT_EQ((*server)->Terminate(), 0);
}

}  // namespace
}  // namespace realise::testing
