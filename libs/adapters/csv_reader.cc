#include "libs/adapters/csv_reader.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/domain/rejection.h"

namespace realise {
namespace {

constexpr size_t kChunkBytes = 256 * 1024;
constexpr std::string_view kByteOrderMark = "\xEF\xBB\xBF";

// One record, or what is wrong with it.
struct Parsed {
  size_t length = 0;  // bytes up to and with its line end
  const char* wrong = nullptr;
  size_t wrong_at = 0;
};

class RecordParser {
 public:
  RecordParser(std::string_view text, std::vector<std::string>& fields) : text_(text), fields_(fields) {}

  Parsed Parse() {
    fields_.clear();
    while (wrong_ == nullptr) {
      if (fields_.size() == kCsvFieldsMax) return Wrong("more than 1,024 fields in a line", at_);
      std::string& field = fields_.emplace_back();
      if (at_ < text_.size() && text_[at_] == '"') {
        Quoted(field);
      } else {
        Unquoted(field);
      }
      if (wrong_ != nullptr) break;
      if (field.size() > kCsvFieldBytesMax) return Wrong("a field of more than 65,536 bytes", at_);
      if (at_ < text_.size() && text_[at_] == ',') {
        ++at_;
        continue;
      }
      if (at_ < text_.size() && text_[at_] == '\r') ++at_;
      if (at_ < text_.size()) ++at_;  // the line feed
      return {at_, nullptr, 0};
    }
    return {0, wrong_, wrong_at_};
  }

 private:
  bool AtLineEnd(size_t at) const {
    if (at == text_.size() || text_[at] == '\n') return true;
    return text_[at] == '\r' && (at + 1 == text_.size() || text_[at + 1] == '\n');
  }

  void Quoted(std::string& field) {
    const size_t opened = at_++;
    while (true) {
      const size_t quote = text_.find('"', at_);
      if (quote == std::string_view::npos) {
        Wrong("a quote is opened and not closed", opened);
        return;
      }
      field.append(text_.substr(at_, quote - at_));
      at_ = quote + 1;
      if (at_ == text_.size() || text_[at_] != '"') break;
      field.push_back('"');
      ++at_;
    }
    // The opening quote may be the stray one: reading goes on behind its line.
    if (!AtLineEnd(at_) && text_[at_] != ',') Wrong("text after the closing quote of a field", opened);
  }

  void Unquoted(std::string& field) {
    const size_t begin = at_;
    while (!AtLineEnd(at_) && text_[at_] != ',') {
      if (text_[at_] == '"') {
        Wrong("a quote inside a field that does not begin with one; double it, and put the field in quotes",
              at_);
        return;
      }
      ++at_;
    }
    field.assign(text_.substr(begin, at_ - begin));
  }

  Parsed Wrong(const char* what, size_t at) {
    wrong_ = what;
    wrong_at_ = at;
    return {0, what, at};
  }

