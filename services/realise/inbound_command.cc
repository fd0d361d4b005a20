// realise inbound create | list | replay
#include <cstdlib>
#include <map>
#include <optional>
#include <utility>

#include "fmt/format.h"
#include "libs/base/calendar.h"
#include "libs/inbound/kafka/inbound_topics.h"
#include "libs/inbound/kafka/kept_messages.h"
#include "libs/inbound/outcome.h"
#include "libs/serving/program.h"
#include "libs/serving/settings.h"
#include "services/realise/commands.h"
#include "services/realise/connection.h"
#include "services/realise/exit_codes.h"
#include "services/realise/option_forms.h"
#include "services/realise/usage.h"

namespace realise {
namespace {

struct InboundCommandOptions {
  std::vector<std::string> config_files;
  InboundCluster cluster;
  std::string topic;
  NewInboundTopics plan;
  int retention_days = 30;
  KeptSelection selection;
  std::string from;
  std::string to;
  uint64_t most = 1000;
  bool content = false;
  bool send = false;
};

// Says what is missing or wrong.  A flag wins over what files and environment say.
int Complete(InboundCommandOptions& options) {
  const auto said = ResolveKafka(options.config_files, [](const char* name) { return std::getenv(name); });
  if (!said.ok()) return Failed(said.status());
  if (options.cluster.brokers.empty()) options.cluster.brokers = said->brokers;
  if (options.cluster.brokers.empty()) {
    return WrongUsage("--brokers: is needed, here, in REALISE_BROKERS or in a file of --config");
  }
  options.cluster.connection = said->connection;
  if (options.topic.empty()) options.topic = said->inbound;
  if (options.topic.empty()) options.topic = kDefaultInboundTopic;
  return kExitOk;
}

// False if they are not in order.  REQUIRES: TimeForm let them through.
bool ParseTimes(InboundCommandOptions& options) {
  KeptSelection& selection = options.selection;
  selection.from = ParseInstant(options.from);
  selection.to = ParseInstant(options.to);
  return !selection.from || !selection.to || *selection.from <= *selection.to;
}

int Create(const Globals& globals, InboundCommandOptions& options) {
  options.plan.retention = std::chrono::hours(24) * options.retention_days;
  const InboundTopics topics = InboundTopicsOf(options.topic);
  const auto made = CreateInboundTopics(options.cluster, topics, options.plan);
  if (!made.ok()) return Failed(made.status());
  // Those that were there may be set in another way.
  const absl::Status checked = CheckInboundTopics(options.cluster, topics, false);
  v1::InboundTopicList response;
  Sheet sheet;
  sheet.columns = {{"Topic", "topic", false}};
  for (const std::string& topic : *made) {
    response.add_made(topic);
    sheet.rows.push_back({TextCell(topic)});
  }
  if (made->empty()) sheet.notes.emplace_back("All topics were there already.");
  PrintSheet(globals.format, sheet, response);
  return checked.ok() ? kExitOk : Failed(checked);
}

Sheet RejectedSheet() {
  Sheet sheet;
  sheet.columns = {{"Rejected at", "rejected_at", false},
                   {"Partition", "partition", true},
                   {"Offset", "offset", true},
                   {"Source", "source", false},
                   {"Id", "id", false},
                   {"Reason", "reason", false},
                   {"Field", "field", false},
                   {"Message", "message", false}};
  return sheet;
}

int List(const Globals& globals, InboundCommandOptions& options) {
  if (!ParseTimes(options)) return WrongUsage(kFromAfterTo);
  Sheet sheet = RejectedSheet();
  v1::RejectedMessages response;
  bool more = false;
  const absl::Status status = ReadKeptMessages(
      options.cluster, InboundTopicsOf(options.topic), options.selection,
      [&](const KeptMessage& kept, const ReadMessage& read) {
        more = sheet.rows.size() >= options.most;
        if (more) return false;
        const v1::RejectedMessage& row = *response.add_messages() = DescribeKept(kept, read, options.content);
        sheet.rows.push_back(
            {TextCell(row.rejected_at()),
             WholeCell(row.inbound().partition()),
             {std::to_string(row.inbound().offset()), std::to_string(row.inbound().offset())},
             TextCell(row.source()),
             TextCell(row.id()),
             TextCell(row.reason()),
             TextCell(row.field()),
             TextCell(row.message())});
        return true;
      });
  if (!status.ok()) return Failed(status);
  if (more) sheet.notes.push_back(fmt::format("There are more than {}; --most shows more.", options.most));
  PrintSheet(globals.format, sheet, response);
  return kExitOk;
}

int ReplayRejected(const Globals& globals, InboundCommandOptions& options) {
  if (!ParseTimes(options)) return WrongUsage(kFromAfterTo);
  const InboundTopics topics = InboundTopicsOf(options.topic);
  const auto replay = PlanReplay(options.cluster, topics, options.selection);
  if (!replay.ok()) return Failed(replay.status());
  v1::InboundReplay response;
  response.set_same(replay->same);
  response.set_without_value(replay->without_value);
  response.set_sent(options.send);
  std::map<std::pair<std::string, std::string>, int64_t> counts;
  for (const KeptMessage& kept : replay->messages) {
    const v1::RejectedMessage& row = *response.add_messages() =
        DescribeKept(kept, ReadCloudEvent(kept.message.content), options.content);
    ++counts[{row.reason(), row.source()}];
  }
  if (options.send) {
    if (const absl::Status sent = SendReplay(options.cluster, topics, *replay); !sent.ok())
      return Failed(sent);
  }
  Sheet sheet;
  sheet.columns = {{"Reason", "reason", false}, {"Source", "source", false}, {"Messages", "messages", true}};
  for (const auto& [what, count] : counts) {
    sheet.rows.push_back({TextCell(what.first), TextCell(what.second), WholeCell(count)});
  }
  if (replay->same > 0)
    sheet.notes.push_back(fmt::format("{} are kept more than once; each goes once.", replay->same));
  if (replay->without_value > 0) {
    sheet.notes.push_back(
        fmt::format("{} were too large to be kept, and are left out.", replay->without_value));
  }
  sheet.notes.push_back(options.send ? fmt::format("Published to {}; what becomes of them is told on {}.",
                                                   topics.inbound, topics.outcomes)
                                     : std::string("Nothing was sent: --send publishes them again."));
  PrintSheet(globals.format, sheet, response);
  return kExitOk;
}

void AddSelection(CLI::App& command, InboundCommandOptions& options) {
  KeptSelection& selection = options.selection;
  command
      .add_option("--reason", selection.reasons,
                  "Only what was rejected for that reason; may be given several times")
      ->allow_extra_args(false);
  command
      .add_option("--source", selection.sources,
                  "Only what that source published; may be given several times")
      ->check(SourceForm())
      ->allow_extra_args(false);
  command.add_option("--from", options.from, "Only what was rejected at that time or later")
      ->check(TimeForm());
  command.add_option("--to", options.to, "Only what was rejected before that time")->check(TimeForm());
  command.add_option("--partition", selection.partition, "Only what was published to that partition");
  command.add_option("--from-offset", selection.offset_from,
                     "Only what was published at that offset or behind");
  command.add_option("--to-offset", selection.offset_to, "Only what was published up to that offset");
  command.add_flag("--content", options.content,
                   "With key, data and headers, base64, in JSON; nobody has checked them");
}

int Run(int (*command)(const Globals&, InboundCommandOptions&), const Globals& globals,
        InboundCommandOptions& options) {
  const int complete = Complete(options);
  return complete == kExitOk ? command(globals, options) : complete;
}

}  // namespace

void AddInbound(CLI::App& app, Globals& globals) {
  CLI::App* inbound =
      app.add_subcommand("inbound", "What other systems publish to Kafka: topics, rejected messages");
  inbound->require_subcommand(1);
  const auto options = SharedOptions<InboundCommandOptions>();
  inbound->add_option("--brokers", options->cluster.brokers,
                      "Kafka's bootstrap brokers (REALISE_BROKERS, or `brokers` in a file of --config)");
  inbound
      ->add_option("--topic", options->topic,
                   "The topic that others publish to (REALISE_INBOUND, or `inbound` in a file of --config)")
      ->default_str(std::string(kDefaultInboundTopic));
  // The servers' own, which say how to connect; a password is never a flag.
  AddConfigFlag(*inbound, options->config_files);
  inbound->fallthrough();

  CLI::App* create = inbound->add_subcommand("create", "Make the topics that are not there, set safely");
  create->add_option("--partitions", options->plan.partitions, "Of each topic; never fewer later")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  create
      ->add_option("--replicas", options->plan.replicas,
                   "Of each partition; 0 is one a broker, and at most 3")
      ->check(CLI::Range(0, 9))
      ->capture_default_str();
  create->add_option("--retention-days", options->retention_days, "For how long messages are kept")
      ->check(CLI::Range(1, 36500))
      ->capture_default_str();
  create->callback([&globals, options] { globals.exit_code = Run(Create, globals, *options); });

  CLI::App* list = inbound->add_subcommand("list", "List rejected messages, and why they were rejected");
  AddSelection(*list, *options);
  list->add_option("--most", options->most, "At most as many")->capture_default_str();
  list->callback([&globals, options] { globals.exit_code = Run(List, globals, *options); });

  CLI::App* replay = inbound->add_subcommand("replay",
                                             "Publish rejected messages again as they were, once what was "
                                             "wrong is mended; without --send only count");
  AddSelection(*replay, *options);
  replay->add_flag("--send", options->send, "Publish them");
  replay->callback([&globals, options] { globals.exit_code = Run(ReplayRejected, globals, *options); });
}

}  // namespace realise
