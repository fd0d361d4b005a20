// What publishers of crash and torture tests send: a small world, and the lives of claims in it.
#pragma once

#include <cstdint>
#include <random>
#include <string>
#include <vector>

#include "realise/v1/event.pb.h"

namespace realise::testing {

// The months that claims are posted to, oldest first; all are open.
[[nodiscard]] std::vector<std::string> PostingMonths();

// Months, boards, projects that move between them, benefits of every class, and the shared claim.
[[nodiscard]] std::vector<v1::Event> Founding();

// Every publisher queries this claim, so that they race for its stream.  Its version is 1 when founded.
inline constexpr char kSharedClaim[] = "shared";
[[nodiscard]] v1::Event SharedQuery(const std::string& id);

// An event, and the version of its stream before it.
struct Step {
  v1::Event event;
  uint64_t version_before = 0;
};

// The claims of one publisher: submitted, queried, validated or rejected, corrected, reversed, several at a
// time. The same for the same name and seed.  Not thread-safe.
class Story {
 public:
  Story(std::string name, uint64_t seed);

  // The next event, which no rule refuses if all before it are recorded.
  [[nodiscard]] Step Next();

 private:
  struct Claim {
    std::string id;
    bool disbenefit = false;
    size_t relates_to = 0;  // index of the month
    size_t posted_to = 0;   // of its latest posting
    int64_t claimed = 0;    // pence without the sign, as all here
    int64_t validated = 0;
    uint64_t version = 0;
    bool queried = false;
  };

  uint64_t Random(uint64_t below) { return random_() % below; }
  v1::Event Submit();
  // False if the claim at hand has nothing more to come.
  bool GoOn(Claim& claim, v1::Event& event, bool& ended);
  v1::Event Judge(Claim& claim, bool& ended);

  const std::string name_;
  std::mt19937_64 random_;
  uint64_t events_ = 0;
  uint64_t claims_ = 0;
  std::vector<Claim> open_;
};

}  // namespace realise::testing
