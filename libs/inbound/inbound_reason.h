// Why a message is rejected at the door, beside the reasons of libs/domain/rejection.h.  The names are a
// contract.
#pragma once

#include <array>
#include <string_view>

namespace realise {

// Not a data format that is taken.
inline constexpr std::string_view kUnsupportedContentType = "UNSUPPORTED_CONTENT_TYPE";
// No ledger was created under that ODS code.
inline constexpr std::string_view kUnknownLedger = "UNKNOWN_LEDGER";
// The ledger did not answer for long; whether the event is recorded is unknown, and sending it again is safe.
inline constexpr std::string_view kLedgerUnavailable = "LEDGER_UNAVAILABLE";
// The ledger stopped and needs an operator; otherwise as above.
inline constexpr std::string_view kLedgerStopped = "LEDGER_STOPPED";

inline constexpr std::array kInboundReasons = {kUnsupportedContentType, kUnknownLedger, kLedgerUnavailable,
                                               kLedgerStopped};

}  // namespace realise
