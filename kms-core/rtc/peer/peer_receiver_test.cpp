// SPDX-License-Identifier: Apache-2.0
// From protected RTP to source streams, without a network.
#include "kms-core/rtc/peer/peer_receiver.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kms-core/rtc/srtp/srtp_test_support.hpp"

namespace kms::rtc {
namespace {

using test::Buffer;

constexpr auto kProfile = SrtpProfile::kAesCm128HmacSha1_80;
constexpr uint8_t kType = 96;
constexpr uint8_t kRtxType = 97;
constexpr uint8_t kMidId = 4;
constexpr uint32_t kSsrc = 1111;
constexpr uint32_t kRtxSsrc = 2111;

class Recorder final : public PacketSink {
 public:
  void on_packets(std::span<const PacketRef> packets) override {
    for (const auto& packet : packets) got.push_back(packet);
  }
  std::vector<uint64_t> indices() const {
    std::vector<uint64_t> all;
    for (const auto& packet : got) all.push_back(packet->index);
    return all;
  }
  std::vector<PacketRef> got;
};

class PeerReceiverTest : public ::testing::Test {
 protected:
  struct Sent {
    uint64_t index = 0;
    uint32_t ssrc = kSsrc;
    uint8_t type = kType;
    Buffer payload = Buffer(100, 0x55);
    bool padded = false;
    char mid = 0;  // of one letter, in the packet; 0: none
  };

  void SetUp() override { entry_ = &receiver_.set_line(line(), 1); }
  void TearDown() override {
    for (const auto& entry : receiver_.entries()) entry->stream.detach(sink_);
  }

  static ReceiveLine line(const std::string& mid = "0", uint32_t ssrc = kSsrc) {
    ReceiveLine line;
    line.mid = mid;
    line.codec = Codec::kVp8;
    line.payload_type = kType;
    line.rtx_payload_type = kRtxType;
    line.nack = true;
    line.ssrc = ssrc;
    line.extensions.set(ExtensionKind::kMid, kMidId);
    return line;
  }

  Buffer sealed(const Sent& sent, const SrtpSealKey& key) {
    Buffer clear(12);
    clear[0] = sent.padded ? 0xa0 : 0x80;
    clear[1] = sent.type;
    store_u16(&clear[2], static_cast<uint16_t>(sent.index));
    store_u32(&clear[8], sent.ssrc);
    if (sent.mid != 0) {
      clear[0] |= 0x10;
      const Buffer mid{0xbe, 0xde, 0, 1, uint8_t{kMidId << 4}, static_cast<uint8_t>(sent.mid), 0, 0};
      clear.insert(clear.end(), mid.begin(), mid.end());
    }
    clear.insert(clear.end(), sent.payload.begin(), sent.payload.end());
    return test::seal_one(*engine_, key, clear, sent.index);
  }
  RtpFate take(const Buffer& packet) {
    for (const auto& each : receiver_.entries()) each->stream.attach(sink_, 1);
    PeerReceiver::Entry* entry = nullptr;
    const auto fate = receiver_.on_rtp(opener_, packet, now_ += std::chrono::milliseconds(1), &entry);
    if (entry) entry->stream.deliver(now_);
    return fate;
  }
  RtpFate send(const Sent& sent) { return take(sealed(sent, *key_)); }

