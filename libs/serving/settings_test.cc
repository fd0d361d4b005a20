#include "libs/serving/settings.h"

#include <cstdio>
#include <fstream>
#include <map>
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
using ::testing::Pair;

class Settings : public ::testing::Test {
 protected:
  // Writes a file and returns its path.
  std::string File(const std::string& name, const std::string& text) {
    std::string path = ::testing::TempDir() + "settings_test." + name;
    std::ofstream(path) << text;
    flags_.config_files.push_back(path);
    written_.push_back(path);
    return path;
  }
  void TearDown() override {
    for (const std::string& path : written_) std::remove(path.c_str());
  }

  absl::StatusOr<ResolvedSettings> Resolve(const Role& role) const {
    return ResolveSettings(role, flags_, [this](const char* name) -> const char* {
      const auto at = environment_.find(name);
      return at == environment_.end() ? nullptr : at->second.c_str();
    });
  }
  std::string Error(const Role& role) const {
    const auto resolved = Resolve(role);
    EXPECT_EQ(resolved.status().code(), absl::StatusCode::kInvalidArgument);
    return std::string(resolved.status().message());
  }

  ServeFlags flags_;
  std::map<std::string, std::string> environment_;

 private:
  std::vector<std::string> written_;
};

TEST_F(Settings, WhatIsBuiltIn) {
  const auto serve = Resolve(kServeRole);
  ASSERT_TRUE(serve.ok()) << serve.status();
  EXPECT_EQ(serve->options.listen, "127.0.0.1:7410");
  EXPECT_EQ(serve->options.log, "embedded");
  EXPECT_THAT(serve->ToConfig(), HasSubstr("data = \"realise-data\"  # built in\n"));
}

TEST_F(Settings, AFlagWinsOverTheEnvironmentAndThatOverFilesTheLastFirst) {
  const std::string first = File("1", "listen = 127.0.0.1:1\ndata = d1\nbrokers = b1\naddress-file = a1\n");
  const std::string second = File("2", "\ndata = d2\nbrokers = b2\n");
  environment_ = {{"REALISE_BROKERS", "b3"}, {"REALISE_LISTEN", "127.0.0.1:3"}};
  flags_.values = {{"listen", "127.0.0.1:4"}, {"allow-unsafe-topic", "true"}};
  const auto resolved = Resolve(kIngestRole);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_EQ(resolved->options.listen, "127.0.0.1:4");
  EXPECT_EQ(resolved->options.brokers, "b3");
  EXPECT_EQ(resolved->options.data, "d2");
  EXPECT_EQ(resolved->options.address_file, "a1");
  EXPECT_TRUE(resolved->options.allow_unsafe_topic);
  EXPECT_EQ(resolved->ToConfig(),
            "listen = \"127.0.0.1:4\"  # --listen\ndata = \"d2\"  # " + second +
                ", line 2\nlog = \"kafka\"  # built in\nbrokers = \"b3\"  # REALISE_BROKERS\n" +
                "allow-unsafe-topic = \"true\"  # --allow-unsafe-topic\ninbound = \"\"  # built in\n" +
                "address-file = \"a1\"  # " + first +
                ", line 4\nmetrics-listen = \"\"  # built in\nadvertise = \"\"  # built in\n" +
                "fleet-topic = \"realise.ingest\"  # built in\n");
}

TEST_F(Settings, WhatIsPrintedCanBeUsedAgain) {
  flags_.values = {{"brokers", "b"}, {"allow-unsafe-topic", "true"}, {"address-file", "/a b"}};
  environment_ = {{"REALISE_KAFKA_SASL_USERNAME", "u"}};
  const auto before = Resolve(kProjectionRole);
  ASSERT_TRUE(before.ok());
  flags_ = {};
  environment_ = {};
  File("again", before->ToConfig());
  const auto after = Resolve(kProjectionRole);
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_EQ(after->options.address_file, "/a b");
  EXPECT_EQ(after->options.brokers, "b");
  EXPECT_TRUE(after->options.allow_unsafe_topic);
  EXPECT_THAT(after->options.kafka, ElementsAre(Pair("sasl.username", "u")));
}

