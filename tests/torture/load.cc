#include "tests/torture/load.h"

#include <algorithm>
#include <utility>

#include "fmt/format.h"
#include "libs/base/clock.h"
#include "libs/domain/testing/event_builders.h"
#include "tests/torture/append_stream.h"

namespace realise::torture {
namespace {

constexpr size_t kReceiptsKept = 64;
constexpr uint64_t kBatchMax = 6;
constexpr uint64_t kAgeMaxMs = 10'000;

class PublisherLoop {
 public:
  // One that streams sends batches over a stream, others make a call for each.
  PublisherLoop(const LoadOptions& options, const std::vector<std::unique_ptr<ServerStubs>>& writers,
                LedgerClients& ledger, const LoadSwitch& load_switch, std::string name, bool streams,
                uint64_t seed)
      : options_(options),
        writers_(writers),
        ledger_(ledger),
        switch_(load_switch),
        name_(std::move(name)),
        streams_(streams),
        stream_(options.call_max),
        random_(seed),
        story_(name_, seed + 1) {}

  // Until the load finishes.  What was said of an append that no rule refuses, if it was refused: then
  // nothing more can follow in its story.
  std::string Run() {
    while (!switch_.finishing() && unexpected_.empty()) {
      Publish(Next());
      switch_.Wait(options_.between_calls);
    }
    return unexpected_;
  }

 private:
  struct Planned {
    v1::AppendRequest request;
    bool may_be_rejected = false;
  };

  Planned Next() {
    Planned planned;
    planned.request.set_ledger(ledger_.recorder().ledger());
    const uint64_t choice = random_() % 20;
    if (choice == 0 && recorded_) {
      *planned.request.add_events() = *recorded_;
    } else if (choice == 1 && recorded_) {
      *planned.request.add_events() = testing::OccurredOn(*recorded_, "2023-04-07");
      planned.may_be_rejected = true;
    } else if (choice == 2) {
      *planned.request.add_events() = testing::WithId(
          testing::ClaimValidated(fmt::format("none-{}", name_), testing::PostingMonths().front(), 1),
          NextId());
      planned.may_be_rejected = true;
    } else if (choice <= 8) {
      AddStep({testing::SharedQuery(NextId()), ledger_.shared_version().load()}, planned.request);
      planned.may_be_rejected = true;
    } else {
      for (uint64_t count = random_() % kBatchMax + 1; count > 0; --count)
        AddStep(story_.Next(), planned.request);
    }
    if (random_() % 8 == 0) planned.request.set_at_least(ledger_.SomeReceipt(random_()));
    return planned;
  }

  std::string NextId() { return fmt::format("{}-x{}", name_, ++ids_); }

  static void AddStep(testing::Step step, v1::AppendRequest& request) {
    const auto& known = request.expected_versions();
    if (std::none_of(known.begin(), known.end(),
                     [&](const auto& expected) { return expected.stream() == step.event.stream(); })) {
      v1::ExpectedVersion& expected = *request.add_expected_versions();
      expected.set_stream(step.event.stream());
      expected.set_version(step.version_before);
    }
    *request.add_events() = std::move(step.event);
  }

  // A plain retry loop: to any server, until it is known.
  void Publish(const Planned& planned) {
    while (!switch_.abandoned()) {
      ServerStubs& server = *writers_[random_() % writers_.size()];
      AppendCall call = streams_ ? stream_.Send(server, name_, planned.request)
                                 : SendAppend(server, name_, planned.request, options_.call_max);
      const Outcome outcome = call.outcome;
      if (outcome == Outcome::kAnswered) TakeAnswer(call);
      // What follows in its story rests on it: the checker says whether it was right.
      if (outcome == Outcome::kRejected) TakeRejection(planned, call);
      ledger_.recorder().Add(std::move(call));
      if (outcome == Outcome::kAnswered || outcome == Outcome::kRejected) return;
      switch_.Wait(options_.retry_after);
    }
  }

  void TakeAnswer(const AppendCall& call) {
    ledger_.NoteReceipt(call.response.receipt());
    recorded_ = call.request.events(0);
    if (Contends(call)) ledger_.shared_version() = call.response.events(0).stream_version();
  }

  // Nobody says at which version the contended claim is, and the writer that refused may have been behind:
  // the next guess is one up or one down.
  void TakeRejection(const Planned& planned, const AppendCall& call) {
    if (!planned.may_be_rejected) unexpected_ = fmt::format("{} is told {}", name_, call.reason);
    if (!Contends(call) || call.request.expected_versions().empty()) return;
    const uint64_t guess = call.request.expected_versions(0).version();
    ledger_.shared_version() = guess > 1 && random_() % 3 == 0 ? guess - 1 : guess + 1;
  }

  static bool Contends(const AppendCall& call) {
    return call.request.events(0).stream() == fmt::format("claim/{}", testing::kSharedClaim);
  }

