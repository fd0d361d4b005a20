// Answers as sheets: the same for a query and for a replay.
#pragma once

#include <string>

#include "realise/v1/query_service.pb.h"
#include "services/realise/output.h"

namespace realise {

[[nodiscard]] Sheet SavingsSheet(const v1::QuerySavingsResponse& response, const std::string& ledger);
[[nodiscard]] Sheet BedDaysSheet(const v1::QueryBedDaysResponse& response, const std::string& ledger);
[[nodiscard]] Sheet WaitsSheet(const v1::QueryWaitsResponse& response, const std::string& ledger);

}  // namespace realise
