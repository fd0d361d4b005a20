#include "libs/projection/figure_source.h"

#include "absl/status/status.h"
#include "fmt/format.h"
#include "libs/base/status_macros.h"

namespace realise {

absl::Status SumTooLarge(const std::string& account) {
  return absl::OutOfRangeError(fmt::format("a sum of account {} does not fit into 64 bits", account));
}

absl::StatusOr<std::vector<AccountPosting>> FigureSource::PostingsUpTo(const std::string& account,
                                                                       Sequence sequence) const {
  std::vector<AccountPosting> postings;
  RETURN_IF_ERROR(GivePostings(account, 0, sequence, [&](std::span<const AccountPosting> posted) {
    postings.insert(postings.end(), posted.begin(), posted.end());
    return posted.front().sequence + 1;
  }));
  return postings;
}

}  // namespace realise
