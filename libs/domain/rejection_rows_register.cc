// What Decide refuses about boards, projects, the register and the calendar.
#include "libs/domain/rejection_rows.h"

namespace realise {
namespace {

using namespace testing;  // NOLINT: the builders read as sentences

std::vector<Row> IdsTaken() {
  return {
      {"board again", Reason::kAlreadyExists, "board_established.board_id", {}, BoardEstablished("theatres")},
      {"project again",
       Reason::kAlreadyExists,
       "project_proposed.project_id",
       {},
       ProjectProposed("discharge")},
      {"benefit again",
       Reason::kAlreadyExists,
       "benefit_registered.benefit_id",
       {},
       BenefitRegistered("bed-budget", "discharge")},
      {"measure again",
       Reason::kAlreadyExists,
       "measure_defined.measure_id",
       {},
       MeasureDefined("falls-count", v1::MEASURE_UNIT_COUNT)},
      {"month again", Reason::kAlreadyExists, "period_opened.period", {}, PeriodOpened("2024/25-M03")},
  };
}

std::vector<Row> Boards() {
  return {
      {"rename nothing",
       Reason::kUnknownBoard,
       "board_renamed.board_id",
       {},
       BoardRenamed("none", "Name", kJulyFirst)},
      {"close nothing", Reason::kUnknownBoard, "board_closed.board_id", {}, BoardClosed("none", kJulyFirst)},
      {"assign to nothing",
       Reason::kUnknownBoard,
       "project_assigned_to_board.board_id",
       {},
       ProjectAssigned("discharge", "none", kJulyFirst)},
      {"close again",
       Reason::kBoardClosed,
       "board_closed.board_id",
       {BoardClosed("theatres", kJulyFirst)},
       BoardClosed("theatres", "2024-09-01")},
      {"rename a closed one",
       Reason::kBoardClosed,
       "board_renamed.effective_from",
       {BoardClosed("theatres", kJulyFirst)},
       BoardRenamed("theatres", "Name", kJulyFirst)},
      {"assign to a closed one",
       Reason::kBoardClosed,
       "project_assigned_to_board.effective_from",
       {BoardClosed("theatres", kJulyFirst)},
       ProjectAssigned("discharge", "theatres", kJulyFirst)},
  };
}

std::vector<Row> Projects() {
  return {
      {"assign nothing",
       Reason::kUnknownProject,
       "project_assigned_to_board.project_id",
       {},
       ProjectAssigned("none", "theatres", kJulyFirst)},
      {"cancel nothing",
       Reason::kUnknownProject,
       "project_cancelled.project_id",
       {},
       ProjectCancelled("none", kJulyFirst)},
      {"end nothing",
       Reason::kUnknownProject,
       "project_closed.project_id",
       {},
       ProjectClosed("none", kJulyFirst)},
      {"benefit of nothing",
       Reason::kUnknownProject,
       "benefit_registered.project_id",
       {},
       BenefitRegistered("new", "none")},
      {"assign a cancelled one",
       Reason::kProjectEnded,
       "project_assigned_to_board.effective_from",
       {ProjectCancelled("discharge", kJulyFirst)},
       ProjectAssigned("discharge", "theatres", kJulyFirst)},
      {"cancel again",
       Reason::kProjectEnded,
       "project_cancelled.project_id",
       {ProjectCancelled("discharge", kJulyFirst)},
       ProjectCancelled("discharge", kJulyFirst)},
      {"end again",
       Reason::kProjectEnded,
       "project_closed.project_id",
       {ProjectClosed("discharge", kJulyFirst)},
       ProjectClosed("discharge", kJulyFirst)},
      {"benefit of an ended one",
       Reason::kProjectEnded,
       "benefit_registered.project_id",
       {ProjectClosed("discharge", kJulyFirst)},
       OccurredOn(BenefitRegistered("new", "discharge"), kJulyFirst)},
      {"measure of nothing",
       Reason::kUnknownMeasure,
       "benefit_registered.measure_id",
       {},
       With(BenefitRegistered("new", "discharge"),
            [](auto& e) { e.mutable_benefit_registered()->set_measure_id("none"); })},
  };
}

std::vector<Row> Dates() {
  return {
      {"assignment before the latest",
       Reason::kDateOrder,
       "project_assigned_to_board.effective_from",
       {},
       ProjectAssigned("discharge", "urgent-care", "2022-04-01")},
      {"assignment before the board",
       Reason::kDateOrder,
       "project_assigned_to_board.effective_from",
       {},
       ProjectAssigned("boardless", "theatres", "2023-03-31")},
      {"assignment in a month claimed",
       Reason::kDateOrder,
       "project_assigned_to_board.effective_from",
       {Claim()},
       ProjectAssigned("discharge", "theatres", "2024-06-30")},
      {"closing before founding",
       Reason::kDateOrder,
       "board_closed.effective_from",
       {},
       BoardClosed("theatres", "2023-04-01")},
      {"closing in a month claimed",
       Reason::kDateOrder,
       "board_closed.effective_from",
       {Claim()},
       BoardClosed("urgent-care", "2024-06-30")},
      {"rename before founding",
       Reason::kDateOrder,
       "board_renamed.effective_from",
       {},
       BoardRenamed("theatres", "Name", "2023-03-31")},
      {"rename before the latest",
       Reason::kDateOrder,
       "board_renamed.effective_from",
       {BoardRenamed("theatres", "Name", kJulyFirst)},
       BoardRenamed("theatres", "Other", kJulyFirst)},
  };
}

std::vector<Row> Periods() {
  return {
      {"open before a closed one",
       Reason::kPeriodOrder,
       "period_opened.period",
       {PeriodClosed("2024/25-M03")},
       PeriodOpened("2024/25-M02")},
      {"close before an earlier one",
       Reason::kPeriodOrder,
       "period_closed.period",
       {},
       PeriodClosed("2024/25-M04")},
      {"close unopened", Reason::kPeriodNotOpen, "period_closed.period", {}, PeriodClosed("2024/25-M02")},
      {"close closed",
       Reason::kPeriodClosed,
       "period_closed.period",
       {PeriodClosed("2024/25-M03")},
       PeriodClosed("2024/25-M03")},
      {"close what has not begun",
       Reason::kPeriodInFuture,
       "period_closed.period",
       {PeriodClosed("2024/25-M03"), PeriodClosed("2024/25-M04"), PeriodClosed("2024/25-M05"),
        PeriodOpened("2025/26-M02")},
       PeriodClosed("2025/26-M02")},
      {"close what goes on",
       Reason::kPeriodNotEnded,
       "period_closed.period",
       {PeriodClosed("2024/25-M03"), PeriodClosed("2024/25-M04"), PeriodClosed("2024/25-M05"),
        PeriodOpened("2025/26-M01")},
       PeriodClosed("2025/26-M01")},
      {"happens tomorrow", Reason::kPeriodInFuture, "occurred_on", {}, OccurredOn(Claim(), "2025-04-16")},
  };
}

}  // namespace

std::vector<Row> RegisterRows() { return Join({IdsTaken(), Boards(), Projects(), Dates(), Periods()}); }

}  // namespace realise
