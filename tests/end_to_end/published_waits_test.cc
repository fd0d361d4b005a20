// Every published median and 95th percentile of the RTT file of September 2025 comes out of `realise query
// waits`.
#include <cstdlib>
#include <map>
#include <optional>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "libs/adapters/csv_reader.h"
#include "libs/adapters/input_file.h"
#include "libs/domain/testing/event_builders.h"
#include "tests/end_to_end/served_ledger.h"

namespace realise::testing {
namespace {

constexpr const char* kFile = "tests/data/rtt_completed_provider_bands_2025-09.csv.gz";

struct Published {
  std::string provider;
  std::string measure;
  int64_t pathways = 0;
  std::string median;
  std::string p95;
};

// Read without the adapter under test: columns by their place, weeks as they are printed.
std::vector<Published> ReadPublished() {
  auto input = OpenInputFile(kFile);
  EXPECT_TRUE(input.ok());
  CsvReader reader(*std::move(input));
  std::vector<Published> rows;
  CsvRecord record;
  bool heading = true;
  while (true) {
    const auto read = reader.Next(record);
    EXPECT_TRUE(read.ok());
    if (!read.ok() || *read == CsvRead::kEnd) return rows;
    if (heading) {
      heading = false;
      continue;
    }
    const auto& fields = record.fields;
    Published row;
    row.provider = fields[3];
    std::string code = fields[5];
    for (char& c : code) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    row.measure = "rtt-" + fields[0] + "-" + code;
    for (int band = 0; band < 105; ++band) row.pathways += std::stoll(fields[7 + static_cast<size_t>(band)]);
    row.median = fields[fields.size() - 2];
    row.p95 = fields[fields.size() - 1];
    rows.push_back(row);
  }
}

// Hundredths of a week, so that a twentieth can be compared exactly; nothing for the open band.
std::optional<int64_t> Hundredths(const std::string& weeks) {
  const size_t point = weeks.find('.');
  if (weeks.empty() || weeks.find('+') != std::string::npos) return std::nullopt;
  std::string decimals = point == std::string::npos ? "" : weeks.substr(point + 1);
  decimals.resize(2, '0');
  return std::stoll(weeks.substr(0, point)) * 100 + std::stoll(decimals);
}

// An exact fraction against a published figure: |n/d - w| <= 0.05, in integers.
void ExpectWithinATwentieth(const v1::WaitPercentile& percentile, const std::string& published,
                            const std::string& where) {
  const auto hundredths = Hundredths(published);
  ASSERT_EQ(percentile.open_band(), !hundredths.has_value()) << where << " published " << published;
  if (!hundredths) return;
  const int64_t numerator = std::stoll(percentile.weeks().numerator());
  const int64_t denominator = std::stoll(percentile.weeks().denominator());
  EXPECT_LE(std::llabs(numerator * 100 - *hundredths * denominator), 5 * denominator)
      << where << " published " << published << ", answered " << percentile.weeks().display();
}

TEST(PublishedWaits, EveryMedianAnd95thPercentileComesOut) {
  const std::vector<Published> rows = ReadPublished();
  ASSERT_EQ(rows.size(), 3940u);
  ServedLedger served;
  std::set<std::string> providers;
  for (const Published& row : rows) providers.insert(row.provider);
  std::vector<std::string> create = {"ledger", "create"};
  create.insert(create.end(), providers.begin(), providers.end());
  ASSERT_EQ(served.Realise(create).exit_status, 0);
  const CommandResult imported = served.Realise({"import", "rtt", kFile, "--all"});
  ASSERT_EQ(imported.exit_status, 0) << imported.err;

  const auto query = v1::QueryService::NewStub(served.channel());
  const auto status = v1::LedgerService::NewStub(served.channel());
  std::map<std::string, v1::Waits> answers;
  for (const std::string& provider : providers) {
    const CommandResult waits = served.Realise({"-o", "json", "query", "waits", provider, "--all-measures"});
    ASSERT_EQ(waits.exit_status, 0) << waits.err;
    v1::QueryWaitsRequest request;
    request.set_ledger(provider);
    request.set_all_measures(true);
    grpc::ClientContext context;
    v1::QueryWaitsResponse response;
    ASSERT_TRUE(query->QueryWaits(&context, request, &response).ok());
    for (const v1::Waits& row : response.waits()) answers[provider + "/" + row.measure_id()] = row;
  }
  size_t compared = 0;
  for (const Published& row : rows) {
    const std::string where = row.provider + "/" + row.measure;
    const auto answer = answers.find(where);
    ASSERT_NE(answer, answers.end()) << where;
    if (row.pathways < 20) {
      EXPECT_EQ(answer->second.state(), v1::FIGURE_STATE_SUPPRESSED) << where;
      EXPECT_EQ(answer->second.pathways(), 0) << where;
      continue;
    }
    ASSERT_EQ(answer->second.state(), v1::FIGURE_STATE_GIVEN) << where;
    EXPECT_EQ(answer->second.pathways(), row.pathways) << where;
    ExpectWithinATwentieth(answer->second.median(), row.median, where + " median");
    ExpectWithinATwentieth(answer->second.p95(), row.p95, where + " 95th");
    ++compared;
  }
  EXPECT_EQ(compared, 3940u) << "every row of this file has at least 20 pathways";
  EXPECT_EQ(answers.size(), rows.size());
}

TEST(PublishedWaits, UnderTwentyIsSuppressedHowEverItIsAskedFor) {
  ServedLedger served;
  served.Create("T01");
  served.Append("T01", "2024-06-01",
                {BoardEstablished("planned-care"),
                 MeasureDefined("rtt-few", v1::MEASURE_UNIT_WEEKLY_WAIT_BANDS, v1::PATHWAY_ADMITTED),
                 MeasureAssignedToBoard("rtt-few", "planned-care"),
                 WaitBandsRecorded("rtt-few", "2024/25-M01", Bands({{3, 19}}))});
  const CommandResult by_board = served.Realise({"-o", "csv", "query", "waits", "T01"});
  const CommandResult by_measure =
      served.Realise({"-o", "csv", "query", "waits", "T01", "--measure", "rtt-few"});
  EXPECT_EQ(by_board.exit_status, 0) << by_board.err;
  EXPECT_THAT(by_board.out, ::testing::HasSubstr(",admitted,,,,,,,,n<20"));
  EXPECT_THAT(by_measure.out, ::testing::HasSubstr(",admitted,,,,,,,,n<20"));
  EXPECT_THAT(by_measure.out, ::testing::Not(::testing::HasSubstr("19")));
}

}  // namespace
}  // namespace realise::testing
