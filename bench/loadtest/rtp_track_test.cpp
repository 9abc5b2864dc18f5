// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/rtp_track.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/rtp/rtx.hpp"

namespace kms::rtc::loadtest {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

const std::vector<uint8_t> kHead{1, 2}, kBody{3, 4, 5}, kTail{6};
const RtpTrack::Payload kPayload{kHead, kBody, kTail};

class Track : public testing::Test {
 protected:
  RtpTrack::Options options() {
    RtpTrack::Options options;
    options.ssrc = 0x11223344;
    options.payload_type = 96;
    options.mid = "1";
    options.extensions.set(ExtensionKind::kMid, 1);
    options.extensions.set(ExtensionKind::kRid, 2);
    options.extensions.set(ExtensionKind::kRepairedRid, 3);
    options.extensions.set(ExtensionKind::kTransportSequence, 4);
    options.rtx_ssrc = 0x55667788;
    options.rtx_payload_type = 97;
    options.repeats = true;
    options.transport_sequence = &transport_;
    return options;
  }
  static std::string text(std::optional<Bytes> value) {
    return value ? std::string(value->begin(), value->end()) : "-";
  }
  static std::vector<uint8_t> copy(Bytes bytes) { return {bytes.begin(), bytes.end()}; }

  uint16_t transport_ = 500;
  TimePoint now_{seconds(10)};
};

TEST_F(Track, MakesPacketsInSequence) {
  RtpTrack track(options(), 65535);

  const auto first = RtpView::parse(track.make(kPayload, 7, false).bytes);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->sequence(), 65535);
  EXPECT_EQ(first->timestamp(), 7u);
  EXPECT_EQ(first->ssrc(), 0x11223344u);
  EXPECT_EQ(first->payload_type(), 96);
  EXPECT_FALSE(first->marker());
  EXPECT_EQ(copy(first->payload()), (std::vector<uint8_t>{1, 2, 3, 4, 5, 6}));
  EXPECT_EQ(text(first->extension(1)), "1");
  EXPECT_EQ(load_u16(first->extension(4)->data()), 500);

  const auto packet = track.make(kPayload, 8, true);
  const auto second = RtpView::parse(packet.bytes);
  EXPECT_EQ(second->sequence(), 0);
  EXPECT_EQ(packet.index, 65536u);
  EXPECT_EQ(packet.header_size, second->header_size());
  EXPECT_TRUE(second->marker());
  EXPECT_EQ(load_u16(second->extension(4)->data()), 501);
  EXPECT_EQ(track.report().packets, 2u);
  EXPECT_EQ(track.report().octets, 12u);
}

TEST_F(Track, HasNoExtensionsWhereNoneAreAgreedOn) {
  RtpTrack track({.ssrc = 1, .payload_type = 111, .mid = "0"}, 0);

  const auto packet = track.make(kPayload, 0, true);

  EXPECT_EQ(packet.header_size, 12u);
  EXPECT_FALSE(RtpView::parse(packet.bytes)->has_extension_block());
}

TEST_F(Track, RepeatsUnderTheNamesOfRtx) {
  auto simulcast = options();
  simulcast.rid = "hi";
  RtpTrack track(simulcast, 100);
  const auto original = track.make(kPayload, 7, true).bytes;
  const auto kept = copy(original);
  EXPECT_EQ(text(RtpView::parse(kept)->extension(2)), "hi");

  const auto repeated = track.repeat(100, now_);

  ASSERT_TRUE(repeated);
  auto bytes = copy(repeated->bytes);
  const auto view = RtpView::parse(bytes);
  EXPECT_EQ(view->payload_type(), 97);
  EXPECT_EQ(view->ssrc(), 0x55667788u);
  EXPECT_EQ(view->sequence(), repeated->index);
  EXPECT_EQ(text(view->extension(2)), "-");
  EXPECT_EQ(text(view->extension(3)), "hi");
  EXPECT_EQ(load_u16(view->extension(4)->data()), 501) << "each transmission is counted";
  const auto restored = RtpView::parse(rtx_unwrap(bytes, {96, 0x11223344}));
  EXPECT_EQ(restored->sequence(), 100);
  EXPECT_EQ(copy(restored->payload()), copy(RtpView::parse(kept)->payload()));
}

TEST_F(Track, RepeatsThePacketItselfWithoutRtx) {
  auto without = options();
  without.rtx_payload_type = 0;
  RtpTrack track(without, 100);
  const auto kept = copy(track.make(kPayload, 7, true).bytes);

  const auto repeated = track.repeat(100, now_);

  ASSERT_TRUE(repeated);
  EXPECT_EQ(copy(repeated->bytes), kept) << "under one index there is one text";
  EXPECT_EQ(repeated->index, 100u);
}

TEST_F(Track, RepeatsOnlyWhatItHasAndNotAtOnceAgain) {
  RtpTrack track(options(), 0);
  EXPECT_FALSE(track.repeat(0, now_)) << "nothing was sent yet";
  for (size_t i = 0; i <= RtpTrack::kKept; ++i) track.make(kPayload, 0, false);

  EXPECT_FALSE(track.repeat(0, now_)) << "too old";
  EXPECT_TRUE(track.repeat(1, now_));
  EXPECT_FALSE(track.repeat(1, now_ + milliseconds(9)));
  EXPECT_TRUE(track.repeat(1, now_ + milliseconds(10)));
  EXPECT_FALSE(track.repeat(static_cast<uint16_t>(RtpTrack::kKept + 1), now_)) << "still to come";
}

TEST_F(Track, HoldsTheLargestPayload) {
  RtpTrack track(options(), 0);
  const std::vector<uint8_t> large(RtpTrack::kMaxPayload, 9);

  EXPECT_EQ(RtpView::parse(track.make({large, {}, {}}, 0, true).bytes)->payload().size(), large.size());
  EXPECT_EQ(RtpView::parse(track.repeat(0, now_)->bytes)->payload().size(), large.size() + kRtxOverhead);
}

}  // namespace
}  // namespace kms::rtc::loadtest
