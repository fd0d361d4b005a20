#include "libs/projection/contributions.h"

#include <algorithm>
#include <span>
#include <utility>

#include "libs/base/status_macros.h"

namespace realise {
namespace {

// Calls `each` with the contributions from `from` up to `up_to`; it says from where on it wants the next.
absl::Status ForEachContribution(const FigureSource& source, const AskedCells& asked, Sequence from,
                                 Sequence up_to, absl::FunctionRef<Sequence(const Contribution&)> each) {
  return source.GivePostings(asked.account, from, up_to, [&](std::span<const AccountPosting> posted) {
    Contribution contribution{.sequence = posted.front().sequence};
    bool contributes = false;
    for (const AccountPosting& posting : posted) {
      if (!asked.has(posting.cell)) continue;
      if (!contributes) contribution.cell = posting.cell;
      contributes = true;
      contribution.amount += posting.delta;
    }
    return contributes ? each(contribution) : contribution.sequence + 1;
  });
}

// How many there are up to `up_to`, and their sum: known, but for those behind the last mark.
absl::StatusOr<Contributions> CountUpTo(const FigureSource& source, const AskedCells& asked,
                                        const ContributionMarks& marks, Sequence up_to) {
  if (up_to >= marks.up_to() || marks.count() == 0) {
    return Contributions{.count = marks.count(), .sum = marks.sum(), .page = {}};
  }
  Contributions counted;
  if (up_to < marks.UpToNumber(0).sequence) return counted;
  const ContributionMarks::Place last = marks.UpToSequence(up_to);
  counted.count = last.number;
  counted.sum = last.sum;
  const uint64_t before_next_mark = std::min(last.number + marks.stride(), marks.count());
  RETURN_IF_ERROR(
      ForEachContribution(source, asked, last.sequence, up_to, [&](const Contribution& contribution) {
        ++counted.count;
        counted.sum += contribution.amount;
        return counted.count == before_next_mark ? kNoMorePostings : contribution.sequence + 1;
      }));
  return counted;
}

}  // namespace

void ContributionMarks::Add(Sequence sequence, Balance amount) {
  if (count_ % stride_ == 0) {
    if (sequences_.size() == marks_max_) {
      for (size_t i = 0; i < marks_max_ / 2; ++i) {
        sequences_[i] = sequences_[2 * i];
        sums_[i] = sums_[2 * i];
      }
      sequences_.resize(marks_max_ / 2);
      sums_.resize(marks_max_ / 2);
      stride_ *= 2;
    }
    sequences_.push_back(sequence);
    sums_.push_back(sum_);
  }
  ++count_;
  sum_ += amount;
  up_to_ = sequence;
}

size_t ContributionMarks::bytes() const {
  return sizeof(*this) + sequences_.capacity() * sizeof(Sequence) + sums_.capacity() * sizeof(Balance);
}

ContributionMarks::Place ContributionMarks::UpToSequence(Sequence sequence) const {
  const auto behind = std::ranges::upper_bound(sequences_, sequence);
  return PlaceOf(static_cast<size_t>(behind - sequences_.begin()) - 1);
}

Sequence ContributionMarks::Behind(Sequence before, uint64_t number) const {
  const uint64_t mark = number / stride_;
  return number % stride_ == 0 && mark < sequences_.size() ? sequences_[mark] : before + 1;
}

// Shared for the reason that figure_source.h gives.
absl::StatusOr<SharedMarks> ExtendMarks(const FigureSource& source, const AskedCells& asked,
                                        ContributionMarks marks, Sequence up_to) {
  RETURN_IF_ERROR(
      ForEachContribution(source, asked, marks.up_to() + 1, up_to, [&](const Contribution& contribution) {
        marks.Add(contribution.sequence, contribution.amount);
        return contribution.sequence + 1;
      }));
  marks.EndAt(up_to);
  return std::make_shared<const ContributionMarks>(std::move(marks));
}

absl::StatusOr<Contributions> ContributionsIn(const FigureSource& source, const AskedCells& asked,
                                              const ContributionMarks& marks, Sequence up_to,
                                              const ContributionPage& page) {
  ASSIGN_OR_RETURN(Contributions found, CountUpTo(source, asked, marks, up_to));
  const uint64_t end = page.offset + std::min(page.size, found.count - std::min(page.offset, found.count));
  if (page.offset >= end) return found;
  const ContributionMarks::Place begin = marks.UpToNumber(page.offset);
  uint64_t number = begin.number;
  RETURN_IF_ERROR(
      ForEachContribution(source, asked, begin.sequence, up_to, [&](const Contribution& contribution) {
        if (number++ >= page.offset) found.page.push_back(contribution);
        return number == end ? kNoMorePostings : marks.Behind(contribution.sequence, number);
      }));
  return found;
}

absl::StatusOr<Contributions> ContributionsTo(const FigureSource& source, const AskedCells& asked,
                                              Sequence up_to, const ContributionPage& page) {
  ASSIGN_OR_RETURN(const SharedMarks marks, source.MarksOf(asked, up_to));
  return ContributionsIn(source, asked, *marks, up_to, page);
}

}  // namespace realise
