#include "libs/event_log/kafka/kafka_topics.h"

#include "gmock/gmock.h"

namespace realise {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr TopicShape kReplicated{
    .brokers = 3, .partitions = 1, .replicas = 3, .in_sync = 3, .has_leader = true};

std::map<std::string, std::string> SafeSettings() {
  return {{"cleanup.policy", "delete"},     {"retention.ms", "-1"},
          {"retention.bytes", "-1"},        {"unclean.leader.election.enable", "false"},
          {"max.message.bytes", "1048576"}, {"min.insync.replicas", "2"}};
}

struct UnsafeCase {
  const char* name;
  const char* value;
  const char* said;
};

TEST(UnsafeSettings, NothingIsSaidOfASafeTopic) {
  EXPECT_THAT(UnsafeSettings(kReplicated, SafeSettings()), IsEmpty());
}

TEST(UnsafeSettings, EachUnsafeSettingIsNamedWithWhatIsRight) {
  for (const UnsafeCase& unsafe : std::initializer_list<UnsafeCase>{
           {"cleanup.policy", "compact", "cleanup.policy is compact, and must be delete"},
           {"cleanup.policy", "compact,delete", "cleanup.policy is compact,delete, and must be delete"},
           {"retention.ms", "604800000", "retention.ms is 604800000, and must be -1"},
           {"retention.bytes", "1073741824", "retention.bytes is 1073741824, and must be -1"},
           {"unclean.leader.election.enable", "true",
            "unclean.leader.election.enable is true, and must be false"},
           {"max.message.bytes", "1048575", "max.message.bytes is 1048575, and must be 1048576 or more"},
           {"min.insync.replicas", "1",
            "min.insync.replicas is 1, and must be 2 or more on a replicated topic"}}) {
    auto settings = SafeSettings();
    settings[unsafe.name] = unsafe.value;
    EXPECT_THAT(UnsafeSettings(kReplicated, settings), ElementsAre(unsafe.said));
  }
}

TEST(UnsafeSettings, ASettingThatIsNotToldIsNotTakenForSafe) {
  auto settings = SafeSettings();
  settings.erase("retention.ms");
  EXPECT_THAT(UnsafeSettings(kReplicated, settings),
              ElementsAre("the broker does not tell retention.ms, which must be -1"));
}

TEST(UnsafeSettings, OneReplicaNeedsNoSecondInSync) {
  auto settings = SafeSettings();
  settings["min.insync.replicas"] = "1";
  TopicShape single = kReplicated;
  single.replicas = 1;
  EXPECT_THAT(UnsafeSettings(single, settings), IsEmpty());
}

TEST(UnsafeSettings, MorePartitionsThanOneAreRefused) {
  TopicShape two = kReplicated;
  two.partitions = 2;
  EXPECT_THAT(UnsafeSettings(two, SafeSettings()), ElementsAre("it has 2 partitions, and must have 1"));
}

}  // namespace
}  // namespace realise
