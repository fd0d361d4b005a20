// Two replicas of one ledger, asked whether they hold the same.
#include <filesystem>
#include <memory>
#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/view_store/view_keys.h"
#include "libs/view_store/view_rows.h"
#include "libs/view_store/view_store.h"
#include "tests/end_to_end/served_ledger.h"

namespace realise::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kMismatch = 6;

// The second has a copy of the first one's log, and has folded it while catching up; the first did so live.
class Replicas : public ::testing::Test {
 protected:
  Replicas() {
    const std::string first = folder_.path() + "/first";
    second_data_ = folder_.path() + "/second";
    Record(first);
    std::filesystem::copy(first, second_data_, std::filesystem::copy_options::recursive);
    std::filesystem::remove_all(second_data_ + "/views");
    first_ = std::make_unique<ServedLedger>(first, std::vector<std::string>());
    StartSecond();
  }

  void Record(const std::string& data) {
    ServedLedger served(data, {});
    served.Create("T01");
    served.Create("T02");
    served.Append(
        "T01", "2024-06-01",
        {BoardEstablished("b-1"), BoardEstablished("b-2"), ProjectProposed("p-1"),
         ProjectAssigned("p-1", "b-1"), ProjectProposed("p-2"), ProjectAssigned("p-2", "b-2"),
         BenefitRegistered("n-1", "p-1"), BenefitRegistered("n-2", "p-2"), PeriodOpened("2024/25-M01")});
    for (int i = 0; i < 6; ++i) {
      const std::string id = std::to_string(i);
      served.Append(
          "T01", "2024-06-02",
          {ClaimSubmitted("c-" + id, i % 2 == 0 ? "n-1" : "n-2", "2024/25-M01", "2024/25-M01", 100 + i)});
    }
    last_ = served.last_receipt();
    AwaitFolded(served);  // live, before the log is copied
    EXPECT_EQ(served.process().Terminate(), 0);
  }

  void StartSecond() { second_ = std::make_unique<ServedLedger>(second_data_, std::vector<std::string>()); }

  // Until all is folded there.
  void AwaitFolded(const ServedLedger& replica) {
    EXPECT_EQ(replica.Realise({"query", "savings", "T01", "--at-least", last_}).exit_status, 0);
  }

  // Changes what the last claim on the second board posted.
  void ChangeARow() {
    AwaitFolded(*second_);
    second_->process().Terminate();
    second_.reset();
    const auto store = ViewStore::Open({.path = second_data_ + "/views"});
    ASSERT_TRUE(store.ok()) << store.status();
    const auto snapshot = (*store)->Snapshot();
    std::string key, value;
    for (snapshot->Seek(""); snapshot->On(""); snapshot->Next()) {
      const auto keys = KeyspaceOf(snapshot->key());
      ASSERT_TRUE(keys);
      if (!snapshot->On(keys->Table(ViewTable::kPostings))) continue;
      key = snapshot->key();
      value = snapshot->value();
    }
    // The last posting of the row begins where the others end.
    std::string_view left = value, last;
    Sequence before = 0;
    std::optional<ViewPosting> posting;
    while (!left.empty()) {
      last = left;
      before = posting ? posting->sequence : before;
      posting = TakePosting(left, before);
      ASSERT_TRUE(posting);
    }
    value.resize(value.size() - last.size());
    AppendPosting(value, before, {posting->sequence, posting->cell, posting->delta + 1});
    ViewRows rows;
    rows.Put(key, value);
    ASSERT_TRUE((*store)->Write(rows).ok());
  }

  // Read your writes on either: what is compared is there.
  CommandResult Compare(const std::string& output = "table") {
    for (const auto* replica : {first_.get(), second_.get()}) AwaitFolded(*replica);
    return first_->Realise({"status", "--output", output, "--compare", second_->address()});
  }

  TemporaryFolder folder_;
  std::string second_data_;
  std::string last_;
  std::unique_ptr<ServedLedger> first_, second_;
};

TEST_F(Replicas, ThatHoldTheSameAreEqualHoweverTheyFolded) {
  const CommandResult compared = Compare("csv");
  EXPECT_EQ(compared.exit_status, 0) << compared.out << compared.err;
  EXPECT_THAT(compared.out, HasSubstr("T01"));
  EXPECT_THAT(compared.out, HasSubstr("T02"));
  EXPECT_THAT(compared.out, HasSubstr("equal"));
  EXPECT_THAT(compared.out, Not(HasSubstr("different")));
}

TEST_F(Replicas, ThatPartAreNamedWithTheLedgerTheAccountAndTheEvent) {
  ChangeARow();
  StartSecond();
  const CommandResult compared = Compare("json");
  EXPECT_EQ(compared.exit_status, kMismatch) << compared.out << compared.err;
  EXPECT_THAT(compared.out, HasSubstr("VIEW_MATCH_DIFFERENT"));
  EXPECT_THAT(compared.out, HasSubstr("savings/b-2"));
  EXPECT_THAT(compared.out, Not(HasSubstr("savings/b-1")));
  EXPECT_THAT(compared.out, HasSubstr(last_.substr(4, last_.find('#') - 4)));  // its sequence
  // The other ledger is none the worse.
  EXPECT_THAT(compared.out, HasSubstr("VIEW_MATCH_EQUAL"));
}

TEST_F(Replicas, ThatCannotBeAskedAreSaidToBe) {
  const std::string address = second_->address();
  second_.reset();
  const CommandResult compared = first_->Realise({"status", "--compare", address});
  EXPECT_EQ(compared.exit_status, 69) << compared.out << compared.err;
  EXPECT_THAT(compared.out, HasSubstr("not-asked"));
}

}  // namespace
}  // namespace realise::testing
