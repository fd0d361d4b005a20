// `realise serve` is killed at random moments under a publishing load, and started again on the same data,
// many times. No event that was acknowledged is lost, none is there twice, every balance is what an oracle
// that shares no code with the fold makes of the log, and every receipt that was handed out still pins the
// history.
//
//   REALISE_CRASH_KILLS  how often it is killed; 30 unless given
//   REALISE_CRASH_SEED   decides what is sent, when it is killed, and what is deleted; random unless given
#include <charconv>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "fmt/format.h"
#include "gtest/gtest.h"
#include "libs/domain/testing/event_builders.h"
#include "tests/crash/serve_crash_history.h"
#include "tests/crash/serve_crash_publishers.h"
#include "tests/crash/serve_crash_server.h"
#include "tests/support/claim_story.h"
#include "tests/support/server_process.h"

namespace realise::crash {
namespace {

constexpr uint64_t kKills = 30;
constexpr uint64_t kLoadMaxMs = 600;
// One life in so many, but not the first, may end while it takes the log over; others append something first.
constexpr uint64_t kEarlyOneIn = 4;
constexpr uint64_t kAppendedMin = 40;
constexpr std::chrono::seconds kAppendedAfterMax{60};
// One start in so many finds its views, or what its writer keeps beside the log, deleted.
constexpr uint64_t kDeleteOneIn = 8;

uint64_t Setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  if (text == nullptr) return otherwise;
  const std::string_view digits = text;
  uint64_t number = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), number);
  EXPECT_TRUE(parsed.ec == std::errc() && parsed.ptr == digits.data() + digits.size()) << name << "=" << text;
  return number;
}

std::string LedgerCode(uint64_t seed) {
  std::string code = "CR";
  for (int i = 0; i < 6; ++i, seed /= 36) code += "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"[seed % 36];
  return code;
}

class ServeCrash : public ::testing::Test {
 protected:
  ServeCrash()
      : seed_(Setting("REALISE_CRASH_SEED", std::random_device()())),
        ledger_(LedgerCode(seed_)),
        random_(seed_),
        history_(ledger_) {
    std::cout << fmt::format("REALISE_CRASH_SEED={}\n", seed_);
    for (int i = 0; i < 2; ++i) AddCaller(fmt::format("single-{}", i), 1);
    AddCaller("batches", 12);
    publishers_.push_back(std::make_unique<StreamPublisher>("stream", random_(), answers_));
  }

  void AddCaller(const std::string& name, int batch_max) {
    const CallPublisher::Options options{.name = name, .seed = random_(), .batch_max = batch_max};
    publishers_.push_back(std::make_unique<CallPublisher>(options, answers_, shared_version_));
  }

  void StartServer() {
    std::vector<std::string> arguments = {"--data", data_.path() + "/data"};
    arguments.insert(arguments.end(), log_arguments_.begin(), log_arguments_.end());
    auto started = ServerProcess::Start(REALISE_PROGRAM, arguments);
    ASSERT_TRUE(started.ok()) << started.status();
    server_ = *std::move(started);
    life_ = std::make_unique<Life>(ledger_, server_->address());
    services_ = std::make_unique<Services>(server_->address());
  }

  void KillServer() {
    server_->Kill();
    life_->End();
  }

  CommandResult Command(const std::vector<std::string>& words) {
    std::vector<std::string> all = {REALISE_PROGRAM, "--server", server_->address()};
    all.insert(all.end(), words.begin(), words.end());
    return RunCommand(all);
  }

