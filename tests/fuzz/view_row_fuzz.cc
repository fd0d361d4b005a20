// Keys and rows of the view store: whatever lies on the disk decodes, to what encodes again, or does not.
#include "libs/view_store/view_keys.h"
#include "libs/view_store/view_rows.h"
#include "tests/fuzz/fuzz_target.h"

namespace realise::fuzz {
namespace {

void ReadKey(std::string_view key) {
  if (const auto keyspace = KeyspaceOf(key)) {
    Require(keyspace->Prefix() == key.substr(0, kViewPrefixBytes), "a key begins with its keyspace");
  }
  const std::string behind = KeyBehind(key);
  if (behind.empty()) {
    Require(key.find_first_not_of('\xff') == std::string_view::npos,
            "only the last keys have none behind them");
    return;
  }
  Require(behind > key && !behind.starts_with(key), "the key behind is behind");
  Require(behind > std::string(key) + "\xff\xff", "it is behind all that begin with the prefix");
}

void ReadRow(std::string_view row) {
  Sequence before = 1;
  for (std::string_view left = row; !left.empty();) {
    const auto posting = TakePosting(left, before);
    if (!posting) break;
    std::string again;
    AppendPosting(again, before, *posting);
    std::string_view written = again;
    Require(TakePosting(written, before) == posting && written.empty(),
            "a posting reads as what was written");
    before = posting->sequence;
  }
  if (const auto balances = DecodeBalances(row)) {
    Require(DecodeBalances(EncodeBalances(*balances)) == balances, "balances read as what was written");
  }
  if (const auto account = DecodeAccountRow(row)) {
    Require(DecodeAccountRow(EncodeAccountRow(*account)) == account, "an account reads as what was written");
  }
  if (const auto commit = DecodeCommitRow(row)) {
    Require(EncodeCommitRow(*commit) == row, "a commit's row has one form");
  }
}

}  // namespace
}  // namespace realise::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view bytes(reinterpret_cast<const char*>(data), size);
  realise::fuzz::ReadKey(bytes);
  realise::fuzz::ReadRow(bytes);
  return 0;
}
