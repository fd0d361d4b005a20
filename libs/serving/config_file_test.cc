#include "libs/serving/config_file.h"

#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace realise {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

std::vector<std::string> Parsed(const std::string& text) {
  const auto lines = ParseConfig(text, "x.conf");
  EXPECT_TRUE(lines.ok()) << lines.status();
  std::vector<std::string> shown;
  for (const ConfigLine& line : *lines) shown.push_back(line.name + "=" + line.value + "@" + line.place);
  return shown;
}

TEST(ConfigFile, NamesValuesAndWhereTheyStand) {
  EXPECT_THAT(Parsed("# first\n\n listen = 127.0.0.1:1 \r\nkafka.ssl.ca.location=\"/a b#c\"  # why\nlog = "
                     "kafka # not this"),
              ElementsAre("listen=127.0.0.1:1@x.conf, line 3", "kafka.ssl.ca.location=/a b#c@x.conf, line 4",
                          "log=kafka@x.conf, line 5"));
  EXPECT_THAT(Parsed(""), ElementsAre());
  EXPECT_THAT(Parsed("data =\n"), ElementsAre("data=@x.conf, line 1"));
  EXPECT_THAT(Parsed("kafka.sasl.password = a=b#c\n"),
              ElementsAre("kafka.sasl.password=a=b#c@x.conf, line 1"));
}

TEST(ConfigFile, AMistakeNamesTheLineAndNeverWhatStandsThere) {
  const std::vector<std::pair<std::string, std::string>> mistakes = {
      {"listen = a\nhunter2\n", "x.conf, line 2: has to be `name = value`"},
      {"hunter2! = a", "x.conf, line 1: has to be"},
      {"[hunter2]", "x.conf, line 1: has to be"},
      {"kafka.sasl.password = \"hunter2", "x.conf, line 1: kafka.sasl.password: a value that begins"},
      {"kafka.sasl.password = \"a\"hunter2", "x.conf, line 1: kafka.sasl.password: a value that begins"},
      {"log = a\n\nlog = hunter2", "x.conf, line 3: log stands in this file twice"},
  };
  for (const auto& [text, message] : mistakes) {
    const auto lines = ParseConfig(text, "x.conf");
    EXPECT_EQ(lines.status().code(), absl::StatusCode::kInvalidArgument) << text;
    EXPECT_THAT(std::string(lines.status().message()), AllOf(HasSubstr(message), Not(HasSubstr("hunter2"))));
  }
}

TEST(ConfigFile, AFileThatIsNotThere) {
  const auto lines = ReadConfigFile("/nowhere/x.conf");
  EXPECT_EQ(lines.status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(lines.status().message()), HasSubstr("/nowhere/x.conf"));
}

}  // namespace
}  // namespace realise
