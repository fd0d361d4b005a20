#include "libs/rpc/rpc_calls.h"

#include <algorithm>
#include <string_view>

#include "absl/status/status.h"

namespace realise {
namespace {

// "/realise.v1.AppendService/Append" without its package.
std::string ShortName(std::string_view method) {
  const size_t service = method.rfind('.', method.rfind('/'));
  return std::string(method.substr(service == std::string_view::npos ? 0 : service + 1));
}

}  // namespace

void RpcCalls::Begin() {
  const std::lock_guard lock(mutex_);
  ++under_way_;
}

void RpcCalls::End(const std::string& method, int code, std::chrono::microseconds took) {
  const auto bound = std::ranges::lower_bound(kCallBounds, took.count());
  const std::lock_guard lock(mutex_);
  --under_way_;
  CallsRow& row = rows_[{method, code}];
  ++row.counts[static_cast<size_t>(bound - kCallBounds.begin())];
  row.sum_microseconds += static_cast<uint64_t>(std::max<int64_t>(took.count(), 0));
}

std::vector<CallsRow> RpcCalls::Rows() const {
  std::vector<CallsRow> rows;
  const std::lock_guard lock(mutex_);
  for (const auto& [key, row] : rows_) {
    rows.push_back(row);
    rows.back().method = ShortName(key.first);
    rows.back().code = absl::StatusCodeToString(static_cast<absl::StatusCode>(key.second));
  }
  return rows;
}

uint64_t RpcCalls::under_way() const {
  const std::lock_guard lock(mutex_);
  return under_way_;
}

}  // namespace realise
