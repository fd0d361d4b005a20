// Texts of values: dates, months, instants, positions, receipts, amounts, counts.  What is read can be
// written, and reads as the same.
#include "libs/adapters/publication.h"
#include "libs/base/calendar.h"
#include "libs/base/ids.h"
#include "libs/base/money.h"
#include "tests/fuzz/fuzz_target.h"

namespace realise::fuzz {
namespace {

void ReadTimes(std::string_view text) {
  if (const auto date = ParseDate(text)) {
    Require(FormatDate(*date) == text, "a date has one text");
    const Period month = Period::Of(*date);
    Require(month.FirstDay() <= *date && *date <= month.LastDay(), "a date lies in its month");
  }
  if (const auto month = Period::Parse(text)) {
    Require(month->ToString() == text, "a month has one text");
    Require(Period::Of(month->FirstDay()) == *month && Period::Of(month->LastDay()) == *month,
            "a month's days lie in it");
  }
  if (const auto instant = ParseInstant(text)) {
    Require(ParseInstant(FormatInstant(*instant)) == instant, "an instant reads as what was written");
  }
}

void ReadNames(std::string_view text) {
  if (const auto receipt = Receipt::Parse(text)) {
    Require(Receipt::Parse(receipt->ToString()) == receipt, "a receipt reads as what was written");
    Require(IsLedgerCode(receipt->ledger), "a receipt is of a ledger");
  }
  for (const size_t size : {size_t{16}, size_t{32}}) {
    const auto bytes = FromHex(text, size);
    Require(!bytes || (bytes->size() == size && FromHex(ToHex(*bytes), size) == bytes),
            "bytes and digits agree");
  }
}

void ReadAmounts(const std::string& text) {
  if (const auto pence = ParsePounds(text)) {
    Require(ParsePounds(FormatPounds(*pence)) == pence, "an amount for people reads as what was written");
    Require(ParsePounds(FormatPoundsPlain(*pence)) == pence,
            "an amount for programs reads as what was written");
  }
  const Cell64 cell = ReadCount(text);
  Require(cell.count >= 0 && cell.count < 1'000'000'000'000, "a count is within its limits");
  Require(cell.kind == Cell64::Kind::kCount || cell.count == 0, "what is no count is not counted");
}

}  // namespace
}  // namespace realise::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  realise::fuzz::ReadTimes(text);
  realise::fuzz::ReadNames(text);
  realise::fuzz::ReadAmounts(text);
  return 0;
}
