// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "elements/rtp/caller.hpp"
#include "tests/support/test_elements.hpp"
#include "tests/support/waiting.hpp"

namespace kms::rtp {
namespace {

using rtc::test::TestPhone;
using test::LiveSession;
using testing::HasSubstr;

TestPhone::Media sound(uint16_t number) {
  return {.type = 0,
          .sequence = static_cast<uint16_t>(1000 + number),
          .timestamp = number * 160u,
          .payload = std::vector<uint8_t>(160, static_cast<uint8_t>(number))};
}

std::set<std::string> ways_of(LiveSession& session) {
  std::set<std::string> out;
  const auto graph = session.graph();
  for (const auto& link : graph.links()) out.insert(link.way());
  return out;
}

// Sends until the other one has heard so much.
bool talk(TestPhone& from, TestPhone& to, size_t packets) {
  uint16_t number = 0;
  return test::eventually([&] {
    from.send(sound(number++));
    to.receive_until([] { return false; }, std::chrono::milliseconds(1));
    return to.rtp().size() >= packets;
  });
}

TEST(RtpEndpoint, SendsOnWhatAnotherOneGetsWithoutDecoding) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({endpoint("alice"), endpoint("bob")}, {{"alice", "bob"}}).ok());
  TestPhone alice({}), bob({});
  ASSERT_TRUE(Caller(session, "alice").join(alice).ok());
  ASSERT_TRUE(Caller(session, "bob").join(bob).ok());

  EXPECT_TRUE(talk(alice, bob, 20));

  EXPECT_EQ(ways_of(session).count("forward"), 1u);
  for (const auto& event : session.events()) EXPECT_FALSE(event.has_transcoding_started());
}

TEST(RtpEndpoint, NeedsNoDescriptions) {
  LiveSession session(setup());
  TestPhone alice({}), bob({});
  v1::RtpOptions from, to;
  from.mutable_audio()->set_codec("PCMU");
  to.mutable_audio()->set_codec("PCMU");
  to.mutable_audio()->set_remote_address("127.0.0.1");
  to.mutable_audio()->set_remote_port(bob.port());
  to.mutable_audio()->set_ssrc(4711);
  ASSERT_TRUE(session.apply({endpoint("alice", from), endpoint("bob", to)}, {{"alice", "bob"}}).ok());

  const auto ports = Caller(session, "alice").ports();
  ASSERT_TRUE(ports.ok()) << ports.status();
  EXPECT_EQ(ports->audio_rtcp_port(), ports->audio_port() + 1);
  EXPECT_EQ(ports->video_port(), 0u);
  alice.set_server(*rtc::SocketAddress::parse("127.0.0.1", static_cast<uint16_t>(ports->audio_port())));
  ASSERT_TRUE(talk(alice, bob, 20));
  EXPECT_EQ(rtc::RtpView::parse(bob.rtp().front())->ssrc(), 4711u);
  EXPECT_EQ(reason_of(Caller(session, "alice").answer(alice.offer()).status()), "NOT_BY_SDP");
}

TEST(RtpEndpoint, TellsTonesAndSendsThem) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({endpoint("phone")}, {}).ok());
  TestPhone phone({});
  Caller caller(session, "phone");
  ASSERT_TRUE(caller.join(phone).ok());

  rtc::ToneEvent event{7, true, 800};
  TestPhone::Media media = sound(0);
  media.type = 101;
  const auto payload = event.bytes();
  media.payload.assign(payload.begin(), payload.end());
  phone.send(media);
  const auto told = session.await([](const kms::v1::Event& it) {
    v1::ToneReceived tone;
    return it.has_element_event() && it.element_event().UnpackTo(&tone) && tone.tone() == "7";
  });
  EXPECT_GT(told.sequence(), 0u);

  ASSERT_TRUE(
      caller.order([](RtpElement& peer, Done done) { peer.send_tones({.tones = "5"}, std::move(done)); })
          .ok());
  EXPECT_TRUE(phone.receive_until([&] { return phone.rtp().size() >= 8; }));
  const auto refused =
      caller.order([](RtpElement& peer, Done done) { peer.send_tones({.tones = "five"}, std::move(done)); });
  EXPECT_EQ(reason_of(refused), "TONES_INVALID");
}

TEST(RtpEndpoint, OffersAndTakesTheAnswer) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({endpoint("me")}, {{"me", "me"}}).ok());
  TestPhone phone({});
  Caller caller(session, "me");
  const auto offer = caller.ask<v1::GenerateOfferResponse>(
      [](RtpElement& peer, auto reply) { peer.generate_offer({.video = false}, std::move(reply)); });
  ASSERT_TRUE(offer.ok()) << offer.status();
  phone.use(offer->offer());
  const auto taken =
      caller.order([&](RtpElement& peer, Done done) { peer.process_answer(phone.offer(), std::move(done)); });
  ASSERT_TRUE(taken.ok()) << taken;

  EXPECT_TRUE(talk(phone, phone, 10)) << "hears itself";
}

TEST(RtpEndpoint, RefusesWrongOptionsWithTheirField) {
  LiveSession session(setup());
  const auto refused = [&](const std::function<void(v1::RtpOptions&)>& spoil) {
    v1::RtpOptions options;
    spoil(options);
    const auto applied = session.apply({endpoint("x", options)}, {});
    EXPECT_EQ(reason_of(applied.status()), "INVALID_OPTIONS");
    return std::string(applied.status().message());
  };
  EXPECT_THAT(refused([](auto& o) { o.add_codecs("MP3"); }), HasSubstr("codecs"));
  EXPECT_THAT(refused([](auto& o) { o.mutable_audio()->set_codec("VP8"); }), HasSubstr("audio.codec"));
  EXPECT_THAT(refused([](auto& o) { o.set_bind_address("here"); }), HasSubstr("bind_address"));
  EXPECT_THAT(refused([](auto& o) { o.mutable_media_timeout()->set_nanos(5); }), HasSubstr("media_timeout"));
  EXPECT_THAT(refused([](auto& o) { o.set_jitter_buffer_ms(5); }), HasSubstr("jitter_buffer_ms"));
  EXPECT_THAT(refused([](auto& o) {
                o.mutable_video()->set_codec("VP8");
                o.mutable_video()->set_payload_type(70);
              }),
              HasSubstr("video.payload_type"));
  EXPECT_THAT(refused([](auto& o) {
                o.mutable_video()->set_codec("VP8");
                o.mutable_video()->set_remote_port(5004);
              }),
              HasSubstr("video.remote_address"));
}

}  // namespace
}  // namespace kms::rtp
