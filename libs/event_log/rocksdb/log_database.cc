#include "libs/event_log/rocksdb/log_database.h"

#include <limits>
#include <optional>
#include <string_view>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/big_endian.h"
#include "libs/event_log/rocksdb/rocksdb_status.h"
#include "libs/event_log/rocksdb/zeroed_log_fs.h"
#include "libs/rocksdb/info_log.h"

namespace realise {
namespace {

constexpr char kLedgerRow = 'l';
constexpr char kRecordRow = 'r';

rocksdb::Options DatabaseOptions(rocksdb::Env& env) {
  rocksdb::Options options;
  options.env = &env;
  options.paranoid_checks = true;
  options.track_and_verify_wals_in_manifest = true;
  options.verify_sst_unique_id_in_manifest = true;
  // A power cut may tear what was not acknowledged anywhere, not only at the last record: several blocks
  // under way reach the disk in any order.  So recovery ends at the first damage without an error, and the
  // durable mark says whether anything acknowledged stood behind it.  The other modes either refuse such a
  // tear, or skip records.
  options.wal_recovery_mode = rocksdb::WALRecoveryMode::kPointInTimeRecovery;
  options.compression = rocksdb::kNoCompression;
  options.write_buffer_size = 64 * 1024 * 1024;
  return options;
}

absl::StatusOr<LedgerEnds> ReadEnds(rocksdb::DB& db) {
  LedgerEnds ends;
  const std::unique_ptr<rocksdb::Iterator> rows(db.NewIterator(VerifiedRead()));
  for (rows->Seek(std::string(1, kLedgerRow)); rows->Valid() && rows->key()[0] == kLedgerRow; rows->Next()) {
    ends.emplace(rows->key().ToString().substr(1), 0);
  }
  RETURN_IF_ERROR(FromRocksDb(rows->status(), "reading the list of ledgers"));
  for (auto& [ledger, end] : ends) {
    const std::string first = RecordKey(ledger, 0);
    rows->SeekForPrev(RecordKey(ledger, std::numeric_limits<Address>::max()));
    RETURN_IF_ERROR(FromRocksDb(rows->status(), fmt::format("looking for the end of {}", ledger)));
    if (rows->Valid() && rows->key().compare(first) >= 0) end = AddressOf(rows->key()) + 1;
  }
  return ends;
}

absl::Status CheckAgainstMark(const LedgerEnds& ends, const DurableCount& mark) {
  DurableCount found{.ledgers = ends.size(), .records = 0};
  for (const auto& [ledger, end] : ends) found.records += static_cast<uint64_t>(end);
  if (found.ledgers >= mark.ledgers && found.records >= mark.records) return absl::OkStatus();
  return absl::DataLossError(fmt::format(
      "embedded log: {} ledgers with {} records were acknowledged, {} with {} are left. Nothing was changed; "
      "restore it from a backup",
      mark.ledgers, mark.records, found.ledgers, found.records));
}

// Opening for writing flushes and deletes; so that evidence stays where it is, the database is looked at
// first.
absl::Status LookBeforeChanging(const rocksdb::Options& options, const std::string& path,
                                const DurableCount& mark) {
  rocksdb::DB* opened = nullptr;
  RETURN_IF_ERROR(FromRocksDb(rocksdb::DB::OpenForReadOnly(options, path, &opened), "looking at it"));
  const std::unique_ptr<rocksdb::DB> db(opened);
  ASSIGN_OR_RETURN(const LedgerEnds ends, ReadEnds(*db));
  return CheckAgainstMark(ends, mark);
}

}  // namespace

std::string LedgerKey(const std::string& ledger) { return kLedgerRow + ledger; }

std::string RecordKey(const std::string& ledger, Address address) {
  std::string key = kRecordRow + ledger;
  key += '\0';
  PutBigEndian(static_cast<uint64_t>(address), 8, key);
  return key;
}

Address AddressOf(const rocksdb::Slice& key) {
  return static_cast<Address>(BigEndian({key.data() + key.size() - 8, 8}));
}

rocksdb::ReadOptions VerifiedRead() {
  rocksdb::ReadOptions options;
  options.verify_checksums = true;
  return options;
}

absl::StatusOr<OpenedDatabase> OpenDatabase(rocksdb::Env& env, const std::string& path) {
  OpenedDatabase opened;
  opened.mark = std::make_unique<DurableMark>(env, path);
  const bool exists = env.FileExists(path + "/CURRENT").ok();
  absl::StatusOr<DurableCount> mark = opened.mark->Load();
  if (!exists && absl::IsNotFound(mark.status())) {
    RETURN_IF_ERROR(opened.mark->Create());
    mark = DurableCount{};
  }
  if (absl::IsNotFound(mark.status())) {
    return absl::DataLossError(fmt::format("embedded log: {} has lost its durable mark", path));
  }
  RETURN_IF_ERROR(mark.status());
  if (!exists && *mark != DurableCount{}) {
    return absl::DataLossError(fmt::format("embedded log: {} has lost its database", path));
  }
  // RocksDB shares its file systems.
  opened.env = rocksdb::NewCompositeEnv(std::make_shared<ZeroedLogFs>(env.GetFileSystem()));
  rocksdb::Options options = DatabaseOptions(*opened.env);
  if (&env == rocksdb::Env::Default()) options.info_log = NewInfoLog(path);
  if (exists) RETURN_IF_ERROR(LookBeforeChanging(options, path, *mark));
  options.create_if_missing = !exists;
  rocksdb::DB* db = nullptr;
  RETURN_IF_ERROR(FromRocksDb(rocksdb::DB::Open(options, path, &db), "opening it"));
  opened.db.reset(db);
  ASSIGN_OR_RETURN(opened.ends, ReadEnds(*opened.db));
  RETURN_IF_ERROR(CheckAgainstMark(opened.ends, *mark));
  return opened;
}

}  // namespace realise
