// Rows of postings (view_rows.h): how the fold makes them, and how they are read.
//
// A row holds what an event posted to an account, and what events behind it did, until it is long enough. One
// that is not is written again, longer, whenever something is posted: which rows there are in the end depends
// on the log alone.
#pragma once

#include <cstdint>
#include <limits>
#include <string>
#include <string_view>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/ids.h"
#include "libs/projection/figure_source.h"
#include "libs/view_store/view_keys.h"
#include "libs/view_store/view_rows.h"
#include "libs/view_store/view_store.h"

namespace realise {

// An event is not added to a row that has so many bytes.
inline constexpr size_t kPostingRowBytes = 512;

// Those of one account, as long as it is posted to.
class PostingRows {
 public:
  // The account has rows in the store already.   REQUIRES: nothing was added yet.
  //   UNAVAILABLE, DATA_LOSS  as ViewStore.
  [[nodiscard]] absl::Status GoOn(ViewSnapshot& snapshot, const ViewKeyspace& keys, AccountNumber account);

  // Whether it is the first one of its event.   REQUIRES: sequences rise.
  bool Add(const ViewPosting& posting);

  // The rows that were added, or made longer, since the last call, for GivePostingRows.
  [[nodiscard]] std::string Take();

 private:
  bool LastIsLong() const;
  void EndLast();

  // One behind the other: sequence 8, length 4, value.
  std::string rows_;
  size_t last_ = 0;          // where the last one begins
  Sequence last_event_ = 0;  // in it
};

// Gives rows that were taken; their keys are `prefix` and the sequence.   Errors of `put`.
[[nodiscard]] absl::Status GivePostingRows(std::string_view rows, const std::string& prefix, ViewRowSink put);

// Of a piece of history behind which the snapshot has nothing.
inline constexpr Sequence kUpToTheEnd = std::numeric_limits<Sequence>::max();

// Which postings of an account are read: those behind `after` and up to `up_to`, and then more until there
// are `at_least`, but none behind `further_max`.
struct PostingsRange {
  Sequence after = 0;
  Sequence up_to = 0;
  size_t at_least = 0;
  Sequence further_max = kUpToTheEnd;
};

// Appends postings, in the order of the log, and returns up to where there are no others: `up_to`, further,
// or kUpToTheEnd.   UNAVAILABLE, DATA_LOSS  as ViewStore.
[[nodiscard]] absl::StatusOr<Sequence> ScanPostings(ViewSnapshot& snapshot, const ViewKeyspace& keys,
                                                    AccountNumber account, const PostingsRange& range,
                                                    std::vector<AccountPosting>& postings);

// FigureSource::GivePostings.   Errors as above.
[[nodiscard]] absl::Status GiveStoredPostings(ViewSnapshot& snapshot, const ViewKeyspace& keys,
                                              AccountNumber account, Sequence from, Sequence up_to,
                                              PostingsSink take);

}  // namespace realise
