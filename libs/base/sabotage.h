// Deliberate faults, for the test of the tests.  They exist only in programs built with
// REALISE_SABOTAGE_POINTS, where the environment variable REALISE_SABOTAGE names the one that is on;
// everywhere else Sabotaged is false at compile time.
#pragma once

#ifdef REALISE_SABOTAGE_POINTS
#include <cstdlib>
#include <string_view>
#endif

namespace realise {

// answer_before_read_back    the writer answers when a commit is handed over
// answer_unread_duplicate    a duplicate is answered from state that was not read back
// position_outside_batch     the projection writes its position apart from what it changed
// accept_other_previous      a commit with another `previous` is valid
// skip_stream_version        expected versions are not checked
// refusal_behind_log         a refusal is answered although the log went on without what it was decided on
// no_anchor_check            a reader does not look at what it read before
// ingest_unsynced            the view store ingests over rows that a power cut may still take
// read_committed             a reader of Kafka waits for transactions and leaves out the aborted ones
// no_yield                   a writer sends on, whoever else writes
#ifdef REALISE_SABOTAGE_POINTS
inline bool Sabotaged(std::string_view fault) {
  static const char* const on = std::getenv("REALISE_SABOTAGE");
  return on != nullptr && fault == on;
}
#else
constexpr bool Sabotaged(const char* /*fault*/) { return false; }
#endif

}  // namespace realise
