#include "libs/base/sha256_stream.h"

#include <string>

#include "gtest/gtest.h"
#include "libs/base/sha256.h"

namespace realise {
namespace {

TEST(Sha256Stream, PiecesHaveTheDigestOfTheWhole) {
  const std::string bytes(100'000, 'x');
  Sha256Stream stream;
  for (size_t at = 0; at < bytes.size(); at += 777) stream.Add(std::string_view(bytes).substr(at, 777));
  EXPECT_EQ(stream.Finish(), Sha256(bytes));
  EXPECT_EQ(Sha256Stream().Finish(), Sha256(""));
}

TEST(Sha256Stream, FieldsAreToldApart) {
  Sha256Stream one, other;
  one.AddField("ab");
  one.AddField("c");
  other.AddField("a");
  other.AddField("bc");
  EXPECT_NE(one.Finish(), other.Finish());
}

}  // namespace
}  // namespace realise