  void Append(const std::vector<v1::Event>& events) {
    v1::AppendRequest request;
    request.set_ledger(ledger_);
    for (const v1::Event& event : events) {
      *request.add_events() = event;
      answers_.Sent(event);
    }
    grpc::ClientContext context;
    SetDeadline(context);
    v1::AppendResponse response;
    const grpc::Status status = services_->append->Append(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    ASSERT_EQ(response.events_size(), request.events_size());
    for (int i = 0; i < response.events_size(); ++i) {
      answers_.Accepted(response.events(i), request.events(i), response.receipt());
    }
  }

  // Everything but the log can be made again from it.
  void DeleteSomething() {
    if (random_() % kDeleteOneIn == 0) std::filesystem::remove_all(data_.path() + "/data/views");
    if (random_() % kDeleteOneIn == 0) std::filesystem::remove_all(data_.path() + "/data/decider");
  }

  // While `run` goes on for every publisher, each on a thread of its own, does `meanwhile`.
  void WithPublishers(const std::function<void(Publisher&)>& run, const std::function<void()>& meanwhile) {
    std::vector<std::thread> threads;
    for (const auto& publisher : publishers_) threads.emplace_back([&run, &publisher] { run(*publisher); });
    meanwhile();
    for (std::thread& thread : threads) thread.join();
  }

  void LoadAndKill(bool first) {
    const bool early = random_() % kEarlyOneIn == 0 && !first;
    const std::chrono::milliseconds load(random_() % (kLoadMaxMs + 1));
    const uint64_t work = answers_.appended() + kAppendedMin;
    WithPublishers([this](Publisher& publisher) { publisher.Run(*life_); },
                   [&] {
                     EXPECT_TRUE(early || answers_.WaitForAppended(work, kAppendedAfterMax)) << "no load";
                     life_->WaitForEnd(load);
                     KillServer();
                   });
  }

  // Nobody publishes now, but on Kafka something of the life before may still arrive.
  void CheckSavings(const std::string& month, v1::View view) {
    v1::QuerySavingsRequest request;
    request.set_ledger(ledger_);
    request.set_period(month);
    request.mutable_basis()->set_view(view);
    v1::QuerySavingsResponse response;
    do {
      history_.ReadOn(*services_);
      request.mutable_basis()->set_at_least(history_.last_receipt());
      grpc::ClientContext context;
      SetDeadline(context);
      const grpc::Status status = services_->query->QuerySavings(&context, request, &response);
      ASSERT_TRUE(status.ok()) << status.error_message();
    } while (response.basis().receipt() != history_.last_receipt() && !HasFailure());
    const auto expected = history_.savings().Expected(month, view == v1::VIEW_RESTATED);
    ASSERT_EQ(static_cast<size_t>(response.boards_size()), expected.size());
    for (size_t i = 0; i < expected.size(); ++i) {
      EXPECT_EQ(response.boards(static_cast<int>(i)).ShortDebugString(), expected[i].ShortDebugString())
          << month << " at " << response.basis().receipt();
    }
  }

  void CheckAfterStart() {
    CheckSavings(testing::PostingMonths().back(), v1::VIEW_AS_REPORTED);
    CheckSavings(testing::PostingMonths().back(), v1::VIEW_RESTATED);
    answers_.Compare(history_);
  }

  void ExpectSameFromTheBeginning() {
    History again(ledger_);
    again.ReadOn(*services_);
    ASSERT_EQ(again.events(), history_.events());
    EXPECT_EQ(again.commits(), history_.commits());
    EXPECT_EQ(again.last_receipt(), history_.last_receipt());
    answers_.Compare(again);
  }

  void ExpectValid(const std::string& receipt) {
    v1::VerifyReceiptRequest request;
    request.set_receipt(receipt);
    grpc::ClientContext context;
    SetDeadline(context);
    v1::VerifyReceiptResponse response;
    const grpc::Status status = services_->log->VerifyReceipt(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_EQ(response.verdict(), v1::RECEIPT_VERDICT_VALID) << receipt;
  }

  void CheckAtTheEnd() {
    WithPublishers([this](Publisher& publisher) { publisher.Settle(*life_); }, [] {});
    EXPECT_EQ(answers_.unknown(), 0u);
    Append({testing::PeriodClosed(testing::PostingMonths().front())});
    for (const std::string& month : testing::PostingMonths()) {
      CheckSavings(month, v1::VIEW_AS_REPORTED);
      CheckSavings(month, v1::VIEW_RESTATED);
    }
    answers_.Compare(history_);
    ExpectSameFromTheBeginning();
    for (const std::string& receipt : receipts_of_lives_) ExpectValid(receipt);
    const CommandResult verified = Command({"replay", ledger_, "--verify"});
    EXPECT_EQ(verified.exit_status, 0) << verified.out << verified.err;
  }

  void SurviveKills() {
    const uint64_t kills = Setting("REALISE_CRASH_KILLS", kKills);
    const auto begin = std::chrono::steady_clock::now();
    for (uint64_t life = 0; life <= kills; ++life) {
      SCOPED_TRACE(fmt::format("REALISE_CRASH_SEED={}, after {} kills", seed_, life));
      if (life > 0) DeleteSomething();
      StartServer();
      if (HasFatalFailure()) return;
      if (life == 0) {
        const CommandResult created = Command({"ledger", "create", ledger_});
        ASSERT_EQ(created.exit_status, 0) << created.err;
        Append(testing::Founding());
      }
      CheckAfterStart();
      receipts_of_lives_.push_back(history_.last_receipt());
      if (HasFailure()) return;
      if (life < kills) LoadAndKill(life == 0);
    }
    CheckAtTheEnd();
    const auto seconds =
        std::chrono::duration_cast<std::chrono::seconds>(std::chrono::steady_clock::now() - begin);
    std::cout << fmt::format(
        "{} kills; {} events acknowledged in {} commits, {} of them found recorded before anybody was told; "
        "{} refused; "
        "{} s\n",
        kills, answers_.accepted(), history_.commits(), answers_.found(), answers_.refused(),
        seconds.count());
    EXPECT_GT(answers_.accepted(), 10 * kills) << "or there was no load";
  }

  const uint64_t seed_;
  const std::string ledger_;
  std::mt19937_64 random_;
  std::vector<std::string> log_arguments_;
  TemporaryFolder data_;
  std::unique_ptr<ServerProcess> server_;
  std::unique_ptr<Life> life_;
  std::unique_ptr<Services> services_;
  History history_;
  Answers answers_;
  SharedVersion shared_version_{1};
  std::vector<std::unique_ptr<Publisher>> publishers_;
  std::vector<std::string> receipts_of_lives_;
};

TEST_F(ServeCrash, OnTheEmbeddedLog) { SurviveKills(); }

TEST_F(ServeCrash, OnKafka) {
  const char* brokers = std::getenv("REALISE_KAFKA_BROKERS");
  ASSERT_NE(brokers, nullptr) << "tools/kafka up prints what it has to be set to";
  log_arguments_ = {"--log", "kafka", "--brokers", brokers};
  SurviveKills();
}

}  // namespace
}  // namespace realise::crash
