// Entities of one kind by id, as the ledger's state keeps them.  Each stays where it is until it is taken
// out, and is found by the hash of its id without a look at any other.
#pragma once

#include <cstdint>
#include <memory>
#include <ranges>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "absl/strings/string_view.h"
#include "libs/base/prefetch.h"

namespace realise {

// Not even finding is thread-safe.
template <typename T>
class EntityTable {
 public:
  // Nothing if there is none; valid until the next change of this table.
  const T* Find(std::string_view id) const {
    const auto* row = const_cast<EntityTable*>(this)->FindRow(id);
    return row == nullptr ? nullptr : &row->value;
  }
  size_t size() const { return places_.size(); }
  // Ids and entities, in no particular order.
  auto rows() const {
    return std::views::transform(places_, [](const Place& place) {
      return std::pair<const std::string&, const T&>(place.row->id, place.row->value);
    });
  }

  // What finding a row looks at is brought into the CPU's caches in four steps, each some time before the
  // next.  A place is valid until the next change of this table; null: there is none.
  static uint64_t Hash(std::string_view id) {
    return absl::Hash<absl::string_view>()(absl::string_view(id.data(), id.size()));
  }
  void PrefetchTable(uint64_t hash) const { places_.prefetch(Likely{hash}); }
  const void* PrefetchPlace(uint64_t hash) const {
    const auto at = places_.find(Likely{hash});
    return at == places_.end() ? nullptr : &*at;
  }
  static void PrefetchRowAt(const void* place) {
    if (place != nullptr) PrefetchRow(static_cast<const Place*>(place)->row.get());
  }
  static void PrefetchIdAt(const void* place) {
    if (place != nullptr) __builtin_prefetch(static_cast<const Place*>(place)->row->id.data());
  }

 private:
  friend class LedgerState;
  struct Row {
    uint64_t noted = 0;  // as changed: by the LedgerState's count of notings
    const std::string id;
    T value;
  };
  struct Place {
    uint64_t hash;  // of the row's id
    std::unique_ptr<Row> row;
  };
  struct Sought {
    uint64_t hash;
    std::string_view id;
  };
  struct PlaceHash {
    template <typename Key>
    size_t operator()(const Key& key) const {
      return key.hash;
    }
  };
  struct PlaceEqual {
    bool operator()(const Place& a, const Place& b) const {
      return a.hash == b.hash && a.row->id == b.row->id;
    }
    bool operator()(const Place& place, const Sought& sought) const {
      return place.hash == sought.hash && place.row->id == sought.id;
    }
  };
  using Places = absl::flat_hash_set<Place, HashOrLikely<PlaceHash>, EqualOrLikely<PlaceEqual>>;

  // Whoever asks about an event asks for what it is about again and again.
  Row* FindRow(std::string_view id) {
    if (found_ != nullptr && found_->id == id) return found_;
    if (!IsHashed(id)) return FindRow(id, Hash(id));
    return missed_ ? nullptr : FindRow(id, hash_);
  }
  Row* FindRow(std::string_view id, uint64_t hash) {
    const auto at = places_.find(Sought{hash, id});
    if (at == places_.end()) {
      NoteHash(id, hash);
      missed_ = true;
      return nullptr;
    }
    found_ = at->row.get();
    return found_;
  }
  // Makes a row unless there is one.
  Row& Make(std::string_view id) {
    const uint64_t hash = IsHashed(id) ? hash_ : Hash(id);
    missed_ = false;
    std::unique_ptr<Row> row(new Row{.id = std::string(id), .value = {}});
    found_ = places_.insert(Place{hash, std::move(row)}).first->row.get();
    return *found_;
  }
  bool IsHashed(std::string_view id) const { return !hashed_.empty() && hashed_ == id; }
  void NoteHash(std::string_view id, uint64_t hash) {
    hashed_ = id;
    hash_ = hash;
    missed_ = false;
  }
  void Erase(std::string_view id) {
    found_ = nullptr;
    places_.erase(places_.find(Sought{Hash(id), id}));
  }
  std::unique_ptr<Row> Remove(std::string_view id) {
    found_ = nullptr;
    return std::move(places_.extract(places_.find(Sought{Hash(id), id})).value().row);
  }
  // Leaves out what `leave` says, asking about each row once.
  template <typename Leave>
  void EraseIf(Leave leave) {
    found_ = nullptr;
    auto ahead = places_.begin();
    for (size_t i = 0; i < kPrefetchAhead && ahead != places_.end(); ++i) ++ahead;
    for (auto at = places_.begin(); at != places_.end();) {
      if (ahead != places_.end()) PrefetchRow((ahead++)->row.get());
      const auto place = at++;
      if (leave(*place->row, place->hash)) places_.erase(place);
    }
  }

  Places places_;
  Row* found_ = nullptr;                       // the last one
  std::string hashed_;                         // an id whose hash is known; empty: none
  uint64_t hash_ = 0;                          // of that
  bool missed_ = false;                        // there was no such row, and none was made since
  std::vector<std::unique_ptr<Row>> removed_;  // by rolling back, since rows were taken
};

}  // namespace realise
