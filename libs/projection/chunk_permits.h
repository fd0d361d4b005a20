// How many ledgers may hold a large chunk of commits in memory at the same time: what catching up takes of it
// is then limited for the process, however many ledgers are behind.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>

namespace realise {

// First come, first served, so that no ledger starves.  Thread-safe; must outlive its permits.
class ChunkPermits {
 public:
  // Gives itself back.
  class Permit {
   public:
    Permit() = default;
    ~Permit();
    Permit(Permit&& other) noexcept;
    Permit& operator=(Permit&& other) noexcept;

    explicit operator bool() const { return of_ != nullptr; }

   private:
    friend class ChunkPermits;
    explicit Permit(ChunkPermits& of) : of_(&of) {}
    ChunkPermits* of_ = nullptr;
  };

  // REQUIRES: count > 0.
  explicit ChunkPermits(int count) : free_(count) {}

  // Waits until it is this caller's turn.  A permit that is none once they are closed.
  [[nodiscard]] Permit Take();

  // Nobody waits any longer, nor gets one.
  void Close();

  size_t waiting() const;

 private:
  void GiveBack();

  mutable std::mutex mutex_;
  std::condition_variable changed_;
  // Below: guarded by mutex_.
  int free_;
  bool closed_ = false;
  uint64_t tickets_ = 0;
  std::deque<uint64_t> waiting_;
};

}  // namespace realise
