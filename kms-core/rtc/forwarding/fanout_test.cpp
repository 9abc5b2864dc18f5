// SPDX-License-Identifier: Apache-2.0
// What a fan-out puts on the wire: packets as they are, and again when asked for.
#include "kms-core/rtc/forwarding/fanout.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>

#include "kms-core/rtc/bandwidth/send_estimator.hpp"
#include "kms-core/rtc/forwarding/frame_hold.hpp"
#include "kms-core/rtc/forwarding/packet_pool.hpp"
#include "kms-core/rtc/forwarding/source_stream.hpp"
#include "kms-core/rtc/net/udp_socket.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/srtp/srtp_test_support.hpp"

namespace kms::rtc {
namespace {

using test::Buffer;

constexpr uint32_t kSsrc = 77;
constexpr uint32_t kRtxSsrc = 78;
constexpr ConsumerId kFirstViewer = 1;

class FanoutTest : public ::testing::TestWithParam<SrtpProfile> {
 protected:
  void SetUp() override {
    target_.key = engine_->make_key(GetParam(), derive_srtp_keys(GetParam(), master_).rtp);
    target_.path = {*SocketAddress::parse("127.0.0.1", local_port(in_.get())), Path::kUdp};
    target_.open = true;
  }

  ConsumerSettings plain() const {
    ConsumerSettings settings;
    settings.target = &target_;
    settings.ssrc = kSsrc;
    settings.payload_type = 96;
    return settings;
  }
  void add_viewer(bool rtx, SendPosition position = {}) {
    auto settings = plain();
    if (rtx) settings.rtx_ssrc = kRtxSsrc;
    if (rtx) settings.rtx_payload_type = 97;
    settings.position = position;
    fanout_.add(kFirstViewer, settings);
  }

  PacketRef packet(uint64_t index, uint16_t size = 400) {
    auto made = pool_.acquire();
    made->index = index;
    made->timestamp = 3000;
    made->arrived = now_;
    made->starts_key_frame = true;
    made->payload_size = size;
    std::fill_n(made->bytes.begin(), size, static_cast<uint8_t>(index));
    return made;
  }
  // A VP8 picture of the base layer.
  PacketRef picture(uint64_t index, const PictureNumbers& numbers, bool key_frame) {
    auto made = packet(index);
    const uint16_t id = *numbers.picture_id;
    const Buffer front{0x90,
                       0xe0,
                       static_cast<uint8_t>(0x80 | id >> 8),
                       static_cast<uint8_t>(id),
                       *numbers.tl0_pic_index,
                       0x00,
                       key_frame ? uint8_t{0} : uint8_t{1}};
    std::copy(front.begin(), front.end(), made->bytes.begin());
    made->starts_key_frame = key_frame;
    return made;
  }
  void send(const std::vector<PacketRef>& packets) { send(packets, fanout_); }
  void send(const std::vector<PacketRef>& packets, Fanout& through) {
    through.on_packets(packets);
    sender_.flush();
  }
  bool resend(uint16_t sequence) { return resend(sequence, fanout_); }
  bool resend(uint16_t sequence, Fanout& through) {
    const bool done = through.resend(kFirstViewer, sequence).has_value();
    sender_.flush();
    return done;
  }

