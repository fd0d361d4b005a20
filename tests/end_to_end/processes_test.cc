// The separate processes, realise-ingest, realise-projection and realise-audit, as one system on a real
// broker: tools/kafka up, REALISE_KAFKA_BROKERS.
#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <cstdlib>
#include <fstream>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/ids.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/rpc/deadline.h"
#include "libs/serving/process_metrics.h"
#include "tests/end_to_end/served_ledger.h"
#include "tests/end_to_end/told.h"

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
  std::vector<std::string> command = {program,   "--listen",         "127.0.0.1:0", "--brokers",
                                      Brokers(), "--metrics-listen", "127.0.0.1:0"};
  if (!data.empty()) command.insert(command.end(), {"--data", data});
  auto process = ServerProcess::Launch(command);
  EXPECT_TRUE(process.ok()) << process.status();
  return process.ok() ? *std::move(process) : nullptr;
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
  EXPECT_EQ(AwaitHealth(ingest_->address(), "realise.v1.AppendService", "SERVING"), "SERVING");
  EXPECT_EQ(AwaitHealth(projection_->address(), "realise.v1.QueryService", "SERVING"), "SERVING");
  EXPECT_EQ(AwaitHealth(audit_->address(), "realise.v1.LogService", "SERVING"), "SERVING");
  EXPECT_THAT(HealthOf(ingest_->address()),
              UnorderedElementsAre(Pair("", "SERVING"), Pair("realise.v1.AppendService", "SERVING"),
                                   Pair("realise.v1.LedgerService", "SERVING"), Pair("fleet", "SERVING")));
  EXPECT_EQ(AwaitHealth(projection_->address(), "realise.v1.QueryService", "SERVING"), "SERVING");
  EXPECT_THAT(HealthOf(projection_->address()),
              UnorderedElementsAre(Pair("", "SERVING"), Pair("realise.v1.QueryService", "SERVING"),
                                   Pair("realise.v1.LedgerService", "SERVING")));
  EXPECT_THAT(HealthOf(audit_->address()),
              UnorderedElementsAre(Pair("", "SERVING"), Pair("realise.v1.LogService", "SERVING"),
                                   Pair("realise.v1.LedgerService", "SERVING")));
}

TEST_F(Processes, MetricsOfEachAreWhatHappened) {
  for (const auto* process : {ingest_.get(), projection_.get(), audit_.get()}) {
    const std::string page = HttpGet(process->metrics_address(), "/metrics");
    EXPECT_THAT(page, HasSubstr("200 OK"));
    for (const Metric& metric : ProcessMetricTable()) {
      EXPECT_THAT(page, HasSubstr("# HELP " + std::string(metric.name) + " "));
    }
    EXPECT_GT(SampleOf(*process, "process_start_time_seconds"), 0);
  }
  const std::string ledger = FreshLedger();
  const std::string of = "{ledger=\"" + ledger + "\"}";
  ASSERT_EQ(Realise({"ledger", "create", ledger, "--demonstration"}).exit_status, 0);
  const std::string events =
      WriteEvents(ledger, {BoardEstablished("urgent-care"), PeriodOpened("2024/25-M01")});
  ASSERT_EQ(Realise({"append", events}).exit_status, 0);
  ASSERT_EQ(Realise({"append", events}).exit_status, 0);
  const std::string refused = WriteEvents(ledger, {ClaimValidated("c-1", "2024/25-M01", 1)});
  ASSERT_EQ(Realise({"append", refused}).exit_status, 1);
  EXPECT_EQ(Realise({"query", "savings", ledger, "--at-least", ledger + "@2"}).exit_status, 0);
  EXPECT_EQ(Realise({"log", ledger}).exit_status, 0);

  EXPECT_EQ(SampleOf(*ingest_, "realise_log_reachable"), 1);
  EXPECT_EQ(SampleOf(*ingest_, "realise_part_healthy{part=\"fleet\"}"), 1);
  EXPECT_EQ(SampleOf(*ingest_, "realise_fleet_serving"), 1);
  EXPECT_GE(SampleOf(*ingest_, "realise_fleet_members"), 1);
  EXPECT_EQ(SampleOf(*ingest_, "realise_written_position" + of), 2);
  EXPECT_EQ(SampleOf(*ingest_, "realise_writer_healthy" + of), 1);
  EXPECT_EQ(SampleOf(*ingest_, "realise_writer_events_total" + of), 2);
  EXPECT_EQ(SampleOf(*ingest_, "realise_writer_duplicates_total" + of), 2);
  EXPECT_GE(SampleOf(*ingest_, "realise_writer_commits_total" + of), 1);
  EXPECT_EQ(SampleOf(*ingest_, "realise_writer_decided_again_total" + of), 0);
  EXPECT_EQ(SampleOf(*ingest_, "realise_pending_bytes"), 0);
  EXPECT_EQ(
      SampleOf(*ingest_, "realise_writer_refused_total{ledger=\"" + ledger + "\",reason=\"UNKNOWN_CLAIM\"}"),
      1);
  EXPECT_EQ(SampleOf(*ingest_,
                     "realise_rpc_duration_seconds_count{method=\"AppendService/AppendStream\",code=\"OK\"}"),
            3);
  EXPECT_EQ(SampleOf(*projection_, "realise_folded_position" + of), 2);
  EXPECT_EQ(SampleOf(*projection_, "realise_fold_void_commits" + of), 0);
  EXPECT_EQ(SampleOf(*projection_, "realise_fold_state{ledger=\"" + ledger + "\",state=\"caught_up\"}"), 1);
  EXPECT_EQ(SampleOf(*projection_, "realise_fold_lag_seconds" + of), 0);
  EXPECT_EQ(SampleOf(*projection_,
                     "realise_rpc_duration_seconds_count{method=\"QueryService/QuerySavings\",code=\"OK\"}"),
            1);
  EXPECT_EQ(
      SampleOf(*audit_, "realise_rpc_duration_seconds_count{method=\"LogService/ReadHistory\",code=\"OK\"}"),
      1);
}

