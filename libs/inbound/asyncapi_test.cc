// That libs/inbound/asyncapi.yaml says what the code does.  tools/asyncapi checks that it is a valid
// document.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "libs/inbound/cloud_event.h"
#include "libs/inbound/testing/asyncapi_document.h"

namespace realise::testing {
namespace {

using ::testing::HasSubstr;

TEST(AsyncApi, SaysWhatTheCodeDoes) {
  const std::string document = ReadText("libs/inbound/asyncapi.yaml");
  const size_t marker = document.find(kAsyncApiMarker);
  ASSERT_NE(marker, std::string::npos);
  std::istringstream written(document.substr(marker));
  std::istringstream wanted(AsyncApiFromCode("."));
  std::string line;
  std::string wanted_line;
  while (std::getline(wanted, wanted_line)) {
    ASSERT_TRUE(std::getline(written, line) && line == wanted_line)
        << "it has    " << line << "\nand needs " << wanted_line
        << "\nwrite it again: .build/dev/libs/inbound/write_asyncapi";
  }
  EXPECT_FALSE(std::getline(written, line)) << "it goes on with " << line;
}

TEST(AsyncApi, NamesEveryTypeAndEveryHeader) {
  const std::string document = ReadText("libs/inbound/asyncapi.yaml");
  const auto& facts = *v1::Event::descriptor()->FindOneofByName("body");
  for (int i = 0; i < facts.field_count(); ++i) {
    EXPECT_THAT(document, HasSubstr("const: " + InboundTypeOf(facts.field(i)->name()) + "\n"));
  }
  for (const InboundAttribute& attribute : InboundAttributes()) {
    EXPECT_THAT(document, HasSubstr("ce_" + std::string(attribute.name) + ":\n"));
  }
}

}  // namespace
}  // namespace realise::testing
