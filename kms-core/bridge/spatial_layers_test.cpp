// SPDX-License-Identifier: Apache-2.0
// VP9 with spatial layers on its way to the media plane: which of them comes out of an RtpToGst, decoded.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>

#include "kms-core/bridge/test_rig.hpp"
#include "kms-core/gst/codecs.hpp"
#include "kms-core/rtc/rtp/vp9_descriptor.hpp"
#include "tests/support/rtp_media.hpp"

namespace kms::bridge {
namespace {

using kms::test::RtpMaker;
using kms::test::Taker;
using test::Rig;

constexpr uint16_t kSmall[] = {160, 120};
constexpr uint16_t kLarge[] = {320, 240};

std::string layered_camera(const uint16_t (&size)[2]) {
  return "videotestsrc is-live=true ! video/x-raw,framerate=10/1,width=" + std::to_string(size[0]) +
         ",height=" + std::to_string(size[1]) +
         " ! vp9enc deadline=1 cpu-used=8 lag-in-frames=0 keyframe-max-dist=9999 ! rtpvp9pay "
         "picture-id-mode=2 mtu=1200";
}

// A publisher of pictures in two sizes that use nothing of each other, sent as layers of one encoding, and
// what is decoded of them.
class SpatialLayers : public testing::Test {
 protected:
  SpatialLayers() {
    const auto answer = publisher_.join(*peer_);
    EXPECT_TRUE(answer.ok()) << answer.status();
    EXPECT_TRUE(publisher_.connect());
    decoded_.inlet()->attach(rig_.decode(rig_.unpack(answer->sources.back(), std::chrono::milliseconds(60)),
                                         *gst::decoder_chain("VP9")));
  }

  using Picture = std::vector<kms::test::RtpContent>;
  struct Layer {
    RtpMaker camera;
    std::vector<Picture> pictures = {};
    Picture begun = {};

    void take() {
      while (auto packet = camera.next()) {
        const bool ends = packet->marker;
        begun.push_back(*std::move(packet));
        if (ends) pictures.push_back(std::exchange(begun, {}));
      }
    }
  };

  bool work_until(const std::function<bool()>& holds) {
    const auto give_up = std::chrono::steady_clock::now() + kms::test::kPatience;
    while (!holds() && std::chrono::steady_clock::now() < give_up) {
      for (auto& layer : layers_) layer.take();
      while (std::ranges::none_of(layers_, [](const Layer& layer) { return layer.pictures.empty(); })) send();
      publisher_.receive_until([] { return false; }, std::chrono::milliseconds(10));
      if (publisher_.asked_for_key_frame()) {
        for (auto& layer : layers_) layer.camera.make_key_frame();
      }
      publisher_.clear();
    }
    return holds();
  }
  void send() {
    ++picture_;
    timestamp_ += 9000;
    for (uint8_t at = 0; at < layers_.size(); ++at) {
      auto& pictures = layers_[at].pictures;
      for (size_t i = 0; i < pictures.front().size(); ++i) send(at, pictures.front()[i], i);
      pictures.erase(pictures.begin());
    }
  }
  void send(uint8_t layer, const kms::test::RtpContent& content, size_t part) {
    const auto descriptor = *rtc::Vp9Descriptor::parse(content.payload);
    const size_t head = descriptor.has_structure ? 11 : 3;  // as rtpvp9pay makes it
    const bool key = !descriptor.inter_predicted;
    const bool structured = key && layer == 0 && part == 0;
    const bool ends = content.marker;
    rtc::test::TestPeer::Frame frame;
    frame.marker = ends && layer == 1;
    frame.sequence = sequence_++;
    frame.timestamp = timestamp_;
    frame.payload = {static_cast<uint8_t>(0xb0 | (key ? 0 : 0x40) | (part == 0 ? 0x08 : 0) |
                                          (ends ? 0x04 : 0) | (structured ? 0x02 : 0)),
                     static_cast<uint8_t>(0x80 | (picture_ >> 8 & 0x7f)), static_cast<uint8_t>(picture_),
                     static_cast<uint8_t>(layer << 1)};
    if (!key) frame.payload.push_back(2);  // the picture before
    if (structured) {
      frame.payload.push_back(1 << 5 | 0x10);
      for (const auto& size : {kSmall, kLarge}) {
        for (size_t i = 0; i < 2; ++i) {
          frame.payload.push_back(static_cast<uint8_t>(size[i] >> 8));
          frame.payload.push_back(static_cast<uint8_t>(size[i]));
        }
      }
    }
    frame.payload.insert(frame.payload.end(), content.payload.begin() + static_cast<std::ptrdiff_t>(head),
                         content.payload.end());
    publisher_.send(frame);
  }

  bool sees(const std::string& width) const {
    return decoded_.caps().find("width=(int)" + width) != std::string::npos;
  }

  Rig rig_;
  rtc::test::TestPeer publisher_{{.publishes = true, .video = "VP9/90000"}};
  std::unique_ptr<rtc::Peer> peer_ = rig_.rtc().create_peer({});
  std::array<Layer, 2> layers_{Layer{RtpMaker(layered_camera(kSmall))},
                               Layer{RtpMaker(layered_camera(kLarge))}};
  uint16_t picture_ = 0;
  uint16_t sequence_ = 100;
  uint32_t timestamp_ = 90'000;
  Taker decoded_{"decoded"};  // ends first
};

TEST_F(SpatialLayers, ThoseThatSufficeAreDecoded) {
  ASSERT_TRUE(work_until([&] { return sees("320"); }));
  rig_.want({150, 100});
  ASSERT_TRUE(work_until([&] { return sees("160"); }));
  const auto before = decoded_.frames().size();
  ASSERT_TRUE(work_until([&] { return decoded_.frames().size() > before + 10; }));
  EXPECT_TRUE(sees("160"));
  rig_.want({300, 200});
  EXPECT_TRUE(work_until([&] { return sees("320"); })) << "with a key frame, which was asked for";
  EXPECT_EQ(rig_.errors(), std::vector<std::string>{});
}

}  // namespace
}  // namespace kms::bridge
