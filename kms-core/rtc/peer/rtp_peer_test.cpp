// SPDX-License-Identifier: Apache-2.0
// Phones and cameras over real sockets: what they send, what reaches them, what must not.
#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <random>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/peer/test_phone.hpp"
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"
#include "kms-core/rtc/rtcp/rtcp_writer.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;
using test::TestPhone;

class RtpPeerTest : public ::testing::Test {
 protected:
  void SetUp() override { server_ = kms::test::start_rtc(); }

  std::unique_ptr<RtpPeer> create(RtpPeerOptions options = {}) {
    options.announced = options.announced.empty() ? "127.0.0.1" : options.announced;
    options.ports = {20'000, 29'999};
    return server_->create_rtp_peer(std::move(options));
  }
  void settle() { kms::test::settle(*server_); }
  // A packet of G.711 with a number in it.
  TestPhone::Media sound(uint16_t number) const {
    return {.type = 0,
            .sequence = static_cast<uint16_t>(1000 + number),
            .timestamp = number * 160u,
            .payload = std::vector<uint8_t>(160, static_cast<uint8_t>(number))};
  }

  std::unique_ptr<Server> server_;
};

TEST_F(RtpPeerTest, SoundGoesFromPhoneToPhone) {
  TestPhone alice({}), bob({});
  auto from = create();
  auto to = create();
  const auto answer = alice.call(*from);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_EQ(answer->sources.size(), 1u);
  EXPECT_EQ(answer->sources[0]->codec(), Codec::kPcmu);
  EXPECT_EQ(answer->sources[0]->mid(), "audio");
  ASSERT_TRUE(bob.call(*to).ok());
  const auto consumer = to->consume(answer->sources[0]);
  settle();

  for (uint16_t i = 0; i < 50; ++i) alice.send(sound(i));
  ASSERT_TRUE(bob.receive_until([&] { return bob.rtp().size() >= 50; }));

  const auto first = *RtpView::parse(bob.rtp().front());
  for (uint16_t i = 0; i < 50; ++i) {
    const auto view = *RtpView::parse(bob.rtp()[i]);
    EXPECT_EQ(view.payload()[0], i);
    EXPECT_EQ(view.payload().size(), 160u);
    EXPECT_EQ(view.payload_type(), 0);
    EXPECT_EQ(view.ssrc(), first.ssrc());
    EXPECT_EQ(view.sequence(), static_cast<uint16_t>(first.sequence() + i));
    EXPECT_EQ(view.timestamp() - first.timestamp(), i * 160u);
  }
}

TEST_F(RtpPeerTest, HowLoudSoundIsIsReadAndHandedOnWhereItWasAgreedOn) {
  const std::string level = "a=extmap:3 urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n";
  TestPhone alice({}), bob({}), deaf({});
  auto from = create();
  auto to = create();
  auto to_deaf = create();
  const auto answer = alice.call(*from, level);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_TRUE(bob.call(*to, level).ok());
  ASSERT_TRUE(deaf.call(*to_deaf).ok());
  const auto consumer = to->consume(answer->sources[0]);
  const auto other = to_deaf->consume(answer->sources[0]);
  settle();

  for (uint16_t i = 0; i < 10; ++i) {
    auto media = sound(i);
    media.extension = static_cast<uint8_t>(30 + i);
    alice.send(media);
  }
  ASSERT_TRUE(bob.receive_until([&] { return bob.rtp().size() >= 10; }));
  ASSERT_TRUE(deaf.receive_until([&] { return deaf.rtp().size() >= 10; }));

  const auto view = *RtpView::parse(bob.rtp()[9]);
  ASSERT_TRUE(view.extension(3));
  EXPECT_EQ(view.extension(3)->front(), 39);
  EXPECT_EQ(view.payload()[0], 9);
  EXPECT_FALSE(RtpView::parse(deaf.rtp()[9])->extension(3));
  ASSERT_NE(answer->sources[0]->level(), nullptr);
  EXPECT_TRUE(answer->sources[0]->level()->known());
}

class RtpPeerSuites : public RtpPeerTest, public ::testing::WithParamInterface<SrtpProfile> {};

