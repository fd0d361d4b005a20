// tools/torture runs this: rounds of faults for as long as it is told, a table at the end, and exit status 1
// at the first anomaly.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "fmt/format.h"
#include "tests/torture/faults.h"
#include "tests/torture/round.h"
#include "tests/torture/topic_faults.h"
#include "tests/torture/world.h"

namespace realise::torture {
namespace {

// Servers and brokers are begun anew after so long, so that no history grows for ever.
constexpr std::chrono::minutes kWorldMax{8};

struct Settings {
  int seconds = 60;
  uint64_t seed = 0;
  std::vector<std::string> only;
  std::string log = "both";
  std::string programs;
  std::string sync_witness;
  std::string kafka_tool;
  std::string kafka_folder;
  std::string folder;
  int injections = 2;
};

// A line of the table.
struct Row {
  std::string fault;
  std::string world;
  int rounds = 0;
  RoundResult sum;
  std::string not_run;
};

// A fault that heals, or one that a ledger has to stop at.
struct Line {
  std::string name;
  WorldKind world = WorldKind::kKafka;
  std::string cannot;
  std::function<RoundResult(World&, const RoundOptions&)> run;
};

std::vector<Line> AllLines() {
  std::vector<Line> lines;
  for (const Fault& fault : AllFaults()) {
    lines.push_back(
        {fault.name, fault.world, fault.cannot,
         [fault](World& world, const RoundOptions& options) { return RunRound(world, fault, options); }});
  }
  for (const TopicFault& fault : AllTopicFaults()) {
    lines.push_back({fault.name, WorldKind::kKafka, "", [fault](World& world, const RoundOptions& options) {
                       return RunTopicRound(world, fault, options);
                     }});
  }
  return lines;
}

class Torture {
 public:
  explicit Torture(const Settings& settings)
      : settings_(settings), random_(settings.seed), end_(Now() + std::chrono::seconds(settings.seconds)) {}

  int Run() {
    std::vector<Line> faults = AllLines();
    std::erase_if(faults, [this](const Line& fault) { return !Wanted(fault); });
    if (faults.empty()) {
      std::fprintf(stderr, "torture: no fault is called that; they are:\n");
      for (const Line& fault : AllLines()) {
        std::fprintf(stderr, "  %s: %s\n", std::string(WorldName(fault.world)).c_str(), fault.name.c_str());
      }
      return 2;
    }
    for (const Line& fault : faults) {
      rows_.push_back({fault.name, std::string(WorldName(fault.world)), 0, {}, fault.cannot});
    }
    int status = 0;
    // Both kinds of world get their share of the time, the faults of each in an order that the seed decides.
    for (bool first = true; status == 0 && (first || Now() < end_); first = false) {
      for (const WorldKind kind : {WorldKind::kKafka, WorldKind::kEmbedded}) {
        if (status == 0) status = RunWorld(kind, faults);
      }
    }
    Print();
    return status;
  }

 private:
  static Moment Now() { return std::chrono::steady_clock::now(); }

  bool Wanted(const Line& fault) const {
    if (settings_.log != "both" && settings_.log != WorldName(fault.world)) return false;
    if (settings_.only.empty()) return fault.name != "none";
    return std::ranges::find(settings_.only, fault.name) != settings_.only.end();
  }

  int RunWorld(WorldKind kind, const std::vector<Line>& faults) {
    std::vector<size_t> order;
    for (size_t i = 0; i < faults.size(); ++i) {
      if (faults[i].world == kind && faults[i].cannot.empty()) order.push_back(i);
    }
    if (order.empty()) return 0;
    // What had the fewest rounds comes first, so that a long run has them all.
    std::shuffle(order.begin(), order.end(), random_);
    std::stable_sort(order.begin(), order.end(),
                     [this](size_t one, size_t other) { return rows_[one].rounds < rows_[other].rounds; });
    WorldOptions options;
    options.kind = kind;
    options.programs = settings_.programs;
    options.sync_witness = settings_.sync_witness;
    options.kafka_folder = settings_.kafka_folder;
    options.kafka_tool = settings_.kafka_tool;
    options.folder = fmt::format("{}/world-{}", settings_.folder, ++worlds_);
    auto world = World::Start(options, random_());
    if (!world.ok()) {
      std::fprintf(stderr, "torture: %s\n", world.status().ToString().c_str());
      return 3;
    }
    // The embedded log's rounds are short: a quarter of the time is theirs.
    const auto left = end_ - Now();
    const Moment until =
        Now() + std::min<std::chrono::nanoseconds>(kWorldMax, settings_.log != "both"     ? left
                                                              : kind == WorldKind::kKafka ? left * 3 / 4
                                                                                          : left);
    do {
      for (const size_t fault : order) {
        if (!RunOne(**world, faults[fault], rows_[fault])) return 1;
        if (Now() >= until) break;
      }
    } while (Now() < until);
    return 0;
  }

