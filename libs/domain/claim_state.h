// A claim as it stands, kept as the bytes of its row.
//
// Claims are what a ledger has most of, and most are made, changed once or twice, and stored.  So nothing is
// made of the bytes when they come from a store, and they are only copied when they go there.
//
//   claimed pence 8, validated pence 8, version 8, month 4, stage 1, length of the benefit's id 2, of the
//   board's 2; benefit's id, board's id, claimant's role                numbers little endian
#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

#include "absl/container/inlined_vector.h"

namespace realise {

// Stored: a number never changes its meaning.
enum class ClaimStage : uint8_t {
  kSubmitted = 1,
  kQueried = 2,
  kValidated = 3,
  kRejected = 4,
  kReversed = 5,
};

// What a claim has from the beginning.  Ids and roles are shorter than 64 KiB, as every event is.
struct Submission {
  std::string_view benefit_id;
  std::string_view board_id;       // that it counts for
  std::string_view claimant_role;  // that claimed
  int32_t relates_to = 0;          // a month index
  int64_t claimed_pence = 0;
};

// Says nothing until it was assigned or parsed.  Views are valid until then too.
class ClaimState {
 public:
  ClaimState() = default;
  // Submitted, nothing validated, version 0.
  explicit ClaimState(const Submission& submission);
  // Takes the bytes of a row; false if they are not of a claim.
  [[nodiscard]] bool Parse(std::string_view bytes);
  std::string_view bytes() const { return {bytes_.data(), bytes_.size()}; }

  std::string_view benefit_id() const;
  std::string_view board_id() const;
  std::string_view claimant_role() const;
  int32_t relates_to() const { return Number<int32_t>(kRelatesTo); }
  ClaimStage stage() const { return static_cast<ClaimStage>(Number<uint8_t>(kStage)); }
  int64_t claimed_pence() const { return Number<int64_t>(kClaimed); }
  int64_t validated_pence() const { return Number<int64_t>(kValidated); }  // and corrected since
  uint64_t version() const { return Number<uint64_t>(kVersion); }          // of its stream

  // Whether something is still to come of it, as a rule: it can be validated, queried or rejected.
  bool IsOpen() const { return stage() == ClaimStage::kSubmitted || stage() == ClaimStage::kQueried; }

  void set_stage(ClaimStage stage) { SetNumber(kStage, static_cast<uint8_t>(stage)); }
  void set_validated_pence(int64_t pence) { SetNumber(kValidated, pence); }
  void set_version(uint64_t version) { SetNumber(kVersion, version); }

 private:
  static constexpr size_t kClaimed = 0;
  static constexpr size_t kValidated = 8;
  static constexpr size_t kVersion = 16;
  static constexpr size_t kRelatesTo = 24;
  static constexpr size_t kStage = 28;
  static constexpr size_t kBenefitBytes = 29;
  static constexpr size_t kBoardBytes = 31;
  static constexpr size_t kTexts = 33;

  // Of a machine whose numbers are little endian: in one piece, for claims are asked and changed most.
  static_assert(std::endian::native == std::endian::little);
  template <typename T>
  T Number(size_t at) const {
    T number = 0;
    std::memcpy(&number, bytes_.data() + at, sizeof(T));
    return number;
  }
  template <typename T>
  void SetNumber(size_t at, T number) {
    std::memcpy(bytes_.data() + at, &number, sizeof(T));
  }

  // Those of most claims need no memory of their own: looking at one is a miss of the CPU's caches less.  So
  // long, a row of the table is 128 bytes, two lines of them.
  absl::InlinedVector<char, 80> bytes_;
};

}  // namespace realise
