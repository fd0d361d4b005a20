// What every fuzz target shares.  A target is one file with LLVMFuzzerTestOneInput: it is run by libFuzzer
// (the preset "fuzz") and by replay_main.cc (every other build).
#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace realise::fuzz {

// Ends the program, with the rule that does not hold, unless `holds`.
void Require(bool holds, std::string_view rule);

// Takes an input apart, from the front.  What is not there any more is zero, or empty.
class Input {
 public:
  Input(const uint8_t* data, size_t size) : bytes_(reinterpret_cast<const char*>(data), size) {}

  bool empty() const { return bytes_.empty(); }
  std::string_view rest() const { return bytes_; }

  // The next bytes, at most `size`.
  std::string_view Take(size_t size) {
    const std::string_view taken = bytes_.substr(0, size);
    bytes_.remove_prefix(taken.size());
    return taken;
  }
  uint8_t TakeByte() { return TakeNumber<uint8_t>(); }
  template <typename Number>
  Number TakeNumber() {
    Number number{};
    const std::string_view taken = Take(sizeof(number));
    std::memcpy(&number, taken.data(), taken.size());
    return number;
  }

 private:
  std::string_view bytes_;
};

}  // namespace realise::fuzz
