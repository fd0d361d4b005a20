#include "tests/fuzz/fuzz_target.h"

#include <google/protobuf/stubs/logging.h>

#include <cstdio>
#include <cstdlib>

namespace realise::fuzz {
namespace {

// Texts that are not UTF-8 are what a fuzzer sends all day: nobody reads that protobuf says so.
[[maybe_unused]] google::protobuf::LogHandler* const kLoudHandler = google::protobuf::SetLogHandler(nullptr);

}  // namespace

void Require(bool holds, std::string_view rule) {
  if (holds) return;
  std::fprintf(stderr, "does not hold: %.*s\n", static_cast<int>(rule.size()), rule.data());
  std::abort();
}

}  // namespace realise::fuzz
