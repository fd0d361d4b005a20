#include "tests/support/commit_building.h"

#include <chrono>
#include <cstdlib>

#include "fmt/format.h"
#include "libs/base/calendar.h"
#include "libs/base/sha256.h"

namespace realise {

std::string FirstCommit(uint8_t id) {
  CommitHeader header;
  header.ledger_id.bytes.fill(id);
  header.writer.bytes.fill(1);
  header.recorded_at = *ParseInstant("2024-04-01");
  return EncodeCommit(header, "");
}

CommitHeader HeaderOn(const ChainHead& head, uint32_t event_count, uint8_t writer) {
  CommitHeader header;
  header.ledger_id = head.ledger_id;
  header.previous = head.digest;
  header.writer.bytes.fill(writer);
  header.first_sequence = head.next_sequence;
  header.event_count = event_count;
  header.recorded_at = head.recorded_at + std::chrono::minutes(1);
  return header;
}

std::vector<std::string> History(int count, const std::string& name, uint8_t id) {
  std::vector<std::string> history = {FirstCommit(id)};
  ChainHead head = HeadBehind(history);
  for (int i = 1; i < count; ++i) {
    history.push_back(EncodeCommit(HeaderOn(head, 1), fmt::format("{}-{}", name, i)));
    CommitChain chain(head);
    if (chain.Offer(DecodeCommit(history.back()), Sha256(history.back())) != Verdict::kValid) std::abort();
    head = *chain.head();
  }
  return history;
}

ChainHead HeadBehind(const std::vector<std::string>& stored) {
  CommitChain chain;
  for (const std::string& commit : stored) {
    if (chain.Offer(DecodeCommit(commit), Sha256(commit)) != Verdict::kValid) std::abort();
  }
  return *chain.head();
}

}  // namespace realise
