// How many calls there were, how they ended, and how long they took.
#pragma once

#include <array>
#include <chrono>
#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

namespace realise {

// Upper bounds of how long calls took, in microseconds.
inline constexpr std::array<int64_t, 14> kCallBounds = {500,       1'000,     2'000,     5'000,     10'000,
                                                        20'000,    50'000,    100'000,   200'000,   500'000,
                                                        1'000'000, 2'000'000, 5'000'000, 10'000'000};

// The ended calls of one method that ended with one code.
struct CallsRow {
  std::string method;                                     // "AppendService/Append"
  std::string code;                                       // "OK", "NOT_FOUND"
  std::array<uint64_t, kCallBounds.size() + 1> counts{};  // by kCallBounds, and what took longer
  uint64_t sum_microseconds = 0;
};

// Thread-safe.
class RpcCalls {
 public:
  void Begin();
  // `method` as gRPC names it, "/realise.v1.AppendService/Append"; `code` as gRPC numbers it.
  void End(const std::string& method, int code, std::chrono::microseconds took);

  std::vector<CallsRow> Rows() const;
  uint64_t under_way() const;

 private:
  mutable std::mutex mutex_;
  // Below: guarded by mutex_.
  uint64_t under_way_ = 0;
  std::map<std::pair<std::string, int>, CallsRow> rows_;
};

}  // namespace realise