TEST_F(Processes, AnIdleStreamHoldsUpNoStop) {
  const std::string ledger = FreshLedger();
  ASSERT_EQ(Realise({"ledger", "create", ledger, "--demonstration"}).exit_status, 0);
  const auto append =
      v1::AppendService::NewStub(grpc::CreateChannel(ingest_->address(), grpc::InsecureChannelCredentials()));
  grpc::ClientContext context;
  context.set_deadline(RpcNow() + std::chrono::seconds(60));
  const auto stream = append->AppendStream(&context);
  v1::AppendStreamRequest request;
  request.mutable_append()->set_ledger(ledger);
  request.mutable_append()->set_simulated_time("2024-06-01");
  *request.mutable_append()->add_events() = BoardEstablished("urgent-care");
  ASSERT_TRUE(stream->Write(request));
  v1::AppendStreamResponse response;
  ASSERT_TRUE(stream->Read(&response));
  EXPECT_TRUE(response.has_appended());
  // The caller goes on holding the stream.  Only a second signal, which is status 1, would cut off what does
  // not end by itself in ten seconds.
  EXPECT_EQ(ingest_->Terminate(), 0);
  EXPECT_FALSE(stream->Read(&response));
  EXPECT_FALSE(stream->Finish().ok());
}

TEST(ProcessStart, ABrokerThatDoesNotAnswerIsWaitedForAloud) {
  auto audit =
      ServerProcess::Launch({REALISE_AUDIT_PROGRAM, "--listen", "127.0.0.1:0", "--brokers", "127.0.0.1:1"});
  ASSERT_TRUE(audit.ok()) << audit.status();
  EXPECT_TRUE((*audit)->AwaitSaid("THE LOG DOES NOT ANSWER"));
  EXPECT_EQ(HealthOf((*audit)->address()).at(""), "SERVING");
  EXPECT_EQ(HealthOf((*audit)->address()).at("realise.v1.LogService"), "NOT_SERVING");
  EXPECT_EQ((*audit)->Terminate(), 0);
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

TEST(ProcessStart, TheExamplesOfDeployAreUnderstood) {
  for (const auto& [program, name] :
       {std::pair(REALISE_INGEST_PROGRAM, "ingest"), std::pair(REALISE_PROJECTION_PROGRAM, "projection"),
        std::pair(REALISE_AUDIT_PROGRAM, "audit")}) {
    const CommandResult printed =
        RunCommand({program, "--config", std::string("deploy/config/") + name + ".conf", "--config",
                    "deploy/config/kafka.conf", "--print-config"});
    EXPECT_EQ(printed.exit_status, 0) << printed.err;
    EXPECT_THAT(printed.out, HasSubstr("kafka.sasl.username = \"realise\""));
    EXPECT_THAT(printed.out, ::testing::Not(HasSubstr("change-me")));
  }
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
