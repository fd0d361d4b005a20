// The command line as people and scripts use it: exit statuses, formats, lists with mistakes in them, copies.
#include <fstream>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "tests/end_to_end/served_ledger.h"

namespace realise::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

void WriteFile(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

std::vector<v1::Event> Programme() {
  return {BoardEstablished("urgent-care"),
          ProjectProposed("p-1"),
          ProjectAssigned("p-1", "urgent-care"),
          BenefitRegistered("b-1", "p-1"),
          PeriodOpened("2024/25-M01"),
          ClaimSubmitted("c-1", "b-1", "2024/25-M01", "2024/25-M01", 123456),
          ClaimValidated("c-1", "2024/25-M01", 123450)};
}

class CommandLine : public ::testing::Test {
 protected:
  void SetUp() override {
    served_.Create("T01");
    served_.Append("T01", "2024-06-01", Programme());
  }

  TemporaryFolder folder_;
  ServedLedger served_;
};

TEST_F(CommandLine, ExitStatuses) {
  EXPECT_EQ(served_.Realise({"query", "savings", "T01", "--period", "2024/25-M01"}).exit_status, 0);
  EXPECT_EQ(served_.Realise({"ledger", "create", "t-1"}).exit_status, 1);
  EXPECT_EQ(served_.Realise({"query"}).exit_status, 2);
  EXPECT_EQ(served_.Realise({"query", "savings", "T01", "--view", "tomorrow"}).exit_status, 2);
  EXPECT_EQ(served_.Realise({"query", "savings", "XX9"}).exit_status, 3);
  EXPECT_EQ(served_.Realise({"query", "savings", "T01", "--as-at", "close:2024/25-M01"}).exit_status, 3);
  EXPECT_EQ(served_.Realise({"status", "T01"}).exit_status, 0);
  EXPECT_EQ(served_.Realise({"status", "T01", "XX9"}).exit_status, 3);
  EXPECT_EQ(served_.Realise({"ledger", "create", "T01"}).exit_status, 5);
  EXPECT_EQ(served_.Realise({"verify", "T01@7#" + std::string(64, '0')}).exit_status, 6);
  EXPECT_EQ(served_.Realise({"query", "savings", "T01", "--at-least", "T01@99"}).exit_status, 69);
  EXPECT_EQ(RunCommand({RealiseProgram(), "--server", "127.0.0.1:1", "status"}).exit_status, 69);
  EXPECT_EQ(RunCommand({RealiseProgram(), "--help"}).exit_status, 0);
}

TEST_F(CommandLine, DataIsOnStdoutInEveryFormat) {
  const std::vector<std::string> question = {"query", "savings", "T01", "--period", "2024/25-M01"};
  const auto ask = [&](const std::string& format) {
    std::vector<std::string> words = {"-o", format};
    words.insert(words.end(), question.begin(), question.end());
    const CommandResult result = served_.Realise(words);
    EXPECT_EQ(result.err, "");
    return result.out;
  };
  EXPECT_THAT(ask("table"), HasSubstr("1,234.50"));
  EXPECT_THAT(ask("table"), HasSubstr("DEMONSTRATION"));
  EXPECT_THAT(ask("csv"), StartsWith("board_id,board_name,line,recurrence,in_month_gbp"));
  EXPECT_THAT(ask("csv"), HasSubstr("urgent-care,"));
  EXPECT_THAT(ask("csv"), HasSubstr(",1234.50,"));
  EXPECT_THAT(ask("jsonl"), HasSubstr("\"in_month_gbp\":1234.50"));
  EXPECT_THAT(ask("json"), HasSubstr("\"in_month_pence\": \"123450\""));
}

TEST_F(CommandLine, EveryRefusedLineOfAListIsReportedAndTheOthersGoThrough) {
  const std::string path = folder_.path() + "/claims.csv";
  WriteFile(path,
            "claim_id,benefit_id,relates_to_period,posted_to_period,amount_gbp,evidence_refs,method,actor_"
            "role,occurred_on\n"
            "c-10,b-1,2024/25-M01,2024/25-M01,100.50,ref-1,ledger,project-lead,2024-05-01\n"
            "c-11,b-1,2024/25-M01,2024/25-M01,12.345,ref-1,ledger,project-lead,2024-05-01\n"
            "c-12,b-none,2024/25-M01,2024/25-M01,5.00,ref-1,ledger,project-lead,2024-05-01\n"
            "c-13,b-1,2024/25-M01,2024/25-M01,5.00,Ref 943 476 5919,ledger,project-lead,2024-05-01\n"
            "c-14,b-1,2024/25-M01,2024/25-M01,7.00,ref-1,ledger,project-lead,2024-05-01\n");
  const CommandResult check = served_.Realise({"import", "claims", path, "--ledger", "T01", "--check"});
  EXPECT_EQ(check.exit_status, 1);
  for (const char* expected :
       {"3  amount_gbp", "4  benefit_id", "UNKNOWN_BENEFIT", "5  evidence_refs", "PATIENT_IDENTIFIER"}) {
    EXPECT_THAT(check.out, HasSubstr(expected));
  }
  const CommandResult imported = served_.Realise({"-o", "csv", "import", "claims", path, "--ledger", "T01"});
  EXPECT_EQ(imported.exit_status, 1);
  EXPECT_THAT(imported.err, HasSubstr("line 4: benefit_id: UNKNOWN_BENEFIT"));
  EXPECT_THAT(imported.out, HasSubstr("T01,2,0,"));
  EXPECT_THAT(check.out + check.err + imported.out + imported.err, Not(HasSubstr("943")));
  const CommandResult again = served_.Realise({"-o", "csv", "import", "claims", path, "--ledger", "T01"});
  EXPECT_THAT(again.out, HasSubstr("T01,0,2,")) << "a second import changes nothing";
}

TEST_F(CommandLine, LinesThatAreNoEventsAreReportedWithoutAnEcho) {
  const std::string path = folder_.path() + "/events.jsonl";
  WriteFile(path, "{\"id\":\"9434765919\n{\"nme\":\"x\"}\n[]\n\n");
  const CommandResult result = served_.Realise({"append", path, "--ledger", "T01"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, HasSubstr("line 1: MALFORMED"));
  EXPECT_THAT(result.err, HasSubstr("line 2: nme: UNKNOWN_FIELD"));
  EXPECT_THAT(result.err, HasSubstr("line 3: MALFORMED"));
  EXPECT_THAT(result.out + result.err, Not(HasSubstr("943")));
}

TEST_F(CommandLine, AnAuditComesToTheSameFigures) {
  const CommandResult replay = served_.Realise({"-o", "csv", "replay", "T01", "--verify"});
  EXPECT_EQ(replay.exit_status, 0) << replay.err;
  EXPECT_THAT(replay.out, HasSubstr("T01,7,"));
  EXPECT_THAT(replay.out, HasSubstr("identical"));
  const CommandResult served = served_.Realise({"query", "savings", "T01", "--period", "2024/25-M01"});
  const CommandResult replayed = served_.Realise({"replay", "T01", "--period", "2024/25-M01"});
  EXPECT_EQ(replayed.out, served.out);
}

TEST_F(CommandLine, TheHistoryIsReadFromTheLog) {
  const CommandResult all = served_.Realise({"-o", "csv", "log", "T01"});
  EXPECT_EQ(std::count(all.out.begin(), all.out.end(), '\n'), 8);
  const CommandResult claims =
      served_.Realise({"-o", "csv", "log", "T01", "--stream", "claim/c-1", "--type", "claim_validated"});
  EXPECT_EQ(std::count(claims.out.begin(), claims.out.end(), '\n'), 2);
  EXPECT_THAT(claims.out, HasSubstr("7,2024-06-01T"));
  EXPECT_EQ(served_.Realise({"log", "T01", "--type", "claim_paid"}).exit_status, 1);
  v1::Event odd = BoardEstablished("b-2");
  odd.set_id("=a\"b,c");
  served_.Append("T01", "2024-06-02", {odd});
  EXPECT_THAT(served_.Realise({"-o", "csv", "log", "T01", "--from", "8"}).out,
              HasSubstr(",\"'=a\"\"b,c\"\r\n"));
}

TEST_F(CommandLine, ACopyHasTheSamePositionsDigestsAndAnswers) {
  const std::string backup = folder_.path() + "/T01.realise";
  const std::string restored = folder_.path() + "/restored";
  ASSERT_EQ(served_.Realise({"ledger", "copy", "T01", "--to", "file:" + backup}).exit_status, 0);
  ASSERT_EQ(RunCommand({"/bin/mkdir", "-p", restored}).exit_status, 0);
  const CommandResult copied = served_.Realise({"-o", "csv", "ledger", "copy", "T01", "--from",
                                                "file:" + backup, "--to", "embedded:" + restored + "/log"});
  ASSERT_EQ(copied.exit_status, 0) << copied.err;
  ServedLedger other(restored, {});
  EXPECT_EQ(other.Realise({"verify", served_.last_receipt()}).exit_status, 0);
  const std::vector<std::string> question = {"-o",          "json",       "query",
                                             "savings",     "T01",        "--period",
                                             "2024/25-M01", "--at-least", served_.last_receipt()};
  EXPECT_EQ(other.Realise(question).out, served_.Realise(question).out);
  EXPECT_EQ(other.Realise({"replay", "T01", "--verify"}).exit_status, 0);
}

TEST_F(CommandLine, AGracefulStopKeepsEverything) {
  const std::vector<std::string> question = {"query", "savings", "T01", "--period", "2024/25-M01"};
  const std::string before = served_.Realise(question).out;
  EXPECT_EQ(served_.process().Terminate(), 0);
  ServedLedger again(served_.data(), {});
  EXPECT_EQ(again.Realise(question).out, before);
}

TEST(CommandLineServe, RefusesToListenBeyondLoopback) {
  const TemporaryFolder folder;
  const CommandResult result =
      RunCommand({RealiseProgram(), "serve", "--data", folder.path(), "--listen", "0.0.0.0:0"});
  EXPECT_EQ(result.exit_status, 2);
  EXPECT_THAT(result.err, HasSubstr("loopback"));
}

}  // namespace
}  // namespace realise::testing
