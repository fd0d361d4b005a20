// What a chunk of commits changed in the views.
#pragma once

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "libs/domain/state_rows.h"
#include "libs/projection/account_table.h"
#include "libs/view_store/view_keys.h"
#include "libs/view_store/view_store.h"

namespace realise {

// By key.
using KeyedRows = std::vector<std::pair<std::string, std::string>>;

// In pieces, as the fold hands them over.  A value: another thread may put the rows together.
struct ChunkRows {
  std::optional<std::string> answering;  // the row that says which fold version answers, if it is to be set
  AccountRows accounts;
  KeyedRows commits;
  KeyedRows facts;
  std::string place;  // up to which the chunk goes
  StateRows states;   // keys without the table's; in no order
  KeyedRows times;

  // Puts the rows together, in the order of their keys.   Errors of `put`.
  [[nodiscard]] absl::Status GiveTo(ViewRowSink put, const ViewKeyspace& keys);
};

}  // namespace realise
