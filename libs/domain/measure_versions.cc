#include "libs/domain/measure_versions.h"

#include <algorithm>

namespace realise {

uint32_t VersionInForce(const state::MeasureState& measure, int32_t month_index) {
  uint32_t version = 0;
  for (const state::DefinitionVersion& definition : measure.versions()) {
    if (definition.has_break_from() && definition.break_from() > month_index) break;
    version = definition.version();
  }
  return version;
}

bool Comparable(const state::MeasureState& measure, uint32_t version_a, uint32_t version_b) {
  const auto [first, last] = std::minmax(version_a, version_b);
  if (first < 1 || last > static_cast<uint32_t>(measure.versions_size())) return false;
  // Versions count from 1 without a gap, so that version v stands at v - 1.
  return std::all_of(measure.versions().begin() + first, measure.versions().begin() + last,
                     [](const state::DefinitionVersion& definition) { return definition.comparable(); });
}

}  // namespace realise
