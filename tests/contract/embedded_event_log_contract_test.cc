// The embedded log, on a file system in memory, keeps the contract.
#include <memory>
#include <string>

#include "fmt/format.h"
#include "libs/event_log/rocksdb/rocksdb_event_log.h"
#include "rocksdb/env.h"
#include "tests/contract/event_log_contract.h"

namespace realise {
namespace {

class EmbeddedWorld : public EventLogWorld {
 public:
  EmbeddedWorld() : env_(rocksdb::NewMemEnv(rocksdb::Env::Default())) { Reopen(); }

  EventLog& log() override { return *log_; }
  void Reopen() override {
    log_.reset();
    auto opened = RocksDbEventLog::Open({.path = "/log", .env = env_.get()});
    ASSERT_TRUE(opened.ok()) << opened.status();
    log_ = *std::move(opened);
  }
  std::string NewLedgerCode() override { return fmt::format("RX{:04}", ++codes_); }

 private:
  std::unique_ptr<rocksdb::Env> env_;
  std::unique_ptr<RocksDbEventLog> log_;
  int codes_ = 0;
};

std::unique_ptr<EventLogWorld> MakeEmbeddedWorld() { return std::make_unique<EmbeddedWorld>(); }

INSTANTIATE_TEST_SUITE_P(Embedded, EventLogContract, ::testing::Values(&MakeEmbeddedWorld));

}  // namespace
}  // namespace realise
