#include "tools/demo_programme/catalogue.h"

#include <cstdlib>

namespace realise::demo {
namespace {

constexpr auto kCash = v1::FINANCIAL_CLASS_CASH_RELEASING;
constexpr auto kIncome = v1::FINANCIAL_CLASS_INCOME_GENERATION;
constexpr auto kNonCash = v1::FINANCIAL_CLASS_NON_CASH_RELEASING;
constexpr auto kAvoided = v1::FINANCIAL_CLASS_COST_AVOIDANCE;
constexpr auto kSocietal = v1::FINANCIAL_CLASS_SOCIETAL;
constexpr auto kPriceless = v1::FINANCIAL_CLASS_UNMONETISABLE;
constexpr auto kEveryYear = v1::RECURRENCE_RECURRENT;
constexpr auto kOnce = v1::RECURRENCE_NON_RECURRENT;
constexpr auto kPatients = v1::AIM_PATIENT_EXPERIENCE;
constexpr auto kHealth = v1::AIM_POPULATION_HEALTH;
constexpr auto kCost = v1::AIM_PER_CAPITA_COST;
constexpr auto kStaff = v1::AIM_STAFF_EXPERIENCE;

BoardPlan UrgentCare() {
  return {
      "urgent-care",
      "Urgent and emergency care",
      "urgent care",
      {{"same-day-emergency-care",
        "Same day emergency care",
        "Flow",
        12,
        {{"sdec-bed-days", "Bed days released by same day care", kNonCash, kEveryYear, kPatients, 24'000, 99,
          true},
         {"sdec-agency", "Fewer agency shifts on the assessment unit", kCash, kEveryYear, kCost, 11'500},
         {"sdec-running-cost", "Staff of the new unit", kCash, kEveryYear, kCost, -4'200}}},
       {"frailty-front-door",
        "Frailty team at the front door",
        "Flow",
        2,
        {{"frailty-ward-staff", "Bank staff of the escalation ward", kCash, kEveryYear, kCost, 29'000},
         {"frailty-community-nursing", "More community nursing visits", kCash, kEveryYear, kHealth, -6'100},
         {"frailty-stories", "What patients and carers tell", kPriceless, kEveryYear, kPatients}}},
       {"discharge-lounge",
        "Discharge lounge and transport",
        "Flow",
        14,
        {{"lounge-bed-days", "Bed days released by earlier discharge", kNonCash, kEveryYear, kPatients, 9'800,
          99, true},
         {"patient-transport", "Transport booked on the day", kCash, kEveryYear, kCost, -1'900}}}},
      {}};
}

BoardPlan PlannedCare() {
  return {
      "planned-care",
      "Planned care and theatres",
      "planned care",
      {{"theatre-lists",
        "Full theatre lists",
        "Productivity",
        0,
        {{"theatre-insourcing", "Weekend insourcing no longer needed", kAvoided, kEveryYear, kCost, 21'000},
         {"theatre-income", "Income of the added cases", kIncome, kEveryYear, kCost, 18'500},
         {"theatre-consumables", "Consumables of the added cases", kIncome, kEveryYear, kCost, -5'300}}},
       {"implants",
        "One range of implants",
        "Procurement",
        5,
        {{"implant-price", "Lower price of hips and knees", kCash, kEveryYear, kCost, 13'200},
         {"implant-rebate", "Rebate of the framework", kCash, kOnce, kCost, 22'000, 9}}},
       {"follow-up-on-request",
        "Follow-up on the patient's request",
        "Outpatients",
        8,
        {{"follow-up-clinics", "Clinic time freed", kNonCash, kEveryYear, kPatients, 15'400},
         {"follow-up-travel", "Journeys that patients are spared", kSocietal, kEveryYear, kPatients,
          7'700}}}},
      {"c_100", "c_101", "c_110", "c_120", "c_130", "c_140", "c_160", "c_502", "x05"}};
}

BoardPlan Workforce() {
  return {"workforce",
          "Workforce",
          "workforce",
          {{"e-rostering",
            "Rosters six weeks ahead",
            "People",
            0,
            {{"rostering-agency", "Premium of bank and agency shifts", kCash, kEveryYear, kCost, 26'500},
             {"rostering-licence", "Licence of the system", kCash, kEveryYear, kCost, -3'400},
             {"rostering-staff-voice", "What staff say of their rosters", kPriceless, kEveryYear, kStaff}}},
           {"agency-to-substantive",
            "Agency posts made substantive",
            "People",
            6,
            {{"substantive-posts", "Agency cost less salaries", kCash, kEveryYear, kCost, 17'800},
             {"substantive-recruitment", "Recruitment and relocation", kCash, kOnce, kStaff, -8'000, 6}}},
           {"sickness-support",
            "Support in sickness",
            "People",
            15,
            {{"sickness-cover", "Cover that was not needed", kAvoided, kEveryYear, kStaff, 9'100}}}},
          {}};
}

BoardPlan Medicines() {
  return {"medicines",
          "Medicines and diagnostics",
          "medicines",
          {{"biosimilars",
            "Biosimilars first",
            "Medicines",
            1,
            {{"biosimilar-price", "Lower price of the medicines", kCash, kEveryYear, kCost, 19'900},
             {"biosimilar-clinics", "Clinics to change over", kCash, kOnce, kPatients, -2'600, 7}}},
           {"blood-tests",
            "Only the blood tests that help",
            "Diagnostics",
            10,
            {{"tests-reagents", "Reagents not used", kCash, kEveryYear, kCost, 4'900},
             {"tests-comfort", "Fewer needles", kPriceless, kEveryYear, kPatients}}}},
          {}};
}

BoardPlan LongTerm() {
  return {"long-term",
          "Long-term conditions and community",
          "long-term conditions",
          {{"virtual-ward",
            "Virtual ward",
            "Community",
            3,
            {{"virtual-ward-days", "Nights at home in place of hospital", kNonCash, kEveryYear, kPatients,
              16'300},
             {"virtual-ward-kit", "Monitoring kit and its nurses", kCash, kEveryYear, kCost, -7'200},
             {"virtual-ward-carers", "Carers' journeys spared", kSocietal, kEveryYear, kHealth, 3'600}}},
           {"heart-failure-clinic",
            "Heart failure clinic in the community",
            "Community",
            9,
            {{"heart-failure-admissions", "Admissions that did not happen", kAvoided, kEveryYear, kHealth,
              12'700},
             {"heart-failure-locum", "Locum consultant no longer needed", kCash, kEveryYear, kCost, 8'400}}}},
          {"c_300", "c_301", "c_320", "c_330", "c_340", "c_400", "c_410", "c_430", "x02"}};
}

}  // namespace

std::span<const TrustPlan> Trusts() {
  static const std::vector<TrustPlan> kTrusts = {
      {"RH5", 100, {"urgent-care", "planned-care", "workforce", "medicines", "long-term"}},
      {"RBD", 40, {"urgent-care", "planned-care", "workforce"}},
      {"R0D", 115, {"urgent-care", "planned-care", "workforce", "medicines", "long-term"}},
      {"RNZ", 50, {"urgent-care", "planned-care", "workforce", "long-term"}},
  };
  return kTrusts;
}

const BoardPlan& Board(std::string_view id) {
  static const std::vector<BoardPlan> kBoards = {UrgentCare(), PlannedCare(), Workforce(), Medicines(),
                                                 LongTerm()};
  for (const BoardPlan& board : kBoards) {
    if (board.id == id) return board;
  }
  std::abort();
}

}  // namespace realise::demo
