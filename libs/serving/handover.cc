#include "libs/serving/handover.h"

#include <chrono>
#include <string>

namespace realise {
namespace {

// Also without a change: a ledger that came here by an outdated view is given up again.
constexpr std::chrono::milliseconds kLookEvery{500};

}  // namespace

Handover::Handover(const Placement& placement, LedgerWriters& writers)
    : placement_(placement), writers_(writers), thread_([this] { Run(); }) {}

Handover::~Handover() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  thread_.join();
}

bool Handover::Stopping() {
  const std::lock_guard lock(mutex_);
  return stopping_;
}

void Handover::Run() {
  while (!Stopping()) {
    const uint64_t version = placement_.Version();
    for (const std::string& ledger : writers_.Ledgers()) {
      // Where nobody is known, there is nobody to give it up for.
      const Where where = placement_.Of(ledger).where;
      if (where == Where::kElsewhere || where == Where::kDamaged) writers_.Release(ledger);
    }
    placement_.AwaitChange(version, std::chrono::steady_clock::now() + kLookEvery);
  }
}

}  // namespace realise
