#include "libs/kafka/kafka_statistics.h"

#include "gtest/gtest.h"

namespace realise {
namespace {

TEST(KafkaStatistics, TheLatestOfEveryClient) {
  KafkaStatistics statistics;
  statistics.Take(R"({"name":"realise#producer-1","msg_cnt":1,"brokers":{}})");
  statistics.Take(R"({"name":"realise#producer-1","type":"producer","msg_cnt":7,"msg_size":900,"brokers":{
      "127.0.0.1:9092/bootstrap":{"nodeid":-1,"txerrs":4},
      "127.0.0.1:9092/1":{"nodeid":1,"state":"UP","rtt":{"avg":800,"p99":1500},"outbuf_cnt":2,"waitresp_cnt":3,"txerrs":1,
                          "rxerrs":2,"req_timeouts":4,"disconnects":5}},"topics":{}})");
  const auto clients = statistics.Clients();
  ASSERT_EQ(clients.size(), 1U);
  EXPECT_EQ(clients[0].client, "realise#producer-1");
  EXPECT_EQ(clients[0].queued_messages, 7);
  EXPECT_EQ(clients[0].queued_bytes, 900);
  ASSERT_EQ(clients[0].brokers.size(), 1U);
  EXPECT_EQ(clients[0].brokers[0].broker, "127.0.0.1:9092/1");
  EXPECT_TRUE(clients[0].brokers[0].up);
  EXPECT_EQ(clients[0].brokers[0].round_trip_us, 1500);
  EXPECT_EQ(clients[0].brokers[0].requests_waiting, 5);
  EXPECT_EQ(clients[0].brokers[0].errors, 7);
  EXPECT_EQ(clients[0].brokers[0].disconnects, 5);
}

TEST(KafkaStatistics, WhatDoesNotDecodeIsPassedOver) {
  KafkaStatistics statistics;
  statistics.Take("{");
  statistics.Take("{\"msg_cnt\":1}");
  EXPECT_TRUE(statistics.Clients().empty());
}

}  // namespace
}  // namespace realise
