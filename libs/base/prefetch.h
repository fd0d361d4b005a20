// Bringing what lies scattered over memory into the CPU's caches before it is looked at.
//
// A table of Abseil is brought there in two steps: its `prefetch`, and some entries later a search for
// `Likely`, which touches no entry but asks for the one that is probably meant.
#pragma once

#include <cstddef>

namespace realise {

// So many steps of a loop lie between asking for something and looking at it.
inline constexpr size_t kPrefetchAhead = 8;

// The first two lines of a row.
inline void PrefetchRow(const void* row) {
  constexpr size_t kCacheLineBytes = 64;
  __builtin_prefetch(row);
  __builtin_prefetch(static_cast<const char*>(row) + kCacheLineBytes);
}

// What a table is searched for: the first entry whose few bits of hash, which lie apart from the entries,
// agree.
struct Likely {
  size_t hash;
};

// Of a table whose keys are `Key`: equal as `Equal` says, and to `Likely` without a look at the key.  (Abseil
// 20220623 takes any answer for equal; a release that checks that equal keys have equal hashes would not.)
template <typename Equal>
struct EqualOrLikely : Equal {
  using is_transparent = void;
  using Equal::operator();
  template <typename Key>
  bool operator()(const Key& key, const Likely&) const {
    __builtin_prefetch(&key);
    return true;
  }
};

template <typename Hash>
struct HashOrLikely : Hash {
  using is_transparent = void;
  using Hash::operator();
  size_t operator()(const Likely& likely) const { return likely.hash; }
};

}  // namespace realise