TEST_F(Settings, AnUnknownNameSaysWhereItStandsAndWhatThereIs) {
  const std::string path = File("1", "brokers = b\n\nlisen = 127.0.0.1:1\n");
  EXPECT_THAT(Error(kIngestRole),
              AllOf(HasSubstr(path + ", line 3"), HasSubstr("no setting lisen"), HasSubstr("listen, data")));
}

TEST_F(Settings, AuditKeepsNothingAndHasNoFolder) {
  File("1", "brokers = b\ndata = d\n");
  EXPECT_THAT(Error(kAuditRole), HasSubstr("realise-audit has no setting data"));
}

TEST_F(Settings, OnlyHowToConnectIsHandedToKafka) {
  File("1", "brokers = b\nkafka.security.protocol = SASL_SSL\nkafka.sasl.mechanism = PLAIN\n");
  const auto resolved = Resolve(kIngestRole);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_THAT(resolved->options.kafka,
              ElementsAre(Pair("security.protocol", "SASL_SSL"), Pair("sasl.mechanism", "PLAIN")));
  for (const std::string name :
       {"acks", "isolation.level", "enable.idempotence", "auto.offset.reset", "group.id"}) {
    flags_.config_files.clear();
    File("2", "brokers = b\nkafka." + name + " = all\n");
    EXPECT_THAT(Error(kIngestRole),
                AllOf(HasSubstr("line 2"), HasSubstr("kafka." + name), HasSubstr("not handed")));
  }
}

TEST_F(Settings, ASecretIsTakenButNeverShown) {
  File("1", "brokers = b\nkafka.sasl.password = hunter2\n");
  environment_ = {{"REALISE_KAFKA_SSL_KEY_PASSWORD", "hunter3"}};
  const auto resolved = Resolve(kIngestRole);
  ASSERT_TRUE(resolved.ok()) << resolved.status();
  EXPECT_THAT(resolved->options.kafka,
              ElementsAre(Pair("sasl.password", "hunter2"), Pair("ssl.key.password", "hunter3")));
  EXPECT_THAT(resolved->ToConfig(),
              AllOf(HasSubstr("# kafka.sasl.password is set"), Not(HasSubstr("hunter"))));
}

TEST_F(Settings, ACommandConnectsToKafkaAsTheServerDoes) {
  File("1", "listen = 127.0.0.1:1\nbrokers = b1\ninbound = i1\nkafka.security.protocol = SASL_SSL\n");
  File("2", "kafka.sasl.password = hunter2\n");
  environment_ = {{"REALISE_BROKERS", "b2"}};
  const auto resolve = [this] {
    return ResolveKafka(flags_.config_files, [this](const char* name) -> const char* {
      const auto at = environment_.find(name);
      return at == environment_.end() ? nullptr : at->second.c_str();
    });
  };
  const auto place = resolve();
  ASSERT_TRUE(place.ok()) << place.status();
  EXPECT_EQ(place->brokers, "b2");
  EXPECT_EQ(place->inbound, "i1");
  EXPECT_THAT(place->connection,
              ElementsAre(Pair("security.protocol", "SASL_SSL"), Pair("sasl.password", "hunter2")));
  flags_.config_files.clear();
  environment_.clear();
  EXPECT_EQ(resolve()->brokers, "");
  File("3", "kafka.acks = 1\n");
  EXPECT_THAT(std::string(resolve().status().message()), HasSubstr("kafka.acks is not handed"));
}

TEST_F(Settings, ValuesThatDoNotFit) {
  File("1", "brokers = b\nallow-unsafe-topic = yes\n");
  EXPECT_THAT(Error(kIngestRole), AllOf(HasSubstr("line 2"), HasSubstr("true or false")));
  flags_.config_files.clear();
  EXPECT_THAT(Error(kIngestRole), HasSubstr("brokers"));
  flags_.values = {{"log", "embedded"}};
  EXPECT_THAT(Error(kIngestRole), HasSubstr("realise serve"));
  flags_.values = {{"log", "file"}};
  EXPECT_THAT(Error(kServeRole), HasSubstr("embedded or kafka"));
  flags_.values = {{"brokers", "b"}};
  EXPECT_THAT(Error(kServeRole), HasSubstr("log = kafka"));
}

}  // namespace
}  // namespace realise
