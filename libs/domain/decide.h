// Decide: state and a proposed event in, nothing or one named rejection out.  Pure: the time is an argument.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

#include "libs/base/calendar.h"
#include "libs/domain/ledger_state.h"
#include "libs/domain/rejection.h"
#include "realise/v1/event.pb.h"

namespace realise {

// The rules of form, which need no state: required fields, forms and lengths of texts, unknown fields, size,
// stream of the event's thing, patient identifiers, fields that only the server assigns.
[[nodiscard]] std::optional<Rejection> CheckForm(const v1::Event& proposed);
// The same for whoever knows how many bytes the event has, serialised.
[[nodiscard]] std::optional<Rejection> CheckForm(const v1::Event& proposed, size_t bytes);

// Whose events are taken: a registered source's always, as far as its list goes.
enum class Sources {
  kAny,             // and those of sources that are not registered
  kRegisteredOnly,  // no others
};

// The rules that need the state before the event.  `now` is the time that would be recorded.
// REQUIRES: CheckForm found nothing.
[[nodiscard]] std::optional<Rejection> Decide(const LedgerState& before, const v1::Event& proposed,
                                              Instant now, Sources sources = Sources::kAny);

// The stream of the thing that an event is about, "claim/c-0042"; empty without a body.
[[nodiscard]] std::string StreamOf(const v1::Event& event);
// Whether it is that stream.
[[nodiscard]] bool IsStreamOf(const v1::Event& event, std::string_view stream);

// The name of an event's type, "claim_validated"; empty without a body.
[[nodiscard]] std::string_view TypeOf(const v1::Event& event);

}  // namespace realise
