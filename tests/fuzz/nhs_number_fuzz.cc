// NHS numbers in texts: any text can be looked through, and what surrounds a number does not hide it.
#include "libs/domain/nhs_number.h"
#include "tests/fuzz/fuzz_target.h"

// A letter is no part of a number, and parts two texts.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using realise::ContainsNhsNumber;
  realise::fuzz::Input input(data, size);
  const std::string first(input.Take(input.TakeByte()));
  const std::string second(input.rest());
  const bool holds = ContainsNhsNumber(first) || ContainsNhsNumber(second);
  realise::fuzz::Require(ContainsNhsNumber(first + "x" + second) == holds, "two texts hold what each holds");
  for (const char* number : {"9434765919", "943 476 5919", "943-476-5919"}) {
    realise::fuzz::Require(ContainsNhsNumber(first + "x" + number + "x" + second),
                           "a number is found anywhere");
  }
  std::string letters = first + second;
  for (char& c : letters) c = c >= '0' && c <= '9' ? 'x' : c;
  realise::fuzz::Require(!ContainsNhsNumber(letters), "without a digit there is no number");
  return 0;
}
