// Who may publish what.
#include <algorithm>

#include "fmt/format.h"
#include "libs/domain/decide_rules.h"

namespace realise::decide {

Verdict CheckPublisher(const Proposal& proposal, Sources sources) {
  constexpr std::string_view kField = "source";
  const state::SourceState* source = proposal.state.sources.Find(proposal.event.source());
  if (source == nullptr) {
    if (sources == Sources::kAny) return std::nullopt;
    return Rejection{Reason::kPublisherNotRegistered, std::string(kField),
                     "No publisher has this source in this ledger, and only registered ones are taken here; "
                     "register it first"};
  }
  // What Evolve made of accepted events: a source has its publisher.
  const state::PublisherState& publisher = *proposal.state.publishers.Find(source->publisher_id());
  if (publisher.withdrawn()) {
    return Rejection{Reason::kPublisherNotRegistered, std::string(kField),
                     "The publisher of this source was withdrawn; another has to register it again first"};
  }
  const std::string_view type = TypeOf(proposal.event);
  const auto& types = publisher.event_types();
  if (std::find(types.begin(), types.end(), type) != types.end()) return std::nullopt;
  return Rejection{Reason::kPublisherTypeNotAllowed, std::string(type),
                   fmt::format("The publisher of this source is registered for {} other types of events; "
                               "register it again with this one, or let another publish it",
                               types.size())};
}

Verdict DecidePublisherRegistered(const Proposal& proposal) {
  const v1::PublisherRegistered& body = proposal.event.publisher_registered();
  const state::PublisherState* publisher = proposal.state.publishers.Find(body.publisher_id());
  if (publisher != nullptr && publisher->source() != body.source()) {
    return proposal.Reject(Reason::kAlreadyExists, "publisher_id",
                           "A publisher of another source has this id; choose another");
  }
  const state::SourceState* source = proposal.state.sources.Find(body.source());
  if (source != nullptr && source->publisher_id() != body.publisher_id()) {
    return proposal.Reject(Reason::kAlreadyExists, "source",
                           "Another publisher has this source; register that one again, or name its own");
  }
  return std::nullopt;
}

Verdict DecidePublisherWithdrawn(const Proposal& proposal) {
  const state::PublisherState* publisher =
      proposal.state.publishers.Find(proposal.event.publisher_withdrawn().publisher_id());
  if (publisher == nullptr) {
    return proposal.Reject(Reason::kPublisherNotRegistered, "publisher_id",
                           "There is no publisher of this id; look at what is registered");
  }
  if (publisher->withdrawn()) {
    return proposal.Reject(Reason::kPublisherNotRegistered, "publisher_id",
                           "The publisher was withdrawn before; nothing is taken from it");
  }
  return std::nullopt;
}

}  // namespace realise::decide