TEST_P(RtpPeerSuites, SoundGoesUnderKeysOfTheDescriptionBothWays) {
  TestPhone::Options options;
  options.protocol = "RTP/SAVP";
  options.suite = GetParam();
  TestPhone alice(options), bob(options);
  auto from = create();
  auto to = create();
  const auto answer = alice.call(*from);
  ASSERT_TRUE(answer.ok()) << answer.status();
  ASSERT_TRUE(bob.call(*to).ok());
  const auto consumer = to->consume(answer->sources[0]);
  settle();

  for (uint16_t i = 0; i < 20; ++i) alice.send(sound(i));
  ASSERT_TRUE(bob.receive_until([&] { return bob.rtp().size() >= 20 && !bob.rtcp().empty(); }));

  EXPECT_EQ(RtpView::parse(bob.rtp()[7])->payload()[0], 7);
  EXPECT_EQ(bob.failed(), 0u);

  // In the clear nothing gets in.
  TestPhone stranger({});
  stranger.set_server(alice.server());
  const auto refused = server_->statistics().refused_datagrams;
  stranger.send(sound(30));
  alice.send(sound(20));
  ASSERT_TRUE(bob.receive_until([&] { return bob.rtp().size() >= 21; }));
  EXPECT_EQ(RtpView::parse(bob.rtp()[20])->payload()[0], 20);
  EXPECT_EQ(server_->statistics().refused_datagrams, refused + 1);

  // Nor does what came before, or what is longer than any packet.
  alice.send(sound(20));
  auto long_one = sound(21);
  long_one.payload.resize(4000);
  alice.send(long_one);
  alice.send(sound(22));
  ASSERT_TRUE(bob.receive_until([&] { return bob.rtp().size() >= 22; }));
  EXPECT_EQ(RtpView::parse(bob.rtp()[21])->payload()[0], 22);
  EXPECT_EQ(server_->statistics().refused_datagrams, refused + 3);
}
INSTANTIATE_TEST_SUITE_P(All, RtpPeerSuites,
                         ::testing::Values(SrtpProfile::kAesCm128HmacSha1_80,
                                           SrtpProfile::kAesCm128HmacSha1_32, SrtpProfile::kAeadAes128Gcm));

TEST_F(RtpPeerTest, GoesOverToKeysInAnyCall) {
  TestPhone::Options under_key;
  under_key.protocol = "RTP/SAVP";
  under_key.suite = SrtpProfile::kAeadAes128Gcm;
  TestPhone alice(under_key), bob({});
  auto from = create();
  auto to = create();
  const auto answer = alice.call(*from);
  ASSERT_TRUE(answer.ok() && bob.call(*to).ok());
  const auto consumer = to->consume(answer->sources[0]);
  settle();
  // With gaps, so that the numbers go round with few packets; in the clear the phone takes most for stray
  // ones.
  constexpr uint64_t kGap = 0x3f00;
  TestPhone::Media media = sound(0);
  for (uint64_t index = kGap; index <= 6 * kGap; index += kGap) {
    media.sequence = static_cast<uint16_t>(index);
    media.wraps = index >> 16;
    alice.send(media);
  }
  ASSERT_TRUE(bob.receive_until([&] { return bob.rtp().size() + bob.failed() == 6; }));

  for (const auto suite :
       {SrtpProfile::kAesCm128HmacSha1_80, SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAesCm128HmacSha1_80}) {
    bob.clear();
    bob.secure(suite);
    ASSERT_TRUE(bob.call(*to).ok());
    ++media.sequence;
    alice.send(media);
    ASSERT_TRUE(bob.receive_until([&] { return !bob.rtp().empty() && !bob.rtcp().empty(); }));
  }
}

TEST_F(RtpPeerTest, HearsABrowserAndIsHeardByIt) {
  TestPhone phone({});
  auto plain = create();
  const auto answer = phone.call(*plain);
  ASSERT_TRUE(answer.ok());
  TestPeer::Options options;
  options.publishes = true;
  options.audio = "PCMU/8000";
  TestPeer browser(options);
  auto peer = server_->create_peer({});
  const auto back = peer->consume(answer->sources[0]);
  const auto joined = browser.join(*peer);
  ASSERT_TRUE(joined.ok()) << joined.status();
  ASSERT_TRUE(browser.connect());
  const auto consumer = plain->consume(joined->sources.at(0));
  settle();

  for (uint16_t i = 0; i < 10; ++i) {
    browser.send(
        {.video = false, .sequence = i, .timestamp = i * 160u, .payload = std::vector<uint8_t>(160, 9)});
    phone.send(sound(i));
  }
  ASSERT_TRUE(phone.receive_until([&] { return phone.rtp().size() >= 10; }));
  EXPECT_EQ(RtpView::parse(phone.rtp()[0])->payload()[0], 9);
  EXPECT_EQ(RtpView::parse(phone.rtp()[0])->header_size(), 12u) << "no header extensions";
}