  bool RunOne(World& world, const Line& fault, Row& row) {
    const RoundOptions options{
        .name = fmt::format("r{}", ++rounds_), .injections = settings_.injections, .seed = random_()};
    const Moment begin = Now();
    const RoundResult result = fault.run(world, options);
    ++row.rounds;
    Add(result, row.sum);
    longest_history_ = std::max(longest_history_, result.history);
    std::fputs(
        fmt::format(
            "{}: {}, {}: {} injected, {} calls, {} events, longest pause {:.1f} s, {} anomalies; {:.0f} s\n",
            options.name, row.world, fault.name, result.injected, result.calls, result.acknowledged,
            Seconds(result.longest_pause), result.anomalies.size(), Seconds(Now() - begin))
            .c_str(),
        stdout);
    std::fflush(stdout);
    if (result.anomalies.empty()) return true;
    for (const std::string& anomaly : result.anomalies) std::printf("  %s\n", anomaly.c_str());
    std::printf(
        "seed %llu; the logs of servers and brokers are in %s\nagain: tools/torture --seconds %d --seed %llu "
        "--log %s --only '%s'\n",
        static_cast<unsigned long long>(settings_.seed), world.folder().c_str(), settings_.seconds,
        static_cast<unsigned long long>(settings_.seed), row.world.c_str(), fault.name.c_str());
    return false;
  }

  static double Seconds(std::chrono::nanoseconds time) { return std::chrono::duration<double>(time).count(); }

  static void Add(const RoundResult& result, RoundResult& sum) {
    sum.injected += result.injected;
    sum.calls += result.calls;
    sum.acknowledged += result.acknowledged;
    sum.rejections += result.rejections;
    sum.rejections_behind += result.rejections_behind;
    sum.queries += result.queries;
    sum.recorded_unknown += result.recorded_unknown;
    sum.takeovers += result.takeovers;
    sum.void_records += result.void_records;
    sum.longest_pause = std::max(sum.longest_pause, result.longest_pause);
    sum.anomalies.insert(sum.anomalies.end(), result.anomalies.begin(), result.anomalies.end());
  }

  static void PrintLine(const std::string& fault, std::string_view log, int rounds, const RoundResult& sum) {
    std::fputs(
        fmt::format(
            "{:<30} {:<9} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7} {:>9} {:>8} {:>8} {:>8.1f} {:>9}\n",
            fault, log, rounds, sum.injected, sum.calls, sum.acknowledged, sum.rejections, sum.queries,
            sum.rejections_behind, sum.takeovers, sum.recorded_unknown, sum.void_records,
            Seconds(sum.longest_pause), sum.anomalies.size())
            .c_str(),
        stdout);
  }

  void Print() const {
    std::fputs(fmt::format(
                   "\n{:<30} {:<9} {:>6} {:>8} {:>8} {:>8} {:>8} {:>8} {:>7} {:>9} {:>8} {:>8} {:>8} {:>9}\n",
                   "fault", "log", "rounds", "injected", "calls", "events", "rejected", "queries", "behind",
                   "takeovers", "unknown", "void", "pause s", "anomalies")
                   .c_str(),
               stdout);
    RoundResult all;
    for (const Row& row : rows_) {
      if (row.rounds > 0) {
        PrintLine(row.fault, row.world, row.rounds, row.sum);
      } else {
        const std::string why = row.not_run.empty() ? "there was no time" : row.not_run;
        std::fputs(fmt::format("{:<30} {:<9} NOT RUN: {}\n", row.fault, row.world, why).c_str(), stdout);
      }
      Add(row.sum, all);
    }
    PrintLine("all", "", rounds_, all);
    std::printf("seed %llu.  The longest history that was judged as a whole had %llu calls.\n",
                static_cast<unsigned long long>(settings_.seed),
                static_cast<unsigned long long>(longest_history_));
  }

  const Settings settings_;
  std::mt19937_64 random_;
  const Moment end_;
  std::vector<Row> rows_;
  uint64_t longest_history_ = 0;
  int worlds_ = 0;
  int rounds_ = 0;
};

int Main(int argc, char** argv) {
  Settings settings;
  settings.seed = std::random_device()();
  CLI::App app("Rounds of faults against real servers, and the histories judged");
  app.add_option("--seconds", settings.seconds, "how long; the round under way then is finished");
  app.add_option("--seed", settings.seed, "decides load, targets and order; random unless given");
  app.add_option("--only", settings.only, "this fault alone; may be repeated");
  app.add_option("--log", settings.log, "kafka, embedded or both")
      ->check(CLI::IsMember({"kafka", "embedded", "both"}));
  app.add_option("--injections", settings.injections, "of each fault in a round");
  app.add_option("--programs", settings.programs, "services/ of the build")->required();
  app.add_option("--sync-witness", settings.sync_witness, "the library of sync_witness.cc")->required();
  app.add_option("--kafka", settings.kafka_tool, "the path of tools/kafka")->required();
  app.add_option("--kafka-folder", settings.kafka_folder, "where that keeps its brokers; emptied")
      ->required();
  app.add_option("--folder", settings.folder, "for data and logs")->required();
  CLI11_PARSE(app, argc, argv);
  std::printf("seed %llu\n", static_cast<unsigned long long>(settings.seed));
  return Torture(settings).Run();
}

}  // namespace
}  // namespace realise::torture

int main(int argc, char** argv) { return realise::torture::Main(argc, argv); }
