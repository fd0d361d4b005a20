// Which services a process has.  `realise serve` has all; each of the separate programs has one part.
#pragma once

#include <string_view>

namespace realise {

struct Role {
  std::string_view program;  // as its messages call it
  std::string_view listen;   // where it listens unless it is told otherwise
  bool ingest = false;       // decides and appends
  bool projection = false;   // folds and answers
  bool audit = false;        // reads the log itself, never the views

  bool all() const { return ingest && projection && audit; }
};

inline constexpr Role kServeRole{"realise", "127.0.0.1:7410", true, true, true};
inline constexpr Role kIngestRole{"realise-ingest", "127.0.0.1:7411", true, false, false};
inline constexpr Role kProjectionRole{"realise-projection", "127.0.0.1:7412", false, true, false};
inline constexpr Role kAuditRole{"realise-audit", "127.0.0.1:7413", false, false, true};

}  // namespace realise