TEST_F(RtpPeerTest, FollowsAPhoneThatChangesItsSsrc) {
  TestPhone alice({}), bob({});
  auto from = create();
  auto to = create();
  const auto answer = alice.call(*from);
  ASSERT_TRUE(answer.ok() && bob.call(*to).ok());
  const auto consumer = to->consume(answer->sources[0]);
  settle();

  for (uint16_t i = 0; i < 5; ++i) alice.send(sound(i));
  for (uint16_t i = 0; i < 5; ++i) {
    auto media = sound(static_cast<uint16_t>(100 + i));
    media.ssrc = 78;
    media.sequence = static_cast<uint16_t>(9000 + i);
    alice.send(media);
  }
  ASSERT_TRUE(bob.receive_until([&] { return bob.rtp().size() >= 10; }));

  const auto first = *RtpView::parse(bob.rtp()[0]);
  for (uint16_t i = 0; i < 10; ++i) {
    const auto view = *RtpView::parse(bob.rtp()[i]);
    EXPECT_EQ(view.ssrc(), first.ssrc());
    EXPECT_EQ(view.sequence(), static_cast<uint16_t>(first.sequence() + i)) << "as if nothing had been";
  }
}

TEST_F(RtpPeerTest, SendsReportsAndTakesThemOnTheNextPortOrTheSame) {
  for (const bool mux : {false, true}) {
    TestPhone::Options options;
    options.mux = mux;
    TestPhone phone(options);
    auto peer = create();
    const auto answer = phone.call(*peer);
    ASSERT_TRUE(answer.ok());
    const auto consumer = peer->consume(answer->sources[0]);  // hears himself
    settle();

    for (uint16_t i = 0; i < 20; ++i) phone.send(sound(i));
    const auto has = [&](uint8_t type) {
      return std::ranges::any_of(phone.rtcp(), [&](const auto& compound) { return compound[1] == type; });
    };
    EXPECT_TRUE(phone.receive_until([&] { return has(rtcp::kSenderReport) && phone.rtp().size() >= 20; }));
    const auto refused = server_->statistics().refused_datagrams;
    std::vector<uint8_t> compound(64);
    RtcpWriter writer(compound);
    writer.sender_report({77, uint64_t{1} << 40, 160, 20, 3200}, {});
    compound.resize(writer.size());
    phone.send_rtcp(compound);
    settle();
    EXPECT_EQ(server_->statistics().refused_datagrams, refused);
  }
}

TEST_F(RtpPeerTest, SendsNoRtcpToAPeerThatWantsNone) {
  TestPhone phone({});
  auto peer = create();
  const auto answer = phone.call(*peer, "b=RS:0\r\nb=RR:0\r\n");
  ASSERT_TRUE(answer.ok());
  const auto consumer = peer->consume(answer->sources[0]);
  settle();
  for (uint16_t i = 0; i < 20; ++i) phone.send(sound(i));
  ASSERT_TRUE(phone.receive_until([&] { return phone.rtp().size() >= 20; }));

  EXPECT_FALSE(phone.receive_until([&] { return !phone.rtcp().empty(); }, std::chrono::milliseconds(1500)));
}

TEST_F(RtpPeerTest, IsSilentWhileACallIsOnHold) {
  TestPhone alice({}), bob({});
  auto from = create();
  auto to = create();
  const auto answer = alice.call(*from);
  ASSERT_TRUE(answer.ok() && bob.call(*to).ok());
  const auto consumer = to->consume(answer->sources[0]);
  settle();
  alice.send(sound(0));
  ASSERT_TRUE(bob.receive_until([&] { return bob.rtp().size() == 1; }));
  const auto before = RtpView::parse(bob.rtp()[0])->sequence();

  const auto held = bob.call(*to, "a=sendonly\r\n");
  ASSERT_TRUE(held.ok());
  EXPECT_FALSE(held->lines.at(0).sends);
  EXPECT_TRUE(held->lines.at(0).receives);
  alice.send(sound(1));
  ASSERT_TRUE(alice.receive_until([&] { return answer->sources[0]->packets() == 2; }));
  settle();
  ASSERT_TRUE(bob.call(*to).ok());
  settle();
  alice.send(sound(2));
  ASSERT_TRUE(bob.receive_until([&] { return bob.rtp().size() == 2; }));
  EXPECT_EQ(RtpView::parse(bob.rtp()[1])->payload()[0], 2);
  EXPECT_EQ(RtpView::parse(bob.rtp()[1])->sequence(), static_cast<uint16_t>(before + 1));
}

