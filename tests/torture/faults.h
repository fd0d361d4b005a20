// What is made to fail, as a table: a new fault is a line.
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tests/torture/world.h"

namespace realise::torture {

struct Fault {
  std::string name;
  WorldKind world;
  // How long it lasts, and how long the load runs before it.
  std::chrono::milliseconds hold;
  // Both get the same random number, to choose a target by.
  std::function<absl::Status(World&, uint64_t)> inject;
  std::function<absl::Status(World&, uint64_t)> heal;
  // Why it cannot be made here; empty if it can.
  std::string cannot;
};

// In the order of what they are worth.
[[nodiscard]] std::vector<Fault> AllFaults();

}  // namespace realise::torture
