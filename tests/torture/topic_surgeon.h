// What an administrator can do to a ledger's topic behind everybody's back.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace realise::torture {

// Changes topics as an administrator can.  Not thread-safe.
class TopicSurgeon {
 public:
  explicit TopicSurgeon(std::string brokers) : brokers_(std::move(brokers)) {}

  // Whether every replica of every topic has all that its leader has: one more broker may fail then, and not
  // before.
  //   UNAVAILABLE  not yet, or no broker answers.
  [[nodiscard]] absl::Status AllInSync() const;
  [[nodiscard]] absl::Status Delete(const std::string& ledger) const;
  // Deletes it, and makes it anew with these records.
  [[nodiscard]] absl::Status Replace(const std::string& ledger,
                                     const std::vector<std::string>& records) const;
  [[nodiscard]] absl::Status DeleteRecordsBelow(const std::string& ledger, int64_t offset) const;
  [[nodiscard]] absl::Status Set(const std::string& ledger, const std::string& setting,
                                 const std::string& value) const;

 private:
  const std::string brokers_;
};

}  // namespace realise::torture
