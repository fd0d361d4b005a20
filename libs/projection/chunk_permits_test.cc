#include "libs/projection/chunk_permits.h"

#include <atomic>
#include <thread>
#include <vector>

#include "gtest/gtest.h"

namespace realise {
namespace {

TEST(ChunkPermits, NoMoreThanThereAreAreOutAtOnce) {
  ChunkPermits permits(2);
  std::atomic<int> out = 0, most = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 200; ++n) {
        const ChunkPermits::Permit permit = permits.Take();
        const int now = ++out;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        std::this_thread::yield();
        --out;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 2);
  EXPECT_EQ(permits.waiting(), 0u);
}

TEST(ChunkPermits, WhoCameFirstIsServedFirst) {
  ChunkPermits permits(1);
  std::vector<int> served;
  std::vector<std::thread> threads;
  {
    const ChunkPermits::Permit held = permits.Take();
    for (int i = 0; i < 5; ++i) {
      threads.emplace_back([&, i] {
        const ChunkPermits::Permit permit = permits.Take();
        served.push_back(i);  // one at a time, by the permit
      });
      while (permits.waiting() != static_cast<size_t>(i) + 1) std::this_thread::yield();
    }
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(served, (std::vector<int>{0, 1, 2, 3, 4}));
}

TEST(ChunkPermits, OnceTheyAreClosedNobodyWaits) {
  ChunkPermits permits(1);
  const ChunkPermits::Permit held = permits.Take();
  EXPECT_TRUE(held);
  std::thread waits([&] { EXPECT_FALSE(permits.Take()); });
  while (permits.waiting() != 1) std::this_thread::yield();
  permits.Close();
  waits.join();
  EXPECT_FALSE(permits.Take());
}

}  // namespace
}  // namespace realise
