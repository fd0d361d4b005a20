#include "libs/adapters/csv_reader.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>

namespace realise {
namespace {

// Hands over at most `step` bytes at a time.
ReadBytes InSteps(std::string text, size_t step) {
  return [text = std::move(text), step, at = size_t{0}](char* buffer,
                                                        size_t size) mutable -> absl::StatusOr<size_t> {
    const size_t count = std::min({size, step, text.size() - at});
    std::copy_n(text.data() + at, count, buffer);
    at += count;
    return count;
  };
}

using Rows = std::vector<std::vector<std::string>>;

struct Taken {
  Rows rows;
  std::vector<int64_t> lines;
  std::vector<std::string> malformed;  // "line:column: message"
};

Taken Read(ReadBytes input) {
  CsvReader reader(std::move(input));
  CsvRecord record;
  Taken taken;
  while (true) {
    const absl::StatusOr<CsvRead> read = reader.Next(record);
    EXPECT_TRUE(read.ok()) << read.status();
    if (!read.ok() || *read == CsvRead::kEnd) return taken;
    if (*read == CsvRead::kRecord) {
      taken.rows.push_back(record.fields);
      taken.lines.push_back(record.line);
    } else {
      taken.malformed.push_back(std::to_string(record.line) + ":" + std::to_string(record.column) + ": " +
                                record.message);
    }
  }
}

TEST(CsvReader, TakesQuotesLineEndsAndByteOrderMark) {
  const Taken taken = Read(ReadFromText("\xEF\xBB\xBF\"a\",b\r\n\r\n\"x, \"\"y\"\"\r\nz\",\n1,2\r\nlast,"));
  EXPECT_EQ(taken.rows, (Rows{{"a", "b"}, {"x, \"y\"\r\nz", ""}, {"1", "2"}, {"last", ""}}));
  EXPECT_EQ(taken.lines, (std::vector<int64_t>{1, 3, 5, 6}));
  EXPECT_TRUE(taken.malformed.empty());
}

TEST(CsvReader, OneBadLineCostsOneLine) {
  const Taken taken = Read(ReadFromText("a,b\nc,\"d\nx,y\n\"q\"r,s\nt\"u,v\n\xFF,w\nend,1\n"));
  EXPECT_EQ(taken.rows, (Rows{{"a", "b"}, {"x", "y"}, {"end", "1"}}));
  ASSERT_EQ(taken.malformed.size(), 4u);
  EXPECT_EQ(taken.malformed[0].substr(0, 4), "2:2:");
  EXPECT_EQ(taken.malformed[1].substr(0, 4), "4:1:");
  EXPECT_EQ(taken.malformed[2].substr(0, 4), "5:1:");
  EXPECT_EQ(taken.malformed[3].substr(0, 2), "6:");
  EXPECT_EQ(taken.lines.back(), 7);
}

TEST(CsvReader, LimitsHold) {
  const std::string longest(kCsvFieldBytesMax, 'a');
  EXPECT_EQ(Read(ReadFromText(longest + ",b\n")).rows.size(), 1u);
  EXPECT_EQ(Read(ReadFromText(longest + "a,b\nc,d\n")).rows, (Rows{{"c", "d"}}));
  std::string many(kCsvFieldsMax - 1, ',');
  EXPECT_EQ(Read(ReadFromText(many)).rows.size(), 1u);
  EXPECT_EQ(Read(ReadFromText(many + ",\nc,d\n")).rows, (Rows{{"c", "d"}}));
  // A line without an end, longer than everything that is held.
  const Taken overlong = Read(ReadFromText("a,b\n" + std::string(3 * kCsvRecordBytesMax, 'x') + "\nc,d\n"));
  EXPECT_EQ(overlong.rows, (Rows{{"a", "b"}, {"c", "d"}}));
  EXPECT_EQ(overlong.malformed.size(), 1u);
  EXPECT_EQ(overlong.lines.back(), 3);
  // A quote that is never closed costs its line, whatever follows.
  std::string after;
  for (int i = 0; i < 100'000; ++i) after += "1,2\n";
  EXPECT_EQ(Read(ReadFromText("\"a,b\n" + after)).rows.size(), 100'000u);
}

TEST(CsvReader, AnErrorOfTheInputIsNotItsEnd) {
  int calls = 0;
  CsvReader reader([&calls](char* buffer, size_t) -> absl::StatusOr<size_t> {
    if (calls++ > 0) return absl::DataLossError("cut short");
    buffer[0] = 'a';
    return 1;
  });
  CsvRecord record;
  EXPECT_EQ(reader.Next(record).status().code(), absl::StatusCode::kDataLoss);
}

std::string Write(const Rows& rows, const std::string& line_end) {
  std::string text;
  for (const std::vector<std::string>& row : rows) {
    for (size_t i = 0; i < row.size(); ++i) {
      if (i > 0) text += ',';
      const bool plain = !row[i].empty() && row[i].find_first_of(",\"\r\n") == std::string::npos;
      if (plain) {
        text += row[i];
        continue;
      }
      text += '"';
      for (const char c : row[i]) text += c == '"' ? std::string("\"\"") : std::string(1, c);
      text += '"';
    }
    text += line_end;
  }
  return text;
}

RC_GTEST_PROP(CsvReader, ReadsWhatWasWritten, ()) {
  const auto field = rc::gen::container<std::string>(rc::gen::elementOf(std::string("ab ,\"\n\r;1\t")));
  const auto rows =
      *rc::gen::container<Rows>(rc::gen::nonEmpty(rc::gen::container<std::vector<std::string>>(field)));
  const std::string text = Write(rows, *rc::gen::element<std::string>("\n", "\r\n"));
  const Taken taken = Read(InSteps(text, *rc::gen::inRange<size_t>(1, 50)));
  RC_ASSERT(taken.malformed.empty());
  RC_ASSERT(taken.rows == rows);
}

// Whatever the bytes: reading ends, line numbers rise, no field is over its limit, and the pieces make no
// difference.
RC_GTEST_PROP(CsvReader, TakesAnyBytes, ()) {
  const auto text = *rc::gen::container<std::string>(rc::gen::weightedOneOf<char>(
      {{6, rc::gen::elementOf(std::string("a,\"\n\r"))}, {1, rc::gen::arbitrary<char>()}}));
  const Taken whole = Read(ReadFromText(text));
  const Taken steps = Read(InSteps(text, *rc::gen::inRange<size_t>(1, 10)));
  RC_ASSERT(whole.rows == steps.rows);
  RC_ASSERT(whole.malformed == steps.malformed);
  RC_ASSERT(std::is_sorted(whole.lines.begin(), whole.lines.end()));
  const auto line_feeds = static_cast<size_t>(std::count(text.begin(), text.end(), '\n'));
  RC_ASSERT(whole.rows.size() + whole.malformed.size() <= line_feeds + 1);
}

TEST(CsvTable, FindsColumnsByNameAndReportsShortLines) {
  std::vector<ImportProblem> problems;
  absl::StatusOr<CsvTable> table =
      CsvTable::Open(ReadFromText("b,a\n1,2\n3\n4,5\n"), {"a", "b"},
                     [&](const ImportProblem& problem) { problems.push_back(problem); });
  ASSERT_TRUE(table.ok()) << table.status();
  ASSERT_TRUE(*table->Next());
  EXPECT_EQ(table->Field(table->Column("a")), "2");
  ASSERT_TRUE(*table->Next());
  EXPECT_EQ(table->Field(table->Column("b")), "4");
  EXPECT_FALSE(*table->Next());
  ASSERT_EQ(problems.size(), 1u);
  EXPECT_EQ(problems[0].line, 3);
  EXPECT_EQ(problems[0].reason, "MALFORMED");

  for (const char* heading : {"", "a,c\n", "a,b,a\n", "\"a,b\n"}) {
    EXPECT_EQ(CsvTable::Open(ReadFromText(heading), {"a", "b"}, nullptr).status().code(),
              absl::StatusCode::kInvalidArgument)
        << heading;
  }
}

}  // namespace
}  // namespace realise
