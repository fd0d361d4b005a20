// What tests of a whole projection share: a log and a disk in memory, and a way to look at what stands there.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "libs/projection/projection.h"
#include "libs/projection/testing/recorded_ledger.h"
#include "rocksdb/env.h"

namespace realise::testing {

// Boards founded, each in one event.
inline std::vector<v1::Event> Boards(int count) {
  std::vector<v1::Event> events;
  for (int i = 0; i < count; ++i) events.push_back(BoardEstablished("b-" + std::to_string(i)));
  return Numbered(std::move(events));
}

class ProjectionFixture : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<Projection>> TryOpen(EventLog& log, uint32_t version = 1,
                                                      size_t chunk_bytes = 1 << 26) {
    ProjectionOptions options{.path = "/views", .env = disk_.get(), .fold_version = version};
    options.chunk_bytes = chunk_bytes;
    options.look_again = std::chrono::milliseconds(20);
    return Projection::Open(log, options);
  }
  std::unique_ptr<Projection> Open(EventLog& log, uint32_t version = 1, size_t chunk_bytes = 1 << 26) {
    auto projection = TryOpen(log, version, chunk_bytes);
    EXPECT_TRUE(projection.ok()) << projection.status();
    return std::move(*projection);
  }
  static v1::LedgerStatus StatusOf(const Projection& projection, const std::string& ledger) {
    const auto rows = projection.Status({ledger});
    EXPECT_EQ(rows.size(), 1u);
    return rows.empty() ? v1::LedgerStatus() : rows[0];
  }
  static Sequence LatestOf(const Projection& projection, const std::string& ledger) {
    const auto snapshot = projection.Snapshot(ledger);
    EXPECT_TRUE(snapshot.ok()) << snapshot.status();
    return snapshot.ok() ? (*snapshot)->Latest().sequence : 0;
  }
  void NewDisk() { disk_.reset(rocksdb::NewMemEnv(rocksdb::Env::Default())); }

  MemoryLog memory_;
  std::unique_ptr<rocksdb::Env> disk_{rocksdb::NewMemEnv(rocksdb::Env::Default())};
};

}  // namespace realise::testing
