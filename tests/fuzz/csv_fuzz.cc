// Comma-separated values: any bytes, in pieces of any size, give the same records within the limits.
#include <algorithm>
#include <vector>

#include "libs/adapters/csv_reader.h"
#include "tests/fuzz/fuzz_target.h"

namespace realise::fuzz {
namespace {

constexpr int kRecordsMax = 100'000;

ReadBytes InPieces(std::string text, size_t piece) {
  return [text = std::move(text), piece, at = size_t{0}](char* buffer,
                                                         size_t size) mutable -> absl::StatusOr<size_t> {
    const size_t count = std::min({size, piece, text.size() - at});
    std::copy_n(text.data() + at, count, buffer);
    at += count;
    return count;
  };
}

// All that a reader says, as one text for comparison.
std::string ReadAll(ReadBytes input, int64_t lines_max) {
  CsvReader reader(std::move(input));
  std::string all;
  int64_t line = 0;
  for (int count = 0;; ++count) {
    Require(count < kRecordsMax, "reading comes to an end");
    CsvRecord record;
    const auto read = reader.Next(record);
    Require(read.ok(), "an error is one of the input");
    if (*read == CsvRead::kEnd) return all;
    Require(record.line > line && record.line <= lines_max, "records come in the order of their lines");
    line = record.line;
    all += std::to_string(record.line);
    if (*read == CsvRead::kMalformed) {
      Require(!record.message.empty() && record.fields.empty(),
              "a malformed record says why, and gives nothing");
      all += "!" + std::to_string(record.column) + record.message;
      continue;
    }
    Require(!record.fields.empty() && record.fields.size() <= kCsvFieldsMax, "fields within the limit");
    Require(record.last_line >= record.line && record.last_line <= lines_max, "a record ends in the file");
    for (const std::string& field : record.fields) {
      Require(field.size() <= kCsvFieldBytesMax, "a field within the limit");
      all += "," + std::to_string(field.size()) + ":" + field;
    }
  }
}

}  // namespace
}  // namespace realise::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  realise::fuzz::Input input(data, size);
  const size_t piece = size_t{1} + input.TakeByte();
  const std::string text(input.rest());
  const int64_t lines = std::count(text.begin(), text.end(), '\n') + 1;
  const std::string whole = realise::fuzz::ReadAll(realise::ReadFromText(text), lines);
  const std::string pieces = realise::fuzz::ReadAll(realise::fuzz::InPieces(text, piece), lines);
  realise::fuzz::Require(whole == pieces, "how a file arrives changes nothing");
  return 0;
}
