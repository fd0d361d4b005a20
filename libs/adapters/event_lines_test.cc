#include "libs/adapters/event_lines.h"

#include <gtest/gtest.h>

namespace realise {
namespace {

v1::AppendRequest ForLedger(const std::string& ledger) {
  v1::AppendRequest request;
  request.set_ledger(ledger);
  return request;
}

TEST(EventLines, ALineIsAnEvent) {
  v1::AppendRequest request = ForLedger("RH5");
  EXPECT_FALSE(ReadEventLine(R"({"id":"e","claimSubmitted":{"amount_pence":"5"}})", request));
  EXPECT_EQ(request.ledger(), "RH5");
  ASSERT_EQ(request.events_size(), 1);
  EXPECT_EQ(request.events(0).claim_submitted().amount_pence(), 5);
}

TEST(EventLines, ALineMayBeAWholeRequest) {
  v1::AppendRequest request = ForLedger("RH5");
  EXPECT_FALSE(ReadEventLine(R"({"events":[{"id":"a"},{"id":"b"}],"at_least":"RH5@3"})", request));
  EXPECT_EQ(request.ledger(), "RH5");
  EXPECT_EQ(request.events_size(), 2);
  EXPECT_EQ(request.at_least(), "RH5@3");
  EXPECT_FALSE(ReadEventLine(R"({"ledger":"RH8","events":[{"id":"a"}]})", request));
  EXPECT_EQ(request.ledger(), "RH8") << "the line's own comes first";
}

struct BadLine {
  const char* line;
  const char* field;
  const char* reason;
  const char* right;  // part of the message
};

constexpr BadLine kBadLines[] = {
    {R"({"claim_submitted":{"amount_pence":"12.5"}})", "claim_submitted.amount_pence", "MALFORMED",
     "a whole number"},
    {R"({"claimSubmitted":{"amountPence":"99999999999999999999"}})", "claim_submitted.amount_pence",
     "MALFORMED", "a whole number that fits"},
    {R"({"claim_submitted":{"amount_pence":[9434765919]}})", "claim_submitted.amount_pence", "MALFORMED",
     "a whole number"},
    {R"({"claim_submitted":{"amount_pence":{"9434765919":1}}})", "claim_submitted.amount_pence", "MALFORMED",
     "a whole number"},
    {R"({"id":9434765919})", "id", "MALFORMED", "a text in quotation marks"},
    {R"({"id":{"a":1}})", "id", "MALFORMED", "a text in quotation marks"},
    {R"({"claim_submitted":9434765919})", "claim_submitted", "MALFORMED", "fields of ClaimSubmitted"},
    {R"({"claim_submitted":{"evidence_refs":["a",9434765919]}})", "claim_submitted.evidence_refs[1]",
     "MALFORMED", "a list, and each item a text"},
    {R"({"measure_defined":{"unit":"9434765919"}})", "measure_defined.unit", "MALFORMED",
     "MEASURE_UNIT_WEEKLY_WAIT_BANDS"},
    {R"({"measure_defined":{"published_total":"9434765919"}})", "measure_defined.published_total",
     "MALFORMED", "true or false"},
    {R"({"wait_bands_recorded":{"counts":[1,"x"]}})", "wait_bands_recorded.counts[1]", "MALFORMED",
     "a whole number"},
    {R"({"claim_validated":{"tests":{"evidence":"y"}}})", "claim_validated.tests.evidence", "UNKNOWN_FIELD",
     "no such field"},
    {R"({"nme":"9434765919"})", "nme", "UNKNOWN_FIELD", "no such field"},
    {R"({"Ref 943 476 5919":1})", "", "UNKNOWN_FIELD", "no such field"},
    {R"({"claim_submitted":{},"claim_validated":{}})", "", "MALFORMED", "one body"},
    {R"({"events":[{"claim_submitted":{"amount_pence":"x"}}]})", "events[0].claim_submitted.amount_pence",
     "MALFORMED", "a whole number"},
    {R"({"events":[{"id":"a"},{"claim_submitted":{},"claim_validated":{}}]})", "events[1]", "MALFORMED",
     "one body"},
    {R"({"events":[],"ledger":"RH5"})", "events", "MISSING_FIELD", "one event at least"},
    {R"({"events":[{"id":"a"}],"ledger":"rh5"})", "ledger", "MALFORMED", "ODS code"},
    {R"({"id":"9434765919)", "", "MALFORMED", "not well-formed JSON"},
    {R"({"id":"9434765919"} x)", "", "MALFORMED", "not well-formed JSON"},
    {R"([])", "", "MALFORMED", "has to be one event"},
    {R"(9434765919)", "", "MALFORMED", "has to be one event"},
};

TEST(EventLines, AFaultIsNamedByItsFieldAndNothingOfTheLineIsRepeated) {
  for (const BadLine& bad : kBadLines) {
    v1::AppendRequest request = ForLedger("RH5");
    const auto fault = ReadEventLine(bad.line, request);
    ASSERT_TRUE(fault.has_value()) << bad.line;
    EXPECT_EQ(fault->field, bad.field) << bad.line;
    EXPECT_EQ(fault->reason, bad.reason) << bad.line;
    EXPECT_NE(fault->message.find(bad.right), std::string::npos) << bad.line << "\n" << fault->message;
    EXPECT_EQ((fault->field + fault->message).find("943"), std::string::npos) << bad.line;
  }
}

TEST(EventLines, ALineWithoutALedgerNeedsOne) {
  v1::AppendRequest request;
  const auto fault = ReadEventLine(R"({"id":"e"})", request);
  ASSERT_TRUE(fault.has_value());
  EXPECT_EQ(fault->field, "ledger");
  EXPECT_EQ(fault->reason, "MISSING_FIELD");
}

}  // namespace
}  // namespace realise
