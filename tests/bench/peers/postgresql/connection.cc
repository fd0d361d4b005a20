#include "tests/bench/peers/postgresql/connection.h"

#include <utility>

#include "fmt/format.h"
#include "libs/base/status_macros.h"
#include "tests/bench/peers/postgresql/binary_format.h"

namespace realise::peers {
namespace {

using Result = std::unique_ptr<PGresult, ResultDeleter>;

constexpr int kBinary = 1;

struct MemoryDeleter {
  void operator()(char* memory) const { PQfreemem(memory); }
};

// The parameters of a call as libpq takes them; the call must outlive it.
struct Parameters {
  explicit Parameters(const Call& call) : formats(call.values.size(), kBinary) {
    for (const std::string& value : call.values) {
      values.push_back(value.data());
      lengths.push_back(static_cast<int>(value.size()));
    }
  }
  int count() const { return static_cast<int>(values.size()); }

  std::vector<const char*> values;
  std::vector<int> lengths;
  std::vector<int> formats;
};

bool IsFailure(const PGresult* result) {
  const ExecStatusType status = PQresultStatus(result);
  return status == PGRES_FATAL_ERROR || status == PGRES_BAD_RESPONSE || status == PGRES_PIPELINE_ABORTED;
}

}  // namespace

int64_t Rows::Int64(int row, int column) const { return GetInt64(PQgetvalue(result_.get(), row, column)); }
int16_t Rows::Int16(int row, int column) const { return GetInt16(PQgetvalue(result_.get(), row, column)); }

absl::StatusOr<std::unique_ptr<Connection>> Connection::Open(const std::string& dsn,
                                                             const std::string& schema) {
  std::unique_ptr<Connection> connection(new Connection(Handle(PQconnectdb(dsn.c_str()))));
  if (PQstatus(connection->connection()) != CONNECTION_OK) return connection->Failed("connecting");
  RETURN_IF_ERROR(connection->Execute("SET client_min_messages = warning"));
  RETURN_IF_ERROR(connection->Execute(fmt::format("CREATE SCHEMA IF NOT EXISTS {}", schema)));
  RETURN_IF_ERROR(connection->Execute(fmt::format("SET search_path = {}", schema)));
  return connection;
}

absl::Status Connection::Failed(std::string_view what) const {
  return absl::UnavailableError(fmt::format("{}: {}", what, PQerrorMessage(connection())));
}

absl::Status Connection::Drain(std::string_view what) {
  absl::Status status;
  while (const Result result{PQgetResult(connection())}) {
    if (IsFailure(result.get()) && status.ok()) status = Failed(what);
  }
  return status;
}

absl::Status Connection::Execute(const std::string& sql) {
  const Result result(PQexec(connection(), sql.c_str()));
  return result == nullptr || IsFailure(result.get()) ? Failed(sql) : absl::OkStatus();
}

absl::Status Connection::Prepare(const char* statement, const char* sql) {
  const Result result(PQprepare(connection(), statement, sql, 0, nullptr));
  return result == nullptr || IsFailure(result.get()) ? Failed(sql) : absl::OkStatus();
}

absl::StatusOr<Rows> Connection::Query(const Call& call) {
  const Parameters parameters(call);
  Result result(PQexecPrepared(connection(), call.statement, parameters.count(), parameters.values.data(),
                               parameters.lengths.data(), parameters.formats.data(), kBinary));
  if (PQresultStatus(result.get()) != PGRES_TUPLES_OK) return Failed(call.statement);
  return Rows(std::move(result));
}

absl::Status Connection::Pipeline(const std::vector<Call>& calls) {
  RETURN_IF_ERROR(SendPipeline(calls));
  return FinishPipeline(calls);
}

absl::Status Connection::SendPipeline(const std::vector<Call>& calls) {
  if (PQenterPipelineMode(connection()) == 0) return Failed("entering pipeline mode");
  for (const Call& call : calls) {
    const Parameters parameters(call);
    if (PQsendQueryPrepared(connection(), call.statement, parameters.count(), parameters.values.data(),
                            parameters.lengths.data(), parameters.formats.data(), kBinary) == 0) {
      return Failed(call.statement);
    }
  }
  return PQpipelineSync(connection()) == 0 ? Failed("sending") : absl::OkStatus();
}

absl::Status Connection::FinishPipeline(const std::vector<Call>& calls) {
  absl::Status status;
  for (const Call& call : calls) {
    if (absl::Status failed = Drain(call.statement); !failed.ok() && status.ok()) status = std::move(failed);
  }
  const Result sync(PQgetResult(connection()));
  if (PQresultStatus(sync.get()) != PGRES_PIPELINE_SYNC && status.ok()) status = Failed("synchronising");
  if (PQexitPipelineMode(connection()) == 0 && status.ok()) status = Failed("leaving pipeline mode");
  return status;
}

absl::Status Connection::CopyIn(const std::string& begin, std::string_view data) {
  if (PQsendQuery(connection(), begin.c_str()) == 0) return Failed(begin);
  while (true) {
    const Result result(PQgetResult(connection()));
    if (result == nullptr || IsFailure(result.get())) return Failed(begin);
    if (PQresultStatus(result.get()) == PGRES_COPY_IN) break;
  }
  if (PQputCopyData(connection(), data.data(), static_cast<int>(data.size())) != 1 ||
      PQputCopyEnd(connection(), nullptr) != 1) {
    return Failed(begin);
  }
  return Drain(begin);
}

absl::Status Connection::CopyOut(const std::string& sql,
                                 const std::function<absl::Status(std::string_view row)>& each) {
  {
    const Result result(PQexec(connection(), sql.c_str()));
    if (PQresultStatus(result.get()) != PGRES_COPY_OUT) return Failed(sql);
  }
  bool first = true;
  while (true) {
    char* bytes = nullptr;
    const int length = PQgetCopyData(connection(), &bytes, 0);
    if (length == -1) return Drain(sql);
    if (length < 0) return Failed(sql);
    const std::unique_ptr<char, MemoryDeleter> owned(bytes);
    std::string_view row(bytes, static_cast<size_t>(length));
    // The header comes with the first row.
    if (std::exchange(first, false)) row.remove_prefix(CopyHeader().size());
    if (row != CopyTrailer()) RETURN_IF_ERROR(each(row));
  }
}

}  // namespace realise::peers
