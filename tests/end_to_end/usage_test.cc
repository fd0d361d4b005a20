// Commands that were called wrongly: the exit status, the option that is named, and what would be right.
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "tests/end_to_end/served_ledger.h"

namespace realise::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// What stands in place of a value is a valid NHS number, or holds one: no message may repeat it.
struct WrongCall {
  std::vector<std::string> words;
  int exit_status;
  std::vector<std::string> said;  // on stderr
};

// What stands in place of a value is a valid NHS number, or holds one: no message may repeat it.
const WrongCall kWordsAndCommands[] = {
    {{"9434765919"}, 2, {"realise: there is no such command; there are serve, ledger, append"}},
    {{"query"}, 2, {"realise query: a command is missing; there are savings, bed-days, waits"}},
    {{"query", "9434765919"}, 2, {"realise query: there is no such command; there are savings, bed-days"}},
    {{"query", "savings"}, 2, {"ledger is required", "`realise query savings --help`"}},
    {{"query", "savings", "T01", "9434765919"}, 2, {"a word more than it takes"}},
    {{"query", "savings", "--perod", "9434765919", "T01"}, 2, {"there is no option --perod\n"}},
    {{"query", "savings", "T01", "--perod=9434765919"}, 2, {"there is no option --perod\n"}},
    {{"query", "savings", "T01", "--9434765919"}, 2, {"there is no option\n"}},
    {{"query", "savings", "T01", "--period"}, 2, {"--period: has to be given one value"}},
    {{"status", "--server", "9434765919"}, 2, {"--server: has to be HOST:PORT"}},
    {{"-o", "9434765919", "status"}, 2, {"--output: has to be one of table, json, jsonl, csv"}},
};

const WrongCall kForms[] = {
    {{"query", "savings", "9434765919"}, 2, {"ledger: has to be a name that holds no NHS number"}},
    {{"ledger", "create", "t-9434765919"}, 2, {"ledger: has to be an ODS code"}},
    {{"query", "savings", "T01", "--period", "9434765919"},
     2,
     {"--period: has to be a month", "2024/25-M03"}},
    {{"query", "savings", "T01", "--period", "2024/25-M13"}, 2, {"--period: has to be a month"}},
    {{"query", "savings", "T01", "--board", "9434765919"}, 2, {"--board: has to be a name that holds no"}},
    {{"query", "savings", "T01", "--board", "Jo 9434765919"}, 2, {"--board: has to be an id"}},
    {{"query", "savings", "T01", "--view", "9434765919"},
     2,
     {"--view: has to be one of as-reported, restated"}},
    {{"query", "savings", "T01", "--as-at", "9434765919"}, 2, {"--as-at: has to be", "close:2024/25-M12"}},
    {{"query", "savings", "T01", "--as-at", "close:9434765919"}, 2, {"--as-at: has to be"}},
    {{"query", "savings", "T01", "--as-at", "pos:-1"}, 2, {"--as-at: has to be"}},
    {{"query", "savings", "T01", "--as-at", "T02@1"}, 2, {"--as-at: has to be a position of T01"}},
    {{"query", "savings", "T01", "--at-least", "9434765919"},
     2,
     {"--at-least: has to be a position, RH5@1234"}},
    {{"replay", "T01", "--as-at", "T02@1"}, 2, {"--as-at: has to be a position of T01"}},
    {{"verify", "T01@7"}, 2, {"receipt: has to be a receipt, RH5@1234#<64 hexadecimal digits>"}},
    {{"log", "T01", "--type", "9434765919"}, 2, {"--type: has to be a type of event, claim_validated"}},
    {{"log", "T01", "--stream", "9434765919"}, 2, {"--stream: has to be the stream of one thing"}},
    {{"log", "T01", "--from", "Jo 9434765919"}, 2, {"--from: has to be a whole number"}},
    {{"log", "T01", "--from", "010"}, 2, {"--from: has to be a whole number"}},
    {{"log", "T01", "--recorded-from", "30/06/2024"}, 2, {"--recorded-from: has to be a time with its zone"}},
    {{"import", "claims", "x", "--ledger", "T01", "--check=Jo9434765919"}, 2, {"--check: has a value"}},
};

