#include "libs/inbound/kafka/partition_progress.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <set>
#include <vector>

namespace realise {
namespace {

TEST(PartitionProgress, GoesOnOnlyBehindWhatIsDoneWithoutAGap) {
  PartitionProgress progress;
  EXPECT_FALSE(progress.next());
  for (const int64_t offset : {7, 8, 11}) progress.Take(offset);
  progress.Done(8);
  EXPECT_FALSE(progress.next());
  EXPECT_EQ(progress.open(), 3u);
  progress.Done(7);
  EXPECT_EQ(progress.next(), 9);
  EXPECT_EQ(progress.open(), 1u);
  progress.Done(7);
  progress.Done(9);
  EXPECT_EQ(progress.next(), 9);
  progress.Done(11);
  EXPECT_EQ(progress.next(), 12);
  EXPECT_EQ(progress.open(), 0u);
}

TEST(PartitionProgress, WhatCouldNotBeCommittedIsCommittedAgain) {
  PartitionProgress progress;
  progress.StartAt(5);
  EXPECT_EQ(progress.ToCommit(), std::nullopt);
  for (const int64_t offset : {5, 6, 7}) progress.Take(offset);
  progress.Done(5);
  EXPECT_EQ(progress.ToCommit(), 6);
  EXPECT_EQ(progress.ToCommit(), std::nullopt) << "it is under way";
  EXPECT_EQ(progress.committed(), 5);
  progress.NoteCommit(6, /*failed=*/true);
  EXPECT_EQ(progress.committed(), 5);
  EXPECT_EQ(progress.ToCommit(), 6) << "although nothing else was done";
  progress.Done(6);
  EXPECT_EQ(progress.ToCommit(), 7);
  // Of two that are under way, the answer to the first says nothing of the second.
  progress.NoteCommit(6, /*failed=*/true);
  EXPECT_EQ(progress.ToCommit(), std::nullopt);
  progress.NoteCommit(7, /*failed=*/false);
  EXPECT_EQ(progress.committed(), 7);
}

TEST(PartitionProgress, InWhateverOrderTheyAreDone) {
  const bool held =
      rc::check("nothing that is not done lies before next", [](const std::set<uint16_t>& offsets) {
        std::vector<int64_t> left(offsets.begin(), offsets.end());
        PartitionProgress progress;
        for (const int64_t offset : left) progress.Take(offset);
        while (!left.empty()) {
          const size_t at = *rc::gen::inRange<size_t>(0, left.size());
          progress.Done(left[at]);
          left.erase(left.begin() + static_cast<std::ptrdiff_t>(at));
          const auto next = progress.next();
          for (const int64_t offset : left) RC_ASSERT(!next || offset >= *next);
          if (left.empty()) RC_ASSERT(*next == static_cast<int64_t>(*offsets.rbegin()) + 1);
        }
        RC_ASSERT(progress.open() == 0u);
      });
  EXPECT_TRUE(held);
}

}  // namespace
}  // namespace realise
