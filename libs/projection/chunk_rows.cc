#include "libs/projection/chunk_rows.h"

#include "libs/base/status_macros.h"

namespace realise {
namespace {

absl::Status GiveAll(const KeyedRows& rows, ViewRowSink put) {
  for (const auto& [key, value] : rows) RETURN_IF_ERROR(put(key, value));
  return absl::OkStatus();
}

}  // namespace

// The order of the keys is that of the letters of the tables.
absl::Status ChunkRows::GiveTo(ViewRowSink put, const ViewKeyspace& keys) {
  if (answering) RETURN_IF_ERROR(put(AnsweringKey(keys.ledger), *answering));
  RETURN_IF_ERROR(accounts.GiveAccounts(put, keys));
  RETURN_IF_ERROR(GiveAll(commits, put));
  RETURN_IF_ERROR(GiveAll(facts, put));
  RETURN_IF_ERROR(accounts.GiveCheckpoints(put, keys));
  RETURN_IF_ERROR(put(keys.Place(), place));
  RETURN_IF_ERROR(accounts.GivePostings(put, keys));
  states.Sort();
  std::string state = keys.Table(ViewTable::kState);
  const size_t table_bytes = state.size();
  for (size_t i = 0; i < states.size(); ++i) {
    const auto [key, value] = states[i];
    state.replace(table_bytes, std::string::npos, key);
    RETURN_IF_ERROR(put(state, value));
  }
  return GiveAll(times, put);
}

}  // namespace realise
