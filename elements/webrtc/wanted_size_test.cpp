// SPDX-License-Identifier: Apache-2.0
// Which encoding of a simulcast track the takers of a session have it send to the media plane.
#include <gtest/gtest.h>

#include "elements/webrtc/test_session.hpp"

namespace kms::webrtc {
namespace {

// The payload of a VP8 frame, as far as anybody but a decoder reads it.
std::vector<uint8_t> frame(uint8_t width, uint8_t height, bool key) {
  const uint8_t tag = key ? 0x10 : 0x11;
  std::vector<uint8_t> payload{0x10, tag, 0x00, 0x00, 0x9d, 0x01, 0x2a, width, 0, height, 0};
  payload.resize(200);
  return payload;
}

// The encodings have 80x60 and 160x120 pixels.
class WantedSize : public TwoEncodings {
 protected:
  // Sends, with key frames when they are asked for.
  bool work_until(const std::function<bool()>& holds) {
    const auto give_up = std::chrono::steady_clock::now() + test::kPatience;
    for (; !holds() && std::chrono::steady_clock::now() < give_up; ++sequence_) {
      const bool first = sequence_ == 1;
      send("l", kSmall, frame(80, 60, first || peer().asked_for_key_frame(kSmall)));
      send("h", kLarge, frame(160, 120, first || peer().asked_for_key_frame(kLarge)));
      peer().clear();
      peer().receive_until([] { return false; }, std::chrono::milliseconds(20));
    }
    return holds();
  }
  bool is_asked_for(uint32_t ssrc) {
    return work_until([&] { return peer().asked_for_key_frame(ssrc); });
  }
  // What was asked for comes.
  bool comes_to(const std::string& sink) {
    const auto before = session_.frames_at(sink);
    return work_until([&] { return session_.frames_at(sink) > before + 5; });
  }
  void send(const std::string& rid, uint32_t ssrc, std::vector<uint8_t> payload) {
    peer().send({.sequence = sequence_,
                 .timestamp = sequence_ * 3000u,
                 .ssrc = ssrc,
                 .rid = rid,
                 .payload = std::move(payload)});
  }

  uint16_t sequence_ = 1;
};

TEST_F(WantedSize, IsTheLargestOfAllTakers) {
  ASSERT_TRUE(session_.apply({test::sink("cell", "video:VP8 80x60")}, {{"me", "cell"}}).ok());
  EXPECT_TRUE(is_asked_for(kSmall));
  EXPECT_TRUE(comes_to("cell"));
  ASSERT_TRUE(session_.apply({test::sink("page", "video:VP8 160x100")}, {{"me", "page"}}).ok());
  EXPECT_TRUE(is_asked_for(kLarge));
  EXPECT_TRUE(comes_to("cell"));
  ASSERT_TRUE(session_.disconnect("me", "page").ok());
  EXPECT_TRUE(is_asked_for(kSmall));
  EXPECT_TRUE(comes_to("cell"));
  ASSERT_TRUE(session_.apply({test::sink("file", "video:VP8")}, {{"me", "file"}}).ok());
  EXPECT_TRUE(is_asked_for(kLarge)) << "who says nothing gets the largest";
}

TEST_F(WantedSize, OfAFilterIsWhatIsWantedOfItsPictures) {
  const auto applied = session_.apply(
      {test::filter("filter", "video identity silent=true"), test::sink("cell", "video:raw 80x60")},
      {{"me", "filter"}, {"filter", "cell"}});
  ASSERT_TRUE(applied.ok()) << applied.status();
  EXPECT_TRUE(is_asked_for(kSmall));
}

}  // namespace
}  // namespace kms::webrtc
