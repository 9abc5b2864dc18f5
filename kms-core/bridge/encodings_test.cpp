// SPDX-License-Identifier: Apache-2.0
// A simulcast track on its way to the media plane: which encoding comes out of an RtpToGst.
#include <gtest/gtest.h>

#include <algorithm>
#include <functional>
#include <map>
#include <mutex>

#include "kms-core/bridge/test_rig.hpp"
#include "kms-core/gst/codecs.hpp"
#include "tests/support/rtp_media.hpp"

namespace kms::bridge {
namespace {

using kms::test::RtpMaker;
using kms::test::Taker;
using test::Rig;

std::string camera(const std::string& size) {
  return "videotestsrc is-live=true ! video/x-raw,framerate=30/1," + size +
         " ! vp8enc deadline=1 keyframe-max-dist=9999 ! rtpvp8pay picture-id-mode=2";
}

// A publisher of two encodings, and what is decoded of them.
class EncodingsTest : public testing::Test {
 protected:
  EncodingsTest() {
    const auto answer = publisher_.join(*peer_);
    EXPECT_TRUE(answer.ok()) << answer.status();
    EXPECT_TRUE(publisher_.connect());
    decoded_.inlet()->attach(rig_.decode(rig_.unpack(answer->sources.back(), std::chrono::milliseconds(60)),
                                         *gst::decoder_chain("VP8")));
  }

  struct Encoding {
    std::string rid;
    uint32_t ssrc;
    RtpMaker camera;
    uint16_t sequence;
    bool comes = true;
    unsigned asked = 0;
  };

  bool work_until(const std::function<bool()>& holds) {
    const auto give_up = std::chrono::steady_clock::now() + kms::test::kPatience;
    while (!holds() && std::chrono::steady_clock::now() < give_up) {
      for (auto* each : {&small_, &large_}) send(*each);
      publisher_.receive_until([] { return false; }, std::chrono::milliseconds(10));
      for (auto* each : {&small_, &large_}) answer_requests(*each);
      publisher_.clear();
    }
    return holds();
  }
  // As a page that sends what is wanted, and begins that with a key frame.
  void follow(Encoding& encoding) {
    const std::lock_guard lock(mutex_);
    if (!encoding.comes && wanted_[encoding.rid]) encoding.camera.make_key_frame();
    encoding.comes = wanted_[encoding.rid];
  }
  void send(Encoding& encoding) {
    if (follows_) follow(encoding);
    while (auto content = encoding.camera.next()) {
      rtc::test::TestPeer::Frame frame;
      frame.marker = content->marker;
      frame.sequence = encoding.sequence++;
      frame.timestamp = content->timestamp;
      frame.ssrc = encoding.ssrc;
      frame.rid = encoding.rid;
      frame.payload = std::move(content->payload);
      if (encoding.comes) publisher_.send(frame);
    }
  }
  void answer_requests(Encoding& encoding) {
    if (!publisher_.asked_for_key_frame(encoding.ssrc)) return;
    ++encoding.asked;
    encoding.camera.make_key_frame();
  }

  bool sees(const std::string& width) const {
    return decoded_.caps().find("width=(int)" + width) != std::string::npos;
  }

  static rtc::PeerOptions telling(const std::function<void(const rtc::EncodingsWanted&)>& tell) {
    rtc::PeerOptions options;
    options.events.on_encodings_wanted = tell;
    return options;
  }

  std::mutex mutex_;
  std::map<std::string, bool> wanted_{{"l", true}, {"h", true}};
  bool follows_ = false;  // what is wanted is sent, and nothing else
  Rig rig_;
  rtc::test::TestPeer publisher_{{.publishes = true, .rids = {"l", "h"}}};
  std::unique_ptr<rtc::Peer> peer_ = rig_.rtc().create_peer(telling([this](const auto& track) {
    const std::lock_guard lock(mutex_);
    for (const auto& each : track.encodings) wanted_[each.rid] = each.wanted;
  }));
  Encoding small_{"l", 50, RtpMaker(camera("width=80,height=60")), 100};
  Encoding large_{"h", 60, RtpMaker(camera("width=320,height=240")), 200};
  Taker decoded_{"decoded"};  // ends first
};

TEST_F(EncodingsTest, TheOneThatSufficesIsTakenAndTimeGoesOn) {
  ASSERT_TRUE(work_until([&] { return sees("320") && decoded_.frames().size() > 10; }));
  rig_.want({100, 50});
  ASSERT_TRUE(work_until([&] { return sees("80"); }));
  const auto asked = large_.asked;
  const auto before = decoded_.frames().size();
  ASSERT_TRUE(work_until([&] { return decoded_.frames().size() > before + 30; }));
  EXPECT_TRUE(sees("80"));
  EXPECT_EQ(large_.asked, asked) << "nobody takes it";
  rig_.want({160, 120});
  ASSERT_TRUE(work_until([&] { return sees("320"); }));

  const auto frames = decoded_.frames();
  EXPECT_TRUE(std::ranges::is_sorted(frames, std::less_equal<>(), &kms::test::Frame::pts));
  for (size_t i = 11; i < frames.size(); ++i) {
    EXPECT_LT(frames[i].pts - frames[i - 1].pts, 2 * GST_SECOND) << "without a hole at " << i;
  }
  EXPECT_EQ(rig_.errors(), std::vector<std::string>{});
}

TEST_F(EncodingsTest, OneThatEndsIsReplacedByTheNext) {
  ASSERT_TRUE(work_until([&] { return sees("320") && decoded_.frames().size() > 10; }));
  large_.comes = false;
  EXPECT_TRUE(work_until([&] { return sees("80"); }));
  large_.comes = true;
  EXPECT_TRUE(work_until([&] { return sees("320"); }));
  EXPECT_EQ(rig_.errors(), std::vector<std::string>{});
}

TEST_F(EncodingsTest, WhatIsPausedSinceNobodyNeededItIsResumed) {
  follows_ = true;
  ASSERT_TRUE(work_until([&] { return sees("320") && decoded_.frames().size() > 10; }));
  rig_.want({100, 50});
  ASSERT_TRUE(work_until([&] { return sees("80") && !large_.comes; }));
  const auto before = decoded_.frames().size();
  ASSERT_TRUE(work_until([&] { return decoded_.frames().size() > before + 60; }));
  EXPECT_TRUE(small_.comes) << "and nothing else";
  EXPECT_FALSE(large_.comes);

  rig_.want({});
  EXPECT_TRUE(work_until([&] { return sees("320"); }));
  EXPECT_TRUE(small_.comes) << "to fall back to";
  EXPECT_EQ(rig_.errors(), std::vector<std::string>{});
}

}  // namespace
}  // namespace kms::bridge
