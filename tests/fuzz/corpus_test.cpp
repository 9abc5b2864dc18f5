// SPDX-License-Identifier: Apache-2.0
// Replays a kept corpus through the entry function that the fuzzer drives, so that what was once found stays
// fixed in every build.
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <vector>

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size);

namespace kms::rtc {
namespace {

std::vector<uint8_t> bytes_of(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

TEST(Corpus, IsSurvived) {
  size_t replayed = 0;
  for (const auto& entry : std::filesystem::directory_iterator(KMS_CORPUS)) {
    SCOPED_TRACE(entry.path().filename().string());
    const auto bytes = bytes_of(entry.path());
    EXPECT_EQ(LLVMFuzzerTestOneInput(bytes.data(), bytes.size()), 0);
    ++replayed;
  }
  EXPECT_GT(replayed, 0u) << "an empty corpus proves nothing";
}

TEST(Corpus, EveryTruncationIsSurvived) {
  for (const auto& entry : std::filesystem::directory_iterator(KMS_CORPUS)) {
    const auto bytes = bytes_of(entry.path());
    const size_t step = bytes.size() / 512 + 1;
    for (size_t size = 0; size < bytes.size(); size += step) {
      const std::vector<uint8_t> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
      ASSERT_EQ(LLVMFuzzerTestOneInput(cut.data(), cut.size()), 0) << entry.path().filename() << " " << size;
    }
  }
}

}  // namespace
}  // namespace kms::rtc
