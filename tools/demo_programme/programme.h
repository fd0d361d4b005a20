// The made-up programme of one trust, around its real measurements.
//
// Two financial years and the first months of a third: boards and projects from April 2023; each month opened
// on its first day and closed on the 10th of the next (March on 24 April); claims submitted in the first days
// of a month, and validated, queried, rejected or left; corrections after the close; a reversal; a project
// cancelled, one closed, a benefit withdrawn, a board renamed.  Everything but the amounts and the course of
// single claims is the same for every seed.
#pragma once

#include <cstdint>
#include <vector>

#include "tools/demo_programme/catalogue.h"
#include "tools/demo_programme/measurements.h"
#include "tools/demo_programme/timeline.h"

namespace realise::demo {

// The requests that make the trust's ledger, from the first to the last.  The same seed gives the same
// requests.
[[nodiscard]] std::vector<v1::AppendRequest> MakeProgramme(const TrustPlan& trust,
                                                           const std::vector<ImportedEvent>& measurements,
                                                           uint64_t seed);

}  // namespace realise::demo
