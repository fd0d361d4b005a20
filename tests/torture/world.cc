#include "tests/torture/world.h"

#include <grpcpp/grpcpp.h>
#include <unistd.h>

#include <condition_variable>
#include <filesystem>
#include <fstream>
#include <mutex>
#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "libs/event_log/kafka/kafka_event_log.h"
#include "libs/rpc/deadline.h"
#include "realise/v1/ledger_service.grpc.pb.h"
#include "realise/v1/log_service.grpc.pb.h"
#include "tests/support/claim_story.h"
#include "tests/torture/power_cut.h"
#include "tests/torture/topic_surgeon.h"

namespace realise::torture {
namespace {

constexpr std::chrono::seconds kStartMax{60};
constexpr std::chrono::seconds kBrokersMax{120};
constexpr std::chrono::seconds kReadMax{30};
constexpr std::chrono::milliseconds kAskAgain{100};
constexpr size_t kReadBytesMax = 4 * 1024 * 1024;
constexpr char kFakeTime[] = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";

void WaitAWhile() {
  std::mutex mutex;
  std::condition_variable never;
  std::unique_lock lock(mutex);
  never.wait_for(lock, kAskAgain, [] { return false; });
}

absl::Status FromGrpc(const grpc::Status& status) {
  return absl::Status(static_cast<absl::StatusCode>(status.error_code()), status.error_message());
}

std::string LedgerCode(uint64_t seed, int number) {
  constexpr std::string_view kDigits = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";
  std::string code = fmt::format("T{}", number);
  for (int i = 0; i < 6; ++i, seed /= 36) code += kDigits[seed % 36];
  return code;
}

}  // namespace

absl::Status Retry(std::chrono::seconds wait_max, const std::function<absl::Status()>& attempt) {
  const auto end = std::chrono::steady_clock::now() + wait_max;
  absl::Status status = attempt();
  while (!status.ok() && std::chrono::steady_clock::now() < end) {
    WaitAWhile();
    status = attempt();
  }
  return status;
}

std::string_view WorldName(WorldKind kind) { return kind == WorldKind::kKafka ? "kafka" : "embedded"; }

absl::StatusOr<std::unique_ptr<World>> World::Start(const WorldOptions& options, uint64_t seed) {
  std::unique_ptr<World> world(new World(options));
  std::filesystem::create_directories(options.folder);
  if (options.kind == WorldKind::kKafka) {
    ASSIGN_OR_RETURN(world->brokers_, BrokerCluster::Start(options.kafka_tool, options.kafka_folder));
  }
  RETURN_IF_ERROR(world->SetClock(std::chrono::seconds(0)));
  RETURN_IF_ERROR(world->StartProcesses());
  for (int i = 0; i < options.ledgers; ++i) {
    ASSIGN_OR_RETURN(auto ledger, world->Found(LedgerCode(seed, i)));
    world->ledgers_.push_back(std::move(ledger));
  }
  return world;
}

World::~World() {
  for (const auto& process : processes_) process->Kill();
}

bool World::ClockCanBeSet() { return access(kFakeTime, R_OK) == 0; }

absl::Status World::SetClock(std::chrono::seconds offset) const {
  const std::string path = options_.folder + "/clock";
  std::ofstream(path + ".new") << fmt::format("{:+}\n", offset.count());
  std::error_code error;
  std::filesystem::rename(path + ".new", path, error);
  return error ? absl::InternalError(fmt::format("cannot write {}", path)) : absl::OkStatus();
}

SmallDisk* World::disk(const std::string& name) const {
  const auto found = disks_.find(name);
  return found == disks_.end() ? nullptr : found->second.get();
}

absl::Status World::CutPower(FleetProcess& process) const {
  process.Kill();
  const std::string data = fmt::format("{}/{}", options_.folder, process.name());
  return LoseUnsynced(data, data + ".synced");
}

std::vector<std::string> World::Preloaded(const std::string& name, std::vector<std::string> command,
                                          const Equipment& equipment) const {
  std::vector<std::string> set;
  std::string libraries;
  if (equipment.witnessed) {
    libraries = options_.sync_witness;
    set.push_back(fmt::format("REALISE_SYNC_WITNESS={}/{}.synced", options_.folder, name));
  }
  if (equipment.clock && ClockCanBeSet()) {
    libraries += (libraries.empty() ? "" : ":") + std::string(kFakeTime);
    set.insert(set.end(), {fmt::format("FAKETIME_TIMESTAMP_FILE={}/clock", options_.folder),
                           "FAKETIME_NO_CACHE=1", "FAKETIME_DONT_FAKE_MONOTONIC=1", "FAKETIME_DONT_RESET=1"});
  }
  if (libraries.empty()) return command;
  set.insert(set.begin(), {"/usr/bin/env", "LD_PRELOAD=" + libraries});
  command.insert(command.begin(), set.begin(), set.end());
  return command;
}

absl::Status World::AddProcess(const std::string& name, std::vector<std::string> command,
                               const Equipment& equipment) {
  const std::string data = fmt::format("{}/{}", options_.folder, name);
  for (const std::string& folder : equipment.disks) {
    if (!SmallDisk::CanBeMade()) break;
    ASSIGN_OR_RETURN(disks_[folder], SmallDisk::Mount(fmt::format("{}/{}", data, folder)));
  }
  command.insert(command.end(), {"--data", data});
  processes_.push_back(
      std::make_unique<FleetProcess>(name, Preloaded(name, std::move(command), equipment), data + ".log"));
  FleetProcess& process = *processes_.back();
  if (equipment.writes) {
    writers_.push_back(&process);
    writer_stubs_.push_back(std::make_unique<ServerStubs>(process));
  }
  if (equipment.reads) {
    readers_.push_back(&process);
    reader_stubs_.push_back(std::make_unique<ServerStubs>(process));
  }
  return absl::OkStatus();
}

absl::Status World::StartProcesses() {
  const std::string& programs = options_.programs;
  if (options_.kind == WorldKind::kEmbedded) {
    const Equipment all{
        .writes = true, .reads = true, .clock = true, .witnessed = true, .disks = {"log", "views"}};
    RETURN_IF_ERROR(AddProcess("serve", {programs + "/realise/realise", "serve"}, all));
  }
  // Of the writers the first is behind wires that can be cut, the second has a disk of its own and witnesses,
  // and the third a clock that can be set; of the projections the second has witnesses, the third a disk of
  // its own.
  for (int i = 1; brokers_ != nullptr && i <= options_.writers; ++i) {
    const auto disk = [i](int of, const char* folder) {
      return i == of ? std::vector<std::string>{folder} : std::vector<std::string>();
    };
    const Equipment writer{.writes = true, .clock = i == 3, .witnessed = i == 2, .disks = disk(2, "decider")};
    RETURN_IF_ERROR(AddProcess(fmt::format("ingest-{}", i),
                               {programs + "/ingest/realise-ingest", "--brokers",
                                i == 1 ? brokers_->over_wires() : brokers_->direct()},
                               writer));
    const Equipment reader{.reads = true, .witnessed = i == 2, .disks = disk(3, "views")};
    RETURN_IF_ERROR(AddProcess(fmt::format("projection-{}", i),
                               {programs + "/projection/realise-projection", "--brokers", brokers_->direct()},
                               reader));
  }
  for (const auto& process : processes_) RETURN_IF_ERROR(process->Start());
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<LedgerClients>> World::FoundAnother(uint64_t seed) {
  return Found(LedgerCode(seed, 9));
}

// Any writer may create it; the founding events are calls like all others.
absl::StatusOr<std::unique_ptr<LedgerClients>> World::Found(const std::string& ledger) {
  const auto stub = v1::LedgerService::NewStub(ChannelTo(Writer(ledgers_.size())));
  RETURN_IF_ERROR(Retry(kStartMax, [&] {
    grpc::ClientContext context;
    context.set_deadline(RpcNow() + kStartMax);
    v1::CreateLedgerRequest request;
    request.set_ledger(ledger);
    v1::CreateLedgerResponse response;
    const absl::Status created = FromGrpc(stub->CreateLedger(&context, request, &response));
    return absl::IsAlreadyExists(created) ? absl::OkStatus() : created;
  }));
  auto clients = std::make_unique<LedgerClients>(ledger);
  v1::AppendRequest founding;
  founding.set_ledger(ledger);
  for (const v1::Event& event : testing::Founding()) *founding.add_events() = event;
  RETURN_IF_ERROR(Retry(kStartMax, [&] {
    AppendCall call = SendAppend(*writer_stubs_[0], "founder", founding, kStartMax);
    absl::Status status =
        call.outcome == Outcome::kAnswered ? absl::OkStatus() : absl::UnavailableError(call.reason);
    if (status.ok()) clients->NoteReceipt(call.response.receipt());
    clients->recorder().Add(std::move(call));
    return status;
  }));
  return clients;
}

absl::Status World::WaitForBrokers() const {
  if (brokers_ == nullptr) return absl::OkStatus();
  return Retry(kBrokersMax, [this] {
    if (!brokers_->Up()) return absl::UnavailableError("the brokers do not come up again");
    return TopicSurgeon(brokers_->direct()).AllInSync();
  });
}

absl::StatusOr<std::vector<std::string>> World::Records(const std::string& ledger) const {
  absl::StatusOr<std::vector<std::string>> records;
  // Leaders may still be moving back to where they were.
  absl::Status read = Retry(kReadMax, [&] {
    records = options_.kind == WorldKind::kKafka ? KafkaRecords(ledger) : EmbeddedRecords(ledger);
    return absl::IsUnavailable(records.status()) ? records.status() : absl::OkStatus();
  });
  if (!read.ok()) return read;
  return records;
}

absl::StatusOr<std::vector<std::string>> World::KafkaRecords(const std::string& ledger) const {
  ASSIGN_OR_RETURN(const auto log, KafkaEventLog::Open({.brokers = brokers_->direct()}));
  ASSIGN_OR_RETURN(const auto reader, log->OpenReader(ledger, 0));
  ASSIGN_OR_RETURN(const Address end, reader->End());
  std::vector<std::string> stored;
  while (reader->next_address() < end) {
    ASSIGN_OR_RETURN(auto records, reader->Read(std::chrono::milliseconds(1000), kReadBytesMax));
    for (LogRecord& record : records) stored.push_back(std::move(record.stored));
  }
  return stored;
}

absl::StatusOr<std::vector<std::string>> World::EmbeddedRecords(const std::string& ledger) const {
  const auto stub = v1::LogService::NewStub(ChannelTo(*writers_[0]));
  v1::ReadCommitsRequest request;
  request.set_ledger(ledger);
  grpc::ClientContext context;
  const auto stream = stub->ReadCommits(&context, request);
  std::vector<std::string> stored;
  v1::ReadCommitsResponse response;
  while (stream->Read(&response)) {
    stored.insert(stored.end(), response.commits().begin(), response.commits().end());
  }
  RETURN_IF_ERROR(FromGrpc(stream->Finish()));
  return stored;
}

}  // namespace realise::torture
