// The command line as people and scripts use it: exit statuses, formats, lists with mistakes in them, copies.
#include <fstream>
#include <sstream>
#include <string>
#include <tuple>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/base/money.h"
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
  WriteFile(
      path,
      "{\"id\":\"9434765919\n{\"nme\":\"x\"}\n[]\n\n{\"claim_submitted\":{\"amount_pence\":\"943p\"}}\n");
  const CommandResult result = served_.Realise({"append", path, "--ledger", "T01"});
  EXPECT_EQ(result.exit_status, 1);
  EXPECT_THAT(result.err, HasSubstr("line 1: MALFORMED"));
  EXPECT_THAT(result.err, HasSubstr("line 2: nme: UNKNOWN_FIELD"));
  EXPECT_THAT(result.err, HasSubstr("line 3: MALFORMED"));
  EXPECT_THAT(result.err,
              HasSubstr("line 5: claim_submitted.amount_pence: MALFORMED: has to be a whole number"));
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

TEST_F(CommandLine, ACheckOfMoreThanFitsIsAFaultOfTheFile) {
  const std::string path = folder_.path() + "/many.jsonl";
  std::string lines;
  for (int i = 0; i <= 10000; ++i) lines += "{\"id\":\"x\"}\n";
  WriteFile(path, lines);
  const CommandResult check = served_.Realise({"append", path, "--ledger", "T01", "--check"});
  EXPECT_EQ(check.exit_status, 1);
  EXPECT_THAT(check.err, HasSubstr("line 10001: a check takes at most 10000 events of one ledger; split"));
}

// The rows of a CSV answer, each with its fields; none of these holds a comma.
std::vector<std::vector<std::string>> Rows(const std::string& csv) {
  std::vector<std::vector<std::string>> rows;
  std::istringstream lines(csv);
  for (std::string line; std::getline(lines, line);) {
    if (!line.empty() && line.back() == '\r') line.pop_back();
    std::istringstream fields(line);
    rows.emplace_back();
    for (std::string field; std::getline(fields, field, ',');) rows.back().push_back(field);
  }
  return rows;
}

TEST_F(CommandLine, NetCashOpensIntoTheEventsThatMakeIt) {
  const v1::BenefitSign dis = v1::BENEFIT_SIGN_DISBENEFIT;
  served_.Append(
      "T01", "2024-06-02",
      {PeriodOpened("2024/25-M02"),
       BenefitRegistered("income", "p-1", {.financial_class = v1::FINANCIAL_CLASS_INCOME_GENERATION}),
       BenefitRegistered("cost", "p-1", {.recurrence = v1::RECURRENCE_NON_RECURRENT, .sign = dis}),
       BenefitRegistered("avoided", "p-1", {.financial_class = v1::FINANCIAL_CLASS_COST_AVOIDANCE}),
       ClaimSubmitted("c-2", "income", "2024/25-M01", "2024/25-M02", 10001),
       ClaimValidated("c-2", "2024/25-M02", 10001),
       ClaimSubmitted("c-3", "cost", "2024/25-M02", "2024/25-M02", -777),
       ClaimValidated("c-3", "2024/25-M02", -777),
       ClaimSubmitted("c-4", "avoided", "2024/25-M02", "2024/25-M02", 500),
       ClaimValidated("c-4", "2024/25-M02", 500), ClaimReversed("c-1", "2024/25-M02")});
  for (const auto& [from, to, column] :
       {std::tuple("", "2024/25-M02", 8), std::tuple("2024/25-M02", "2024/25-M02", 4),
        std::tuple("", "2024/25-M01", 8)}) {
    const auto figures = Rows(served_
                                  .Realise({"-o", "csv", "query", "savings", "T01", "--board", "urgent-care",
                                            "--period", to, "--at-least", served_.last_receipt()})
                                  .out);
    ASSERT_GT(figures.size(), 1u);
    const std::vector<std::string>& net_cash = figures.back();
    ASSERT_EQ(net_cash[2], "NET CASH");
    std::vector<std::string> words = {"explain",     "savings",    "T01",  "--board",
                                      "urgent-care", "--net-cash", "--to", to};
    if (*from != '\0') words.insert(words.end(), {"--from", from});
    EXPECT_THAT(served_.Realise(words).out,
                HasSubstr("to exactly " + FormatPounds(ParsePounds(net_cash[column]).value())))
        << to;
    words.insert(words.begin(), {"-o", "csv"});
    const CommandResult explained = served_.Realise(words);
    int64_t pence = 0;
    for (const auto& row : Rows(explained.out)) {
      if (row[0] != "sequence") pence += ParsePounds(row[8]).value();
    }
    EXPECT_EQ(FormatPoundsPlain(pence), net_cash[column]) << explained.out;
    EXPECT_THAT(explained.out, Not(HasSubstr("avoid"))) << "avoided cost is no cash";
  }
  EXPECT_THAT(served_
                  .Realise({"explain", "savings", "T01", "--board", "urgent-care", "--net-cash", "--to",
                            "2024/25-M02"})
                  .out,
              HasSubstr("4 events sum to exactly 92.24"));
}

TEST_F(CommandLine, TheHistoryIsReadFromTheLog) {
  const CommandResult all = served_.Realise({"-o", "csv", "log", "T01"});
  EXPECT_EQ(std::count(all.out.begin(), all.out.end(), '\n'), 8);
  const CommandResult claims =
      served_.Realise({"-o", "csv", "log", "T01", "--stream", "claim/c-1", "--type", "claim_validated"});
  EXPECT_EQ(std::count(claims.out.begin(), claims.out.end(), '\n'), 2);
  EXPECT_THAT(claims.out, HasSubstr("7,2024-06-01T"));
  EXPECT_THAT(served_
                  .Realise({"-o", "csv", "log", "T01", "--recorded-from", "2024-06-01T01:00:00+01:00",
                            "--recorded-to", "2024-06-01T01:00:01+01:00"})
                  .out,
              HasSubstr("\r\n1,2024-06-01T00:00:00"));
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
