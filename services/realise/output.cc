#include "services/realise/output.h"

#include <google/protobuf/util/json_util.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>

#include "fmt/format.h"
#include "libs/base/calendar.h"
#include "libs/base/money.h"

namespace realise {
namespace {

constexpr const char* kMonths[] = {"April",   "May",      "June",     "July",    "August",   "September",
                                   "October", "November", "December", "January", "February", "March"};

// Columns of a terminal that a UTF-8 text takes: one a character, for the texts that occur here.
size_t Width(const std::string& text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](char c) { return (c & 0xC0) != 0x80; }));
}

std::string Padded(const std::string& text, size_t width, bool right) {
  const std::string padding(width - std::min(width, Width(text)), ' ');
  return right ? padding + text : text + padding;
}

void Put(const std::string& line) { std::fwrite(line.data(), 1, line.size(), stdout); }

void PrintTable(const Sheet& sheet) {
  std::vector<size_t> widths;
  for (size_t c = 0; c < sheet.columns.size(); ++c) {
    size_t width = Width(sheet.columns[c].title);
    for (const auto& row : sheet.rows) width = std::max(width, Width(row[c].shown));
    widths.push_back(width);
  }
  if (!sheet.title.empty()) Put(sheet.title + "\n\n");
  const auto put_row = [&](const auto& cell_at) {
    std::string line;
    for (size_t c = 0; c < sheet.columns.size(); ++c) {
      line += (c == 0 ? "" : "  ") + Padded(cell_at(c), widths[c], sheet.columns[c].number);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    Put(line + "\n");
  };
  put_row([&](size_t c) { return sheet.columns[c].title; });
  put_row([&](size_t c) { return std::string(widths[c], '-'); });
  for (const auto& row : sheet.rows) put_row([&](size_t c) { return row[c].shown; });
  if (!sheet.notes.empty()) Put("\n");
  for (const std::string& note : sheet.notes) Put(note + "\n");
}

void PrintCsv(const Sheet& sheet) {
  std::string line;
  for (size_t c = 0; c < sheet.columns.size(); ++c) line += (c == 0 ? "" : ",") + sheet.columns[c].name;
  Put(line + "\r\n");
  for (const auto& row : sheet.rows) {
    line.clear();
    for (size_t c = 0; c < row.size(); ++c) {
      line += (c == 0 ? "" : ",") + (sheet.columns[c].number ? row[c].plain : CsvText(row[c].plain));
    }
    Put(line + "\r\n");
  }
}

std::string JsonString(const std::string& text) {
  std::string json = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      json += '\\';
      json += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      json += fmt::format("\\u{:04x}", static_cast<int>(c));
    } else {
      json += c;
    }
  }
  return json + "\"";
}

void PrintJsonLines(const Sheet& sheet) {
  for (const auto& row : sheet.rows) {
    std::string line = "{";
    for (size_t c = 0; c < row.size(); ++c) {
      const bool bare = sheet.columns[c].number && !row[c].plain.empty();
      const std::string value = bare                   ? row[c].plain
                                : row[c].plain.empty() ? "null"
                                                       : JsonString(row[c].plain);
      line += fmt::format("{}{}:{}", c == 0 ? "" : ",", JsonString(sheet.columns[c].name), value);
    }
    Put(line + "}\n");
  }
}

void PrintJson(const google::protobuf::Message& response) {
  google::protobuf::util::JsonPrintOptions options;
  options.add_whitespace = true;
  options.preserve_proto_field_names = true;
  std::string json;
  // Every answer is a message of ours without Any: it can always be printed.
  if (!google::protobuf::util::MessageToJsonString(response, &json, options).ok()) std::abort();
  Put(json);
}

int64_t SteadyMillis() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

}  // namespace

OutputCell TextCell(std::string_view text) {
  return {.shown = std::string(text), .plain = std::string(text)};
}

OutputCell PoundsCell(int64_t pence) {
  return {.shown = FormatPounds(pence), .plain = FormatPoundsPlain(pence)};
}

OutputCell WholeCell(int64_t count) { return {.shown = FormatCount(count), .plain = std::to_string(count)}; }

std::string CsvText(const std::string& text) {
  std::string field = text;
  if (!field.empty() && std::string_view("=+-@\t\r").find(field[0]) != std::string_view::npos) {
    field.insert(0, "'");
  }
  if (field.find_first_of(",\"\r\n") == std::string::npos) return field;
  std::string quoted = "\"";
  for (const char c : field) quoted += c == '"' ? std::string("\"\"") : std::string(1, c);
  return quoted + "\"";
}

void PrintSheet(Format format, const Sheet& sheet, const google::protobuf::Message& response) {
  switch (format) {
    case Format::kTable:
      return PrintTable(sheet);
    case Format::kJson:
      return PrintJson(response);
    case Format::kJsonLines:
      return PrintJsonLines(sheet);
    case Format::kCsv:
      return PrintCsv(sheet);
  }
}

std::string DescribeBasis(const v1::AnsweredBasis& basis) {
  const char* view = basis.view() == v1::VIEW_RESTATED ? "restated" : "as reported";
  return fmt::format("{}{}, recorded up to {}\nreceipt {}, fold version {}",
                     basis.demonstration() ? "DEMONSTRATION, with simulated times.  " : "", view,
                     basis.recorded_at().substr(0, 19) + "Z", basis.receipt(), basis.fold_version());
}

std::string EnumText(std::string_view name, std::string_view prefix) {
  std::string text(name.substr(name.rfind(prefix, 0) == 0 ? prefix.size() : 0));
  for (char& c : text) c = c == '_' ? '-' : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

std::string DescribePeriod(const std::string& period) {
  const auto parsed = Period::Parse(period);
  if (!parsed) return period;
  return fmt::format("{} ({} {})", period, kMonths[parsed->month() - 1],
                     parsed->year() + (parsed->month() >= 10 ? 1 : 0));
}

void Say(std::string_view message) {
  std::fwrite(message.data(), 1, message.size(), stderr);
  std::fputc('\n', stderr);
}

Progress::Progress(std::string what) : what_(std::move(what)), terminal_(isatty(STDERR_FILENO) == 1) {}

Progress::~Progress() {
  if (shown_) std::fputc('\n', stderr);
}

void Progress::Show(uint64_t done, uint64_t total, std::string_view unit) {
  if (!terminal_) return;
  const int64_t now = SteadyMillis();
  if (now - last_shown_ < 100 && done != total) return;
  last_shown_ = now;
  shown_ = true;
  std::string line = fmt::format("\r{}: {} {}", what_, FormatCount(static_cast<int64_t>(done)), unit);
  if (total > 0) {
    const uint64_t filled = std::min<uint64_t>(30, done * 30 / total);
    line = fmt::format("\r{} [{}{}] {:3}%", what_, std::string(filled, '#'), std::string(30 - filled, '.'),
                       std::min<uint64_t>(100, done * 100 / total));
  }
  std::fwrite(line.data(), 1, line.size(), stderr);
  std::fflush(stderr);
}

}  // namespace realise
