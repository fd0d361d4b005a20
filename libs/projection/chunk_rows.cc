#include "libs/projection/chunk_rows.h"

#include <memory>
#include <system_error>

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
  SortStateRows(states);
  std::string state = keys.Table(ViewTable::kState);
  const size_t table_bytes = state.size();
  for (const auto& [key, value] : states) {
    state.replace(table_bytes, std::string::npos, key);
    RETURN_IF_ERROR(put(state, value));
  }
  return GiveAll(times, put);
}

// The rows are shared with whichever of the two runs: the first takes nothing along if it does not begin.
std::future<absl::Status> IngestAside(ViewStore& store, const ViewKeyspace& keys, ChunkRows rows) {
  const auto ingest = [&store, keys, shared = std::make_shared<ChunkRows>(std::move(rows))] {
    return store.Ingest([&](ViewRowSink put) { return shared->GiveTo(put, keys); });
  };
  try {
    return std::async(std::launch::async, ingest);
  } catch (const std::system_error&) {
    // The process may have no more threads: whoever awaits it does it then.
    return std::async(std::launch::deferred, ingest);
  }
}

}  // namespace realise
