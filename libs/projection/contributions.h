// The events that contribute to a figure, of which there may be millions: how many, their sum, and a page of
// them.  A page costs what it holds, because it is known where among the account's postings it begins.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/balance.h"
#include "libs/base/ids.h"
#include "libs/projection/figure_source.h"

namespace realise {

// The cells of an account that a figure is the sum of.
struct AskedCells {
  std::string account;
  std::string name;  // differs from that of any other cells of the ledger
  std::function<bool(Cell)> has;
};

// What one event does to a figure; that may be nothing, if its postings cancel each other out.
struct Contribution {
  Sequence sequence = 0;
  Balance amount = 0;
  Cell cell = 0;  // the first one of those asked for that it was posted to
};

// What is known of a figure's contributions up to an event: how many there are, their sum, and where every
// so-many-th of them is.  A value, of a limited size however many they are.
class ContributionMarks {
 public:
  // Marks are kept of every contribution until there are `marks_max`; then of every second, and so on.
  // REQUIRES: marks_max is even.
  explicit ContributionMarks(size_t marks_max = 32'768) : marks_max_(marks_max) {}

  // Goes on from up_to().   REQUIRES: sequences rise.
  void Add(Sequence sequence, Balance amount);
  // There are no others up to here.   REQUIRES: not before up_to().
  void EndAt(Sequence up_to) { up_to_ = up_to; }

  Sequence up_to() const { return up_to_; }
  uint64_t count() const { return count_; }
  Balance sum() const { return sum_; }
  // One contribution of so many is marked.
  uint64_t stride() const { return stride_; }
  // What is kept, in memory.
  size_t bytes() const;

  // A contribution that is marked, and what came before it.
  struct Place {
    Sequence sequence = 0;
    uint64_t number = 0;  // how many are before it
    Balance sum = 0;      // of those
  };
  // The last one that is marked of those up to `sequence`, or up to the one that has this number.
  // REQUIRES: there is one.
  [[nodiscard]] Place UpToSequence(Sequence sequence) const;
  [[nodiscard]] Place UpToNumber(uint64_t number) const { return PlaceOf(number / stride_); }
  // Where to look for the contribution that has this number, given that the one before it is at `before`.
  [[nodiscard]] Sequence Behind(Sequence before, uint64_t number) const;

 private:
  Place PlaceOf(size_t mark) const { return {sequences_[mark], mark * stride_, sums_[mark]}; }

  size_t marks_max_;
  Sequence up_to_ = 0;
  uint64_t count_ = 0;
  Balance sum_ = 0;
  uint64_t stride_ = 1;
  // Of the contributions 0, stride_, 2 * stride_, ...
  std::vector<Sequence> sequences_;
  std::vector<Balance> sums_;  // of what is before
};

// `marks`, which may be of no contribution yet, taken further up to `up_to`: reads what was posted since.
// Errors of the source.
[[nodiscard]] absl::StatusOr<SharedMarks> ExtendMarks(const FigureSource& source, const AskedCells& asked,
                                                      ContributionMarks marks, Sequence up_to);

// Those from number `offset` on, `size` at most.
struct ContributionPage {
  uint64_t offset = 0;
  uint64_t size = 0;
};

// How many there are up to a position, their sum, and a page of them in the order of the log.
struct Contributions {
  uint64_t count = 0;
  Balance sum = 0;
  std::vector<Contribution> page;
};

// The contributions up to `up_to`.   Errors of the source.   REQUIRES: the marks reach as far.
[[nodiscard]] absl::StatusOr<Contributions> ContributionsIn(const FigureSource& source,
                                                            const AskedCells& asked,
                                                            const ContributionMarks& marks, Sequence up_to,
                                                            const ContributionPage& page);
// The same with what the source knows of them.
[[nodiscard]] absl::StatusOr<Contributions> ContributionsTo(const FigureSource& source,
                                                            const AskedCells& asked, Sequence up_to,
                                                            const ContributionPage& page);

}  // namespace realise
