// The options by which a question says what it is to rest on.
#pragma once

#include <string>

#include "CLI/CLI.hpp"
#include "absl/status/statusor.h"
#include "realise/v1/query_service.pb.h"

namespace realise {

struct BasisOptions {
  std::string as_at;
  std::string at_least;
  std::string view = "as-reported";
  std::string names = "as-now";

  void AddTo(CLI::App& command);
  // `--as-at` is a receipt or position (RH5@1234), `pos:1234`, `close:2024/25-M12`, a time or a date.
  // REQUIRES: what the options' forms let through.
  //   INVALID_ARGUMENT  a position is one of another ledger: wrong usage, with the option in front.
  [[nodiscard]] absl::StatusOr<v1::Basis> Parse(const std::string& ledger) const;
};

}  // namespace realise
