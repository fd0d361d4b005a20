// One connection to PostgreSQL, over libpq.  Everything is sent and taken in binary form.
#pragma once

#include <libpq-fe.h>

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace realise::peers {

struct ResultDeleter {
  void operator()(PGresult* result) const { PQclear(result); }
};

// Rows of a query, valid while it lives.
class Rows {
 public:
  explicit Rows(std::unique_ptr<PGresult, ResultDeleter> result) : result_(std::move(result)) {}

  int size() const { return PQntuples(result_.get()); }
  std::string_view Field(int row, int column) const {
    return {PQgetvalue(result_.get(), row, column),
            static_cast<size_t>(PQgetlength(result_.get(), row, column))};
  }
  // REQUIRES: a column of that type.
  int64_t Int64(int row, int column) const;
  int16_t Int16(int row, int column) const;

 private:
  std::unique_ptr<PGresult, ResultDeleter> result_;
};

// A prepared statement with the values of its parameters, in binary form.
struct Call {
  const char* statement;
  std::vector<std::string> values;
};

// Not thread-safe.  Each function returns UNAVAILABLE, with PostgreSQL's own message, if it fails.
class Connection {
 public:
  // Tables are looked for and made in `schema`.
  [[nodiscard]] static absl::StatusOr<std::unique_ptr<Connection>> Open(const std::string& dsn,
                                                                        const std::string& schema);

  // One or more statements without results.
  [[nodiscard]] absl::Status Execute(const std::string& sql);
  [[nodiscard]] absl::Status Prepare(const char* statement, const char* sql);
  [[nodiscard]] absl::StatusOr<Rows> Query(const Call& call);

  // Sends all in one go and waits once: one transaction, unless one was begun before.
  [[nodiscard]] absl::Status Pipeline(const std::vector<Call>& calls);
  // The same in two: what was sent has to be finished, which waits unless descriptor() can be read.
  [[nodiscard]] absl::Status SendPipeline(const std::vector<Call>& calls);
  [[nodiscard]] absl::Status FinishPipeline(const std::vector<Call>& calls);
  int descriptor() const { return PQsocket(connection()); }

  // COPY into a table; `begin` may have statements before it.
  [[nodiscard]] absl::Status CopyIn(const std::string& begin, std::string_view data);
  // COPY out of one, row by row without header and trailer.
  [[nodiscard]] absl::Status CopyOut(const std::string& sql,
                                     const std::function<absl::Status(std::string_view row)>& each);

 private:
  struct ConnectionDeleter {
    void operator()(PGconn* connection) const { PQfinish(connection); }
  };
  using Handle = std::unique_ptr<PGconn, ConnectionDeleter>;

  explicit Connection(Handle handle) : handle_(std::move(handle)) {}
  PGconn* connection() const { return handle_.get(); }
  absl::Status Failed(std::string_view what) const;
  // Takes results until there are no more.
  absl::Status Drain(std::string_view what);

  const Handle handle_;
};

}  // namespace realise::peers