  const LoadOptions& options_;
  const std::vector<std::unique_ptr<ServerStubs>>& writers_;
  LedgerClients& ledger_;
  const LoadSwitch& switch_;
  const std::string name_;
  const bool streams_;
  AppendStream stream_;
  std::mt19937_64 random_;
  testing::Story story_;
  uint64_t ids_ = 0;
  std::optional<v1::Event> recorded_;
  std::string unexpected_;
};

// Asks for figures: the latest, as at a position or a time, or at least at a position.
void Ask(const LoadOptions& options, const std::vector<std::unique_ptr<ServerStubs>>& readers,
         LedgerClients& ledger, const LoadSwitch& load_switch, const std::string& name, uint64_t seed) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point begin = Clock::now();
  std::mt19937_64 random(seed);
  const std::vector<std::string> months = testing::PostingMonths();
  while (!load_switch.finishing()) {
    v1::QuerySavingsRequest request;
    request.set_ledger(ledger.recorder().ledger());
    request.set_period(months[random() % months.size()]);
    v1::Basis& basis = *request.mutable_basis();
    basis.set_view(random() % 2 == 0 ? v1::VIEW_RESTATED : v1::VIEW_AS_REPORTED);
    const uint64_t choice = random() % 4;
    if (const std::string receipt = ledger.SomeReceipt(random()); choice == 0 && !receipt.empty()) {
      basis.set_position(receipt);
    }
    if (choice == 1) basis.set_at_least(ledger.LastReceipt());
    // Not before the ledgers were founded.
    if (choice == 2) {
      const auto age =
          std::min<Clock::duration>(std::chrono::milliseconds(random() % kAgeMaxMs), Clock::now() - begin);
      basis.set_time(
          FormatInstant(SystemClock().Now() - std::chrono::duration_cast<std::chrono::microseconds>(age)));
    }
    ServerStubs& server = *readers[random() % readers.size()];
    ledger.recorder().Add(SendQuery(server, name, request, options.call_max));
    load_switch.Wait(options.between_calls);
  }
}

}  // namespace

void LedgerClients::NoteReceipt(const std::string& receipt) {
  const std::lock_guard lock(mutex_);
  receipts_.push_back(receipt);
  if (receipts_.size() > kReceiptsKept) receipts_.pop_front();
}

std::string LedgerClients::SomeReceipt(uint64_t choice) const {
  const std::lock_guard lock(mutex_);
  return receipts_.empty() ? std::string() : receipts_[choice % receipts_.size()];
}

std::string LedgerClients::LastReceipt() const {
  const std::lock_guard lock(mutex_);
  return receipts_.empty() ? std::string() : receipts_.back();
}

void LoadSwitch::Finish() {
  const std::lock_guard lock(mutex_);
  finishing_ = true;
}

void LoadSwitch::Abandon() {
  const std::lock_guard lock(mutex_);
  finishing_ = abandoned_ = true;
  changed_.notify_all();
}

bool LoadSwitch::finishing() const {
  const std::lock_guard lock(mutex_);
  return finishing_;
}

bool LoadSwitch::abandoned() const {
  const std::lock_guard lock(mutex_);
  return abandoned_;
}

void LoadSwitch::Wait(std::chrono::milliseconds wait) const {
  std::unique_lock lock(mutex_);
  changed_.wait_for(lock, wait, [this] { return abandoned_; });
}

Load::Load(const LoadOptions& options, const std::vector<std::unique_ptr<ServerStubs>>& writers,
           const std::vector<std::unique_ptr<ServerStubs>>& readers,
           const std::vector<std::unique_ptr<LedgerClients>>& ledgers, uint64_t seed)
    : options_(options) {
  constexpr int kPublishersPerLedger = 3;
  const auto start = [this](auto run) {
    ++running_;
    threads_.emplace_back([this, run] {
      run();
      --running_;
    });
  };
  for (const auto& ledger : ledgers) {
    LedgerClients& clients = *ledger;
    for (int i = 0; i < kPublishersPerLedger; ++i) {
      start([&writers, &clients, this, i, own = ++seed] {
        const std::string name = fmt::format("{}-publisher-{}", options_.name, i);
        const bool streams = i == 0;
        Note(PublisherLoop(options_, writers, clients, switch_, name, streams, own).Run());
      });
    }
    start([&readers, &clients, this, own = ++seed] {
      Ask(options_, readers, clients, switch_, options_.name + "-asker", own);
    });
  }
}

void Load::Note(std::string unexpected) {
  if (unexpected.empty()) return;
  const std::lock_guard lock(mutex_);
  unexpected_.push_back(std::move(unexpected));
}

std::vector<std::string> Load::Unexpected() const {
  const std::lock_guard lock(mutex_);
  return unexpected_;
}

Load::~Load() {
  switch_.Abandon();
  for (std::thread& thread : threads_) thread.join();
}

bool Load::Finish(std::chrono::milliseconds wait_max) {
  switch_.Finish();
  const auto end = std::chrono::steady_clock::now() + wait_max;
  while (running_ > 0 && std::chrono::steady_clock::now() < end) switch_.Wait(std::chrono::milliseconds(20));
  return running_ == 0;
}

}  // namespace realise::torture
