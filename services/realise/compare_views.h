// realise status --compare: whether replicas hold the same, and where they part.
#pragma once

#include <string>
#include <vector>

#include "services/realise/commands.h"

namespace realise {

// Compares the views of `ledgers`, or of all, that `others` hold with those of the projection that `globals`
// names, prints how they compare, and leaves the exit status: a mismatch if two of them part.
void CompareViews(Globals& globals, const std::vector<std::string>& ledgers,
                  const std::vector<std::string>& others);

}  // namespace realise