  std::mt19937 random_{9};
  SrtpMasterKey master_ = test::random_master(kProfile, random_);
  std::unique_ptr<SrtpEngine> engine_ = make_srtp_engine(SrtpEngineChoice::kOpenSsl);
  std::unique_ptr<SrtpSealKey> key_ = engine_->make_key(kProfile, derive_srtp_keys(kProfile, master_).rtp);
  SrtpOpener opener_{kProfile, master_};
  PacketPool pool_{4096};
  Recorder sink_;
  PeerReceiver receiver_{pool_, {}};
  PeerReceiver::Entry* entry_ = nullptr;
  TimePoint now_ = TimePoint{} + std::chrono::seconds(1000);
};

TEST_F(PeerReceiverTest, PutsWhatRtxRepairsInItsPlace) {
  send({.index = 10});
  send({.index = 12});
  std::array<uint16_t, 4> missing{};
  ASSERT_EQ(entry_->stream.collect_nacks(now_ + std::chrono::milliseconds(100), missing), 1u);
  ASSERT_EQ(missing[0], 11);

  Buffer repair{0, 11};  // RFC 4588 section 4
  repair.insert(repair.end(), 50, 0x77);
  EXPECT_EQ(send({.index = 500, .ssrc = kRtxSsrc, .type = kRtxType, .payload = repair}), RtpFate::kTaken);

  EXPECT_EQ(sink_.indices(), (std::vector<uint64_t>{10, 12, 11}));
  EXPECT_TRUE(sink_.got.back()->late);
  EXPECT_TRUE(std::ranges::equal(sink_.got.back()->payload(), Buffer(50, 0x77)));
  EXPECT_EQ(entry_->stream.collect_nacks(now_ + std::chrono::seconds(1), missing), 0u);
  EXPECT_EQ(send({.index = 11}), RtpFate::kTaken) << "the late original is good as such";
  EXPECT_EQ(sink_.got.size(), 3u) << "but known";
}

TEST_F(PeerReceiverTest, ARepairWithoutAnOriginalIsAProbeAndEndsHere) {
  send({.index = 10});
  EXPECT_EQ(send({.index = 1, .ssrc = kRtxSsrc, .type = kRtxType, .payload = {}}), RtpFate::kTaken);
  EXPECT_EQ(send({.index = 2, .ssrc = kRtxSsrc, .type = kRtxType, .payload = {0, 11}}), RtpFate::kTaken);
  EXPECT_EQ(sink_.got.size(), 1u);
}

TEST_F(PeerReceiverTest, TakesPaddingOffAndRefusesMoreOfItThanThereIs) {
  Buffer payload(20, 0x55);
  payload.back() = 8;
  EXPECT_EQ(send({.index = 1, .payload = payload, .padded = true}), RtpFate::kTaken);
  ASSERT_EQ(sink_.got.size(), 1u);
  EXPECT_EQ(sink_.got[0]->payload_size, 12);

  payload.back() = 21;
  EXPECT_EQ(send({.index = 2, .payload = payload, .padded = true}), RtpFate::kMalformed);
  EXPECT_EQ(sink_.got.size(), 1u);
}

TEST_F(PeerReceiverTest, CountsOnWhenSequenceNumbersWrap) {
  for (uint64_t index = 65'533; index < 65'540; ++index) ASSERT_EQ(send({.index = index}), RtpFate::kTaken);
  EXPECT_EQ(sink_.indices(), (std::vector<uint64_t>{65'533, 65'534, 65'535, 65'536, 65'537, 65'538, 65'539}));
}

TEST_F(PeerReceiverTest, DropsWhatIsUnderAnotherKey) {
  const auto other = test::random_master(kProfile, random_);
  const auto key = engine_->make_key(kProfile, derive_srtp_keys(kProfile, other).rtp);

  EXPECT_EQ(take(sealed({.index = 1}, *key)), RtpFate::kForged);
  EXPECT_EQ(take(sealed({.index = 1, .ssrc = 4711}, *key)), RtpFate::kForged);

  EXPECT_TRUE(sink_.got.empty());
  EXPECT_EQ(send({.index = 1}), RtpFate::kTaken);
}

TEST_F(PeerReceiverTest, ALaterOfferThatSaysTheSameLeavesARunningStreamAlone) {
  send({.index = 10});

  receiver_.set_line(line(), 2);
  send({.index = 11});

  EXPECT_EQ(sink_.indices(), (std::vector<uint64_t>{10, 11}));
}

TEST_F(PeerReceiverTest, AStreamThatALaterOfferDoesNotHaveEndsAndOneThatPausesDoesNot) {
  receiver_.set_line(line("1", 2222), 2);
  const std::string paused[] = {"1"};

  const auto ended = receiver_.take_ended({}, paused);

  ASSERT_EQ(ended.size(), 1u);
  EXPECT_EQ(ended[0]->line.mid, "0");
  ASSERT_EQ(receiver_.entries().size(), 1u);
  EXPECT_EQ(receiver_.entries()[0]->line.mid, "1");
  EXPECT_EQ(receiver_.find_by_ssrc(kSsrc), nullptr);
}

// A peer sends as soon as it has answered; its answer takes longer.
TEST_F(PeerReceiverTest, WhatComesBeforeItsLineIsKnownIsNotAnotherLines) {
  send({.index = 10});

  EXPECT_EQ(send({.index = 70, .ssrc = 4711, .mid = '1'}), RtpFate::kUnknownStream);
  send({.index = 11});
  receiver_.set_line(line("1", 4711), 2);
  EXPECT_EQ(send({.index = 71, .ssrc = 4711, .mid = '1'}), RtpFate::kTaken);
  send({.index = 12});

  EXPECT_EQ(sink_.indices(), (std::vector<uint64_t>{10, 11, 71, 12}));
  EXPECT_EQ(receiver_.find_by_ssrc(4711)->line.mid, "1");
}

TEST_F(PeerReceiverTest, NothingIsTakenOnALineThatPausesAndNothingOfItIsMissingLater) {
  const std::string paused[] = {"0"};
  send({.index = 100});

  EXPECT_TRUE(receiver_.take_ended({}, paused).empty());
  for (uint64_t index = 101; index < 110; ++index) EXPECT_EQ(send({.index = index}), RtpFate::kHeld);
  EXPECT_EQ(send({.index = 7, .ssrc = 4711}), RtpFate::kUnknownStream) << "nor under another SSRC";
  EXPECT_EQ(sink_.got.size(), 1u);

  receiver_.set_line(line(), 2);
  EXPECT_EQ(send({.index = 110}), RtpFate::kTaken);
  EXPECT_EQ(sink_.got.size(), 2u);
  std::array<uint16_t, 4> missing{};
  EXPECT_EQ(entry_->stream.collect_nacks(now_ + std::chrono::seconds(1), missing), 0u);
}

TEST_F(PeerReceiverTest, OfASourceThatSaidGoodbyeNothingIsAskedUntilItBeginsAnew) {
  EXPECT_FALSE(receiver_.on_goodbye(kSsrc)) << "that never came";
  send({.index = 100});
  send({.index = 103});
  entry_->stream.want_key_frame();

  EXPECT_FALSE(receiver_.on_goodbye(4711));
  EXPECT_TRUE(receiver_.on_goodbye(kSsrc));
  EXPECT_FALSE(receiver_.on_goodbye(kSsrc)) << "once is enough";
  send({.index = 102});  // was under way
  EXPECT_TRUE(entry_->stream.ended());
  std::array<uint16_t, 4> missing{};
  EXPECT_EQ(entry_->stream.collect_nacks(now_ + std::chrono::seconds(1), missing), 0u);
  EXPECT_FALSE(entry_->stream.take_key_frame_request(now_ + std::chrono::seconds(1)));

  send({.index = 104});
  EXPECT_FALSE(entry_->stream.ended());
  EXPECT_TRUE(entry_->stream.take_key_frame_request(now_ + std::chrono::seconds(1)));
  EXPECT_EQ(entry_->stream.collect_nacks(now_ + std::chrono::seconds(1), missing), 0u) << "of before";
  const auto indices = sink_.indices();
  ASSERT_EQ(indices.size(), 4u);
  EXPECT_GT(indices[3], indices[1] + 0x10000) << "receivers begin anew as well";
}

TEST_F(PeerReceiverTest, AnotherSsrcBringsALineBackThatSaidGoodbye) {
  send({.index = 100});
  ASSERT_TRUE(receiver_.on_goodbye(kSsrc));

  EXPECT_EQ(send({.index = 7, .ssrc = 4711}), RtpFate::kTaken);

  EXPECT_FALSE(entry_->stream.ended());
  EXPECT_FALSE(receiver_.on_goodbye(kSsrc)) << "it is not that one's line any more";
  EXPECT_FALSE(entry_->stream.ended());
  EXPECT_EQ(sink_.got.size(), 2u);
}

TEST_F(PeerReceiverTest, AReplayBringsNoLineBack) {
  const auto packet = sealed({.index = 100}, *key_);
  take(packet);
  for (uint64_t index = 101; index < 300; ++index) send({.index = index});
  ASSERT_TRUE(receiver_.on_goodbye(kSsrc));

  EXPECT_EQ(take(packet), RtpFate::kReplayed);

  EXPECT_TRUE(entry_->stream.ended());
}

// A browser takes another mid and SSRC whenever a camera is switched on again.
TEST_F(PeerReceiverTest, TakesAnyNumberOfStreamsOneAfterTheOther) {
  for (uint32_t i = 0; i < 4 * SrtpOpener::kMaxStreams; ++i) {
    const ReceiveLine next[] = {line(std::to_string(i), 5000 + i)};
    const auto ended = receiver_.take_ended(next, {});
    for (const auto& entry : ended) entry->stream.detach(sink_);
    receiver_.set_line(next[0], i);
    ASSERT_EQ(send({.index = 1, .ssrc = 5000 + i}), RtpFate::kTaken) << i;
  }
  EXPECT_EQ(receiver_.entries().size(), 1u);
}

TEST_F(PeerReceiverTest, TakesAnyNumberOfSsrcsOneAfterTheOtherOnALine) {
  for (uint32_t i = 0; i < 4 * SrtpOpener::kMaxStreams; ++i) {
    ASSERT_EQ(send({.index = 1, .ssrc = 5000 + i}), RtpFate::kTaken) << i;
    ASSERT_EQ(sink_.got.size(), i + 1);
  }
}

}  // namespace
}  // namespace kms::rtc
