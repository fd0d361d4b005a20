// What Decide refuses about publishers, and from them.
#include "libs/domain/rejection_rows.h"

namespace realise {

using namespace testing;  // NOLINT: the builders read as sentences

std::vector<Row> PublisherRows() {
  const v1::Event registered = PublisherRegistered("finance-system", "/finance", {"claim_validated"});
  const v1::Event withdrawn = PublisherWithdrawn("finance-system");
  const std::string source = "/finance";
  return {
      {"another's source",
       Reason::kAlreadyExists,
       "publisher_registered.source",
       {registered},
       PublisherRegistered("estates-system", source, {"claim_validated"})},
      {"source of one that was withdrawn",
       Reason::kAlreadyExists,
       "publisher_registered.source",
       {registered, withdrawn},
       PublisherRegistered("estates-system", source, {"claim_validated"})},
      {"another source",
       Reason::kAlreadyExists,
       "publisher_registered.publisher_id",
       {registered},
       PublisherRegistered("finance-system", "/estates", {"claim_validated"})},
      {"withdraw nobody", Reason::kPublisherNotRegistered, "publisher_withdrawn.publisher_id", {}, withdrawn},
      {"withdraw one twice",
       Reason::kPublisherNotRegistered,
       "publisher_withdrawn.publisher_id",
       {registered, withdrawn},
       withdrawn},
      {"from one that was withdrawn",
       Reason::kPublisherNotRegistered,
       "source",
       {Claim(), registered, withdrawn},
       FromSource(Validation(), source)},
      {"registers itself again after it was withdrawn",
       Reason::kPublisherNotRegistered,
       "source",
       {PublisherRegistered("finance-system", source, {"publisher_registered"}), withdrawn},
       FromSource(registered, source)},
      {"not of its types",
       Reason::kPublisherTypeNotAllowed,
       "claim_submitted",
       {registered},
       FromSource(Claim(), source)},
      {"no longer of its types",
       Reason::kPublisherTypeNotAllowed,
       "claim_validated",
       {Claim(), registered,
        WithId(PublisherRegistered("finance-system", source, {"claim_queried"}), "shorter-list")},
       FromSource(Validation(), source)},
      {"widens its own list",
       Reason::kPublisherTypeNotAllowed,
       "publisher_registered",
       {registered},
       FromSource(PublisherRegistered("finance-system", source, {"claim_validated", "claim_submitted"}),
                  source)},
      {"not its type, and no such claim",
       Reason::kPublisherTypeNotAllowed,
       "claim_reversed",
       {registered},
       FromSource(ClaimReversed("none", kJune), source)},
  };
}

}  // namespace realise
