// Events that were stored once decode for ever, to the same meaning and the same bytes.
#include <gmock/gmock.h>
#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>
#include <google/protobuf/util/message_differencer.h>
#include <gtest/gtest.h>

#include <map>
#include <set>
#include <string>
#include <vector>

#include "tests/golden/golden_files.h"

namespace realise {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;

const std::filesystem::path kFolder = "tests/golden/events";

const google::protobuf::OneofDescriptor& Body() { return *v1::Event::descriptor()->FindOneofByName("body"); }

// Full names of the fields that are set in a message and in the messages inside it.
void CollectSetFields(const Message& message, std::set<std::string>& set_fields) {
  std::vector<const FieldDescriptor*> fields;
  message.GetReflection()->ListFields(message, &fields);
  for (const FieldDescriptor* field : fields) {
    set_fields.insert(field->full_name());
    if (field->message_type() == nullptr) continue;
    ASSERT_FALSE(field->is_repeated())
        << "no event repeats a message yet: look into each of " << field->full_name();
    CollectSetFields(message.GetReflection()->GetMessage(message, field), set_fields);
  }
}

// Full names of all fields that an event of one type can have, but for the bodies of the other types.
void CollectFields(const Descriptor& type, const FieldDescriptor& body, std::set<std::string>& all_fields) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    if (field.containing_oneof() == &Body() && &field != &body) continue;
    all_fields.insert(field.full_name());
    if (field.message_type() != nullptr) CollectFields(*field.message_type(), body, all_fields);
  }
}

class GoldenEventTest : public testing::TestWithParam<GoldenEvent> {};

TEST_P(GoldenEventTest, DecodesToWhatItMeantAndBackToTheSameBytes) {
  const auto bytes = ReadFile(GetParam().bytes_path);
  const auto text = ReadFile(GetParam().text_path);
  ASSERT_TRUE(text && bytes) << "tests/golden/README.md says how to write both files";

  v1::Event stored;
  ASSERT_TRUE(stored.ParseFromString(*bytes));
  EXPECT_EQ(SerialiseGolden(stored), *bytes);

  const auto meant = ParseGoldenText(*text);
  ASSERT_TRUE(meant);
  google::protobuf::util::MessageDifferencer differencer;
  std::string difference;
  differencer.ReportDifferencesToString(&difference);
  EXPECT_TRUE(differencer.Compare(*meant, stored)) << difference;

  const FieldDescriptor* body = v1::Event::descriptor()->FindFieldByNumber(stored.body_case());
  ASSERT_NE(body, nullptr);
  EXPECT_EQ(body->name(), GetParam().Type());
}

INSTANTIATE_TEST_SUITE_P(All, GoldenEventTest, testing::ValuesIn(ListGoldenEvents(kFolder)),
                         [](const auto& golden) {
                           std::string name = golden.param.name;
                           std::replace(name.begin(), name.end(), '.', '_');
                           return name;
                         });

TEST(GoldenEvents, EveryFieldOfEveryTypeIsSetInOne) {
  std::map<std::string, std::set<std::string>> set_fields;
  for (const GoldenEvent& golden : ListGoldenEvents(kFolder)) {
    v1::Event event;
    ASSERT_TRUE(event.ParseFromString(ReadFile(golden.bytes_path).value_or("\xff")));
    CollectSetFields(event, set_fields[golden.Type()]);
  }
  for (int i = 0; i < Body().field_count(); ++i) {
    const FieldDescriptor& body = *Body().field(i);
    std::set<std::string> all_fields;
    CollectFields(*v1::Event::descriptor(), body, all_fields);
    EXPECT_THAT(set_fields[body.name()], testing::ContainerEq(all_fields)) << body.name();
  }
  EXPECT_EQ(set_fields.size(), static_cast<size_t>(Body().field_count())) << "a golden event of no type";
}

}  // namespace
}  // namespace realise
