// Writes the part of libs/inbound/asyncapi.yaml that follows from the code again.  Run at the top of the
// repository.
#include <fstream>
#include <iostream>

#include "libs/inbound/testing/asyncapi_document.h"

int main() {
  const std::string path = "libs/inbound/asyncapi.yaml";
  const std::string before = realise::testing::ReadText(path);
  const size_t marker = before.find(realise::testing::kAsyncApiMarker);
  if (marker == std::string::npos) {
    std::cerr << path << " has no marker: " << realise::testing::kAsyncApiMarker;
    return 1;
  }
  const std::string after = before.substr(0, marker) + realise::testing::AsyncApiFromCode(".");
  std::ofstream(path) << after;
  return 0;
}
