// Says of most keys that were never added that they were not, in a few bytes for each that was.  Whoever
// looks up keys that are mostly new, elsewhere and slowly, asks here first.
//
// A Bloom filter in blocks of one cache line (F. Putze, P. Sanders, J. Singler: Cache-, Hash- and
// Space-Efficient Bloom Filters, 2007), in parts, each four times as large as the one before.  Of keys that
// were not added less than one in thirty may have been.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace realise {

// Not thread-safe.
class AbsenceFilter {
 public:
  // Once more keys than `keys_max` were added it takes no memory, and says of every key that it may have
  // been.
  explicit AbsenceFilter(size_t keys_max) : keys_max_(keys_max) {}

  // `hash`: 64 bits, any of which are as good as any other.
  void Add(uint64_t hash);
  // False: it was not added.
  [[nodiscard]] bool MayHave(uint64_t hash) const;

  // Has the memory that MayHave looks at brought into the CPU's caches meanwhile.
  void Prefetch(uint64_t hash) const;

  size_t bytes() const;

 private:
  using Block = std::array<uint64_t, 8>;
  struct Part {
    std::vector<Block> blocks;  // a power of two of them
    size_t keys = 0;
  };

  size_t keys_max_;
  size_t keys_ = 0;
  std::vector<Part> parts_;
};

}  // namespace realise
