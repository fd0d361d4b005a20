#include "libs/base/side_thread.h"

#include <gtest/gtest.h>

#include <memory>
#include <stdexcept>
#include <thread>

namespace realise {
namespace {

TEST(SideThreadTest, DoesTasksOnOneThreadBesideTheOwners) {
  SideThread side;
  const auto first = side.Begin([] { return std::this_thread::get_id(); }).get();
  const auto second = side.Begin([] { return std::this_thread::get_id(); }).get();
  EXPECT_NE(first, std::this_thread::get_id());
  EXPECT_EQ(first, second);
}

TEST(SideThreadTest, TakesAndReturnsWhatCanOnlyBeMoved) {
  SideThread side;
  auto done = side.Begin([number = std::make_unique<int>(41)]() mutable {
    ++*number;
    return std::move(number);
  });
  EXPECT_EQ(*done.get(), 42);
}

TEST(SideThreadTest, WhatATaskThrowsIsThrownToWhoeverAsks) {
  SideThread side;
  auto failed = side.Begin([]() -> int { throw std::runtime_error("no"); });
  EXPECT_THROW(failed.get(), std::runtime_error);
  EXPECT_EQ(side.Begin([] { return 1; }).get(), 1);
}

TEST(SideThreadTest, EndWaitsForTheTaskAndTheNextOneStartsAnew) {
  SideThread side;
  side.End();
  // So many tasks that some End comes while one is under way.
  for (int i = 0; i < 1000; ++i) {
    int done = 0;
    auto result = side.Begin([&] { return ++done; });
    side.End();
    ASSERT_EQ(done, 1);
  }
}

TEST(SideThreadTest, ItsEndWaitsForATaskNobodyAsksAbout) {
  for (int i = 0; i < 1000; ++i) {
    int done = 0;
    {
      SideThread side;
      side.Begin([&] { return ++done; });
    }
    ASSERT_EQ(done, 1);
  }
}

}  // namespace
}  // namespace realise