bool has_pli(const TestPhone::Packet& compound) {
  RtcpReader reader(compound);
  auto packet = reader.next();
  while (packet && (packet->type != rtcp::kPayloadFeedback || packet->count != rtcp::kPli))
    packet = reader.next();
  return packet.has_value();
}

TEST_F(RtpPeerTest, AsksForKeyFramesOnlyWhereThatWasAgreedOn) {
  for (const bool agreed : {false, true}) {
    TestPhone::Options options;
    options.video = true;
    options.formats = "96";
    options.protocol = agreed ? "RTP/AVPF" : "RTP/AVP";
    options.attributes = "a=rtpmap:96 VP8/90000\r\n";
    if (agreed) options.attributes += "a=rtcp-fb:96 nack pli\r\n";
    TestPhone camera(options), screen(options);
    auto from = create();
    auto to = create();
    const auto answer = camera.call(*from);
    ASSERT_TRUE(answer.ok()) << answer.status();
    ASSERT_TRUE(screen.call(*to).ok());
    const auto consumer = to->consume(answer->sources[0]);
    settle();
    TestPhone::Media delta{.type = 96, .sequence = 1, .timestamp = 0, .marker = true};
    delta.payload = {0x10, 0x01, 0, 0};
    camera.send(delta);

    const auto asked = camera.receive_until([&] { return std::ranges::any_of(camera.rtcp(), has_pli); },
                                            std::chrono::milliseconds(agreed ? 20'000 : 1000));
    EXPECT_EQ(asked, agreed);
    const bool report_first = !asked || camera.rtcp().back()[1] == rtcp::kReceiverReport;
    EXPECT_TRUE(report_first) << "RFC 3550 section 6.1";
  }
}

TEST_F(RtpPeerTest, SurvivesGarbageOnBothPorts) {
  TestPhone phone({});
  auto peer = create();
  const auto answer = phone.call(*peer);
  ASSERT_TRUE(answer.ok());
  const auto consumer = peer->consume(answer->sources[0]);
  settle();
  const auto socket = std::move(*open_udp(*SocketAddress::parse("127.0.0.1", 0), {}));
  std::mt19937 random{11};
  for (int i = 0; i < 4000; ++i) {
    std::vector<uint8_t> garbage(random() % 200);
    for (auto& byte : garbage) byte = static_cast<uint8_t>(random());
    if (garbage.size() > 1 && i % 2 == 0) garbage[0] = 0x80;                  // looks like RTP
    if (garbage.size() > 1 && i % 4 == 0) garbage[1] = uint8_t(200 + i % 8);  // like RTCP
    const auto to = phone.server().with_port(static_cast<uint16_t>(phone.server().port() + i % 2));
    ::sendto(socket.get(), garbage.data(), garbage.size(), 0, to.data(), to.size());
    if (i % 100 == 0) settle();
  }

  for (uint16_t i = 0; i < 10; ++i) phone.send(sound(i));
  const auto has_heard = [&] {
    return std::ranges::any_of(phone.rtp(), [](const auto& packet) {
      const auto view = RtpView::parse(packet);
      return view && view->payload().size() == 160 && view->payload()[0] == 9;
    });
  };
  EXPECT_TRUE(phone.receive_until(has_heard));
}

TEST_F(RtpPeerTest, SpeaksIpv6) {
  TestPhone::Options options;
  options.host = "::1";
  TestPhone phone(options);
  RtpPeerOptions peer_options;
  peer_options.announced = "::1";
  auto peer = create(std::move(peer_options));
  const auto answer = phone.call(*peer);
  ASSERT_TRUE(answer.ok()) << answer.status();
  const auto consumer = peer->consume(answer->sources[0]);
  settle();
  phone.send(sound(5));
  ASSERT_TRUE(phone.receive_until([&] { return !phone.rtp().empty(); }));
  EXPECT_EQ(RtpView::parse(phone.rtp()[0])->payload()[0], 5);
}

}  // namespace
}  // namespace kms::rtc
