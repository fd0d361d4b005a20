// What becomes of messages, good and bad.  Needs a real broker: tools/kafka up, REALISE_KAFKA_BROKERS.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "libs/domain/testing/event_builders.h"
#include "libs/inbound/testing/event_messages.h"
#include "tests/end_to_end/served_ledger.h"
#include "tests/end_to_end/told.h"
#include "tests/inbound/inbound_door.h"

namespace realise::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class Inbound : public ::testing::Test {
 protected:
  Inbound()
      : door_(1),
        ledger_(FreshLedger()),
        source_(SourceOf(ledger_)),
        server_(data_.path(), {"--log", "kafka", "--brokers", door_.brokers(), "--inbound",
                               door_.topics().inbound, "--metrics-listen", "127.0.0.1:0"}) {
    server_.Create(ledger_);
  }

  void Register(const std::vector<std::string>& types) {
    server_.Append(ledger_, "2024-01-01", {PublisherRegistered("programme-office", source_, types)});
  }
  MessageContent Message(const v1::Event& event) const { return EventMessage(FromSource(event, source_)); }
  CommandResult Realise(std::vector<std::string> words) const {
    words.insert(words.end(), {"--brokers", door_.brokers(), "--topic", door_.topics().inbound});
    return server_.Realise(words);
  }

  InboundDoor door_;
  TemporaryFolder data_;
  const std::string ledger_;
  const std::string source_;
  ServedLedger server_;
};

