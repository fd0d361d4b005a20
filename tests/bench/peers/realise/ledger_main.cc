// realise_peer_ledger: writes the generated ledger as a copy in one file, which every party reads.  The same
// bytes for the same number of events.
#include <chrono>
#include <memory>
#include <utility>

#include "CLI/CLI.hpp"
#include "fmt/format.h"
#include "libs/base/calendar.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/commit.h"
#include "libs/event_log/copy/commit_file.h"
#include "realise/v1/commit.pb.h"
#include "tests/bench/generated_history.h"
#include "tests/bench/generated_ledger.h"

namespace realise::peers {
namespace {

// Adds commits to a file, each chained to the one before.
class ChainedFile {
 public:
  explicit ChainedFile(std::unique_ptr<CommitFileWriter> file) : file_(std::move(file)) {
    header_.ledger_id.bytes.fill(0x5e);
    header_.writer.bytes.fill(0x17);
    header_.recorded_at = *ParseInstant("2024-06-01");
  }

  absl::Status Add(const v1::CommitBody& body) {
    header_.event_count = static_cast<uint32_t>(body.events_size());
    const std::string stored = EncodeCommit(header_, body.SerializeAsString());
    RETURN_IF_ERROR(file_->Add(stored));
    bytes_ += stored.size();
    header_.previous = Sha256(stored);
    header_.first_sequence += header_.event_count;
    header_.recorded_at += std::chrono::seconds(1);
    return absl::OkStatus();
  }
  absl::Status Finish() { return file_->Finish(); }

  Sequence last_sequence() const { return header_.first_sequence - 1; }
  uint64_t bytes() const { return bytes_; }

 private:
  const std::unique_ptr<CommitFileWriter> file_;
  CommitHeader header_;
  uint64_t bytes_ = 0;
};

absl::Status WriteGenerated(uint64_t events, const std::string& path) {
  ASSIGN_OR_RETURN(auto writer, CommitFileWriter::Create(path));
  ChainedFile file(std::move(writer));
  // A ledger begins with a commit without events.
  RETURN_IF_ERROR(file.Add({}));
  bench::GeneratedHistory history(bench::kSeed, events);
  bench::StreamVersions versions;
  for (bool more = true; more;) {
    v1::CommitBody body;
    while (body.events_size() < bench::kEventsPerCommit && (more = history.Next(*body.add_events()))) {
      versions.Number(*body.mutable_events()->rbegin());
    }
    if (!more) body.mutable_events()->RemoveLast();
    if (!body.events().empty()) RETURN_IF_ERROR(file.Add(body));
  }
  RETURN_IF_ERROR(file.Finish());
  fmt::print("realise ledger events={} bytes={}\n", file.last_sequence(), file.bytes());
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  uint64_t events = 100'000;
  std::string out;
  CLI::App app("Writes the generated ledger into a file.", "realise_peer_ledger");
  app.add_option("--events", events, "Events of the ledger")->capture_default_str();
  app.add_option("--out", out, "The file; it must not be there yet")->required();
  CLI11_PARSE(app, argc, argv);
  if (const absl::Status status = WriteGenerated(events, out); !status.ok()) {
    fmt::print(stderr, "realise_peer_ledger: {}\n", status.ToString());
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace realise::peers

int main(int argc, char** argv) { return realise::peers::Main(argc, argv); }
