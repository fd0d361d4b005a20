// How answers are printed: data on stdout, messages on stderr.
#pragma once

#include <google/protobuf/message.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "realise/v1/query_service.pb.h"

namespace realise {

enum class Format { kTable, kJson, kJsonLines, kCsv };

// A value as people read it, and as programs do: "32,243.10" and "32243.10".
struct OutputCell {
  std::string shown;
  std::string plain;
};
[[nodiscard]] OutputCell TextCell(std::string_view text);
[[nodiscard]] OutputCell PoundsCell(int64_t pence);
[[nodiscard]] OutputCell WholeCell(int64_t count);

struct Column {
  std::string title;  // for people
  std::string name;   // for programs: never renamed
  bool number = false;
};

struct Sheet {
  std::string title;
  std::vector<Column> columns;
  std::vector<std::vector<OutputCell>> rows;
  std::vector<std::string> notes;  // below the table
};

// A field of a CSV line, by RFC 4180; a text that a spreadsheet would take for a formula gets a quotation
// mark in front.
[[nodiscard]] std::string CsvText(const std::string& text);

// Prints one answer.  `response` is what --output json shows whole; the sheet is what the others show.
void PrintSheet(Format format, const Sheet& sheet, const google::protobuf::Message& response);

// What an answer rests on, for the head of a table.
[[nodiscard]] std::string DescribeBasis(const v1::AnsweredBasis& basis);

// "FINANCIAL_CLASS_CASH_RELEASING" as "cash-releasing", given the prefix "FINANCIAL_CLASS_".
[[nodiscard]] std::string EnumText(std::string_view name, std::string_view prefix);

// "2024/25-M03" as "2024/25-M03 (June 2024)".
[[nodiscard]] std::string DescribePeriod(const std::string& period);

// Prints to stderr.
void Say(std::string_view message);

// Progress on stderr, ten times a second at most, and only if that is a terminal.
class Progress {
 public:
  explicit Progress(std::string what);
  ~Progress();
  // `total` of 0 is unknown.
  void Show(uint64_t done, uint64_t total, std::string_view unit);

 private:
  const std::string what_;
  const bool terminal_;
  int64_t last_shown_ = 0;  // steady milliseconds
  bool shown_ = false;
};

}  // namespace realise
