#include "libs/adapters/input_file.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <filesystem>
#include <fstream>

namespace realise {
namespace {

class InputFileTest : public testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = testing::TempDir() + "input_file_XXXXXX";
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string WriteGzip(const std::string& text) {
    std::string path = folder_ + "/a.csv.gz";
    gzFile file = gzopen(path.c_str(), "wb");
    EXPECT_EQ(gzwrite(file, text.data(), static_cast<unsigned>(text.size())), static_cast<int>(text.size()));
    gzclose(file);
    return path;
  }

  static absl::StatusOr<std::string> ReadAll(const std::string& path, OnProgress on_progress = nullptr) {
    absl::StatusOr<ReadBytes> read = OpenInputFile(path, std::move(on_progress));
    if (!read.ok()) return read.status();
    std::string text;
    char buffer[1000];
    while (true) {
      const absl::StatusOr<size_t> count = (*read)(buffer, sizeof buffer);
      if (!count.ok()) return count.status();
      if (*count == 0) return text;
      text.append(buffer, *count);
    }
  }

  std::string folder_;
};

std::string Numbers() {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i * 7919 % 10'007) + ",";
  return text;
}

TEST_F(InputFileTest, ReadsPlainAndCompressed) {
  const std::string text = Numbers();
  std::ofstream(folder_ + "/a.csv") << text;
  EXPECT_EQ(*ReadAll(folder_ + "/a.csv"), text);
  int64_t done = 0;
  int64_t total = 0;
  const std::string path = WriteGzip(text);
  EXPECT_EQ(*ReadAll(path,
                     [&](int64_t bytes_read, int64_t bytes_total) {
                       EXPECT_GE(bytes_read, done);
                       done = bytes_read;
                       total = bytes_total;
                     }),
            text);
  EXPECT_EQ(total, static_cast<int64_t>(std::filesystem::file_size(path)));
  EXPECT_EQ(done, total);
  EXPECT_EQ(ReadAll(folder_ + "/none").status().code(), absl::StatusCode::kNotFound);
}

TEST_F(InputFileTest, ACutOrDamagedFileIsAnErrorAndNotAnEnd) {
  const std::string path = WriteGzip(Numbers());
  const auto size = std::filesystem::file_size(path);
  for (const uintmax_t left : {size - 1, size - 8, size / 2, uintmax_t{20}}) {
    std::filesystem::copy_file(path, folder_ + "/cut.gz", std::filesystem::copy_options::overwrite_existing);
    std::filesystem::resize_file(folder_ + "/cut.gz", left);
    EXPECT_EQ(ReadAll(folder_ + "/cut.gz").status().code(), absl::StatusCode::kDataLoss)
        << left << " of " << size;
  }
  std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
  file.seekp(static_cast<std::streamoff>(size / 2));
  file.write("\0\0\0\0", 4);
  file.close();
  EXPECT_EQ(ReadAll(path).status().code(), absl::StatusCode::kDataLoss);
}

}  // namespace
}  // namespace realise