const WrongCall kBesideEachOther[] = {
    {{"log", "T01", "--from", "5", "--to", "2"}, 2, {"--from: lies after --to"}},
    {{"log", "T01", "--recorded-from", "2024-06-02", "--recorded-to", "2024-06-01"},
     2,
     {"--recorded-from: has"}},
    {{"query", "bed-days", "T01", "--from", "2024/25-M02", "--to", "2024/25-M01"},
     2,
     {"--from: lies after --to"}},
    {{"explain", "savings", "T01", "--board", "b", "--from", "2024/25-M02", "--to", "2024/25-M01"},
     2,
     {"--from: lies after --to"}},
    {{"explain", "savings", "T01", "--board", "b", "--to", "2024/25-M01", "--net-cash", "--sign", "benefit"},
     2,
     {"--net-cash excludes --sign"}},
    {{"explain", "measure", "T01", "--measure", "m", "--to", "2024/25-M01"}, 2, {"--from is required"}},
    {{"import", "rtt", "x"},
     2,
     {"--ledger: is missing; name ledgers with it, or take all that exist with --all"}},
    {{"import", "rtt", "x", "--ledger", "T01", "--all"}, 2, {"--ledger excludes --all"}},
    {{"import", "claims", "x"}, 2, {"--ledger is required"}},
    // Only the server can see that.
    {{"query", "savings", "T01", "--as-at", "T01@3"}, 2, {"--as-at: T01@3 lies inside a commit"}},
};

const WrongCall kPlaces[] = {
    {{"ledger", "copy", "T01", "--to", "9434765919:x"},
     2,
     {"--to: has to be file:PATH, embedded:DIR or kafka:"}},
    {{"ledger", "copy", "T01", "--to", "kafka:9434765919"}, 2, {"--to: has to be file:PATH"}},
    {{"ledger", "copy", "T01", "--from", "x:y", "--to", "file:x"},
     2,
     {"--from: has to be server, file:PATH"}},
    {{"ledger", "copy", "T01", "--to", "file:/nonexistent/x"},
     3,
     {"--to: making", "No such file or directory"}},
    {{"ledger", "copy", "T01", "--from", "file:/nonexistent", "--to", "file:x"}, 3, {"--from: opening"}},
    {{"ledger", "copy", "T01", "--from", "file:/", "--to", "file:x"}, 1, {"--from: reading"}},
    {{"append", "/nonexistent", "--ledger", "T01"}, 3, {"/nonexistent is not a file"}},
};

class Usage : public ::testing::Test {
 protected:
  void SetUp() override {
    served_.Create("T01");
    for (const auto& [first, second] : {std::pair("a", "b"), std::pair("c", "d")}) {
      v1::AppendRequest batch;
      batch.set_ledger("T01");
      batch.set_simulated_time("2024-06-01");
      *batch.add_events() = BoardEstablished(first);
      *batch.add_events() = BoardEstablished(second);
      v1::AppendResponse response;
      ASSERT_TRUE(served_.TryAppend(batch, &response).ok());
    }
  }

  void Expect(std::span<const WrongCall> calls) {
    for (const WrongCall& call : calls) {
      const CommandResult result = served_.Realise(call.words);
      std::string words;
      for (const std::string& word : call.words) words += " " + word;
      EXPECT_EQ(result.exit_status, call.exit_status) << words << "\n" << result.err;
      for (const std::string& said : call.said) EXPECT_THAT(result.err, HasSubstr(said)) << words;
      EXPECT_THAT(result.out + result.err, Not(HasSubstr("943"))) << words;
      EXPECT_EQ(result.out, "") << words;
    }
  }

  ServedLedger served_;
};

TEST_F(Usage, WordsAndCommands) { Expect(kWordsAndCommands); }
TEST_F(Usage, FormsOfValues) { Expect(kForms); }
TEST_F(Usage, OptionsBesideEachOther) { Expect(kBesideEachOther); }
TEST_F(Usage, FilesAndPlaces) { Expect(kPlaces); }

}  // namespace
}  // namespace realise::testing
