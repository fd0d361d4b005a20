// Early return for absl::Status and absl::StatusOr, which this version of Abseil does not bring.
#pragma once

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

#define REALISE_CONCAT_INNER(a, b) a##b
#define REALISE_CONCAT(a, b) REALISE_CONCAT_INNER(a, b)

// Returns from the function if `expr` is not OK.
#define RETURN_IF_ERROR(expr)                                                              \
  do {                                                                                     \
    if (absl::Status realise_status = (expr); !realise_status.ok()) return realise_status; \
  } while (false)

// Declares or assigns `lhs` from a StatusOr, or returns its status.
#define ASSIGN_OR_RETURN(lhs, expr) \
  ASSIGN_OR_RETURN_IMPL(REALISE_CONCAT(realise_statusor_, __LINE__), lhs, expr)
#define ASSIGN_OR_RETURN_IMPL(statusor, lhs, expr)         \
  auto statusor = (expr);                                  \
  if (!statusor.ok()) return std::move(statusor).status(); \
  lhs = std::move(statusor).value()