  // The next datagram as it came; empty if none comes.
  Buffer received() {
    pollfd wait{in_.get(), POLLIN, 0};
    if (poll(&wait, 1, 20'000) != 1) return {};
    Buffer bytes(2048);
    bytes.resize(static_cast<size_t>(recv(in_.get(), bytes.data(), bytes.size(), 0)));
    return bytes;
  }
  // Of the next datagrams.
  void expect_pictures(const std::vector<std::pair<uint16_t, uint8_t>>& all) {
    for (const auto& [id, tl0] : all) {
      const auto clear = opened(received());
      ASSERT_FALSE(clear.empty());
      const auto numbers = PictureNumbers::of(Codec::kVp8, RtpView::parse(clear)->payload());
      EXPECT_EQ(numbers.picture_id, id);
      EXPECT_EQ(numbers.tl0_pic_index, tl0);
    }
  }
  // In the clear; empty if it cannot be opened.
  Buffer opened(const Buffer& bytes, uint64_t* index = nullptr) {
    const auto view = RtpView::parse_protected(bytes);
    if (!view) return {};
    Buffer clear(bytes);
    SrtpOpener::Rtp rtp;
    if (opener_.open_rtp(bytes, view->header_size(), &clear[view->header_size()], &rtp) != SrtpVerdict::kOk)
      return {};
    clear.resize(view->header_size() + rtp.payload_size);
    if (index) *index = rtp.index;
    return clear;
  }

  TimePoint now_ = Clock::now();
  std::mt19937 random_{5};
  SrtpMasterKey master_ = test::random_master(GetParam(), random_);
  SrtpOpener opener_{GetParam(), master_};
  UniqueFd in_ = std::move(*open_udp(*SocketAddress::parse("127.0.0.1", 0), {}));
  UniqueFd out_ = std::move(*open_udp(*SocketAddress::parse("0.0.0.0", 0), {}));
  PacketPool pool_{1024};
  SendTarget target_;
  std::unique_ptr<SrtpEngine> engine_ = make_srtp_engine(SrtpEngineChoice::kOpenSsl);
  SendBatch batch_{{out_.get(), -1, nullptr}, true};
  SealedSender sender_{*engine_, batch_};
  FanoutOptions options_{true, 1024, 90'000, Codec::kVp8};
  Fanout fanout_{sender_, options_};
};

TEST_P(FanoutTest, AResendOnTheSameSsrcIsByteIdentical) {
  add_viewer(false);
  send({packet(500), packet(501), packet(502)});
  const Buffer first[] = {received(), received(), received()};

  ASSERT_TRUE(resend(RtpView::parse_protected(first[1])->sequence()));

  EXPECT_EQ(received(), first[1]);
}

// H.264: a parameter set in a packet of its own, then the picture; both look like the beginning of a key
// frame.
TEST_P(FanoutTest, WhoComesLateGetsTheKeyFrameFromItsFirstPacketOn) {
  send({packet(500), packet(501), packet(502)});
  add_viewer(false);

  ASSERT_TRUE(fanout_.catch_up(kFirstViewer, now_));
  sender_.flush();

  for (const uint64_t index : {500, 501, 502}) {
    const auto clear = opened(received());
    ASSERT_FALSE(clear.empty());
    EXPECT_EQ(RtpView::parse(clear)->payload()[0], static_cast<uint8_t>(index));
  }
}

TEST_P(FanoutTest, APaddedPacketComesAgainAsItWas) {
  add_viewer(false);
  std::vector<PacketRef> frame{packet(500, 990), packet(501, 1000)};
  equalize(frame, 64);
  ASSERT_EQ(frame[0]->padding, 10);
  send(frame);
  const auto padded = received();
  received();
  ASSERT_EQ(RtpView::parse(opened(padded))->padding_size(), 10u);

  ASSERT_TRUE(resend(RtpView::parse_protected(padded)->sequence()));

  EXPECT_EQ(received(), padded);
}

TEST_P(FanoutTest, APaddedPacketIsRepairedByRtxWithoutGrowing) {
  add_viewer(true);
  std::vector<PacketRef> frame{packet(500, 990), packet(501, 1000)};
  equalize(frame, 64);
  send(frame);
  const auto clear = opened(received());
  const auto original = *RtpView::parse(clear);
  received();

  ASSERT_TRUE(resend(original.sequence()));

  const auto again = opened(received());
  const auto repair = *RtpView::parse(again);
  EXPECT_EQ(repair.ssrc(), kRtxSsrc);
  EXPECT_EQ(repair.payload_type(), 97);
  EXPECT_EQ(load_u16(repair.payload().data()), original.sequence());
  EXPECT_TRUE(std::ranges::equal(repair.payload().subspan(2), original.payload()));
  EXPECT_EQ(repair.padding_size(), original.padding_size());
}

TEST_P(FanoutTest, ResendsOnlySoMuchInASecond) {
  add_viewer(true);
  fanout_.tick(now_);
  send({packet(500)});
  const auto sequence = RtpView::parse_protected(received())->sequence();

  size_t resent = 0;
  while (resent < 10'000 && fanout_.resend(kFirstViewer, sequence)) ++resent;
  EXPECT_EQ(resent, 300u);
  fanout_.tick(now_ + std::chrono::milliseconds(999));
  EXPECT_FALSE(fanout_.resend(kFirstViewer, sequence));

  send({packet(501)});  // the first is too old now
  const auto second = static_cast<uint16_t>(sequence + 1);
  now_ += std::chrono::milliseconds(1000);
  fanout_.tick(now_);
  EXPECT_TRUE(fanout_.resend(kFirstViewer, second));
}

// Of a source that makes no key frames when asked: not all at once, and then what all get, nothing twice.
TEST_P(FanoutTest, AViewerThatComesLateIsSentWhatWasKeptSinceTheKeyFrame) {
  Fanout kept(sender_, {true, 4096, 90'000, Codec::kVp8, true});
  const auto delta = [&](uint64_t index) {
    auto made = packet(index, 60);
    made->starts_key_frame = false;
    made->timestamp = static_cast<uint32_t>(3000 * index);
    return made;
  };
  send({packet(500, 60)}, kept);
  for (uint64_t index = 501; index < 900; ++index) send({delta(index)}, kept);
  now_ += std::chrono::seconds(4);
  kept.tick(now_);
  kept.add(kFirstViewer, plain());

  ASSERT_TRUE(kept.catch_up(kFirstViewer, now_));
  sender_.flush();
  std::vector<uint64_t> indices;
  const auto take = [&](size_t count) {
    for (; count > 0; --count) {
      uint64_t index = 0;
      ASSERT_FALSE(opened(received(), &index).empty());
      indices.push_back(index);
    }
  };
  take(256);
  send({delta(900)}, kept);
  take(145);
  send({delta(901)}, kept);
  take(1);

  for (size_t i = 1; i < indices.size(); ++i) ASSERT_EQ(indices[i], indices[i - 1] + 1) << i;
  pollfd more{in_.get(), POLLIN, 0};
  EXPECT_EQ(poll(&more, 1, 0), 0);
}

TEST_P(FanoutTest, SequenceNumbersWrapAndTheRollOverGoesOn) {
  add_viewer(false, {.next = 65'530});
  std::vector<PacketRef> all;
  // The source's own wrap comes elsewhere.
  for (uint64_t i = 0; i < 20; ++i) all.push_back(packet(65'526 + i));
  send(all);

  std::vector<Buffer> came;
  for (uint64_t i = 0; i < 20; ++i) {
    came.push_back(received());
    uint64_t index = 0;
    const auto clear = opened(came.back(), &index);
    ASSERT_FALSE(clear.empty()) << i;
    EXPECT_EQ(index, 65'530 + i);
    EXPECT_EQ(RtpView::parse(clear)->sequence(), static_cast<uint16_t>(65'530 + i));
  }
  for (const size_t i : {size_t{5}, size_t{6}}) {  // the last before the wrap and the first after it
    ASSERT_TRUE(resend(static_cast<uint16_t>(65'530 + i)));
    EXPECT_EQ(received(), came[i]);
  }
}

TEST_P(FanoutTest, NumbersEachPacketAndEachRepairForTheEstimator) {
  SendEstimator estimator;
  target_.estimator = &estimator;
  auto settings = plain();
  settings.rtx_ssrc = kRtxSsrc;
  settings.rtx_payload_type = 97;
  settings.extensions.set(ExtensionKind::kTransportSequence, 5);
  fanout_.add(kFirstViewer, settings);

  send({packet(500), packet(501)});
  ASSERT_TRUE(resend(static_cast<uint16_t>(fanout_.find(kFirstViewer)->next - 1)));
  EXPECT_GT(fanout_.send_padding(kFirstViewer, 500), 500u);
  sender_.flush();

  for (uint16_t number = 1; number <= 5; ++number) {
    const auto bytes = received();
    const auto value = RtpView::parse_protected(bytes)->extension(5);
    ASSERT_TRUE(value);
    EXPECT_EQ(load_u16(value->data()), number);
  }
}

TEST_P(FanoutTest, RepairsWithinWhatTheWayBears) {
  SendEstimator estimator;
  target_.estimator = &estimator;
  auto settings = plain();
  settings.rtx_ssrc = kRtxSsrc;
  settings.extensions.set(ExtensionKind::kTransportSequence, 5);
  fanout_.add(kFirstViewer, settings);
  send({packet(500, 1000)});
  const auto sequence = static_cast<uint16_t>(fanout_.find(kFirstViewer)->next - 1);

  size_t repairs = 0;
  while (repairs < 100 && resend(sequence)) ++repairs;

  EXPECT_EQ(repairs, static_cast<size_t>(RepairBudget::kLeastDepth) / 1000);
}

TEST_P(FanoutTest, PictureNumbersGoOnWhenAnotherSourceTakesOver) {
  add_viewer(false);
  send({picture(500, {0x7ffd, 255}, true), picture(501, {0x7ffe, 0}, false)});
  expect_pictures({{0x7ffd, 255}, {0x7ffe, 0}});

  Fanout other(sender_, options_);
  auto settings = plain();
  settings.position = fanout_.remove(kFirstViewer);
  other.add(kFirstViewer, settings);
  send({picture(90, {40, 200}, true), picture(91, {41, 201}, false), picture(92, {42, 202}, false)}, other);

  expect_pictures({{0x7fff, 1}, {0, 2}, {1, 3}});
}

// What a viewer is sent before.
struct Before : Predecessor {
  bool may_end(ConsumerId, TimePoint) const override { return true; }
  std::optional<SendPosition> end(ConsumerId) override {
    ended = true;
    return position;
  }
  bool ended = false;
  std::optional<SendPosition> position = SendPosition{.next = 1000};
};

TEST_P(FanoutTest, WhatWasSentBeforeEndsAfterTwoSecondsEvenWithoutAKeyFrame) {
  Before before;
  auto settings = plain();
  settings.before = &before;
  settings.told_to_end = now_;
  fanout_.add(kFirstViewer, settings);

  fanout_.tick(now_ + std::chrono::milliseconds(1999));
  EXPECT_FALSE(before.ended);
  fanout_.tick(now_ + std::chrono::milliseconds(2001));
  EXPECT_TRUE(before.ended);

  send({packet(500)});
  uint64_t index = 0;
  ASSERT_FALSE(opened(received(), &index).empty());
  EXPECT_EQ(index, 1000U);
}

// An index that is used twice would give the key stream away.
TEST_P(FanoutTest, WhoDoesNotKnowWhereItsSsrcGoesOnStaysSilent) {
  Before before;
  before.position.reset();
  auto settings = plain();
  settings.before = &before;
  settings.told_to_end = now_;
  fanout_.add(kFirstViewer, settings);

  fanout_.tick(now_ + std::chrono::milliseconds(2001));
  EXPECT_TRUE(before.ended);
  send({picture(500, {100, 10}, true)});
  fanout_.tick(now_ + std::chrono::milliseconds(2101));
  send({picture(501, {101, 11}, false)});

  EXPECT_EQ(fanout_.remove(kFirstViewer).packets, 0U);
}

TEST_P(FanoutTest, PictureNumbersGoOnWhenASourceBeginsAnewAmidABatch) {
  add_viewer(false);
  send({picture(500, {100, 10}, true)});
  send({picture(501, {101, 11}, false), picture(131'072, {7, 90}, true), picture(131'073, {8, 91}, false)});

  expect_pictures({{100, 10}, {101, 11}, {102, 12}, {103, 13}});
}

TEST_P(FanoutTest, APictureWithAnotherNumberComesAgainAsItWas) {
  for (const bool rtx : {false, true}) {
    Fanout fanout(sender_, options_);
    auto settings = plain();
    settings.rtx_ssrc = rtx ? kRtxSsrc : 0;
    settings.rtx_payload_type = 97;
    settings.position.next = rtx ? 2000 : 1000;
    settings.position.picture = {uint16_t{300}, uint8_t{30}};
    fanout.add(kFirstViewer, settings);
    const auto source = picture(500, {100, 10}, true);
    send({source}, fanout);
    const auto first = received();
    ASSERT_TRUE(resend(RtpView::parse_protected(first)->sequence(), fanout));
    const auto again = received();

    EXPECT_EQ(PictureNumbers::of(Codec::kVp8, source->payload()).picture_id, 100) << "others share it";
    const auto clear = opened(first);
    const auto original = RtpView::parse(clear)->payload();
    EXPECT_EQ(PictureNumbers::of(Codec::kVp8, original).picture_id, 301);
    if (!rtx) {
      EXPECT_EQ(again, first);
      continue;
    }
    const auto repair = opened(again);
    EXPECT_TRUE(std::ranges::equal(RtpView::parse(repair)->payload().subspan(2), original));
  }
}

// LoudestSources: what a source sent while others were louder is missing to nobody.
TEST_P(FanoutTest, ToAReceiverNothingIsMissingWhereTheSourceWasWithheld) {
  add_viewer(false);
  send({packet(500), packet(501)});
  const auto later = packet(700);
  later->resumes = true;
  later->timestamp = 90'000;
  send({later, packet(701)});

  std::vector<uint64_t> indices(4);
  Buffer resumed;
  for (size_t i = 0; i < indices.size(); ++i) {
    const auto clear = opened(received(), &indices[i]);
    if (i == 2) resumed = clear;
  }
  EXPECT_EQ(indices, (std::vector{indices[0], indices[0] + 1, indices[0] + 2, indices[0] + 3}));
  EXPECT_EQ(RtpView::parse(resumed)->timestamp(), 90'000U) << "the source's own time goes on";
}

// It would have to go out under a number that another packet had.
TEST_P(FanoutTest, AStragglerFromBeforeTheSourceWasWithheldIsDropped) {
  add_viewer(false);
  send({packet(500), packet(502)});
  const auto later = packet(700);
  later->resumes = true;
  const auto straggler = packet(501);
  straggler->late = true;
  send({later, straggler, packet(701)});

  std::vector<uint8_t> first_bytes;
  for (int i = 0; i < 4; ++i) first_bytes.push_back(RtpView::parse(opened(received()))->payload()[0]);
  EXPECT_EQ(first_bytes, (std::vector<uint8_t>{500 & 0xff, 502 & 0xff, 700 & 0xff, 701 & 0xff}));
  EXPECT_FALSE(resend(static_cast<uint16_t>(fanout_.find(kFirstViewer)->next - 3)));
}

TEST_P(FanoutTest, WhoComesWhileTheSourceIsWithheldBeginsWhenItResumes) {
  send({packet(500)});
  add_viewer(false, {.next = 40});
  const auto later = packet(0x9000);
  later->resumes = true;
  send({later});
  uint64_t index = 0;
  ASSERT_FALSE(opened(received(), &index).empty());
  EXPECT_EQ(index, 40U);
}

TEST_P(FanoutTest, ALongTimeWithheldLosesNoRollOverCount) {
  add_viewer(false, {.next = 0xfffe});
  send({packet(500), packet(501)});
  const auto later = packet(500 + 0x12345);
  later->resumes = true;
  send({later});
  uint64_t index = 0;
  for (int i = 0; i < 3; ++i) ASSERT_FALSE(opened(received(), &index).empty());
  EXPECT_EQ(index, 0x10000U);
}

INSTANTIATE_TEST_SUITE_P(Profiles, FanoutTest,
                         ::testing::Values(SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAesCm128HmacSha1_80));

}  // namespace
}  // namespace kms::rtc
