// The real measurements of the demonstration: what `realise import` makes of the published files, by ledger.
#pragma once

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "libs/adapters/import.h"

namespace realise::demo {

using Measurements = std::map<std::string, std::vector<ImportedEvent>, std::less<>>;

// Reads the files of tests/data in a folder; a line that cannot be taken is an error.
[[nodiscard]] absl::StatusOr<Measurements> LoadMeasurements(const std::string& folder,
                                                            const LedgerFilter& ledgers);

}  // namespace realise::demo
