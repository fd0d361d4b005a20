// Commits for tests that need a history and do not care what it says.
#pragma once

#include <string>
#include <vector>

#include "libs/event_log/commit.h"
#include "libs/event_log/commit_chain.h"

namespace realise {

// The first commit of a ledger whose id is made of `id`; empty, recorded at 2024-04-01.
[[nodiscard]] std::string FirstCommit(uint8_t id = 7);

// A header that goes on from a head: a minute later, from a writer made of `writer`.
[[nodiscard]] CommitHeader HeaderOn(const ChainHead& head, uint32_t event_count, uint8_t writer = 1);

// A first commit and `count` - 1 behind it, of one event each; bodies say "<name>-1", "<name>-2" ...
[[nodiscard]] std::vector<std::string> History(int count, const std::string& name = "event", uint8_t id = 7);

// What is behind the last of `stored`, all of which are valid.
[[nodiscard]] ChainHead HeadBehind(const std::vector<std::string>& stored);

}  // namespace realise
