// Comma-separated values as RFC 4180 has them: quotes, doubled quotes, line breaks inside quotes, LF or CRLF,
// a byte order mark.  Streams: holds one record and a little more.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace realise {

// Reads up to `size` bytes into `buffer` and returns how many; 0 only at the end.
using ReadBytes = std::function<absl::StatusOr<size_t>(char* buffer, size_t size)>;

// Reads from a text.
[[nodiscard]] ReadBytes ReadFromText(std::string text);

inline constexpr size_t kCsvRecordBytesMax = 256 * 1024;
inline constexpr size_t kCsvFieldBytesMax = 64 * 1024;
inline constexpr size_t kCsvFieldsMax = 1024;

enum class CsvRead { kRecord, kMalformed, kEnd };

struct CsvRecord {
  int64_t line = 0;                 // where it begins, from 1
  int64_t last_line = 0;            // where it ends; only of a record that is well formed
  std::vector<std::string> fields;  // only of a record that is well formed
  // Of a malformed record: which field, from 1, and what is wrong; never what stands there.
  int column = 0;
  std::string message;
};

class CsvReader {
 public:
  explicit CsvReader(ReadBytes input) : input_(std::move(input)) {}

  // Reads the next record; empty lines are passed over.  After a malformed one, reading goes on with the next
  // line, so that one stray quote costs one line.  An error is one of the input, never of its form.
  [[nodiscard]] absl::StatusOr<CsvRead> Next(CsvRecord& record);

 private:
  [[nodiscard]] absl::Status Fill();
  void Consume(size_t bytes);

  ReadBytes input_;
  std::string buffer_;
  size_t at_ = 0;  // what is before is done
  bool end_of_input_ = false;
  bool begun_ = false;
  bool in_overlong_line_ = false;
  int64_t line_ = 1;
};

// Where and why a line of a file, or a part of it, was not taken.
struct ImportProblem {
  int64_t line = 0;         // from 1
  int column = 0;           // the field in the line, from 1; 0 for the line as a whole
  std::string column_name;  // as in the heading; may be empty
  std::string reason;       // a name of ReasonName
  std::string message;      // what is wrong and what would be right; never what stands there
};

using OnProblem = std::function<void(const ImportProblem&)>;

// A file with a heading, whose columns are found by name in any order.
class CsvTable {
 public:
  //   INVALID_ARGUMENT  the file is empty, or a required column is missing or named twice: it is another kind
  //   of file.
  [[nodiscard]] static absl::StatusOr<CsvTable> Open(ReadBytes input,
                                                     const std::vector<std::string>& required,
                                                     OnProblem on_problem);

  // Goes to the next row; false at the end.  Lines that are malformed, or have another number of fields than
  // the heading, are reported and passed over.
  [[nodiscard]] absl::StatusOr<bool> Next();

  int64_t line() const { return record_.line; }
  // The number of a column, from 0; nothing if the heading does not name it.
  [[nodiscard]] std::optional<int> Find(std::string_view name) const;
  // The number of a required column.
  [[nodiscard]] int Column(std::string_view name) const { return *Find(name); }
  // A field of the row.
  [[nodiscard]] const std::string& Field(int column) const {
    return record_.fields[static_cast<size_t>(column)];
  }
  // Reports a problem of the row.
  void Report(int column, std::string_view reason, std::string message) const;

 private:
  CsvTable(ReadBytes input, OnProblem on_problem)
      : reader_(std::move(input)), on_problem_(std::move(on_problem)) {}

  CsvReader reader_;
  OnProblem on_problem_;
  std::vector<std::string> heading_;
  CsvRecord record_;
};

}  // namespace realise
