#include "libs/ledger/ledger_writer.h"

#include <future>
#include <utility>

#include "libs/base/status_macros.h"
#include "libs/ledger/command.h"
#include "libs/ledger/writer_loop.h"

namespace realise {

LedgerWriter::LedgerWriter(std::unique_ptr<WriterLoop> loop) : loop_(std::move(loop)) {
  thread_ = std::thread([this] {
    while (loop_->Step()) {
    }
  });
}

LedgerWriter::~LedgerWriter() { Close(); }

absl::StatusOr<std::unique_ptr<LedgerWriter>> LedgerWriter::Open(EventLog& log, DeciderStore& store,
                                                                 const Clock& clock,
                                                                 LedgerWriterOptions options) {
  static const MachineTime time;
  auto loop = std::make_unique<WriterLoop>(log, store, clock, time, RandomWriterId(), std::move(options));
  RETURN_IF_ERROR(loop->Open());
  return std::unique_ptr<LedgerWriter>(new LedgerWriter(std::move(loop)));
}

void LedgerWriter::BeginDrain(bool released) { loop_->BeginDrain(released); }

void LedgerWriter::Close(bool released) {
  loop_->BeginDrain(released);
  const std::lock_guard lock(closing_);
  if (thread_.joinable()) thread_.join();
}

bool LedgerWriter::Resigned() const { return loop_->Resigned(); }

void LedgerWriter::Submit(v1::AppendRequest request, std::function<void(AppendOutcome)> done) {
  Submit(std::make_shared<v1::AppendRequest>(std::move(request)), std::move(done));
}

void LedgerWriter::Submit(std::shared_ptr<v1::AppendRequest> request,
                          std::function<void(AppendOutcome)> done) {
  auto command = std::make_unique<Command>();
  command->request = std::move(request);
  command->done = std::move(done);
  PrepareCommand(loop_->options().ledger, *command);
  loop_->Submit(std::move(command));
}

absl::StatusOr<Receipt> LedgerWriter::CorrectClock() {
  std::promise<AppendOutcome> answered;
  auto command = std::make_unique<Command>();
  command->corrects_clock = true;
  command->done = [&answered](AppendOutcome outcome) { answered.set_value(std::move(outcome)); };
  loop_->Submit(std::move(command));
  const AppendOutcome outcome = answered.get_future().get();
  RETURN_IF_ERROR(outcome.status);
  return outcome.receipt;
}

absl::Status LedgerWriter::Health() const { return loop_->Health(); }

WriterCounts LedgerWriter::Counts() const { return loop_->Counts(); }

}  // namespace realise
