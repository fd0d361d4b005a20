#include "libs/projection/commits_ahead.h"

#include <utility>

#include "libs/base/status_macros.h"

namespace realise {
namespace {

constexpr int kBeginningsMax = 64;

}  // namespace

void ParsedBodies::Begin() {
  used_ = 0;
  if (++begun_ % kBeginningsMax == 0) bodies_.clear();
}

v1::CommitBody& ParsedBodies::Next() {
  if (used_ == bodies_.size()) bodies_.push_back(std::make_unique<v1::CommitBody>());
  return *bodies_[used_++];
}

absl::StatusOr<std::unique_ptr<CommitsAhead>> CommitsAhead::Open(
    EventLog& log, const std::string& ledger, const std::optional<internal::v1::LogPlace>& place) {
  ASSIGN_OR_RETURN(auto reader, CommitReader::Open(log, ledger, place));
  return std::unique_ptr<CommitsAhead>(new CommitsAhead(std::move(reader)));
}

CommitsAhead::CommitsAhead(std::unique_ptr<CommitReader> reader)
    : reader_(std::move(reader)), place_(reader_->place()) {}

absl::StatusOr<const CommitBatch*> CommitsAhead::Read(std::chrono::milliseconds wait_max, size_t bytes_max,
                                                      bool ahead) {
  Await();
  // Nothing came a while ago: that says nothing of now.
  if (read_ && read_->ok() && (*read_)->commits.empty()) read_.reset();
  CommitBatch spent = std::exchange(returned_, CommitBatch());
  ASSIGN_OR_RETURN(returned_, read_ ? *std::exchange(read_, std::nullopt)
                                    : ReadNow(wait_max, bytes_max, std::exchange(spent, CommitBatch())));
  place_ = returned_.place;
  // Where the log ends nothing is won by a thread: it would find next to nothing.
  const bool more = !returned_.commits.empty() && returned_.bytes >= bytes_max / 2;
  if (ahead && more) ReadAhead(bytes_max, std::move(spent));
  return &returned_;
}

void CommitsAhead::ReadAhead(size_t bytes_max, CommitBatch spent) {
  reading_ = side_.Begin([this, bytes_max, spent = std::move(spent)]() mutable {
    return ReadNow(std::chrono::milliseconds(0), bytes_max, std::move(spent));
  });
}

void CommitsAhead::LetGo() {
  Await();
  returned_ = CommitBatch();
  side_.End();
}

absl::StatusOr<CommitBatch> CommitsAhead::ReadNow(std::chrono::milliseconds wait_max, size_t bytes_max,
                                                  CommitBatch batch) {
  ASSIGN_OR_RETURN(batch.commits, reader_->Read(wait_max, bytes_max));
  batch.place = reader_->place();
  batch.parsed.Begin();
  batch.bytes = 0;
  batch.bodies.clear();
  batch.bodies.reserve(batch.commits.size());
  for (const ReadCommit& commit : batch.commits) {
    batch.bytes += commit.stored.size();
    v1::CommitBody* body = nullptr;
    if (commit.verdict == Verdict::kValid) {
      body = &batch.parsed.Next();
      const std::string_view bytes = commit.body();
      if (!body->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) body = nullptr;
    }
    batch.bodies.push_back(body);
  }
  return batch;
}

void CommitsAhead::Await() {
  if (reading_.valid()) read_ = reading_.get();
}

absl::Status CommitsAhead::CheckAnchors() {
  Await();
  return reader_->CheckAnchors();
}

absl::StatusOr<bool> CommitsAhead::CaughtUp() {
  Await();
  // What failed is not all that there was.
  if (read_ && (!read_->ok() || !(*read_)->commits.empty())) return false;
  return reader_->CaughtUp();
}

}  // namespace realise
