// SPDX-License-Identifier: Apache-2.0
// A fan-out of a stream with layers: what is on the wire for who gets all of it, and for who does not.
#include <gtest/gtest.h>
#include <poll.h>

#include "kms-core/rtc/forwarding/fanout.hpp"
#include "kms-core/rtc/forwarding/packet_pool.hpp"
#include "kms-core/rtc/forwarding/test_layers.hpp"
#include "kms-core/rtc/net/udp_socket.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/srtp/srtp_test_support.hpp"

namespace kms::rtc {
namespace {

using test::Buffer;
using test::LayerChecker;
using test::LayeredStream;

constexpr ConsumerId kAll = 1;
constexpr ConsumerId kThin = 2;
constexpr auto kSuite = SrtpProfile::kAeadAes128Gcm;

class Thinning : public ::testing::Test {
 protected:
  // One receiver, its socket and what came.
  struct Viewer {
    UniqueFd in = std::move(*open_udp(*SocketAddress::parse("127.0.0.1", 0), {}));
    SendTarget target = {};
    std::unique_ptr<SrtpOpener> opener = {};
    LayerChecker checker{Codec::kVp8};
    std::vector<Buffer> sealed = {};
    std::vector<Buffer> clear = {};
  };

  Thinning() {
    for (auto* viewer : {&all_, &thin_}) {
      std::mt19937 random{5};
      const auto master = test::random_master(kSuite, random);
      viewer->target.key = engine_->make_key(kSuite, derive_srtp_keys(kSuite, master).rtp);
      viewer->target.path = {*SocketAddress::parse("127.0.0.1", local_port(viewer->in.get())), Path::kUdp};
      viewer->target.open = true;
      viewer->opener = std::make_unique<SrtpOpener>(kSuite, master);
    }
  }

