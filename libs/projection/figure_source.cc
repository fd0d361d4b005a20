#include "libs/projection/figure_source.h"

#include "absl/status/status.h"
#include "fmt/format.h"

namespace realise {

absl::Status SumTooLarge(const std::string& account) {
  return absl::OutOfRangeError(fmt::format("a sum of account {} does not fit into 64 bits", account));
}

}  // namespace realise
