#include "libs/event_log/copy/ledger_copy.h"

#include <chrono>
#include <deque>
#include <memory>
#include <utility>
#include <vector>

#include "fmt/format.h"
#include "libs/base/sha256.h"
#include "libs/base/status_macros.h"

namespace realise {
namespace {

constexpr size_t kReadBytes = 4 * 1024 * 1024;
constexpr std::chrono::milliseconds kReadBackStep{100};
constexpr int kReadBackStepsMax = 300;

// The source's commits, each judged as every reader would.
class JudgedSource {
 public:
  explicit JudgedSource(const CommitSource& source) : source_(source) {}

  struct Commit {
    std::string stored;
    Digest digest;
  };

  absl::StatusOr<std::optional<Commit>> Next() {
    ASSIGN_OR_RETURN(std::optional<std::string> stored, source_());
    if (!stored) {
      if (!chain_.head()) return absl::DataLossError("the source holds no commit");
      return std::nullopt;
    }
    Commit commit{.stored = *std::move(stored), .digest = {}};
    commit.digest = Sha256(commit.stored);
    const Verdict verdict = chain_.Offer(DecodeCommit(commit.stored), commit.digest);
    if (verdict == Verdict::kValid) return commit;
    return absl::DataLossError(
        fmt::format("the source is not one history: its commit behind sequence {} is void ({})",
                    chain_.head() ? chain_.head()->next_sequence - 1 : 0, VerdictName(verdict)));
  }

  const ChainHead& head() const { return *chain_.head(); }

 private:
  const CommitSource& source_;
  CommitChain chain_;
};

// The ledger that is copied into: what is there is compared, what is not is appended and read back.
class CopyTarget {
 public:
  CopyTarget(std::unique_ptr<CommitReader> reader, std::unique_ptr<LogAppender> appender)
      : reader_(std::move(reader)), appender_(std::move(appender)) {}

  // The digest of the next valid commit that is there; nothing at the end of the log.
  absl::StatusOr<std::optional<Digest>> NextThere() {
    while (there_.empty()) {
      ASSIGN_OR_RETURN(const bool caught_up, reader_->CaughtUp());
      if (caught_up) return std::nullopt;
      RETURN_IF_ERROR(ReadSome(there_));
    }
    const Digest next = there_.front();
    there_.pop_front();
    return next;
  }

  absl::Status Append(const JudgedSource::Commit& commit) {
    while (under_way_.size() >= static_cast<size_t>(kPipelineDepthMax)) RETURN_IF_ERROR(ReadBackSome());
    absl::Status appended = appender_->Append(commit.stored);
    while (absl::IsResourceExhausted(appended) && !under_way_.empty()) {
      RETURN_IF_ERROR(ReadBackSome());
      appended = appender_->Append(commit.stored);
    }
    if (appended.ok()) under_way_.push_back(commit.digest);
    return appended;
  }

  absl::Status ReadBackAll() {
    while (!under_way_.empty()) RETURN_IF_ERROR(ReadBackSome());
    return absl::OkStatus();
  }

 private:
  absl::Status ReadSome(std::deque<Digest>& valid) {
    ASSIGN_OR_RETURN(const std::vector<ReadCommit> read, reader_->Read(kReadBackStep, kReadBytes));
    for (const ReadCommit& commit : read) {
      if (commit.verdict == Verdict::kValid) valid.push_back(commit.digest);
    }
    return absl::OkStatus();
  }

  absl::Status ReadBackSome() {
    std::deque<Digest> valid;
    for (int step = 0; valid.empty(); ++step) {
      RETURN_IF_ERROR(appender_->TakeFailure());
      if (step == kReadBackStepsMax) return NotReadBack();
      RETURN_IF_ERROR(ReadSome(valid));
    }
    for (const Digest& digest : valid) {
      if (under_way_.empty() || under_way_.front() != digest) {
        return absl::AbortedError("something else was appended to the target while it was copied into");
      }
      under_way_.pop_front();
    }
    return absl::OkStatus();
  }

  absl::Status NotReadBack() {
    ASSIGN_OR_RETURN(const bool caught_up, reader_->CaughtUp());
    if (caught_up) return absl::AbortedError("a commit was lost on its way to the target; copy again");
    return absl::UnavailableError("the target did not give back in time what was copied; copy again");
  }

  const std::unique_ptr<CommitReader> reader_;
  const std::unique_ptr<LogAppender> appender_;
  std::deque<Digest> there_;
  std::deque<Digest> under_way_;
};

}  // namespace

CommitSource ValidCommitsOf(CommitReader& reader) {
  return [&reader, read = std::deque<ReadCommit>()]() mutable -> absl::StatusOr<std::optional<std::string>> {
    while (true) {
      while (!read.empty()) {
        ReadCommit commit = std::move(read.front());
        read.pop_front();
        if (commit.verdict == Verdict::kValid) return std::move(commit.stored);
      }
      ASSIGN_OR_RETURN(const bool caught_up, reader.CaughtUp());
      if (caught_up) return std::nullopt;
      ASSIGN_OR_RETURN(std::vector<ReadCommit> some, reader.Read(kReadBackStep, kReadBytes));
      for (ReadCommit& commit : some) read.push_back(std::move(commit));
    }
  };
}

CommitSource CommitsOf(CommitFileReader& file) {
  return [&file] { return file.Next(); };
}

absl::StatusOr<CopiedLedger> CopyLedger(const CommitSource& source, EventLog& target,
                                        const std::string& ledger) {
  JudgedSource from(source);
  // A source that is not even a beginning makes no ledger.
  ASSIGN_OR_RETURN(std::optional<JudgedSource::Commit> commit, from.Next());
  const absl::Status exists = target.CheckLedger(ledger);
  if (absl::IsNotFound(exists)) {
    RETURN_IF_ERROR(target.CreateLedger(ledger));
  } else {
    RETURN_IF_ERROR(exists);
  }
  ASSIGN_OR_RETURN(std::unique_ptr<CommitReader> reader, CommitReader::Open(target, ledger, std::nullopt));
  ASSIGN_OR_RETURN(std::unique_ptr<LogAppender> appender, target.OpenAppender(ledger));
  CopyTarget to(std::move(reader), std::move(appender));
  CopiedLedger result;
  for (bool appending = false; commit;) {
    if (!appending) {
      ASSIGN_OR_RETURN(const std::optional<Digest> there, to.NextThere());
      if (there && *there != commit->digest) {
        return absl::FailedPreconditionError(
            fmt::format("{} of the target holds another history: it differs at sequence {}", ledger,
                        from.head().next_sequence - 1));
      }
      appending = !there;
    }
    if (appending) {
      RETURN_IF_ERROR(to.Append(*commit));
      ++result.copied;
    } else {
      ++result.already_there;
    }
    ASSIGN_OR_RETURN(commit, from.Next());
  }
  RETURN_IF_ERROR(to.ReadBackAll());
  result.head = from.head();
  return result;
}

absl::StatusOr<CopiedLedger> CopyToFile(const CommitSource& source, CommitFileWriter& file) {
  JudgedSource from(source);
  CopiedLedger result;
  while (true) {
    ASSIGN_OR_RETURN(const std::optional<JudgedSource::Commit> commit, from.Next());
    if (!commit) break;
    RETURN_IF_ERROR(file.Add(commit->stored));
    ++result.copied;
  }
  RETURN_IF_ERROR(file.Finish());
  result.head = from.head();
  return result;
}

}  // namespace realise
