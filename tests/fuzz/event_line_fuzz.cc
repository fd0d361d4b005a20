// Lines of JSON: any bytes are events or faults, and a fault repeats nothing of its line.
#include <google/protobuf/util/json_util.h>

#include <algorithm>

#include "libs/adapters/event_lines.h"
#include "libs/adapters/line_reader.h"
#include "libs/domain/nhs_number.h"
#include "tests/fuzz/fuzz_target.h"

namespace realise::fuzz {
namespace {

void ReadLine(const std::string& line) {
  v1::AppendRequest request;
  request.set_ledger("RH5");
  const auto fault = ReadEventLine(line, request);
  if (fault) {
    Require(!fault->reason.empty() && !fault->message.empty(), "a fault says why");
    Require(!ContainsNhsNumber(fault->field) && !ContainsNhsNumber(fault->message),
            "no NHS number is repeated");
    return;
  }
  Require(!request.events().empty() && !request.ledger().empty(), "a line that is taken holds an event");
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(request, &json).ok()) return;  // a text that is not UTF-8
  v1::AppendRequest again;
  Require(!ReadEventLine(json, again), "what was read can be written and read");
  Require(again.SerializeAsString() == request.SerializeAsString(), "and is the same");
}

}  // namespace
}  // namespace realise::fuzz

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  realise::LineReader reader(realise::ReadFromText(text));
  std::string line;
  int64_t number = 0;
  while (true) {
    const auto more = reader.Next(line);
    if (!more.ok() || !*more) break;
    realise::fuzz::Require(reader.number() == ++number, "lines are counted");
    realise::fuzz::Require(line.find('\n') == std::string::npos, "a line is one line");
    realise::fuzz::ReadLine(line);
  }
  realise::fuzz::Require(number <= std::count(text.begin(), text.end(), '\n') + 1, "no line is made up");
  return 0;
}