TEST_F(Inbound, AcceptedOnceThenDuplicateAndThePoisonBetweenIsRejected) {
  Register({"board_established", "period_opened"});
  const MessageContent board = Message(BoardEstablished("urgent-care"));
  door_.Publish(0, board);
  door_.Publish(0, MessageContent{});
  door_.Publish(0, WithHeader(board, "ce_type", "uk.nhs.benefits.board_painted.v1"));
  door_.Publish(0, WithData(board, std::string(500'000, 'x')));
  door_.Publish(0, WithHeader(Message(BoardEstablished("theatres")), "ce_ledger", "NOSUCH"));
  door_.Publish(0, WithData(board, R"({"boardId":"urgent-care","name":"another"})"));
  door_.Publish(0, Message(ProjectProposed("p-1")));
  door_.Publish(0, board);
  door_.Publish(0, Message(PeriodOpened("2024/25-M01")));
  door_.Flush();
  door_.Await(9);

  const v1::InboundOutcome& accepted = door_.Last(0);
  EXPECT_EQ(accepted.outcome(), kAccepted);
  EXPECT_EQ(accepted.source(), source_);
  EXPECT_EQ(accepted.ledger(), ledger_);
  EXPECT_EQ(accepted.stream(), "board/urgent-care");
  EXPECT_EQ(accepted.stream_version(), 1u);
  EXPECT_EQ(server_.Realise({"verify", accepted.receipt()}).exit_status, 0) << accepted.receipt();
  EXPECT_EQ(door_.Last(1).reason(), "MISSING_FIELD");
  EXPECT_EQ(door_.Last(2).reason(), "UNKNOWN_TYPE");
  EXPECT_EQ(door_.Last(2).field(), "ce_type");
  EXPECT_EQ(door_.Last(3).reason(), "TOO_LARGE");
  EXPECT_EQ(door_.Last(4).reason(), "UNKNOWN_LEDGER");
  EXPECT_EQ(door_.Last(5).reason(), "MISSING_FIELD") << "the same id with other, incomplete content";
  EXPECT_EQ(door_.Last(6).reason(), "PUBLISHER_TYPE_NOT_ALLOWED");
  EXPECT_EQ(door_.Last(7).outcome(), kDuplicate);
  EXPECT_EQ(door_.Last(7).sequence(), accepted.sequence());
  EXPECT_EQ(door_.Last(8).outcome(), kAccepted);

  const CommandResult listed = Realise({"-o", "jsonl", "inbound", "list"});
  EXPECT_EQ(listed.exit_status, 0) << listed.err;
  EXPECT_THAT(listed.out, HasSubstr("PUBLISHER_TYPE_NOT_ALLOWED"));
  EXPECT_EQ(std::count(listed.out.begin(), listed.out.end(), '\n'), 6);
}

TEST_F(Inbound, MetricsAndHealthSayHowItFares) {
  Register({"board_established"});
  EXPECT_EQ(AwaitHealth(server_.address(), "inbound", "SERVING"), "SERVING");
  door_.Publish(0, Message(BoardEstablished("urgent-care")));
  door_.Publish(0, Message(BoardEstablished("urgent-care")));
  door_.Publish(0, Message(PeriodOpened("2024/25-M01")));
  door_.Publish(0, WithData(Message(BoardEstablished("theatres")), "{"));
  door_.Flush();
  door_.Await(4);
  const ServerProcess& server = server_.process();
  const std::string rejected = "realise_inbound_rejected_total";
  EXPECT_EQ(AwaitSample(server, rejected + "{reason=\"MALFORMED\"}", 1), 1);
  EXPECT_EQ(AwaitSample(server, rejected + "{reason=\"PUBLISHER_TYPE_NOT_ALLOWED\"}", 1), 1);
  EXPECT_EQ(AwaitSample(server, "realise_inbound_duplicates_total", 1), 1);
  EXPECT_EQ(SampleOf(server, "realise_inbound_accepted_total"), 1);
  EXPECT_EQ(SampleOf(server, "realise_inbound_taken_total"), 4);
  EXPECT_EQ(SampleOf(server, "realise_inbound_gone_total"), 0);
  EXPECT_EQ(SampleOf(server, "realise_inbound_partitions"), 1);
  EXPECT_EQ(SampleOf(server, "realise_inbound_paused_partitions"), 0);
  EXPECT_EQ(SampleOf(server, "realise_inbound_waiting"), 0);
  EXPECT_GE(SampleOf(server, "realise_inbound_lag"), 0);
  EXPECT_EQ(SampleOf(server, "realise_part_healthy{part=\"inbound\"}"), 1);
}

TEST_F(Inbound, IsDecidedLikeAnyAppend) {
  Register({"board_established", "board_renamed"});
  door_.Publish(0, Message(BoardEstablished("urgent-care")));
  door_.Publish(0, WithHeader(Message(BoardRenamed("urgent-care", "Urgent care", "2023-05-01")),
                              "ce_expectedversion", "4"));
  door_.Publish(0, Message(BoardRenamed("theatres", "Theatres", "2023-05-01")));
  door_.Publish(
      0, WithHeader(Message(BoardRenamed("urgent-care", "ref 943 476 5919", "2023-05-01")), "ce_id", "pid"));
  door_.Publish(0, WithHeader(Message(BoardRenamed("urgent-care", "Urgent care", "2023-05-01")),
                              "ce_expectedversion", "1"));
  door_.Flush();
  door_.Await(5);
  EXPECT_EQ(door_.Last(1).reason(), "WRONG_EXPECTED_VERSION");
  EXPECT_EQ(door_.Last(1).field(), "ce_expectedversion");
  EXPECT_THAT(door_.Last(1).decided_at(), HasSubstr(ledger_ + "@"));
  EXPECT_EQ(door_.Last(2).reason(), "UNKNOWN_BOARD");
  EXPECT_EQ(door_.Last(2).field(), "data.boardId");
  EXPECT_EQ(door_.Last(3).reason(), "PATIENT_IDENTIFIER");
  EXPECT_THAT(door_.Last(3).DebugString(), Not(HasSubstr("943")));
  EXPECT_EQ(door_.Last(4).outcome(), kAccepted);
}

TEST_F(Inbound, WhatWasRejectedIsReplayedOnceItsPublisherIsRegistered) {
  for (int i = 0; i < 20; ++i) door_.Publish(0, Message(BoardEstablished(fmt::format("board-{}", i))));
  door_.Flush();
  door_.Await(20);
  for (int i = 0; i < 20; ++i) EXPECT_EQ(door_.Last(i).reason(), "PUBLISHER_NOT_REGISTERED");

  Register({"board_established"});
  const std::vector<std::string> replay = {"inbound", "replay", "--reason", "PUBLISHER_NOT_REGISTERED"};
  const CommandResult dry = Realise(replay);
  EXPECT_EQ(dry.exit_status, 0) << dry.err;
  EXPECT_THAT(dry.out, HasSubstr("Nothing was sent"));
  EXPECT_THAT(dry.out, HasSubstr("20"));
  std::vector<std::string> send = replay;
  send.emplace_back("--send");
  EXPECT_EQ(Realise(send).exit_status, 0);
  door_.Await(40);
  for (int i = 20; i < 40; ++i) EXPECT_EQ(door_.Last(i).outcome(), kAccepted) << door_.Last(i).DebugString();
  // Again: the ledger knows them all.
  EXPECT_EQ(Realise(send).exit_status, 0);
  door_.Await(60);
  for (int i = 40; i < 60; ++i) EXPECT_EQ(door_.Last(i).outcome(), kDuplicate);
  EXPECT_EQ(server_.Realise({"replay", ledger_, "--verify"}).exit_status, 0);
}

}  // namespace
}  // namespace realise::testing
