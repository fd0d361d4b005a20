// Many callers of a real server from one thread, which keeps one call of each under way: so they take little
// of the machine from the server.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "libs/base/status_macros.h"
#include "tests/bench/result_table.h"

namespace realise::bench {

// What calls took, and all of them together.
struct CallTimes {
  std::vector<double> seconds;
  double wall_seconds = 0;

  double p50() const { return Percentile(seconds, 50); }
  double p99() const { return Percentile(seconds, 99); }
  // Those that came behind these.
  CallTimes& operator+=(const CallTimes& more) {
    seconds.insert(seconds.end(), more.seconds.begin(), more.seconds.end());
    wall_seconds += more.wall_seconds;
    return *this;
  }

  double per_second() const { return static_cast<double>(seconds.size()) / wall_seconds; }
};

template <typename Response>
using BegunCall = std::unique_ptr<grpc::ClientAsyncResponseReader<Response>>;

// Begins a caller's call, whose end is told to `done`.
template <typename Response>
using BeginCall = std::function<BegunCall<Response>(int caller, int number, grpc::ClientContext& context,
                                                    grpc::CompletionQueue& done)>;

template <typename Response>
class CallsUnderWay {
 public:
  explicit CallsUnderWay(const BeginCall<Response>& begin) : begin_(begin) {}

  // As TimeCallsUnderWay.
  absl::StatusOr<CallTimes> Run(int callers, int each) {
    calls_.resize(static_cast<size_t>(callers));
    for (Call& call : calls_) Begin(call);
    const size_t warm_up = static_cast<size_t>(callers) * static_cast<size_t>(each / 10);
    CallTimes times;
    Stopwatch wall;
    absl::Status failed;
    size_t ended = 0;
    for (int under_way = callers; under_way > 0; --under_way) {
      Call& call = Next();
      if (!call.status.ok()) failed.Update(absl::InternalError(call.status.error_message()));
      if (ended == warm_up) wall = Stopwatch();
      if (ended++ >= warm_up) times.seconds.push_back(call.watch.seconds());
      if (++call.number == each || !failed.ok()) continue;
      Begin(call);
      ++under_way;
    }
    times.wall_seconds = wall.seconds();
    RETURN_IF_ERROR(failed);
    return times;
  }

 private:
  // The one of one caller.
  struct Call {
    int number = 0;
    std::unique_ptr<grpc::ClientContext> context;
    BegunCall<Response> begun;
    Response response;
    grpc::Status status;
    Stopwatch watch;
  };

  void Begin(Call& call) {
    call.context = std::make_unique<grpc::ClientContext>();
    call.watch = Stopwatch();
    call.begun = begin_(static_cast<int>(&call - calls_.data()), call.number, *call.context, done_);
    call.begun->Finish(&call.response, &call.status, &call);
  }

  Call& Next() {
    void* call = nullptr;
    bool ok = false;
    done_.Next(&call, &ok);
    return *static_cast<Call*>(call);
  }

  const BeginCall<Response>& begin_;
  std::vector<Call> calls_;
  grpc::CompletionQueue done_;
};

// Makes `each` calls of each caller, and times every call but the first tenth, which warms up.  The first
// error of any.
template <typename Response>
[[nodiscard]] absl::StatusOr<CallTimes> TimeCallsUnderWay(int callers, int each,
                                                          const BeginCall<Response>& begin) {
  return CallsUnderWay<Response>(begin).Run(callers, each);
}

}  // namespace realise::bench
