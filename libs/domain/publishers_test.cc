// Whose events a ledger takes.
#include "gtest/gtest.h"
#include "libs/domain/decide.h"
#include "libs/domain/evolve.h"
#include "libs/domain/rejection_rows.h"

namespace realise {
namespace {

using namespace testing;  // NOLINT: the builders read as sentences

const std::string kFinance = "/finance";

class Publishers : public ::testing::Test {
 protected:
  void SetUp() override {
    for (const v1::Event& event : Ledger()) ASSERT_EQ(Propose(event), "accepted");
  }

  std::string Propose(v1::Event event, Sources sources = Sources::kAny) {
    std::optional<Rejection> rejection = CheckForm(event);
    if (!rejection) rejection = Decide(state_, event, kNow, sources);
    if (rejection) return std::string(ReasonName(rejection->reason)) + " " + rejection->field;
    event.set_stream_version(state_.StreamVersion(event.stream()) + 1);
    EXPECT_TRUE(Evolve(event, state_).ok());
    return "accepted";
  }

  LedgerState state_;
};

TEST_F(Publishers, OneThatIsRegisteredPublishesItsTypes) {
  EXPECT_EQ(Propose(PublisherRegistered("finance-system", kFinance, {"claim_submitted", "claim_queried"})),
            "accepted");
  EXPECT_EQ(Propose(FromSource(Claim(), kFinance), Sources::kRegisteredOnly), "accepted");
  EXPECT_EQ(Propose(FromSource(Validation(), kFinance)), "PUBLISHER_TYPE_NOT_ALLOWED claim_validated");
  EXPECT_EQ(Propose(FromSource(Validation(), "/Finance")), "accepted") << "that is another source";
}

TEST_F(Publishers, OneThatIsNotIsTakenWhereAnyIs) {
  EXPECT_EQ(Propose(Claim(), Sources::kRegisteredOnly), "PUBLISHER_NOT_REGISTERED source");
  EXPECT_EQ(
      Propose(PublisherRegistered("finance-system", kFinance, {"claim_submitted"}), Sources::kRegisteredOnly),
      "PUBLISHER_NOT_REGISTERED source");
  EXPECT_EQ(Propose(Claim()), "accepted");
}

TEST_F(Publishers, ANewListTakesThePlaceOfTheOld) {
  EXPECT_EQ(Propose(PublisherRegistered("finance-system", kFinance, {"claim_submitted"})), "accepted");
  EXPECT_EQ(Propose(FromSource(Claim(), kFinance)), "accepted");
  EXPECT_EQ(
      Propose(WithId(PublisherRegistered("finance-system", kFinance, {"claim_validated"}), "second-list")),
      "accepted");
  EXPECT_EQ(state_.StreamVersion("publisher/finance-system"), 2u);
  EXPECT_EQ(Propose(FromSource(NewClaim("bed-budget", kJune, kJune, 1), kFinance)),
            "PUBLISHER_TYPE_NOT_ALLOWED claim_submitted");
  EXPECT_EQ(Propose(FromSource(Validation(), kFinance)), "accepted");
}

TEST_F(Publishers, OneThatWasWithdrawnIsSilentUntilItIsRegisteredAgain) {
  const v1::Event registered =
      PublisherRegistered("finance-system", kFinance, {"claim_submitted", "publisher_registered"});
  EXPECT_EQ(Propose(registered), "accepted");
  EXPECT_EQ(Propose(PublisherWithdrawn("finance-system")), "accepted");
  for (const Sources sources : {Sources::kAny, Sources::kRegisteredOnly}) {
    EXPECT_EQ(Propose(FromSource(Claim(), kFinance), sources), "PUBLISHER_NOT_REGISTERED source");
    EXPECT_EQ(Propose(WithId(FromSource(registered, kFinance), "itself"), sources),
              "PUBLISHER_NOT_REGISTERED source");
  }
  EXPECT_EQ(Propose(WithId(registered, "again")), "accepted");
  EXPECT_EQ(Propose(FromSource(Claim(), kFinance), Sources::kRegisteredOnly), "accepted");
}

TEST_F(Publishers, OneMayRegisterOthersIfItsListSaysSo) {
  EXPECT_EQ(Propose(PublisherRegistered("custodian", "/custodian", {"publisher_registered"})), "accepted");
  const v1::Event other = PublisherRegistered("finance-system", kFinance, {"claim_submitted"});
  EXPECT_EQ(Propose(FromSource(other, "/custodian"), Sources::kRegisteredOnly), "accepted");
  EXPECT_EQ(Propose(FromSource(PublisherWithdrawn("finance-system"), "/custodian")),
            "PUBLISHER_TYPE_NOT_ALLOWED publisher_withdrawn");
}

TEST_F(Publishers, AListMayNameEveryType) {
  const google::protobuf::OneofDescriptor& body = *v1::Event::descriptor()->FindOneofByName("body");
  std::vector<std::string> all;
  for (int i = 0; i < body.field_count(); ++i) all.push_back(body.field(i)->name());
  EXPECT_EQ(Propose(PublisherRegistered("finance-system", kFinance, all)), "accepted");
  EXPECT_EQ(Propose(FromSource(Claim(), kFinance)), "accepted");
}

}  // namespace
}  // namespace realise
