#include "libs/projection/loaded_pause.h"

#include "gtest/gtest.h"

namespace realise {
namespace {

constexpr size_t kBytesMax = 16 * 1024 * 1024;
constexpr std::chrono::milliseconds kNone{0};

TEST(LoadedPause, OnlyAChunkOfManyLargeCommitsWaitsForMore) {
  struct Row {
    const char* what;
    size_t commits;
    size_t bytes;
    std::chrono::milliseconds pause;
  };
  const Row rows[] = {
      {"nothing came", 0, 0, kNone},
      {"one event", 1, 300, kNone},
      {"one batch, however large", 1, 4 * kLoadedCommitBytes - 1, kNone},
      {"as much as four large commits", 1, 4 * kLoadedCommitBytes, kLoadedPauseMax},
      {"four large commits", 4, 4 * kLoadedCommitBytes, kLoadedPauseMax},
      {"many single events", 10'000, 3'000'000, kNone},
      {"many large commits", 100, 100 * kLoadedCommitBytes, kLoadedPauseMax},
      {"as much as a chunk is to have", 100, kBytesMax, kLoadedPauseMax},
      {"more than that", 100, kBytesMax + 1, kNone},
  };
  for (const Row& row : rows) {
    LoadedPause pause(kBytesMax);
    pause.Note(row.commits);
    EXPECT_EQ(pause.After(row.bytes), row.pause) << row.what;
  }
}

TEST(LoadedPause, AChunkThatIsNotToWaitDoesNot) {
  LoadedPause pause(0);
  pause.Note(100);
  EXPECT_EQ(pause.After(100 * kLoadedCommitBytes), kNone);
}

}  // namespace
}  // namespace realise
