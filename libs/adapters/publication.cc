#include "libs/adapters/publication.h"

#include "libs/adapters/import.h"

namespace realise {

Date PublishedOn(Period period) {
  const Date first = period.Next().FirstDay();
  const std::chrono::weekday day(first);
  return first + (std::chrono::Thursday - day) + std::chrono::days(7);
}

Cell64 ReadCount(std::string_view text) {
  if (text.empty() || text == "-" || text == "NA" || text == "*") return {Cell64::Kind::kMissing, 0};
  const size_t point = text.find('.');
  const std::string_view whole = text.substr(0, point);
  if (whole.empty() || whole.size() > 12 || whole.find_first_not_of("0123456789") != std::string_view::npos)
    return {};
  if (point != std::string_view::npos) {
    const std::string_view decimals = text.substr(point + 1);
    if (decimals.empty() || decimals.find_first_not_of('0') != std::string_view::npos) return {};
  }
  int64_t count = 0;
  for (const char digit : whole) count = count * 10 + (digit - '0');
  return {Cell64::Kind::kCount, count};
}

v1::Event MakePublicationEvent(const PublicationEvent& about) {
  v1::Event event;
  event.set_id(about.id);
  event.set_source(std::string(about.source));
  event.set_stream("measure/" + about.measure_id);
  event.set_actor_role(std::string(kImporterRole));
  event.set_occurred_on(FormatDate(about.occurred_on));
  event.set_schema_version(1);
  return event;
}

}  // namespace realise
