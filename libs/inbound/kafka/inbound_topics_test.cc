#include "libs/inbound/kafka/inbound_topics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace realise {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(InboundTopicsOf, NamesTheOthersAfterIt) {
  const InboundTopics topics = InboundTopicsOf("realise.inbound");
  EXPECT_EQ(topics.outcomes, "realise.outcomes");
  EXPECT_EQ(topics.rejected, "realise.inbound.rejected");
  EXPECT_EQ(topics.group, "realise.inbound.ingest");
  EXPECT_EQ(InboundTopicsOf("benefits").outcomes, "benefits.outcomes");
}

const std::map<std::string, std::string> kSafe = {{"cleanup.policy", "delete"},
                                                  {"unclean.leader.election.enable", "false"},
                                                  {"max.message.bytes", "1048576"},
                                                  {"min.insync.replicas", "2"}};

std::vector<std::string> UnsafeWith(const std::string& name, const std::string& value, int replicas = 3) {
  auto settings = kSafe;
  settings[name] = value;
  return UnsafeInboundSettings({replicas, settings}, 1048576);
}

TEST(UnsafeInboundSettings, SaysWhatIsWrongAndWhatIsRight) {
  EXPECT_THAT(UnsafeInboundSettings({3, kSafe}, 1048576), IsEmpty());
  EXPECT_THAT(UnsafeWith("cleanup.policy", "compact"), ElementsAre(HasSubstr("must be delete")));
  EXPECT_THAT(UnsafeWith("cleanup.policy", "compact,delete"), ElementsAre(HasSubstr("must be delete")));
  EXPECT_THAT(UnsafeWith("unclean.leader.election.enable", "true"), ElementsAre(HasSubstr("must be false")));
  EXPECT_THAT(UnsafeWith("max.message.bytes", "1048575"), ElementsAre(HasSubstr("1048576 or more")));
  EXPECT_THAT(UnsafeWith("min.insync.replicas", "1"), ElementsAre(HasSubstr("2 or more")));
  EXPECT_THAT(UnsafeWith("min.insync.replicas", "1", 1), IsEmpty());
  EXPECT_EQ(UnsafeInboundSettings({3, {}}, 1).size(), 4u);
}

TEST(CheckInboundTopics, NeedsBrokers) {
  EXPECT_TRUE(absl::IsInvalidArgument(CheckInboundTopics({}, InboundTopicsOf("x"), false)));
}

}  // namespace
}  // namespace realise
