#include <gtest/gtest.h>

#include <utility>

#include "libs/adapters/import.h"

namespace realise {
namespace {

constexpr char kHeading[] =
    "claim_id,benefit_id,relates_to_period,posted_to_period,amount_gbp,evidence_refs,method,actor_role,"
    "occurred_on\n";
constexpr char kGoodLine[] =
    "c-1,sdec-agency,2024/25-M03,2024/25-M03,\"24,500.50\",ledger/cc-4821; audit/7,budget against "
    "actual,project-lead,"
    "2024-07-04\n";

struct Claims {
  std::vector<ImportedEvent> events;
  std::vector<ImportProblem> problems;
  absl::Status status;
};

Claims Import(const std::string& text) {
  Claims claims;
  claims.status = ImportClaims(ReadFromText(text), {"RH5", "/ods/RH5/finance"},
                               {[&](ImportedEvent event) {
                                  claims.events.push_back(std::move(event));
                                  return absl::OkStatus();
                                },
                                [&](const ImportProblem& problem) { claims.problems.push_back(problem); }});
  return claims;
}

TEST(ClaimsImport, ALineBecomesAnEvent) {
  const Claims claims = Import(std::string(kHeading) + kGoodLine);
  ASSERT_TRUE(claims.status.ok()) << claims.status;
  EXPECT_TRUE(claims.problems.empty());
  ASSERT_EQ(claims.events.size(), 1u);
  EXPECT_EQ(claims.events[0].ledger, "RH5");
  EXPECT_EQ(claims.events[0].line, 2);
  const v1::Event& event = claims.events[0].event;
  EXPECT_EQ(event.id(), "claim-submitted:c-1");
  EXPECT_EQ(event.source(), "/ods/RH5/finance");
  EXPECT_EQ(event.stream(), "claim/c-1");
  EXPECT_EQ(event.claim_submitted().amount_pence(), 2'450'050);
  ASSERT_EQ(event.claim_submitted().evidence_refs_size(), 2);
  EXPECT_EQ(event.claim_submitted().evidence_refs(1), "audit/7");
}

TEST(ClaimsImport, ColumnsMayStandInAnyOrderAndTheEventIdMayBeGiven) {
  const Claims claims = Import(
      "event_id,occurred_on,actor_role,method,evidence_refs,amount_gbp,posted_to_period,relates_to_period,"
      "benefit_id,"
      "claim_id,remarks\ne-77,2024-07-04,project-lead,m,,-12500,2024/25-M04,2024/25-M03,b,c-1,not taken\n");
  ASSERT_EQ(claims.events.size(), 1u);
  EXPECT_EQ(claims.events[0].event.id(), "e-77");
  EXPECT_EQ(claims.events[0].event.claim_submitted().amount_pence(), -1'250'000);
  EXPECT_EQ(claims.events[0].event.claim_submitted().evidence_refs_size(), 0);
}

struct BadLine {
  const char* what;
  const char* line;
  int column;
  const char* column_name;
  const char* reason;
};

constexpr BadLine kBadLines[] = {
    {"no claim id", ",b,2024/25-M03,2024/25-M03,1,,m,project-lead,2024-07-04", 1, "claim_id",
     "MISSING_FIELD"},
    {"claim id in capitals", "C-2,b,2024/25-M03,2024/25-M03,1,,m,project-lead,2024-07-04", 1, "claim_id",
     "MALFORMED"},
    {"no benefit", "c-2,,2024/25-M03,2024/25-M03,1,,m,project-lead,2024-07-04", 2, "benefit_id",
     "MISSING_FIELD"},
    {"benefit with a space", "c-2,b b,2024/25-M03,2024/25-M03,1,,m,project-lead,2024-07-04", 2, "benefit_id",
     "MALFORMED"},
    {"a calendar month", "c-2,b,2024-06,2024/25-M03,1,,m,project-lead,2024-07-04", 3, "relates_to_period",
     "MALFORMED"},
    {"month 13", "c-2,b,2024/25-M03,2024/25-M13,1,,m,project-lead,2024-07-04", 4, "posted_to_period",
     "MALFORMED"},
    {"no amount", "c-2,b,2024/25-M03,2024/25-M03,,,m,project-lead,2024-07-04", 5, "amount_gbp",
     "MISSING_FIELD"},
    {"a pound sign",
     "c-2,b,2024/25-M03,2024/25-M03,\xC2\xA3"
     "100,,m,project-lead,2024-07-04",
     5, "amount_gbp", "MALFORMED"},
    {"brackets", "c-2,b,2024/25-M03,2024/25-M03,(100.00),,m,project-lead,2024-07-04", 5, "amount_gbp",
     "MALFORMED"},
    {"three decimals", "c-2,b,2024/25-M03,2024/25-M03,1.005,,m,project-lead,2024-07-04", 5, "amount_gbp",
     "MALFORMED"},
    {"an NHS number", "c-2,b,2024/25-M03,2024/25-M03,1,Ref 943 476 5919,m,project-lead,2024-07-04", 6,
     "evidence_refs", "PATIENT_IDENTIFIER"},
    {"no method", "c-2,b,2024/25-M03,2024/25-M03,1,,,project-lead,2024-07-04", 7, "method", "MISSING_FIELD"},
    {"an NHS number in the method", "c-2,b,2024/25-M03,2024/25-M03,1,,see 9434765919,project-lead,2024-07-04",
     7, "method", "PATIENT_IDENTIFIER"},
    {"a person", "c-2,b,2024/25-M03,2024/25-M03,1,,m,Jo Smith,2024-07-04", 8, "actor_role", "MALFORMED"},
    {"a day as the English write it", "c-2,b,2024/25-M03,2024/25-M03,1,,m,project-lead,04/07/2024", 9,
     "occurred_on", "MALFORMED"},
    {"a day that is not", "c-2,b,2024/25-M03,2024/25-M03,1,,m,project-lead,2024-02-30", 9, "occurred_on",
     "MALFORMED"},
    {"a claim twice", kGoodLine, 1, "claim_id", "ALREADY_EXISTS"},
    {"too few fields", "c-2,b", 0, "", "MALFORMED"},
    {"an amount split at its comma", "c-2,b,2024/25-M03,2024/25-M03,24,500,,m,project-lead,2024-07-04", 0, "",
     "MALFORMED"},
    {"a stray quote", "c-2,b,2024/25-M03,2024/25-M03,1,a\"b,m,project-lead,2024-07-04", 6, "evidence_refs",
     "MALFORMED"},
    {"an open quote", "c-2,\"b,2024/25-M03,2024/25-M03,1,,m,project-lead,2024-07-04", 2, "benefit_id",
     "MALFORMED"},
};

TEST(ClaimsImport, EveryBadLineIsReportedAndTheOthersGoThrough) {
  for (const BadLine& bad : kBadLines) {
    std::string last = kGoodLine;
    last.replace(0, 3, "c-9");
    const std::string line = std::string(bad.line) + (std::string_view(bad.line).ends_with('\n') ? "" : "\n");
    const Claims claims = Import(std::string(kHeading) + kGoodLine + line + last);
    EXPECT_TRUE(claims.status.ok()) << bad.what;
    EXPECT_EQ(claims.events.size(), 2u) << bad.what;
    ASSERT_EQ(claims.problems.size(), 1u) << bad.what;
    const ImportProblem& problem = claims.problems[0];
    EXPECT_EQ(problem.line, 3) << bad.what;
    EXPECT_EQ(problem.column, bad.column) << bad.what;
    EXPECT_EQ(problem.column_name, bad.column_name) << bad.what;
    EXPECT_EQ(problem.reason, bad.reason) << bad.what;
    EXPECT_FALSE(problem.message.empty()) << bad.what;
    EXPECT_EQ(problem.message.find("9434765919"), std::string::npos) << bad.what;
    EXPECT_EQ(problem.message.find("Smith"), std::string::npos) << bad.what;
  }
}

TEST(ClaimsImport, ALineWithSeveralFaultsReportsEach) {
  const Claims claims =
      Import(std::string(kHeading) + "c-2,,2024-06,2024/25-M03,x,,m,project-lead,2024-07-04\n");
  ASSERT_EQ(claims.problems.size(), 3u);
  EXPECT_EQ(claims.problems[0].column_name, "benefit_id");
  EXPECT_EQ(claims.problems[1].column_name, "relates_to_period");
  EXPECT_EQ(claims.problems[2].column_name, "amount_gbp");
}

TEST(ClaimsImport, EveryFaultOfFormOfALineIsReportedInTheOrderOfTheColumns) {
  const Claims claims =
      Import(std::string(kHeading) +
             "C 2,b b,2024/25-M03,2024/25-M03,1e9,Ref 943 476 5919,see 9434765919,Jo Smith,x\n");
  const std::vector<std::pair<std::string, std::string>> expected = {
      {"claim_id", "MALFORMED"},        {"benefit_id", "MALFORMED"},
      {"amount_gbp", "MALFORMED"},      {"evidence_refs", "PATIENT_IDENTIFIER"},
      {"method", "PATIENT_IDENTIFIER"}, {"actor_role", "MALFORMED"},
      {"occurred_on", "MALFORMED"}};
  std::vector<std::pair<std::string, std::string>> reported;
  for (const ImportProblem& problem : claims.problems)
    reported.emplace_back(problem.column_name, problem.reason);
  EXPECT_EQ(reported, expected);
  EXPECT_TRUE(claims.events.empty());
}

TEST(ClaimsImport, AnEventIdThatIsGivenIsCheckedBesideTheClaims) {
  const Claims claims = Import(
      "event_id,occurred_on,actor_role,method,evidence_refs,amount_gbp,posted_to_period,relates_to_period,"
      "benefit_id,claim_id\ne 77,2024-07-04,project-lead,m,,-1,2024/25-M04,2024/25-M03,b,\n");
  ASSERT_EQ(claims.problems.size(), 2u);
  EXPECT_EQ(claims.problems[0].column_name, "event_id");
  EXPECT_EQ(claims.problems[1].column_name, "claim_id");
}

TEST(ClaimsImport, AFileOfAnotherKindIsRefusedWhole) {
  const Claims claims = Import("claim,amount\n1,2\n");
  EXPECT_EQ(claims.status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(claims.events.empty());
}

TEST(ClaimColumnOf, LeadsBackToTheColumn) {
  EXPECT_EQ(ClaimColumnOf("claim_submitted.amount_pence"), "amount_gbp");
  EXPECT_EQ(ClaimColumnOf("claim_submitted.evidence_refs[2]"), "evidence_refs");
  EXPECT_EQ(ClaimColumnOf("claim_submitted.posted_to_period"), "posted_to_period");
  EXPECT_EQ(ClaimColumnOf("schema_version"), "");
}

}  // namespace
}  // namespace realise
