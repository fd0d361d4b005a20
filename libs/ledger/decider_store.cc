// Rows:
//
//   key    := ledger 0x00 kind rest
//   "p"                                  fold_version (8) LogPlace, serialised
//   "s" LedgerState's row key            LedgerState's row value
//   "i" event key (16)                   sequence (8)
//   "c" last_sequence (8) address (8)    digest (32)
//
// Numbers are big endian, so that rows stand in their order.
#include "libs/ledger/decider_store.h"

#include <fmt/format.h>
#include <rocksdb/db.h>
#include <rocksdb/filter_policy.h>
#include <rocksdb/table.h>
#include <rocksdb/write_batch.h>

#include <algorithm>
#include <cstring>

#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/domain/ledger_state.h"
#include "libs/rocksdb/get_rows.h"
#include "libs/rocksdb/info_log.h"
#include "libs/rocksdb/sorted_file.h"

namespace realise {
namespace {

// Raise it whenever Evolve, LedgerState's rows or the rows here change their meaning: what was kept is then
// dropped, and the log is read from its beginning.
constexpr uint64_t kFoldVersion = 4;

// A chunk of at least so many rows is ingested as a sorted file.
constexpr size_t kIngestRowsMin = 4096;

constexpr char kPlaceRow = 'p';
constexpr char kStateRow = 's';
constexpr char kIdRow = 'i';
constexpr char kCommitRow = 'c';

std::string_view AsView(const rocksdb::Slice& slice) { return {slice.data(), slice.size()}; }

void AppendNumber(uint64_t number, std::string& out) {
  for (int shift = 56; shift >= 0; shift -= 8) out.push_back(static_cast<char>(number >> shift));
}

// REQUIRES: at least 8 bytes.
uint64_t ReadNumber(std::string_view bytes) {
  uint64_t number = 0;
  for (int i = 0; i < 8; ++i) number = number << 8 | static_cast<uint8_t>(bytes[i]);
  return number;
}

std::string Prefix(std::string_view ledger, char kind) {
  std::string key;
  key.reserve(ledger.size() + 18);
  key.append(ledger).push_back('\0');
  key.push_back(kind);
  return key;
}

absl::Status FromRocks(const rocksdb::Status& status, std::string_view doing) {
  if (status.ok()) return absl::OkStatus();
  if (status.IsCorruption()) {
    return absl::DataLossError(
        fmt::format("decider store, {}: {}.  Delete it and start again: the log holds everything.", doing,
                    status.ToString()));
  }
  return absl::UnavailableError(fmt::format("decider store, {}: {}", doing, status.ToString()));
}

absl::Status Damaged(std::string_view what) {
  return absl::DataLossError(
      fmt::format("decider store: {}.  Delete it and start again: the log holds everything.", what));
}

bool ReadCommitRow(std::string_view rest, std::string_view value, CommitRow& row) {
  if (rest.size() != 16 || value.size() != Digest::kSize) return false;
  row.last_sequence = ReadNumber(rest);
  row.address = static_cast<Address>(ReadNumber(rest.substr(8)));
  std::memcpy(row.digest.bytes.data(), value.data(), value.size());
  return true;
}

// Puts the rows of a chunk, in the order of their keys, into a batch or a sorted file.
template <typename Rows>
rocksdb::Status PutRows(const std::string& ledger, const DeciderStore::Chunk& chunk, Rows& rows) {
  rocksdb::Status status;
  std::string value;
  std::string key = Prefix(ledger, kCommitRow);
  const size_t prefix_size = key.size();
  const auto put = [&] {
    if (status.ok()) status = rows.Put(key, value);
  };
  for (const CommitRow& row : chunk.commits) {
    key.resize(prefix_size);
    AppendNumber(row.last_sequence, key);
    AppendNumber(static_cast<uint64_t>(row.address), key);
    value = row.digest.view();
    put();
  }
  key = Prefix(ledger, kIdRow);
  for (const auto& [id, sequence] : chunk.ids) {
    key.resize(prefix_size);
    key.append(id.view());
    value.clear();
    AppendNumber(sequence, value);
    put();
  }
  key = Prefix(ledger, kPlaceRow);
  value.clear();
  AppendNumber(kFoldVersion, value);
  chunk.place.AppendToString(&value);
  put();
  key = Prefix(ledger, kStateRow);
  for (size_t i = 0; i < chunk.state_rows.size(); ++i) {
    const auto [row_key, row_value] = chunk.state_rows[i];
    key.resize(prefix_size);
    key.append(row_key);
    if (status.ok()) status = row_value.empty() ? rows.Delete(key) : rows.Put(key, row_value);
  }
  return status;
}

}  // namespace

EventKey EventKeyOf(std::string_view source, std::string_view id) {
  std::string text;
  text.reserve(source.size() + 1 + id.size());
  text.append(source).push_back('\0');
  text.append(id);
  const Digest digest = Sha256(text);
  EventKey key;
  std::copy_n(digest.bytes.begin(), key.bytes.size(), key.bytes.begin());
  return key;
}

DeciderStore::DeciderStore(std::unique_ptr<rocksdb::DB> db) : db_(std::move(db)) {}
DeciderStore::~DeciderStore() = default;

absl::StatusOr<std::unique_ptr<DeciderStore>> DeciderStore::Open(const DeciderStoreOptions& options) {
  rocksdb::Options rocks;
  rocks.create_if_missing = true;
  if (options.env != nullptr) rocks.env = options.env;
  // Nearly every id asked for is new: the filter answers without reading a block.
  rocksdb::BlockBasedTableOptions table;
  table.filter_policy.reset(rocksdb::NewBloomFilterPolicy(10));
  rocks.table_factory.reset(rocksdb::NewBlockBasedTableFactory(table));
  // Ids are as random as keys can be: each compaction of new files writes all of the second level again.
  rocks.level0_file_num_compaction_trigger = 16;
  rocks.level0_slowdown_writes_trigger = 48;
  rocks.level0_stop_writes_trigger = 64;
  // Compressing them takes time and saves next to nothing.
  rocks.compression_per_level = {rocksdb::kNoCompression, rocksdb::kNoCompression, rocksdb::kLZ4Compression};
  rocks.memtable_whole_key_filtering = true;
  rocks.memtable_prefix_bloom_size_ratio = 0.05;
  if (options.env == nullptr) rocks.info_log = NewInfoLog(options.path);
  rocksdb::DB* db = nullptr;
  RETURN_IF_ERROR(FromRocks(rocksdb::DB::Open(rocks, options.path, &db), "opening " + options.path));
  std::unique_ptr<rocksdb::DB> opened(db);
  RETURN_IF_ERROR(FromRocks(PrepareSortedFiles(*opened), "opening " + options.path));
  return std::unique_ptr<DeciderStore>(new DeciderStore(std::move(opened)));
}

absl::StatusOr<std::optional<internal::v1::LogPlace>> DeciderStore::Load(const std::string& ledger,
                                                                         LedgerState& state) {
  std::string value;
  const rocksdb::Status found = db_->Get({}, Prefix(ledger, kPlaceRow), &value);
  if (found.IsNotFound()) return std::nullopt;
  RETURN_IF_ERROR(FromRocks(found, "reading the place of " + ledger));
  if (value.size() < 8) return Damaged("a place is too short");
  if (ReadNumber(value) != kFoldVersion) {
    RETURN_IF_ERROR(Clear(ledger));
    return std::nullopt;
  }
  internal::v1::LogPlace place;
  if (!place.ParseFromArray(value.data() + 8, static_cast<int>(value.size() - 8))) return Damaged("a place");

  const std::string prefix = Prefix(ledger, kStateRow);
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
  const std::string claims = prefix + LedgerState::kClaimRows;
  const std::string behind_claims = prefix + static_cast<char>(LedgerState::kClaimRows + 1);
  for (rows->Seek(prefix); rows->Valid() && rows->key().starts_with(prefix); rows->Next()) {
    if (rows->key().starts_with(claims)) {
      state.LeaveClaims();
      rows->Seek(behind_claims);
    }
    if (!rows->Valid() || !rows->key().starts_with(prefix)) break;
    RETURN_IF_ERROR(state.LoadRow(AsView(rows->key()).substr(prefix.size()), AsView(rows->value())));
  }
  RETURN_IF_ERROR(FromRocks(rows->status(), "reading the state of " + ledger));
  return place;
}

absl::Status DeciderStore::Save(const std::string& ledger, const Chunk& chunk) {
  if (chunk.state_rows.size() + chunk.ids.size() + chunk.commits.size() >= kIngestRowsMin) {
    SortedFile file(*db_, std::to_string(++files_made_));
    RETURN_IF_ERROR(FromRocks(file.Open(), "writing " + ledger));
    RETURN_IF_ERROR(FromRocks(PutRows(ledger, chunk, file), "writing " + ledger));
    RETURN_IF_ERROR(FromRocks(file.Finish(), "writing " + ledger));
    return FromRocks(file.Ingest(), "writing " + ledger);
  }
  rocksdb::WriteBatch batch;
  RETURN_IF_ERROR(FromRocks(PutRows(ledger, chunk, batch), "gathering rows"));
  rocksdb::WriteOptions durable;
  durable.sync = true;
  return FromRocks(db_->Write(durable, &batch), "writing " + ledger);
}

absl::Status DeciderStore::Clear(const std::string& ledger) {
  rocksdb::WriteOptions durable;
  durable.sync = true;
  std::string begin = ledger;
  begin.push_back('\0');
  std::string end = ledger;
  end.push_back('\1');
  return FromRocks(db_->DeleteRange(durable, db_->DefaultColumnFamily(), begin, end), "clearing " + ledger);
}

absl::StatusOr<std::vector<std::optional<std::string>>> DeciderStore::FindStateRows(
    std::string_view ledger, const std::vector<std::string>& keys) const {
  const std::string prefix = Prefix(ledger, kStateRow);
  std::vector<std::string> rows;
  rows.reserve(keys.size());
  for (const std::string& key : keys) rows.push_back(prefix + key);
  std::vector<std::optional<std::string>> values;
  RETURN_IF_ERROR(FromRocks(GetRows(*db_, {}, rows, values), "looking up rows of the state"));
  return values;
}

absl::StatusOr<std::vector<std::optional<Sequence>>> DeciderStore::FindIds(
    std::string_view ledger, const std::vector<EventKey>& keys) const {
  const std::string prefix = Prefix(ledger, kIdRow);
  std::vector<std::string> rows;
  rows.reserve(keys.size());
  for (const EventKey& key : keys) rows.emplace_back(prefix).append(key.view());
  std::vector<std::optional<std::string>> values;
  RETURN_IF_ERROR(FromRocks(GetRows(*db_, {}, rows, values), "looking up ids"));
  std::vector<std::optional<Sequence>> sequences(keys.size());
  for (size_t i = 0; i < keys.size(); ++i) {
    if (!values[i]) continue;
    if (values[i]->size() != 8) return Damaged("an id row");
    sequences[i] = ReadNumber(*values[i]);
  }
  return sequences;
}

absl::StatusOr<std::optional<CommitRow>> DeciderStore::FindCommit(std::string_view ledger,
                                                                  Sequence sequence) const {
  std::string prefix = Prefix(ledger, kCommitRow);
  std::string from = prefix;
  AppendNumber(sequence, from);
  // The first commit that ends at or behind the event is the one that holds it.
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
  rows->Seek(from);
  RETURN_IF_ERROR(FromRocks(rows->status(), "looking up a commit"));
  if (!rows->Valid() || !rows->key().starts_with(prefix)) return std::nullopt;
  CommitRow row;
  if (!ReadCommitRow(AsView(rows->key()).substr(prefix.size()), AsView(rows->value()), row)) {
    return Damaged("a commit row");
  }
  return row;
}

absl::StatusOr<bool> DeciderStore::HasCommit(std::string_view ledger, Sequence sequence,
                                             const Digest& digest) const {
  std::string prefix = Prefix(ledger, kCommitRow);
  AppendNumber(sequence, prefix);
  const std::unique_ptr<rocksdb::Iterator> rows(db_->NewIterator({}));
  for (rows->Seek(prefix); rows->Valid() && rows->key().starts_with(prefix); rows->Next()) {
    if (AsView(rows->value()) == digest.view()) return true;
  }
  RETURN_IF_ERROR(FromRocks(rows->status(), "looking up a receipt"));
  return false;
}

}  // namespace realise
