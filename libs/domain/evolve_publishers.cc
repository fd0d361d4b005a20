// Publishers.
#include "libs/domain/evolve_rules.h"

namespace realise::evolve {

absl::Status ApplyPublisherRegistered(const v1::Event& event, LedgerState& state) {
  const v1::PublisherRegistered& body = event.publisher_registered();
  const state::PublisherState* before = state.publishers.Find(body.publisher_id());
  if (before != nullptr && before->source() != body.source()) {
    return DoesNotFit(event, "the publisher has another source");
  }
  const state::SourceState* source = state.sources.Find(body.source());
  if (source != nullptr && source->publisher_id() != body.publisher_id()) {
    return DoesNotFit(event, "another publisher has the source");
  }
  state::PublisherState& publisher = state.MutablePublisher(body.publisher_id());
  publisher.set_source(body.source());
  *publisher.mutable_event_types() = body.event_types();
  publisher.set_withdrawn(false);
  if (source == nullptr) state.MutableSource(body.source()).set_publisher_id(body.publisher_id());
  return absl::OkStatus();
}

absl::Status ApplyPublisherWithdrawn(const v1::Event& event, LedgerState& state) {
  const std::string& id = event.publisher_withdrawn().publisher_id();
  if (state.publishers.Find(id) == nullptr) return DoesNotFit(event, "no such publisher");
  state.MutablePublisher(id).set_withdrawn(true);
  return absl::OkStatus();
}

}  // namespace realise::evolve