  std::string_view text_;
  std::vector<std::string>& fields_;
  size_t at_ = 0;
  const char* wrong_ = nullptr;
  size_t wrong_at_ = 0;
};

// Whether the text is UTF-8, without overlong forms and surrogates.
bool IsUtf8(std::string_view text) {
  for (size_t at = 0; at < text.size();) {
    const auto lead = static_cast<unsigned char>(text[at]);
    const int more = lead < 0x80 ? 0 : lead >> 5 == 6 ? 1 : lead >> 4 == 14 ? 2 : lead >> 3 == 30 ? 3 : -1;
    if (more < 0 || at + static_cast<size_t>(more) >= text.size()) return false;
    uint32_t point = more == 0 ? lead : lead & (0x3Fu >> more);
    for (int i = 1; i <= more; ++i) {
      const auto next = static_cast<unsigned char>(text[at + static_cast<size_t>(i)]);
      if (next >> 6 != 2) return false;
      point = point << 6 | (next & 0x3F);
    }
    constexpr uint32_t kLeast[] = {0, 0x80, 0x800, 0x10000};
    if (point < kLeast[more] || point > 0x10FFFF || (point >= 0xD800 && point < 0xE000)) return false;
    at += static_cast<size_t>(more) + 1;
  }
  return true;
}

}  // namespace

ReadBytes ReadFromText(std::string text) {
  return
      [text = std::move(text), at = size_t{0}](char* buffer, size_t size) mutable -> absl::StatusOr<size_t> {
        const size_t count = std::min(size, text.size() - at);
        std::copy_n(text.data() + at, count, buffer);
        at += count;
        return count;
      };
}

absl::Status CsvReader::Fill() {
  // A record is parsed once, as a whole: so the longest one has to be there.
  while (!end_of_input_ && buffer_.size() - at_ < kCsvRecordBytesMax) {
    buffer_.erase(0, std::exchange(at_, 0));
    const size_t before = buffer_.size();
    buffer_.resize(before + kChunkBytes);
    absl::StatusOr<size_t> count = input_(buffer_.data() + before, kChunkBytes);
    buffer_.resize(before + (count.ok() ? *count : 0));
    if (!count.ok()) return std::move(count).status();
    end_of_input_ = *count == 0;
  }
  if (!begun_) {
    begun_ = true;
    if (std::string_view(buffer_).substr(0, 3) == kByteOrderMark) at_ = kByteOrderMark.size();
  }
  return absl::OkStatus();
}

void CsvReader::Consume(size_t bytes) {
  const auto begin = buffer_.begin() + static_cast<std::ptrdiff_t>(at_);
  line_ += std::count(begin, begin + static_cast<std::ptrdiff_t>(bytes), '\n');
  at_ += bytes;
}

absl::StatusOr<CsvRead> CsvReader::Next(CsvRecord& record) {
  while (true) {
    RETURN_IF_ERROR(Fill());
    const std::string_view text = std::string_view(buffer_).substr(at_, kCsvRecordBytesMax);
    if (text.empty()) return CsvRead::kEnd;
    if (in_overlong_line_) {
      const size_t line_end = text.find('\n');
      in_overlong_line_ = line_end == std::string_view::npos;
      Consume(in_overlong_line_ ? text.size() : line_end + 1);
      continue;
    }
    if (text[0] == '\n' || text.substr(0, 2) == "\r\n") {
      Consume(text[0] == '\n' ? 1 : 2);
      continue;
    }
    record.line = line_;
    Parsed parsed = RecordParser(text, record.fields).Parse();
    const bool cut = at_ + text.size() < buffer_.size();
    if (parsed.wrong == nullptr && cut && parsed.length == text.size() && text.back() != '\n') {
      parsed = {0, "a line of more than 262,144 bytes", text.size() - 1};
    }
    if (parsed.wrong == nullptr && !IsUtf8(text.substr(0, parsed.length))) {
      record.fields.clear();
      parsed.wrong = "not UTF-8 text; save the file as \"CSV UTF-8\"";
    }
    if (parsed.wrong == nullptr) {
      Consume(parsed.length);
      record.last_line = line_ - (text[parsed.length - 1] == '\n' ? 1 : 0);
      return CsvRead::kRecord;
    }
    record.column = static_cast<int>(record.fields.size());
    record.message = parsed.wrong;
    record.fields.clear();
    size_t past = parsed.length;
    if (past == 0) {
      const size_t line_end = text.find('\n', parsed.wrong_at);
      in_overlong_line_ = line_end == std::string_view::npos;
      past = in_overlong_line_ ? text.size() : line_end + 1;
    }
    Consume(past);
    return CsvRead::kMalformed;
  }
}

absl::StatusOr<CsvTable> CsvTable::Open(ReadBytes input, const std::vector<std::string>& required,
                                        OnProblem on_problem) {
  CsvTable table(std::move(input), std::move(on_problem));
  ASSIGN_OR_RETURN(const CsvRead read, table.reader_.Next(table.record_));
  if (read == CsvRead::kEnd)
    return absl::InvalidArgumentError("the file is empty: it should begin with a heading");
  if (read == CsvRead::kMalformed) {
    return absl::InvalidArgumentError(fmt::format("the heading cannot be read: {}", table.record_.message));
  }
  table.heading_ = table.record_.fields;
  for (const std::string& name : required) {
    const auto count = std::count(table.heading_.begin(), table.heading_.end(), name);
    if (count == 0) return absl::InvalidArgumentError(fmt::format("the heading has no column \"{}\"", name));
    if (count > 1) return absl::InvalidArgumentError(fmt::format("the heading names \"{}\" twice", name));
  }
  return table;
}

absl::StatusOr<bool> CsvTable::Next() {
  while (true) {
    ASSIGN_OR_RETURN(const CsvRead read, reader_.Next(record_));
    if (read == CsvRead::kEnd) return false;
    if (read == CsvRead::kMalformed) {
      Report(record_.column - 1, ReasonName(Reason::kMalformed), record_.message);
    } else if (record_.fields.size() != heading_.size()) {
      const std::string lines = record_.last_line == record_.line
                                    ? std::string("in this line")
                                    : fmt::format("in lines {} to {}", record_.line, record_.last_line);
      Report(-1, ReasonName(Reason::kMalformed),
             fmt::format("{} fields {}, where the heading has {}; a field with a comma needs quotes",
                         record_.fields.size(), lines, heading_.size()));
    } else {
      return true;
    }
  }
}

std::optional<int> CsvTable::Find(std::string_view name) const {
  const auto at = std::find(heading_.begin(), heading_.end(), name);
  if (at == heading_.end()) return std::nullopt;
  return static_cast<int>(at - heading_.begin());
}

void CsvTable::Report(int column, std::string_view reason, std::string message) const {
  const bool named = column >= 0 && static_cast<size_t>(column) < heading_.size();
  on_problem_({record_.line, column + 1, named ? heading_[static_cast<size_t>(column)] : std::string(),
               std::string(reason), std::move(message)});
}

}  // namespace realise
