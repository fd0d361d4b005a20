#include "libs/domain/absence_filter.h"

namespace realise {
namespace {

constexpr size_t kFirstBlocks = 1024;
constexpr size_t kKeysOfBlock = 44;  // of 512 bits
constexpr int kBitsOfKey = 6;
constexpr uint64_t kGoldenRatio = 0x9e3779b97f4a7c15;  // of 2^64: mixes bits well

size_t BlockOf(uint64_t hash, size_t blocks) { return (hash * kGoldenRatio) >> 32 & (blocks - 1); }

// The bits of a key within its block: nine bits of the hash for each.
template <typename Use>
void ForEachBit(uint64_t hash, Use use) {
  for (int i = 0; i < kBitsOfKey; ++i, hash >>= 9) use(hash >> 6 & 7, uint64_t{1} << (hash & 63));
}

}  // namespace

void AbsenceFilter::Add(uint64_t hash) {
  if (MayHave(hash)) return;
  if (keys_ == keys_max_) parts_ = {};
  if (++keys_ > keys_max_) return;
  if (parts_.empty() || parts_.back().keys == parts_.back().blocks.size() * kKeysOfBlock) {
    const size_t blocks = parts_.empty() ? kFirstBlocks : parts_.back().blocks.size() * 4;
    parts_.push_back({std::vector<Block>(blocks)});
  }
  Part& part = parts_.back();
  ++part.keys;
  Block& block = part.blocks[BlockOf(hash, part.blocks.size())];
  ForEachBit(hash, [&](size_t word, uint64_t bit) { block[word] |= bit; });
}

bool AbsenceFilter::MayHave(uint64_t hash) const {
  if (keys_ > keys_max_) return true;
  for (const Part& part : parts_) {
    const Block& block = part.blocks[BlockOf(hash, part.blocks.size())];
    bool all = true;
    ForEachBit(hash, [&](size_t word, uint64_t bit) { all = all && (block[word] & bit) != 0; });
    if (all) return true;
  }
  return false;
}

void AbsenceFilter::Prefetch(uint64_t hash) const {
  for (const Part& part : parts_) __builtin_prefetch(&part.blocks[BlockOf(hash, part.blocks.size())]);
}

size_t AbsenceFilter::bytes() const {
  size_t bytes = 0;
  for (const Part& part : parts_) bytes += part.blocks.size() * sizeof(Block);
  return bytes;
}

}  // namespace realise
