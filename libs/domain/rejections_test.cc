// Every rule, in one row at least: libs/domain/rejection_rows*.cc.
#include <set>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/domain/decide.h"
#include "libs/domain/rejection_rows.h"

namespace realise {
namespace {

std::vector<Row> AllRows() {
  return Join({FormRows(), RegisterRows(), ClaimRows(), MeasureRows(), PublisherRows()});
}

std::optional<Rejection> Propose(const std::vector<v1::Event>& given, const v1::Event& when) {
  if (auto rejection = CheckForm(when)) return rejection;
  std::vector<v1::Event> events = Ledger();
  events.insert(events.end(), given.begin(), given.end());
  return Decide(testing::StateAfter(events), when, kNow);
}

// Texts and ids of an event; not its dates and months, which a message may repeat.
std::vector<std::string> TextsOf(const google::protobuf::Message& message) {
  std::vector<std::string> texts;
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->is_repeated()) continue;
    if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_MESSAGE) {
      const auto inner = TextsOf(message.GetReflection()->GetMessage(message, field));
      texts.insert(texts.end(), inner.begin(), inner.end());
    } else if (field->cpp_type() == google::protobuf::FieldDescriptor::CPPTYPE_STRING) {
      const std::string text = message.GetReflection()->GetString(message, field);
      if (text.size() > 5 && !ParseDate(text) && !Period::Parse(text)) texts.push_back(text);
    }
  }
  return texts;
}

TEST(Rejections, EachRuleGivesItsReasonAndField) {
  for (const Row& row : AllRows()) {
    SCOPED_TRACE(row.name);
    const std::optional<Rejection> rejection = Propose(row.given, row.when);
    ASSERT_TRUE(rejection) << "accepted";
    EXPECT_EQ(ReasonName(rejection->reason), ReasonName(row.reason)) << rejection->message;
    EXPECT_EQ(rejection->field, row.field) << rejection->message;
    EXPECT_GT(rejection->message.size(), 15u);
    for (const std::string& text : TextsOf(row.when)) {
      EXPECT_EQ(rejection->message.find(text), std::string::npos) << "the message repeats: " << text;
    }
  }
}

TEST(Rejections, EveryReasonHasARow) {
  // The writer gives these; its tests have their rows.
  std::set<Reason> covered = {Reason::kConflictingDuplicate, Reason::kWrongExpectedVersion,
                              Reason::kReceiptMismatch, Reason::kSimulatedTime};
  for (const Row& row : AllRows()) {
    EXPECT_FALSE(row.reason >= Reason::kConflictingDuplicate && row.reason <= Reason::kSimulatedTime);
    covered.insert(row.reason);
  }
  std::set<std::string_view> names;
  for (int i = 0; i <= static_cast<int>(kLastReason); ++i) {
    const auto reason = static_cast<Reason>(i);
    EXPECT_TRUE(covered.contains(reason)) << ReasonName(reason) << " has no row";
    EXPECT_TRUE(names.insert(ReasonName(reason)).second)
        << ReasonName(reason) << " is the name of two reasons";
  }
  EXPECT_FALSE(names.contains("UNKNOWN_REASON"));
}

// What breaks two rules gets the reason that comes first.
TEST(Rejections, TheFirstReasonCounts) {
  v1::Event event = Claim();
  event.set_stream_version(9);
  event.set_stream("claim/another");
  event.mutable_claim_submitted()->set_method("patient 9434765919");
  event.mutable_claim_submitted()->set_relates_to_period("June");
  event.mutable_claim_submitted()->clear_benefit_id();
  std::vector<Reason> order;
  while (const auto rejection = CheckForm(event)) {
    order.push_back(rejection->reason);
    switch (rejection->reason) {
      case Reason::kMissingField:
        event.mutable_claim_submitted()->set_benefit_id("bed-budget");
        break;
      case Reason::kMalformed:
        event.mutable_claim_submitted()->set_relates_to_period("2024/25-M03");
        break;
      case Reason::kPatientIdentifier:
        event.mutable_claim_submitted()->set_method("counted");
        break;
      case Reason::kStreamMismatch:
        event.set_stream("claim/claim-one");
        break;
      default:
        event.set_stream_version(0);
    }
    ASSERT_LT(order.size(), 10u);
  }
  EXPECT_THAT(order,
              ::testing::ElementsAre(Reason::kMissingField, Reason::kMalformed, Reason::kPatientIdentifier,
                                     Reason::kStreamMismatch, Reason::kServerField));
}

}  // namespace
}  // namespace realise