  void add(ConsumerId id, bool rtx, SendPosition position = {.next = 65'500}) {
    ConsumerSettings settings;
    settings.target = id == kAll ? &all_.target : &thin_.target;
    settings.ssrc = 70 + static_cast<uint32_t>(id);
    settings.payload_type = 96;
    settings.rtx_ssrc = rtx ? 80 : 0;
    settings.rtx_payload_type = 97;
    settings.position = position;
    fanout_.add(id, settings);
  }
  std::vector<PacketRef> picture(bool key = false) {
    std::vector<PacketRef> packets;
    for (const auto& piece : stream_.next(key)) {
      auto& packet = packets.emplace_back(test::packet_of(piece, Codec::kVp8, pool_));
      packet->index = next_++;
      packet->arrived = now_;
      packet->timestamp = timestamp_;
    }
    now_ += std::chrono::milliseconds(33);
    timestamp_ += 3000;
    return packets;
  }
  void send(const std::vector<PacketRef>& packets) {
    fanout_.on_packets(packets);
    sender_.flush();
    for (auto* viewer : {&all_, &thin_}) read(*viewer);
  }
  void send_pictures(int count, bool key = false) {
    for (int i = 0; i < count; ++i) send(picture(key && i == 0));
  }
  // Loopback: what was sent is there.
  void read(Viewer& viewer) {
    Buffer bytes(2048);
    for (ssize_t size; (size = recv(viewer.in.get(), bytes.data(), bytes.size(), MSG_DONTWAIT)) > 0;) {
      viewer.sealed.emplace_back(bytes.begin(), bytes.begin() + size);
      const auto& sealed = viewer.sealed.back();
      const auto head = RtpView::parse_protected(sealed)->header_size();
      Buffer clear(sealed);
      SrtpOpener::Rtp rtp;
      const auto verdict = viewer.opener->open_rtp(sealed, head, &clear[head], &rtp);
      if (verdict != SrtpVerdict::kOk) continue;  // again the same: a replay
      clear.resize(head + rtp.payload_size);
      const auto view = *RtpView::parse(clear);
      if (view.payload_type() == 96)
        viewer.checker.take(rtp.index, view.timestamp(), view.marker(), view.payload());
      viewer.clear.push_back(std::move(clear));
    }
  }

  std::unique_ptr<SrtpEngine> engine_ = make_srtp_engine(SrtpEngineChoice::kOpenSsl);
  UniqueFd out_ = std::move(*open_udp(*SocketAddress::parse("0.0.0.0", 0), {}));
  Viewer all_;
  Viewer thin_;
  PacketPool pool_{4096};
  SendBatch batch_{{out_.get(), -1, nullptr}, true};
  SealedSender sender_{*engine_, batch_};
  Fanout fanout_{sender_, {true, 1024, 90'000, Codec::kVp8}};
  LayeredStream stream_{{}};
  uint64_t next_ = 500;
  uint32_t timestamp_ = 90'000;
  TimePoint now_ = Clock::now();
};

TEST_F(Thinning, LeavesOutALayerForOneAndNothingForTheOther) {
  add(kAll, false);
  add(kThin, false);
  send_pictures(8, true);
  fanout_.set_layers(kThin, {.temporal = 0});
  send_pictures(40);

  EXPECT_EQ(all_.checker.fault(), "");
  EXPECT_EQ(all_.checker.packets(), 96u);
  EXPECT_EQ(thin_.checker.fault(), "");
  EXPECT_EQ(thin_.checker.packets(), 2u * (8 + 10));
  EXPECT_EQ(fanout_.find(kThin)->next, fanout_.find(kThin)->packets + 65'500);
}

TEST_F(Thinning, WhoIsSentAllHasNothingForIt) {
  add(kAll, false);
  fanout_.set_layers(kAll, {});
  EXPECT_FALSE(fanout_.find(kAll)->thinner);
}

TEST_F(Thinning, WhatIsAskedForAgainIsTheSameBytes) {
  add(kThin, false);
  send_pictures(8, true);
  fanout_.set_layers(kThin, {.temporal = 1});
  send_pictures(12);
  fanout_.set_layers(kThin, {});
  send_pictures(20);

  const auto first = thin_.sealed;
  for (const auto& bytes : first) {
    const auto before = thin_.sealed.size();
    ASSERT_TRUE(fanout_.resend(kThin, RtpView::parse_protected(bytes)->sequence()));
    sender_.flush();
    read(thin_);
    ASSERT_EQ(thin_.sealed.size(), before + 1);
    EXPECT_EQ(thin_.sealed.back(), bytes);
  }
  EXPECT_EQ(thin_.checker.fault(), "");
}

TEST_F(Thinning, ARepairHasThePayloadThatWasSent) {
  add(kThin, true);
  fanout_.set_layers(kThin, {.temporal = 1});
  send_pictures(24, true);
  const auto first = thin_.clear;
  ASSERT_EQ(first.size(), 24u);
  for (const auto& bytes : first) {
    const auto original = *RtpView::parse(bytes);
    ASSERT_TRUE(fanout_.resend(kThin, original.sequence()));
    sender_.flush();
    read(thin_);
    const auto repair = *RtpView::parse(thin_.clear.back());
    EXPECT_EQ(repair.ssrc(), 80u);
    EXPECT_EQ(repair.payload_type(), 97);
    EXPECT_EQ(load_u16(repair.payload().data()), original.sequence());
    EXPECT_TRUE(std::ranges::equal(repair.payload().subspan(2), original.payload()));
  }
}

TEST_F(Thinning, AnUnwantedLatePacketFillsItsNumberAndIsTheSameAgain) {
  add(kThin, false);
  fanout_.set_layers(kThin, {.temporal = 1});
  send_pictures(5, true);  // no whole turn, which would tell that nothing wanted is missing
  const auto high = picture();
  send_pictures(1);
  const auto media = thin_.clear.size();
  send(high);

  ASSERT_EQ(thin_.clear.size(), media + high.size());
  const auto empty = *RtpView::parse(thin_.clear.back());
  EXPECT_EQ(empty.payload().size(), 0u);
  EXPECT_EQ(empty.padding_size(), 1u);
  EXPECT_FALSE(empty.marker());
  const auto bytes = thin_.sealed.back();
  ASSERT_TRUE(fanout_.resend(kThin, empty.sequence()));
  sender_.flush();
  read(thin_);
  EXPECT_EQ(thin_.sealed.back(), bytes);
}

TEST_F(Thinning, ProbesAreMadeOfWhatWasSent) {
  add(kThin, true);
  fanout_.set_layers(kThin, {.temporal = 0});
  send_pictures(8, true);
  const auto media = thin_.clear.size();
  EXPECT_GT(fanout_.send_padding(kThin, 600), 500u);
  sender_.flush();
  read(thin_);
  ASSERT_GT(thin_.clear.size(), media);
  EXPECT_EQ(RtpView::parse(thin_.clear.back())->ssrc(), 80u);
}

TEST_F(Thinning, NumbersGoOnWhereASourceBeginsAnew) {
  add(kThin, false);
  fanout_.set_layers(kThin, {.temporal = 0});
  send_pictures(11, true);
  next_ += 0x20000;
  send_pictures(8, true);
  EXPECT_EQ(thin_.checker.fault(), "");
  EXPECT_EQ(thin_.checker.packets(), 2u * (3 + 2));
}

TEST_F(Thinning, NumbersGoOnWhenTheConsumerGoesToAnotherSource) {
  add(kThin, false);
  fanout_.set_layers(kThin, {.temporal = 0});
  send_pictures(11, true);
  const auto position = fanout_.remove(kThin);
  add(kThin, false, position);
  fanout_.set_layers(kThin, {.temporal = 1});
  send_pictures(8, true);
  EXPECT_EQ(thin_.checker.fault(), "");
  EXPECT_EQ(thin_.checker.packets(), 2u * (3 + 4));
}

TEST_F(Thinning, WhoComesLateIsThinnedFromItsFirstPacketOn) {
  send_pictures(8, true);
  add(kThin, false);
  fanout_.set_layers(kThin, {.temporal = 0});
  ASSERT_TRUE(fanout_.catch_up(kThin, now_));
  send_pictures(8);
  EXPECT_EQ(thin_.checker.fault(), "");
  EXPECT_EQ(thin_.checker.packets(), 2u * 4);
}

}  // namespace
}  // namespace kms::rtc
