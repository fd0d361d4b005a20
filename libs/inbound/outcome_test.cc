#include "libs/inbound/outcome.h"

#include <gmock/gmock.h>
#include <google/protobuf/util/json_util.h>
#include <gtest/gtest.h>

#include "libs/domain/testing/event_builders.h"
#include "libs/inbound/testing/event_messages.h"

namespace realise {
namespace {

using ::testing::Contains;
using testing::EventMessage;

const Instant kNow = std::chrono::sys_days(std::chrono::year(2026) / 11 / 22);
const MessagePlace kPlace{"realise.inbound", 3, 1234};

MessageContent Published() {
  v1::Event event = testing::PeriodOpened("2024/25-M01");
  event.set_source("/ods/RH5/finance");
  return EventMessage(event);
}

v1::InboundOutcome Parse(const MessageContent& message) {
  v1::InboundOutcome outcome;
  EXPECT_TRUE(google::protobuf::util::JsonStringToMessage(*message.value, &outcome).ok()) << *message.value;
  return outcome;
}

TEST(OutcomeMessage, OfARecordedEventHasItsPlaceAndReceipt) {
  const ReadMessage read = ReadCloudEvent(Published());
  v1::Appended appended;
  appended.set_sequence(12);
  appended.set_stream_version(1);
  const MessageContent message = OutcomeMessage(Recorded(kPlace, read, appended, "RH5@12#aa"), kNow);
  EXPECT_EQ(message.key, "/ods/RH5/finance");
  EXPECT_THAT(message.headers, Contains(MessageHeader{"ce_type", "uk.nhs.benefits.outcome.accepted.v1"}));
  EXPECT_THAT(message.headers, Contains(MessageHeader{"ce_id", "realise.inbound/3/1234/accepted"}));
  EXPECT_THAT(message.headers, Contains(MessageHeader{"ce_subject", read.event.id()}));
  EXPECT_THAT(message.headers, Contains(MessageHeader{"ce_time", "2026-11-22T00:00:00.000000Z"}));
  EXPECT_THAT(message.headers, Contains(MessageHeader{"content-type", "application/json"}));
  const v1::InboundOutcome outcome = Parse(message);
  EXPECT_EQ(outcome.outcome(), kAccepted);
  EXPECT_EQ(outcome.inbound().partition(), 3);
  EXPECT_EQ(outcome.inbound().offset(), 1234);
  EXPECT_EQ(outcome.sequence(), 12u);
  EXPECT_EQ(outcome.stream(), "period/2024/25-M01");
  EXPECT_EQ(outcome.receipt(), "RH5@12#aa");

  appended.set_already_recorded(true);
  EXPECT_EQ(Recorded(kPlace, read, appended, "RH5@12#aa").outcome(), kDuplicate);
}

TEST(RejectedCopy, KeepsTheMessageAndTheReason) {
  InboundMessage inbound{kPlace, Published()};
  // Headers like ours in what is published again by hand are no copy's.
  inbound.content.headers.push_back({"realise_reason", "MINE"});
  inbound.content.headers.push_back({"binary", std::string("\0\xff", 2)});
  inbound.content.headers.push_back({"none", std::nullopt});
  const ReadMessage read = ReadCloudEvent(inbound.content);
  v1::Refusal refusal;
  refusal.set_reason("PERIOD_CLOSED");
  refusal.set_field("data.period");
  refusal.set_message("The month is closed");
  const v1::InboundOutcome outcome = Rejected(kPlace, read, refusal, "RH5@12");
  const auto kept = ReadKept({{"realise.inbound.rejected", 1, 5}, RejectedCopy(inbound, outcome, kNow)});
  ASSERT_TRUE(kept);
  EXPECT_EQ(kept->message.content, inbound.content);
  EXPECT_EQ(kept->message.place, kPlace);
  EXPECT_EQ(kept->reason, "PERIOD_CLOSED");
  EXPECT_EQ(kept->field, "data.period");
  EXPECT_EQ(kept->why, "The month is closed");
  EXPECT_EQ(kept->rejected_at, kNow);
  EXPECT_TRUE(kept->has_value);

  const auto without =
      ReadKept({{"realise.inbound.rejected", 1, 5}, WithoutValue(RejectedCopy(inbound, outcome, kNow))});
  ASSERT_TRUE(without);
  EXPECT_FALSE(without->has_value);
  EXPECT_FALSE(without->message.content.value);

  const auto place =
      ReadKept({{"realise.inbound.rejected", 1, 6}, OnlyWhere(RejectedCopy(inbound, outcome, kNow))});
  ASSERT_TRUE(place);
  EXPECT_FALSE(place->has_value);
  EXPECT_EQ(place->message.content, MessageContent{});
  EXPECT_EQ(place->message.place, inbound.place);
  EXPECT_EQ(place->reason, kept->reason);

  EXPECT_FALSE(ReadKept(inbound)) << "no copy";
  EXPECT_FALSE(DescribeKept(*kept, read, false).has_inbound() == false);
  EXPECT_TRUE(DescribeKept(*kept, read, false).data().empty());
  EXPECT_EQ(DescribeKept(*kept, read, true).data(), *inbound.content.value);
}

TEST(KeptSelection, SelectsByEachOfItsParts) {
  KeptMessage kept;
  kept.message = {kPlace, Published()};
  kept.reason = "PERIOD_CLOSED";
  kept.rejected_at = kNow;
  const ReadMessage read = ReadCloudEvent(kept.message.content);
  const auto matches = [&](const KeptSelection& selection) { return selection.Matches(kept, read); };
  EXPECT_TRUE(matches({}));
  EXPECT_TRUE(matches({.reasons = {"MALFORMED", "PERIOD_CLOSED"}}));
  EXPECT_FALSE(matches({.reasons = {"MALFORMED"}}));
  EXPECT_TRUE(matches({.sources = {"/ods/RH5/finance"}}));
  EXPECT_FALSE(matches({.sources = {"/ods/RA4/finance"}}));
  EXPECT_TRUE(matches({.from = kNow, .to = kNow + std::chrono::microseconds(1)}));
  EXPECT_FALSE(matches({.from = kNow + std::chrono::microseconds(1)}));
  EXPECT_FALSE(matches({.to = kNow}));
  EXPECT_TRUE(matches({.partition = 3, .offset_from = 1234, .offset_to = 1234}));
  EXPECT_FALSE(matches({.partition = 2}));
  EXPECT_FALSE(matches({.offset_from = 1235}));
  EXPECT_FALSE(matches({.offset_to = 1233}));
}

}  // namespace
}  // namespace realise
