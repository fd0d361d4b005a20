// The rows of the embedded log, and how its database is opened.  Private to this folder.
//
//   row    := ledger | record
//   ledger := "l" code                        -> empty
//   record := "r" code 0x00 address           -> stored bytes; address is 8 bytes, big endian
#pragma once

#include <map>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/event_log/event_log.h"
#include "libs/event_log/rocksdb/durable_mark.h"
#include "rocksdb/db.h"
#include "rocksdb/env.h"

namespace realise {

[[nodiscard]] std::string LedgerKey(const std::string& ledger);
[[nodiscard]] std::string RecordKey(const std::string& ledger, Address address);
// REQUIRES: a record's key.
[[nodiscard]] Address AddressOf(const rocksdb::Slice& key);

// For every read: checksums are verified, always.
[[nodiscard]] rocksdb::ReadOptions VerifiedRead();

// The ledgers of a database, and the address behind the last record of each.
using LedgerEnds = std::map<std::string, Address>;

struct OpenedDatabase {
  std::unique_ptr<rocksdb::Env> env;  // of the database: has to outlive it
  std::unique_ptr<rocksdb::DB> db;
  std::unique_ptr<DurableMark> mark;
  LedgerEnds ends;
};

// Opens the database in a directory that exists, or makes it there if the directory holds none and never did.
//   UNAVAILABLE, DATA_LOSS  as RocksDbEventLog::Open.
[[nodiscard]] absl::StatusOr<OpenedDatabase> OpenDatabase(rocksdb::Env& env, const std::string& path);

}  // namespace realise
