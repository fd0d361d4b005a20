// How long the fold waits for more of a ledger that is loaded in bulk.
#pragma once

#include <algorithm>
#include <chrono>
#include <cstddef>

namespace realise {

// A ledger is loaded in bulk when its commits are at least so long on average, and four of these came at
// once.
inline constexpr size_t kLoadedCommitBytes = 32 * 1024;
// A chunk of such a ledger goes on while the next commit comes within the one, but no longer than the other.
inline constexpr std::chrono::milliseconds kLoadedPauseMax{25};
inline constexpr std::chrono::milliseconds kLoadedChunkMax{500};

// How long a chunk waits for more commits.  While a ledger is loaded in bulk the fold keeps up with it in
// small chunks, and rows that are put into the store's memtable take several times as long as those of a
// file.
class LoadedPause {
 public:
  explicit LoadedPause(size_t bytes_max) : bytes_max_(bytes_max) {}

  void Note(size_t commits) {
    if (commits_ == 0) begin_ = std::chrono::steady_clock::now();
    commits_ += commits;
  }
  // Behind so many bytes of the chunk.
  std::chrono::milliseconds After(size_t bytes) const {
    const bool loaded = bytes >= kLoadedCommitBytes * std::max<size_t>(commits_, 4);
    const bool in_time = std::chrono::steady_clock::now() - begin_ < kLoadedChunkMax;
    return loaded && in_time && bytes <= bytes_max_ ? kLoadedPauseMax : std::chrono::milliseconds(0);
  }

 private:
  const size_t bytes_max_;
  size_t commits_ = 0;
  std::chrono::steady_clock::time_point begin_;
};

}  // namespace realise
