// The published files as they are, and the traps in them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>
#include <numeric>

#include "libs/adapters/import.h"
#include "libs/adapters/input_file.h"
#include "libs/adapters/publication.h"

namespace realise {
namespace {

using testing::ElementsAre;

struct Imported {
  std::vector<ImportedEvent> events;
  std::vector<ImportProblem> problems;

  ImportSinks Sinks() {
    return {[this](ImportedEvent event) {
              events.push_back(std::move(event));
              return absl::OkStatus();
            },
            [this](const ImportProblem& problem) { problems.push_back(problem); }};
  }
  const v1::Event* Find(std::string_view ledger, std::string_view id) const {
    for (const ImportedEvent& imported : events) {
      if (imported.ledger == ledger && imported.event.id() == id) return &imported.event;
    }
    return nullptr;
  }
};

ReadBytes Data(const std::string& name) { return *OpenInputFile("tests/data/" + name); }

Imported Beds(const LedgerFilter& ledgers, std::vector<DefinitionBreak> breaks = {}) {
  Imported imported;
  EXPECT_TRUE(ImportBeds({Data("ga_beds_trust_monthly_2022-04_2025-08.csv.gz"),
                          Data("discharges_trust_daily_2022-04_2025-08.csv.gz"), std::move(breaks)},
                         ledgers, imported.Sinks())
                  .ok());
  return imported;
}

std::pair<int64_t, int64_t> YearOf(const Imported& imported, int year) {
  std::pair<int64_t, int64_t> sums;
  for (const ImportedEvent& one : imported.events) {
    const v1::MeasurementRecorded& recorded = one.event.measurement_recorded();
    if (!one.event.has_measurement_recorded() || Period::Parse(recorded.period())->year() != year) continue;
    sums.first += recorded.numerator();
    sums.second += recorded.denominator();
  }
  return sums;
}

TEST(Beds, WorkedCaseNine) {
  const Imported imported = Beds({"RH5"});
  EXPECT_TRUE(imported.problems.empty());
  EXPECT_EQ(YearOf(imported, 2023), (std::pair<int64_t, int64_t>(333'287, 38'275)));
  EXPECT_EQ(YearOf(imported, 2024), (std::pair<int64_t, int64_t>(324'128, 40'926)));
  ASSERT_EQ(imported.events.size(), 42u);  // the definition and 41 months
  EXPECT_EQ(imported.events[0].event.id(), "los-adult-ga:defined");
  EXPECT_EQ(FormatDate(imported.events.back().known_on), "2025-09-11");
  const v1::Event* october = imported.Find("RH5", "los-adult-ga:2023/24-M07");
  ASSERT_NE(october, nullptr);
  EXPECT_EQ(october->measurement_recorded().denominator(), 2'723);
  EXPECT_EQ(october->occurred_on(), "2023-10-31");
}

TEST(Beds, MissingIsNotZero) {
  const Imported imported = Beds({"RNZ"});
  const v1::Event* june = imported.Find("RNZ", "los-adult-ga:2024/25-M03");
  ASSERT_NE(june, nullptr);
  EXPECT_TRUE(june->has_measurement_not_reported());
  // In August it began to report again on the 26th: six days, on both sides.
  const v1::MeasurementRecorded august =
      imported.Find("RNZ", "los-adult-ga:2024/25-M05")->measurement_recorded();
  EXPECT_TRUE(august.partial());
  EXPECT_EQ(august.numerator(), 440 * 6);
  EXPECT_EQ(august.denominator(), 265);
  EXPECT_FALSE(imported.Find("RNZ", "los-adult-ga:2024/25-M06")->measurement_recorded().partial());
}

TEST(Beds, AllTrustsAreReadWithoutAProblem) {
  const Imported imported = Beds({});
  EXPECT_TRUE(imported.problems.empty());
  std::map<std::string, int> trusts;
  for (const ImportedEvent& one : imported.events) ++trusts[one.ledger];
  EXPECT_EQ(trusts.size(), 121u);
  EXPECT_FALSE(trusts.contains("NA"));
}

TEST(Beds, ABreakKnownFromTheStartCountsByTheNewVersion) {
  const Period november = *Period::Parse("2023/24-M08");
  const Imported imported =
      Beds({"RH5"}, {{"RH5", "los-adult-ga", november, false, std::nullopt, "counting"}});
  EXPECT_EQ(imported.Find("RH5", "los-adult-ga:2023/24-M07")->measurement_recorded().definition_version(),
            1u);
  EXPECT_EQ(imported.Find("RH5", "los-adult-ga:2023/24-M08")->measurement_recorded().definition_version(),
            2u);
  EXPECT_EQ(imported.Find("RH5", "los-adult-ga:v2")->measure_redefined().break_from(), "2023/24-M08");
  EXPECT_EQ(imported.events.size(), 43u);
}

TEST(Beds, ABreakNoticedLaterCorrectsWhatWasTaken) {
  std::vector<ImportProblem> problems;
  const absl::StatusOr<std::vector<DefinitionBreak>> breaks = ReadDefinitionBreaks(
      Data("definition_breaks.csv"), [&](const ImportProblem& problem) { problems.push_back(problem); });
  ASSERT_TRUE(breaks.ok()) << breaks.status();
  EXPECT_TRUE(problems.empty());
  const Imported imported = Beds({"RH5"}, *breaks);
  // Noticed on 20 May 2025: November 2023 to April 2025 had been taken by then.
  EXPECT_EQ(imported.events.size(), 42u + 1 + 18);
  EXPECT_EQ(imported.Find("RH5", "los-adult-ga:2024/25-M12")->measurement_recorded().definition_version(),
            1u);
  const v1::MeasurementCorrected march =
      imported.Find("RH5", "los-adult-ga:2024/25-M12:v2")->measurement_corrected();
  EXPECT_EQ(march.supersedes_event_id(), "los-adult-ga:2024/25-M12");
  EXPECT_EQ(march.definition_version(), 2u);
  EXPECT_EQ(march.denominator(), 3'352);
  EXPECT_EQ(imported.Find("RH5", "los-adult-ga:2025/26-M02")->measurement_recorded().definition_version(),
            2u);
  EXPECT_TRUE(std::is_sorted(imported.events.begin(), imported.events.end(),
                             [](const auto& a, const auto& b) { return a.known_on < b.known_on; }));
}

TEST(Beds, LinesThatCannotBeTakenAreReported) {
  Imported imported;
  const char* const beds =
      "nhs_trust22_code,date,adult_general_acute_beds_occupied\n"
      "RH5,April 2023,10\nRH5,April 2023,11\nrh5,April 2023,10\nRH5,2023-05,10\nRH5,May 2023,ten\nRH5,June "
      "2023,NA\n";
  const char* const discharges =
      "nhs_trust22_code,date,discharged_total\n"
      "RH5,2023-04-01,7\nRH5,2023-04-01,7\nRH5,2023-04-02,NA\nRH5,2023-04-03,0\nRH5,2023-04-31,5\nRH5,2023-"
      "06-01,9\n";
  ASSERT_TRUE(ImportBeds({ReadFromText(beds), ReadFromText(discharges), {}}, {}, imported.Sinks()).ok());
  std::vector<std::string> where;
  for (const ImportProblem& problem : imported.problems) {
    where.push_back(std::to_string(problem.line) + "/" + std::to_string(problem.column) + " " +
                    problem.reason);
  }
  EXPECT_THAT(where, ElementsAre("3/2 ALREADY_RECORDED", "4/1 MALFORMED", "5/2 MALFORMED", "6/3 MALFORMED",
                                 "3/2 ALREADY_RECORDED", "6/2 MALFORMED"));
  ASSERT_EQ(imported.events.size(), 3u);
  EXPECT_EQ(imported.events[1].event.measurement_recorded().numerator(), 10);
  EXPECT_EQ(imported.events[1].event.measurement_recorded().denominator(), 7);
  EXPECT_EQ(imported.events[2].event.measurement_not_reported().reason(), "no beds reported");
}

TEST(PublishedOn, IsTheSecondThursdayOfTheMonthAfter) {
  EXPECT_EQ(FormatDate(PublishedOn(*Period::Parse("2025/26-M06"))), "2025-10-09");
  EXPECT_EQ(FormatDate(PublishedOn(*Period::Parse("2024/25-M12"))), "2025-04-10");
  EXPECT_EQ(FormatDate(PublishedOn(*Period::Parse("2023/24-M01"))), "2023-05-11");
}

Imported Rtt(ReadBytes input, const LedgerFilter& ledgers = {}) {
  Imported imported;
  const absl::Status status = ImportRttBands(std::move(input), ledgers, imported.Sinks());
  EXPECT_TRUE(status.ok()) << status;
  return imported;
}

TEST(RttBands, TheWholeFile) {
  const Imported imported = Rtt(Data("rtt_completed_provider_bands_2025-09.csv.gz"));
  EXPECT_TRUE(imported.problems.empty());
  EXPECT_EQ(imported.events.size(), 2u * 3'940);
  int with_unknown = 0;
  std::map<std::string, std::array<int64_t, 105>> totals;
  std::map<std::string, std::array<int64_t, 105>> sums;
  std::map<std::string, int> listed;
  for (const ImportedEvent& one : imported.events) {
    if (one.event.has_measure_defined()) {
      EXPECT_EQ(one.event.measure_defined().published_total(), one.event.stream().ends_with("-c_999"));
      continue;
    }
    const v1::WaitBandsRecorded& recorded = one.event.wait_bands_recorded();
    ASSERT_EQ(recorded.counts_size(), 105);
    if (recorded.unknown_clock_starts() > 0) ++with_unknown;
    const std::string& id = recorded.measure_id();
    const std::string key = one.ledger + id.substr(0, id.rfind('-'));
    const bool total = id.ends_with("-c_999");
    for (int band = 0; band < 105; ++band)
      (total ? totals : sums)[key][static_cast<size_t>(band)] += recorded.counts(band);
    if (!total) ++listed[key];
  }
  EXPECT_EQ(with_unknown, 118);
  EXPECT_EQ(totals.size(), 285u);
  int equal = 0;
  for (const auto& [key, total] : totals) {
    // What a total has more belongs to treatment functions with fewer than 20 pathways, which are not listed.
    int64_t more = 0;
    for (size_t band = 0; band < 105; ++band) {
      EXPECT_GE(total[band], sums[key][band]) << key << " band " << band;
      more += total[band] - sums[key][band];
    }
    EXPECT_LE(more, 19 * (23 - listed[key])) << key;
    if (more == 0) ++equal;
  }
  EXPECT_EQ(equal, 62);
}

TEST(RttBands, OneTrust) {
  const Imported imported = Rtt(Data("rtt_completed_provider_bands_2025-09.csv.gz"), {"RH5"});
  EXPECT_EQ(imported.events.size(), 2u * 34);
  const v1::Event* surgery = imported.Find("RH5", "rtt-admitted-c_100:2025/26-M06");
  ASSERT_NE(surgery, nullptr);
  EXPECT_EQ(std::accumulate(surgery->wait_bands_recorded().counts().begin(),
                            surgery->wait_bands_recorded().counts().end(), int64_t{0}),
            194);
  EXPECT_EQ(surgery->occurred_on(), "2025-09-30");
  const v1::MeasureDefined defined = imported.Find("RH5", "rtt-admitted-c_100:defined")->measure_defined();
  EXPECT_EQ(defined.title(), "RTT waits, admitted: General Surgery");
  EXPECT_EQ(defined.pathway(), v1::PATHWAY_ADMITTED);
  const v1::Event* total = imported.Find("RH5", "rtt-nonadmitted-c_999:defined");
  ASSERT_NE(total, nullptr);
  EXPECT_TRUE(total->measure_defined().published_total());
}

std::string RttHeading() {
  std::string heading = "part,period,provider_code,tfc_code";
  for (int band = 0; band < 104; ++band)
    heading += ",w" + std::to_string(band) + "_" + std::to_string(band + 1);
  return heading + ",w104_plus,published_total_completed,published_median_weeks,published_p95_weeks\n";
}

// 40 pathways in each of the first two weeks; median 1.0, 95th percentile 1.9.
std::string RttRow(const std::string& code, const std::string& first_band, const std::string& published) {
  std::string row = "admitted,2025-09-01,RH5," + code + "," + first_band + ",40";
  for (int band = 2; band < 105; ++band) row += ",0";
  return row + "," + published + "\n";
}

TEST(RttBands, ColumnsAreToldApartByValue) {
  const Imported imported = Rtt(
      ReadFromText(RttHeading() + RttRow("C_100", "40", "83,1.0,1.9") + RttRow("C_101", "40", "1.0,1.9,83") +
                   RttRow("C_110", "40", "1.9,83,1.0") + RttRow("C_120", "40", "79,1.0,1.9") +
                   RttRow("C_130", "40", "80,5.0,1.9") + RttRow("C_140", "40", "-,1.0,1.9")));
  for (const char* taken : {"c_100", "c_101", "c_110"}) {
    const v1::Event* event = imported.Find("RH5", std::string("rtt-admitted-") + taken + ":2025/26-M06");
    ASSERT_NE(event, nullptr) << taken;
    EXPECT_EQ(event->wait_bands_recorded().unknown_clock_starts(), 3) << taken;
  }
  EXPECT_EQ(imported.Find("RH5", "rtt-admitted-c_120:2025/26-M06"), nullptr);
  EXPECT_EQ(imported.Find("RH5", "rtt-admitted-c_130:2025/26-M06"), nullptr);
  EXPECT_EQ(
      imported.Find("RH5", "rtt-admitted-c_140:2025/26-M06")->wait_bands_recorded().unknown_clock_starts(),
      0);
  ASSERT_EQ(imported.problems.size(), 3u);
  EXPECT_EQ(imported.problems[0].line, 3);  // the order, once
  EXPECT_EQ(imported.problems[1].line, 5);
  EXPECT_EQ(imported.problems[2].line, 6);
  EXPECT_EQ(imported.problems[2].reason, "UNIT_MISMATCH");
}

TEST(RttBands, MissingBandsAreNotZero) {
  std::string none = "admitted,2025-09-01,RH5,C_150";
  for (int band = 0; band < 105; ++band) none += ",-";
  const Imported imported =
      Rtt(ReadFromText(RttHeading() + none + ",-,-,-\n" + RttRow("C_160", "-", "40,-,-") +
                       RttRow("C_170", "-4", "9,-,-") + RttRow("C_998", "40", "80,1.0,1.9")));
  ASSERT_EQ(imported.events.size(), 2u);
  EXPECT_TRUE(imported.events[1].event.has_measurement_not_reported());
  ASSERT_EQ(imported.problems.size(), 3u);
  EXPECT_EQ(imported.problems[0].reason, "BAD_BANDS");
  EXPECT_EQ(imported.problems[0].column_name, "w0_1");
  EXPECT_EQ(imported.problems[1].reason, "MALFORMED");
  EXPECT_EQ(imported.problems[2].reason, "UNKNOWN_MEASURE");
}

TEST(OdsTrusts, TheWholeList) {
  std::vector<ImportProblem> problems;
  const absl::StatusOr<std::vector<OdsTrust>> trusts = ReadOdsTrusts(
      Data("ods_nhs_trusts_etr.csv.gz"), [&](const ImportProblem& problem) { problems.push_back(problem); });
  ASSERT_TRUE(trusts.ok()) << trusts.status();
  EXPECT_TRUE(problems.empty());
  EXPECT_EQ(trusts->size(), 273u);
  std::map<std::string, OdsTrust> by_code;
  for (const OdsTrust& trust : *trusts) by_code.emplace(trust.code, trust);
  EXPECT_EQ(by_code.at("RH5").name, "SOMERSET NHS FOUNDATION TRUST");
  EXPECT_FALSE(by_code.at("RH5").close_date.has_value());
  EXPECT_EQ(FormatDate(*by_code.at("RBA").close_date), "2020-03-31");
  EXPECT_EQ(FormatDate(*by_code.at("RA4").close_date), "2023-03-31");
  EXPECT_EQ(by_code.at("G6V2S").name, "NORTH LONDON NHS FOUNDATION TRUST");
}

TEST(ReadCount, MissingIsNeitherZeroNorMalformed) {
  for (const char* missing : {"", "-", "NA", "*"})
    EXPECT_EQ(ReadCount(missing).kind, Cell64::Kind::kMissing) << missing;
  EXPECT_EQ(ReadCount("0").kind, Cell64::Kind::kCount);
  EXPECT_EQ(ReadCount("2031.0").count, 2'031);
  for (const char* wrong : {"-1", "1.5", ".0", "1.", "1e3", " 1", "1234567890123", "+1"}) {
    EXPECT_EQ(ReadCount(wrong).kind, Cell64::Kind::kMalformed) << wrong;
  }
}

}  // namespace
}  // namespace realise
