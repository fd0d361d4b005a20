#include "libs/inbound/cloud_event.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstdlib>
#include <vector>

#include "libs/domain/decide.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/inbound/outcome.h"
#include "libs/inbound/testing/event_messages.h"

namespace realise {
namespace {

using testing::EventMessage;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using testing::WithData;
using testing::WithHeader;

v1::Event Claim() {
  v1::Event event = testing::ClaimSubmitted("c-1", "b-1", "2024/25-M01", "2024/25-M02", 123456);
  event.set_source("/ods/RH5/finance");
  return event;
}
MessageContent Good() { return EventMessage(Claim()); }

TEST(ReadCloudEvent, EveryTypeComesBackAsItWasSent) {
  for (const std::string_view content_type : {kJsonType, kProtobufType}) {
    for (v1::Event event : testing::RandomHistory(11, 3000)) {
      event.set_source("/ods/RH5/finance");
      const ReadMessage read = ReadCloudEvent(EventMessage(event, content_type));
      ASSERT_FALSE(read.refusal) << event.ShortDebugString() << read.refusal->ShortDebugString();
      EXPECT_EQ(read.event.SerializeAsString(), event.SerializeAsString());
      EXPECT_EQ(read.ledger, "RH5");
      EXPECT_EQ(read.id, event.id());
      EXPECT_FALSE(read.expected_version);
    }
  }
}

TEST(ReadCloudEvent, ReadsWhatMayBeLeftOut) {
  MessageContent message = WithHeader(Good(), "ce_ledger", "RA4");
  message = WithHeader(message, "ce_stream", "claim/c-1");
  message = WithHeader(message, "ce_expectedversion", "0");
  message = WithHeader(message, "ce_causationid", "cause-1");
  message = WithHeader(message, "ce_correlationid", "import-7");
  message = WithHeader(message, "content-type", "Application/JSON; charset=utf-8");
  const ReadMessage read = ReadCloudEvent(message);
  ASSERT_FALSE(read.refusal) << read.refusal->ShortDebugString();
  EXPECT_EQ(read.ledger, "RA4");
  EXPECT_EQ(read.event.stream(), "claim/c-1");
  EXPECT_EQ(read.event.causation_id(), "cause-1");
  EXPECT_EQ(read.event.correlation_id(), "import-7");
  ASSERT_TRUE(read.expected_version);
  EXPECT_EQ(read.expected_version->stream(), "claim/c-1");
  EXPECT_EQ(read.expected_version->version(), 0u);
}

TEST(ReadCloudEvent, TakesTheContentTypeWhereALibraryPutsIt) {
  MessageContent message = WithHeader(Good(), "content-type", nullptr);
  message = WithHeader(message, "ce_datacontenttype", "application/json");
  EXPECT_FALSE(ReadCloudEvent(message).refusal);
}

TEST(ReadCloudEvent, PassesOverOtherHeadersAndEmptyOnes) {
  MessageContent message = WithHeader(Good(), "traceparent", "00-0af7651916cd43dd8448eb211c80319c-b7ad-01");
  message = WithHeader(message, "ce_dataschema", "");
  message = WithHeader(message, "ce_schemaurl", "https://example.org/claims");
  message = WithHeader(message, "ce_ledger", "");
  message.headers.push_back({"ce_stream", std::nullopt});
  message.headers.push_back({"traceparent", "twice is their affair"});
  EXPECT_FALSE(ReadCloudEvent(message).refusal);
}

TEST(ReadCloudEvent, AMonthWithSnakeCaseNamesIsTheSame) {
  const MessageContent message =
      WithData(Good(), R"({"claim_id":"c-1","benefit_id":"b-1","relates_to_period":"2024/25-M01",)"
                       R"("posted_to_period":"2024/25-M02","amount_pence":123456,"method":"counted"})");
  const ReadMessage read = ReadCloudEvent(message);
  ASSERT_FALSE(read.refusal) << read.refusal->ShortDebugString();
  EXPECT_EQ(read.event.claim_submitted().amount_pence(), 123456);
}

// A message with one thing wrong, and what is said of it.
struct Row {
  std::string name;
  MessageContent message;
  std::string reason;
  std::string field;
};

std::string Json(const std::string& name, const std::string& value) {
  std::string json = *Good().value;
  json.back() = ',';
  return json + '"' + name + "\":" + value + "}";
}

std::vector<Row> AttributeRows() {
  MessageContent twice = Good();
  twice.headers.push_back({"ce_id", "another"});
  return {
      {"NoSpecversion", WithHeader(Good(), "ce_specversion", nullptr), "MISSING_FIELD", "ce_specversion"},
      {"OtherSpecversion", WithHeader(Good(), "ce_specversion", "0.3"), "MALFORMED", "ce_specversion"},
      {"NoId", WithHeader(Good(), "ce_id", nullptr), "MISSING_FIELD", "ce_id"},
      {"EmptyId", WithHeader(Good(), "ce_id", ""), "MISSING_FIELD", "ce_id"},
      {"TwoIds", twice, "MALFORMED", "ce_id"},
      {"IdWithABlank", WithHeader(Good(), "ce_id", "a b"), "MALFORMED", "ce_id"},
      {"IdOfAPatient", WithHeader(Good(), "ce_id", "9434765919"), "PATIENT_IDENTIFIER", "ce_id"},
      {"NoSource", WithHeader(Good(), "ce_source", nullptr), "MISSING_FIELD", "ce_source"},
      {"SourceWithoutOds", WithHeader(Good(), "ce_source", "finance"), "MALFORMED", "ce_source"},
      {"SourceWithoutSystem", WithHeader(Good(), "ce_source", "/ods/RH5/"), "MALFORMED", "ce_source"},
      {"SourceOfNoOdsCode", WithHeader(Good(), "ce_source", "/ods/rh5/finance"), "MALFORMED", "ce_source"},
      {"NoType", WithHeader(Good(), "ce_type", nullptr), "MISSING_FIELD", "ce_type"},
      {"OtherType", WithHeader(Good(), "ce_type", "uk.nhs.benefits.claim_doubled.v1"), "UNKNOWN_TYPE",
       "ce_type"},
      {"OtherVersion", WithHeader(Good(), "ce_type", "uk.nhs.benefits.claim_submitted.v2"), "UNKNOWN_TYPE",
       "ce_type"},
      {"TypeOfAnEnvelopeField", WithHeader(Good(), "ce_type", "uk.nhs.benefits.source.v1"), "UNKNOWN_TYPE",
       "ce_type"},
      {"BadLedger", WithHeader(Good(), "ce_ledger", "rh5"), "MALFORMED", "ce_ledger"},
      {"NumberAsLedger", WithHeader(Good(), "ce_ledger", "9434765919"), "PATIENT_IDENTIFIER", "ce_ledger"},
      {"NumberInSource", WithHeader(Good(), "ce_source", "/ods/9434765919/x"), "PATIENT_IDENTIFIER",
       "ce_source"},
      {"NoRole", WithHeader(Good(), "ce_actorrole", nullptr), "MISSING_FIELD", "ce_actorrole"},
      {"BadRole", WithHeader(Good(), "ce_actorrole", "Jane Smith"), "MALFORMED", "ce_actorrole"},
      {"NoDate", WithHeader(Good(), "ce_occurredon", nullptr), "MISSING_FIELD", "ce_occurredon"},
      {"BadDate", WithHeader(Good(), "ce_occurredon", "2024-06-31"), "MALFORMED", "ce_occurredon"},
      {"OtherStream", WithHeader(Good(), "ce_stream", "claim/c-2"), "STREAM_MISMATCH", "ce_stream"},
      {"BadCausation", WithHeader(Good(), "ce_causationid", "a\tb"), "MALFORMED", "ce_causationid"},
      {"BadCorrelation", WithHeader(Good(), "ce_correlationid", "\xff"), "MALFORMED", "ce_correlationid"},
      {"BadVersion", WithHeader(Good(), "ce_expectedversion", "-1"), "MALFORMED", "ce_expectedversion"},
      {"VersionWithMore", WithHeader(Good(), "ce_expectedversion", "1 "), "MALFORMED", "ce_expectedversion"},
      {"HugeHeader", WithHeader(Good(), "x", std::string(40'000, 'x').c_str()), "TOO_LARGE", "headers"},
  };
}

std::vector<Row> DataRows() {
  MessageContent no_value = Good();
  no_value.value.reset();
  return {
      {"NoContentType", WithHeader(Good(), "content-type", nullptr), "UNSUPPORTED_CONTENT_TYPE",
       "content-type"},
      {"Xml", WithHeader(Good(), "content-type", "application/xml"), "UNSUPPORTED_CONTENT_TYPE",
       "content-type"},
      {"Structured", WithHeader(Good(), "content-type", "application/cloudevents+json; charset=utf-8"),
       "UNSUPPORTED_CONTENT_TYPE", "content-type"},
      {"NoValue", no_value, "MISSING_FIELD", "data"},
      {"EmptyValue", WithData(Good(), ""), "MISSING_FIELD", "data"},
      {"NoJson", WithData(Good(), "{"), "MALFORMED", "data"},
      {"OtherJson", WithData(Good(), "[1,2]"), "MALFORMED", "data"},
      {"DecimalPence", WithData(Good(), Json("amountPence", "1.5")), "MALFORMED", "data"},
      {"UnknownJsonField", WithData(Good(), Json("ammount", "1")), "UNKNOWN_FIELD", "data.ammount"},
      {"EmptyJson", WithData(Good(), "{}"), "MISSING_FIELD", "data.claimId"},
      {"BadIdInData", WithData(Good(), Json("claimId", "\"C 1\"")), "MALFORMED", "data.claimId"},
      {"BadPeriod", WithData(Good(), Json("postedToPeriod", "\"2024-06\"")), "MALFORMED",
       "data.postedToPeriod"},
      {"NhsNumber", WithData(Good(), Json("method", "\"ref 943 476 5919\"")), "PATIENT_IDENTIFIER",
       "data.method"},
      {"NhsNumberInAList", WithData(Good(), Json("evidenceRefs", "[\"x\",\"943 476 5919\"]")),
       "PATIENT_IDENTIFIER", "data.evidenceRefs"},
      {"NoProtobuf", WithHeader(WithData(Good(), "\x0a\xff"), "content-type", "application/protobuf"),
       "MALFORMED", "data"},
      {"UnknownProtobufField",
       WithHeader(WithData(Good(),
                           "\x0a\x03"
                           "c-1\x12\x03"
                           "b-1\x1a\x0b"
                           "2024/25-M01\x22\x0b"
                           "2024/25-M02\x3a\x01m\xf8\x06\x01"),
                  "content-type", "application/protobuf"),
       "UNKNOWN_FIELD", "data.111"},
      {"HugeData", WithData(Good(), std::string(300'000, ' ')), "TOO_LARGE", "data"},
      {"HugeEvent", WithData(Good(), Json("evidenceRefs", "[" + std::string(99'000, ' ') + "]")), "", ""},
  };
}

class ReadCloudEventRow : public ::testing::TestWithParam<Row> {};

TEST_P(ReadCloudEventRow, SaysWhatIsWrongAndWhere) {
  const ReadMessage read = ReadCloudEvent(GetParam().message);
  if (GetParam().reason.empty()) {
    EXPECT_FALSE(read.refusal) << read.refusal->ShortDebugString();
    return;
  }
  ASSERT_TRUE(read.refusal);
  EXPECT_EQ(read.refusal->reason(), GetParam().reason) << read.refusal->message();
  EXPECT_EQ(read.refusal->field(), GetParam().field) << read.refusal->message();
  EXPECT_THAT(read.refusal->message(), Not(IsEmpty()));
}

std::string NameOf(const ::testing::TestParamInfo<Row>& row) { return row.param.name; }
INSTANTIATE_TEST_SUITE_P(Attributes, ReadCloudEventRow, ::testing::ValuesIn(AttributeRows()), NameOf);
INSTANTIATE_TEST_SUITE_P(Data, ReadCloudEventRow, ::testing::ValuesIn(DataRows()), NameOf);

TEST(ReadCloudEvent, TellsNobodyAnNhsNumber) {
  MessageContent message = WithHeader(Good(), "ce_id", "9434765919");
  message = WithHeader(message, "ce_source", "/ods/RH5/943-476-5919");
  message = WithData(message, Json("9434765919", "\"9434765919\""));
  const ReadMessage read = ReadCloudEvent(message);
  ASSERT_TRUE(read.refusal);
  EXPECT_THAT(read.id, IsEmpty());
  EXPECT_THAT(read.source, IsEmpty());
  EXPECT_THAT(read.refusal->DebugString(), Not(HasSubstr("943")));
  const MessageContent outcome =
      OutcomeMessage(Rejected({"realise.inbound", 0, 7}, read, *read.refusal, ""), Instant());
  EXPECT_FALSE(outcome.key);
  EXPECT_THAT(*outcome.value, Not(HasSubstr("943")));
}

// A message whose parts are those of a good one, some of them replaced by anything.
rc::Gen<MessageContent> AnyMessage() {
  return rc::gen::exec([] {
    MessageContent message = EventMessage(
        Claim(),
        *rc::gen::element(kJsonType, kProtobufType, std::string_view("application/cloudevents+json")));
    for (MessageHeader& header : message.headers) {
      if (*rc::gen::inRange(0, 8) != 0) continue;
      header.value.reset();
      if (*rc::gen::inRange(0, 4) != 0) header.value = *rc::gen::arbitrary<std::string>();
    }
    const int more = *rc::gen::inRange(0, 4);
    for (int i = 0; i < more; ++i) {
      const InboundAttribute& attribute = *rc::gen::elementOf(
          std::vector<InboundAttribute>(InboundAttributes().begin(), InboundAttributes().end()));
      const std::string name = *rc::gen::oneOf(rc::gen::just("ce_" + std::string(attribute.name)),
                                               rc::gen::arbitrary<std::string>());
      message.headers.push_back({name, *rc::gen::arbitrary<std::string>()});
    }
    if (*rc::gen::inRange(0, 2) == 0) message.value = *rc::gen::arbitrary<std::string>();
    if (*rc::gen::inRange(0, 4) == 0 && message.value && !message.value->empty()) {
      const size_t at = *rc::gen::inRange<size_t>(0, message.value->size());
      (*message.value)[at] = *rc::gen::arbitrary<char>();
    }
    return message;
  });
}

TEST(ReadCloudEvent, AnyBytesGetAnEventOrANamedRefusal) {
  setenv("RC_PARAMS", "max_success=3000", /*replace=*/0);
  const bool held = rc::check("an event or a named refusal", [] {
    const MessageContent message = *AnyMessage();
    const ReadMessage read = ReadCloudEvent(message);
    if (read.refusal) {
      RC_ASSERT(!read.refusal->reason().empty());
      RC_ASSERT(!read.refusal->message().empty());
    } else {
      RC_ASSERT(!CheckForm(read.event));
      RC_ASSERT(!read.ledger.empty());
      RC_ASSERT(read.source == read.event.source() && read.id == read.event.id());
    }
    const InboundMessage inbound{{"realise.inbound", 3, 12}, message};
    v1::Refusal refusal = read.refusal.value_or(v1::Refusal());
    const v1::InboundOutcome outcome = Rejected(inbound.place, read, refusal, "");
    const auto kept =
        ReadKept({{"realise.inbound.rejected", 0, 1}, RejectedCopy(inbound, outcome, Instant())});
    RC_ASSERT(kept.has_value());
    RC_ASSERT(kept->message.content == message);
    RC_ASSERT(kept->message.place == inbound.place);
    RC_ASSERT(!OutcomeMessage(outcome, Instant()).value->empty());
  });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace realise
