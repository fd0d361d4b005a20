// The separate processes, realise-ingest, realise-projection and realise-audit, as one system on a real
// broker: tools/kafka up, REALISE_KAFKA_BROKERS.
#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>

#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "grpc/health/v1/health.grpc.pb.h"
#include "gtest/gtest.h"
#include "libs/base/ids.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/rpc/deadline.h"
#include "tests/end_to_end/served_ledger.h"

namespace realise::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

std::string Brokers() {
  const char* brokers = std::getenv("REALISE_KAFKA_BROKERS");
  return brokers == nullptr ? "" : brokers;
}

// A code of its own, for topics outlive a test.
std::string FreshLedger() {
  std::string code = "P" + ToHex(RandomLedgerId().view()).substr(0, 8);
  for (char& c : code) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  return code;
}

std::unique_ptr<ServerProcess> Launch(const std::string& program, const std::string& data) {
  std::vector<std::string> command = {program, "--listen", "127.0.0.1:0", "--brokers", Brokers()};
  if (!data.empty()) command.insert(command.end(), {"--data", data});
  auto process = ServerProcess::Launch(command);
  EXPECT_TRUE(process.ok()) << process.status();
  return process.ok() ? *std::move(process) : nullptr;
}

// What a process says of itself and of its services.
std::map<std::string, std::string> HealthOf(const std::string& address) {
  const auto health =
      grpc::health::v1::Health::NewStub(grpc::CreateChannel(address, grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(RpcNow() + std::chrono::seconds(10));
  grpc::health::v1::HealthListResponse response;
  const grpc::Status status = health->List(&context, {}, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  std::map<std::string, std::string> services;
  for (const auto& [service, answer] : response.statuses()) {
    if (service.rfind("ledger/", 0) == 0) continue;  // of other tests
    services[service] = grpc::health::v1::HealthCheckResponse::ServingStatus_Name(answer.status());
  }
  return services;
}

class Processes : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_NE(Brokers(), "") << "REALISE_KAFKA_BROKERS is not set: run tools/kafka up";
    ingest_ = Launch(REALISE_INGEST_PROGRAM, folder_.path());
    projection_ = Launch(REALISE_PROJECTION_PROGRAM, folder_.path());
    audit_ = Launch(REALISE_AUDIT_PROGRAM, "");
    ASSERT_TRUE(ingest_ && projection_ && audit_);
  }

  // The command line, told where each of the three is, and nothing that could serve all.
  CommandResult Realise(std::vector<std::string> words) const {
    words.insert(words.begin(), {RealiseProgram(), "--server", "127.0.0.1:1", "--ingest", ingest_->address(),
                                 "--projection", projection_->address(), "--audit", audit_->address()});
    return RunCommand(words);
  }

  // One event a line, with a time each.
  std::string WriteEvents(const std::string& ledger, const std::vector<v1::Event>& events) const {
    std::string path = folder_.path() + "/events.jsonl";
    std::ofstream file(path);
    for (const v1::Event& event : events) {
      v1::AppendRequest request;
      request.set_ledger(ledger);
      request.set_simulated_time("2024-06-01");
      *request.add_events() = event;
      std::string line;
      EXPECT_TRUE(google::protobuf::util::MessageToJsonString(request, &line).ok());
      file << line << "\n";
    }
    return path;
  }

  TemporaryFolder folder_;
  std::unique_ptr<ServerProcess> ingest_;
  std::unique_ptr<ServerProcess> projection_;
  std::unique_ptr<ServerProcess> audit_;
};

TEST_F(Processes, AppendThroughIngestAskTheProjectionVerifyByAudit) {
  const std::string ledger = FreshLedger();
  const CommandResult created = Realise({"ledger", "create", ledger, "--demonstration"});
  ASSERT_EQ(created.exit_status, 0) << created.err;
  const std::string events = WriteEvents(
      ledger, {BoardEstablished("urgent-care"), ProjectProposed("p-1"), ProjectAssigned("p-1", "urgent-care"),
               BenefitRegistered("b-1", "p-1"), PeriodOpened("2024/25-M01"),
               ClaimSubmitted("c-1", "b-1", "2024/25-M01", "2024/25-M01", 123456),
               ClaimValidated("c-1", "2024/25-M01", 123450)});
  const CommandResult appended = Realise({"append", "--ledger", ledger, events});
  ASSERT_EQ(appended.exit_status, 0) << appended.err;

  const CommandResult savings =
      Realise({"query", "savings", ledger, "--period", "2024/25-M01", "--at-least", ledger + "@7"});
  EXPECT_EQ(savings.exit_status, 0) << savings.err;
  EXPECT_THAT(savings.out, HasSubstr("1,234.50"));

  const CommandResult history = Realise({"log", ledger});
  EXPECT_THAT(history.out, HasSubstr("claim_validated")) << history.err;
  const CommandResult replay = Realise({"replay", ledger, "--verify"});
  EXPECT_EQ(replay.exit_status, 0) << replay.err;
  const CommandResult status = Realise({"status", ledger});
  EXPECT_EQ(status.exit_status, 0) << status.err;
  EXPECT_THAT(status.out, HasSubstr(ledger + "@7#"));
}

TEST_F(Processes, EachHasItsServicesAndSaysSo) {
  EXPECT_THAT(HealthOf(ingest_->address()),
              UnorderedElementsAre(Pair("", "SERVING"), Pair("realise.v1.AppendService", "SERVING"),
                                   Pair("realise.v1.LedgerService", "SERVING")));
  EXPECT_THAT(HealthOf(projection_->address()),
              UnorderedElementsAre(Pair("", "SERVING"), Pair("realise.v1.QueryService", "SERVING"),
                                   Pair("realise.v1.LedgerService", "SERVING")));
  EXPECT_THAT(HealthOf(audit_->address()),
              UnorderedElementsAre(Pair("", "SERVING"), Pair("realise.v1.LogService", "SERVING"),
                                   Pair("realise.v1.LedgerService", "SERVING")));
}

TEST_F(Processes, WhoeverAsksTheWrongOneIsToldWhichIsRight) {
  const CommandResult create =
      RunCommand({RealiseProgram(), "--server", projection_->address(), "ledger", "create", FreshLedger()});
  EXPECT_EQ(create.exit_status, 1);
  EXPECT_THAT(create.err, HasSubstr("realise-ingest"));
  const CommandResult query =
      RunCommand({RealiseProgram(), "--server", ingest_->address(), "query", "savings", "RH5"});
  EXPECT_EQ(query.exit_status, 1);
  EXPECT_THAT(query.err, HasSubstr("realise-projection"));
}

TEST_F(Processes, ASignalEndsEachWithStatusZero) {
  EXPECT_EQ(ingest_->Terminate(), 0);
  EXPECT_EQ(projection_->Terminate(), 0);
  EXPECT_EQ(audit_->Terminate(), 0);
}

TEST(ProcessStart, RefusesTheEmbeddedLogAndAFolderInUse) {
  const TemporaryFolder folder;
  const CommandResult embedded = RunCommand({REALISE_PROJECTION_PROGRAM, "--log", "embedded"});
  EXPECT_EQ(embedded.exit_status, 2);
  EXPECT_THAT(embedded.err, HasSubstr("realise serve"));

  const auto first = Launch(REALISE_PROJECTION_PROGRAM, folder.path());
  ASSERT_NE(first, nullptr);
  const CommandResult second = RunCommand({REALISE_PROJECTION_PROGRAM, "--listen", "127.0.0.1:0", "--brokers",
                                           Brokers(), "--data", folder.path()});
  EXPECT_EQ(second.exit_status, 69);
  EXPECT_THAT(second.err, HasSubstr("another process"));
  const CommandResult port =
      RunCommand({REALISE_AUDIT_PROGRAM, "--listen", first->address(), "--brokers", Brokers()});
  EXPECT_EQ(port.exit_status, 69);
  EXPECT_THAT(port.err, HasSubstr("cannot listen"));
}

TEST(ProcessStart, AConfigurationThatCannotBeRightNamesTheLine) {
  const TemporaryFolder folder;
  const std::string path = folder.path() + "/audit.conf";
  std::ofstream(path) << "brokers = 127.0.0.1:1\nlisten = 127.0.0.1:0\nkafka.acks = 0\n";
  const CommandResult unknown = RunCommand({REALISE_AUDIT_PROGRAM, "--config", path});
  EXPECT_EQ(unknown.exit_status, 2);
  EXPECT_THAT(unknown.err, HasSubstr(path + ", line 3"));

  std::ofstream(path) << "brokers = 127.0.0.1:1\nlisten = 127.0.0.1:0\nkafka.security.protocol = SASLSSL\n";
  const CommandResult kafka = RunCommand({REALISE_AUDIT_PROGRAM, "--config", path});
  EXPECT_EQ(kafka.exit_status, 2);
  EXPECT_THAT(kafka.err, HasSubstr("security.protocol"));
}

}  // namespace
}  // namespace realise::testing
