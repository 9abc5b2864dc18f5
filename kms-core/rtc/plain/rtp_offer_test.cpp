// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kms-core/rtc/plain/test_descriptions.hpp"

namespace kms::rtc {
namespace {

using test::description;
using test::fixed_ports;
using test::kAudio;
using test::parsed;
using testing::ElementsAre;

TEST(RtpOffer, NamesAllThatMayBeSpoken) {
  RtpNegotiation negotiation(9, {.profile = RtpProfile::kAvpf}, fixed_ports);
  const auto offer = negotiation.offer({});

  ASSERT_TRUE(offer.ok()) << offer.status();
  const auto session = parsed(*offer);
  ASSERT_EQ(session.media.size(), 2u);
  EXPECT_EQ(session.media[0].protocol, "RTP/AVPF");
  EXPECT_THAT(session.media[0].formats, ElementsAre("96", "9", "8", "0", "101", "102"));
  EXPECT_EQ(session.media[0].port, 10'000);
  EXPECT_TRUE(session.media[0].rtcp_mux);
  EXPECT_EQ(session.media[1].payloads[0].encoding, "VP8");
  EXPECT_THAT(session.media[1].payloads[0].feedback, ElementsAre("nack", "nack pli"));
}

TEST(RtpOffer, TakesTheAnswer) {
  RtpNegotiation negotiation(9, {}, fixed_ports);
  ASSERT_TRUE(negotiation.offer({.video = false}).ok());
  const auto agreed = negotiation.accept(description(kAudio));

  ASSERT_TRUE(agreed.ok()) << agreed.status();
  EXPECT_EQ(agreed->lines[0]->codec.codec, Codec::kPcmu);
  EXPECT_EQ(agreed->lines[0]->tones->payload_type, 101);
  EXPECT_EQ(agreed->lines[0]->remote->port(), 4000);
  EXPECT_FALSE(agreed->lines[0]->mux);
  EXPECT_TRUE(agreed->sdp.empty());
  EXPECT_EQ(reason_of(negotiation.accept(description(kAudio)).status()), "NO_OFFER_PENDING");
}

TEST(RtpOffer, SendsWithThePeersNumbersAndReceivesWithOurs) {
  RtpNegotiation negotiation(9, {.codecs = {Codec::kOpus}}, fixed_ports);
  ASSERT_TRUE(negotiation.offer({.video = false}).ok());
  const auto agreed =
      negotiation.accept(description("m=audio 4000 RTP/AVP 111\r\na=rtpmap:111 opus/48000/2\r\n"));
  ASSERT_TRUE(agreed.ok()) << agreed.status();
  EXPECT_EQ(agreed->lines[0]->payload_type, 111);
  EXPECT_EQ(agreed->lines[0]->receive_type, 96);
}

TEST(RtpOffer, AsksHowLoudSoundIsAndHowPicturesLieAndTakesTheAnswerUnderTheSameId) {
  const std::string level = " urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n";
  for (const auto& [answered, id] : {std::pair{"", 0}, {"a=extmap:1", 1}, {"a=extmap:2", 0}}) {
    RtpNegotiation negotiation(9, {}, fixed_ports);
    const auto offer = negotiation.offer({});
    ASSERT_TRUE(offer.ok());
    const auto session = parsed(*offer);
    EXPECT_EQ(session.media[0].extensions.at(0).id, 1);
    ASSERT_EQ(session.media[1].extensions.size(), 1U) << "pictures are not loud";
    EXPECT_EQ(session.media[1].extensions[0].uri, "urn:3gpp:video-orientation");

    const auto theirs = *answered == '\0' ? std::string() : answered + level;
    const auto agreed = negotiation.accept(description(kAudio + theirs + "m=video 0 RTP/AVP 96\r\n"));
    ASSERT_TRUE(agreed.ok()) << agreed.status();
    EXPECT_EQ(agreed->lines[0]->extension_id, id) << answered;
  }
}

TEST(RtpOffer, TakesTelephoneEventsUnderOurNumberAndThePeers) {
  RtpNegotiation negotiation(9, {.codecs = {Codec::kPcmu}}, fixed_ports);
  ASSERT_TRUE(negotiation.offer({.video = false}).ok());
  const auto agreed =
      negotiation.accept(description("m=audio 4000 RTP/AVP 0 97\r\na=rtpmap:97 telephone-event/8000\r\n"));
  ASSERT_TRUE(agreed.ok()) << agreed.status();
  const auto& line = *agreed->lines[0];
  EXPECT_EQ(line.tones->payload_type, 97) << "to send";
  EXPECT_TRUE(line.is_tone(97));
  EXPECT_TRUE(line.is_tone(101)) << "as we offered them";
  EXPECT_FALSE(line.is_tone(0));
}

TEST(RtpOffer, TakesNoTelephoneEventsThatWereNotOffered) {
  RtpNegotiation negotiation(9, {.codecs = {Codec::kPcmu}}, fixed_ports);
  ASSERT_TRUE(negotiation.offer({.video = false}).ok());
  const auto agreed =
      negotiation.accept(description("m=audio 4000 RTP/AVP 0 97\r\na=rtpmap:97 telephone-event/16000\r\n"));
  ASSERT_TRUE(agreed.ok()) << agreed.status();
  EXPECT_FALSE(agreed->lines[0]->tones);
}

TEST(RtpOffer, GivesAKeyPerSuiteAndTakesThePeers) {
  RtpNegotiation negotiation(9, {.profile = RtpProfile::kSavp}, fixed_ports);
  const auto offer = negotiation.offer({.video = false});
  ASSERT_TRUE(offer.ok());
  const auto ours = parsed(*offer).media.at(0).crypto;
  ASSERT_EQ(ours.size(), 3u);
  EXPECT_EQ(ours[1].suite, "AES_CM_128_HMAC_SHA1_80");

  const auto answer = [&](uint32_t tag) {
    return description("m=audio 4000 RTP/SAVP 0\r\na=crypto:" + std::to_string(tag) +
                       " AES_CM_128_HMAC_SHA1_80 " + test::kKey + "\r\n");
  };
  EXPECT_EQ(reason_of(negotiation.accept(answer(ours[0].tag)).status()), "SDP_ANSWER_MISMATCH");
  const auto agreed = negotiation.accept(answer(ours[1].tag));
  ASSERT_TRUE(agreed.ok()) << agreed.status();
  EXPECT_EQ(*agreed->lines[0]->send_key, *read_sdes(ours[1], 0));
}

TEST(RtpOffer, HoldsAndEndsLines) {
  RtpNegotiation negotiation(9, {}, fixed_ports);
  ASSERT_TRUE(negotiation.answer(description(std::string(kAudio) + test::kVideo)).ok());

  const auto held = negotiation.offer({.hold = true});
  ASSERT_TRUE(held.ok());
  EXPECT_EQ(parsed(*held).media.at(0).direction, Direction::kInactive);
  const auto ended = negotiation.offer({.video = false});
  ASSERT_TRUE(ended.ok());
  const auto session = parsed(*ended);
  ASSERT_EQ(session.media.size(), 2u);
  EXPECT_EQ(session.media[1].port, 0);
  EXPECT_EQ(session.media[0].direction, Direction::kSendRecv);
}

TEST(RtpOffer, RefusesAnAnswerThatDoesNotFit) {
  RtpNegotiation negotiation(9, {.profile = RtpProfile::kAvpf}, fixed_ports);
  ASSERT_TRUE(negotiation.offer({.video = false}).ok());

  EXPECT_EQ(reason_of(negotiation.accept(description(std::string(kAudio) + test::kVideo)).status()),
            "SDP_ANSWER_MISMATCH");
  EXPECT_EQ(reason_of(negotiation.accept(description(test::kVideo)).status()), "SDP_ANSWER_MISMATCH");
  EXPECT_EQ(reason_of(negotiation.accept(description(kAudio)).status()), "SDP_PROFILE");
  const auto rejected = negotiation.accept(description("m=audio 0 RTP/AVPF 0\r\n"));
  ASSERT_TRUE(rejected.ok()) << rejected.status();
  EXPECT_FALSE(rejected->lines[0]);
}

}  // namespace
}  // namespace kms::rtc
