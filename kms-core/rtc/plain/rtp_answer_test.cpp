// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kms-core/rtc/plain/test_descriptions.hpp"

namespace kms::rtc {
namespace {

using test::description;
using test::fixed_ports;
using test::kAudio;
using test::kKey;
using test::kVideo;
using test::parsed;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::Not;

Result<RtpAgreement> answer(const std::string& offer, RtpPolicy policy = {}) {
  return RtpNegotiation(9, std::move(policy), fixed_ports).answer(offer);
}

std::string crypto(const std::string& tag_and_suite, const std::string& rest = {}) {
  return "a=crypto:" + tag_and_suite + ' ' + kKey + rest + "\r\n";
}

TEST(RtpAnswer, TakesOneCodecAndTheTelephoneEvents) {
  const auto agreed = answer(description(kAudio));

  ASSERT_TRUE(agreed.ok()) << agreed.status();
  const auto& line = *agreed->lines[0];
  EXPECT_EQ(line.codec.codec, Codec::kPcmu);
  EXPECT_EQ(line.payload_type, 0);
  EXPECT_EQ(line.tones->payload_type, 101);
  EXPECT_EQ(line.direction, Direction::kSendRecv);
  EXPECT_EQ(line.remote->to_string(), "192.0.2.1:4000");
  EXPECT_EQ(line.remote_rtcp->to_string(), "192.0.2.1:4001");
  EXPECT_FALSE(agreed->lines[1]);
  const auto media = parsed(agreed->sdp).media.at(0);
  EXPECT_EQ(media.protocol, "RTP/AVP");
  EXPECT_THAT(media.formats, ElementsAre("0", "101"));
  EXPECT_EQ(media.port, 10'000);
  EXPECT_EQ(media.address, "198.51.100.1");
  EXPECT_THAT(agreed->sdp, HasSubstr("o=- 9 1 IN IP4 198.51.100.1\r\n"));
  EXPECT_THAT(agreed->sdp, Not(HasSubstr("a=rtcp")));
}

TEST(RtpAnswer, ChoosesByOurPreferenceIfThereIsOne) {
  const auto agreed = answer(description(kAudio), {.codecs = {Codec::kOpus, Codec::kPcma, Codec::kPcmu}});
  ASSERT_TRUE(agreed.ok());
  EXPECT_EQ(agreed->lines[0]->codec.codec, Codec::kPcma);
}

TEST(RtpAnswer, PrefersWhatWaitsToBeSent) {
  RtpNegotiation negotiation(9, {}, fixed_ports);
  const auto agreed = negotiation.answer(description(kAudio), {CodecChoice{Codec::kPcma}, std::nullopt});
  ASSERT_TRUE(agreed.ok());
  EXPECT_EQ(agreed->lines[0]->codec.codec, Codec::kPcma);
  const auto other = negotiation.answer(description(kAudio), {CodecChoice{Codec::kOpus}, std::nullopt});
  ASSERT_TRUE(other.ok());
  EXPECT_EQ(other->lines[0]->codec.codec, Codec::kPcmu) << "as the peer prefers";
}

TEST(RtpAnswer, KeepsHowLoudSoundIsWhereItIsOffered) {
  const std::string level = "urn:ietf:params:rtp-hdrext:ssrc-audio-level\r\n";
  const auto agreed = answer(description(kAudio + ("a=extmap:3 " + level)));
  ASSERT_TRUE(agreed.ok()) << agreed.status();
  EXPECT_EQ(agreed->lines[0]->extension_id, 3);
  EXPECT_THAT(agreed->sdp, HasSubstr("a=extmap:3 " + level));

  for (const std::string offered : {"", "a=extmap:15 ", "a=extmap:3 urn:other:"}) {
    const auto without = answer(description(kAudio + (offered.empty() ? "" : offered + level)));
    ASSERT_TRUE(without.ok()) << offered;
    EXPECT_EQ(without->lines[0]->extension_id, 0) << offered;
    EXPECT_THAT(without->sdp, Not(HasSubstr("a=extmap"))) << offered;
  }
}

TEST(RtpAnswer, KeepsHowPicturesLieWhereItIsOffered) {
  const std::string lie = "a=extmap:7 urn:3gpp:video-orientation\r\n";
  const auto agreed = answer(description(kVideo + lie));
  ASSERT_TRUE(agreed.ok()) << agreed.status();
  EXPECT_EQ(agreed->lines[1]->extension_id, 7);
  EXPECT_THAT(agreed->sdp, HasSubstr(lie));
}

TEST(RtpAnswer, KeepsFeedbackWhereItIsOffered) {
  const auto agreed = answer(description(kVideo));
  ASSERT_TRUE(agreed.ok()) << agreed.status();
  EXPECT_TRUE(agreed->lines[1]->nack && agreed->lines[1]->pli);
  EXPECT_FALSE(agreed->lines[1]->reduced_size);
  EXPECT_THAT(agreed->sdp, HasSubstr("a=rtcp-fb:96 nack pli\r\n"));

  const auto plain = answer(description("m=video 4002 RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n"));
  ASSERT_TRUE(plain.ok());
  EXPECT_FALSE(plain->lines[1]->nack || plain->lines[1]->pli);
}

TEST(RtpAnswer, SharesThePortWithRtcpWhereThePeerOffersIt) {
  const auto offer = description(std::string(kAudio) + "a=rtcp-mux\r\n");
  const auto agreed = answer(offer);
  ASSERT_TRUE(agreed.ok());
  EXPECT_TRUE(agreed->lines[0]->mux);
  EXPECT_EQ(agreed->lines[0]->remote_rtcp->port(), 4000);
  EXPECT_THAT(agreed->sdp, HasSubstr("a=rtcp-mux"));

  const auto never = answer(offer, {.mux = RtcpMux::kNever});
  ASSERT_TRUE(never.ok());
  EXPECT_FALSE(never->lines[0]->mux);
  EXPECT_EQ(never->lines[0]->remote_rtcp->port(), 4001);
  EXPECT_EQ(reason_of(answer(description(kAudio), {.mux = RtcpMux::kRequired}).status()), "SDP_RTCP_MUX");
}

TEST(RtpAnswer, ReadsWhereRtcpGoesAndWhetherItDoes) {
  const auto agreed = answer(description(std::string(kAudio) + "a=rtcp:5555 IN IP4 192.0.2.9\r\n"));
  ASSERT_TRUE(agreed.ok()) << agreed.status();
  EXPECT_EQ(agreed->lines[0]->remote_rtcp->to_string(), "192.0.2.9:5555");
  EXPECT_TRUE(agreed->lines[0]->rtcp);

  const auto none = answer(description("m=audio 4000 RTP/AVP 0\r\nb=RS:0\r\nb=RR:0\r\n"));
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->lines[0]->rtcp);
}

TEST(RtpAnswer, HoldsACallAsThePeerSays) {
  const auto direction = [](const std::string& lines) {
    const auto agreed = answer(description(lines));
    return agreed.ok() ? agreed->lines[0]->direction : Direction::kSendRecv;
  };
  const std::string audio = kAudio;
  EXPECT_EQ(direction(audio + "a=sendonly\r\n"), Direction::kRecvOnly);
  EXPECT_EQ(direction(audio + "a=recvonly\r\n"), Direction::kSendOnly);
  EXPECT_EQ(direction(audio + "a=inactive\r\n"), Direction::kInactive);
  EXPECT_EQ(direction(audio + "c=IN IP4 0.0.0.0\r\n"), Direction::kRecvOnly) << "the old way";
}

TEST(RtpAnswer, TakesTheKeyAndGivesAnotherOneOfTheSameSuite) {
  const auto lines = "m=audio 4000 RTP/SAVP 0\r\n" + crypto("1 F8_128_HMAC_SHA1_80") +
                     crypto("2 AES_CM_128_HMAC_SHA1_32") + crypto("3 AES_CM_128_HMAC_SHA1_80");
  const auto agreed = answer(description(lines));

  ASSERT_TRUE(agreed.ok()) << agreed.status();
  const auto& line = *agreed->lines[0];
  EXPECT_EQ(line.receive_key->profile, SrtpProfile::kAesCm128HmacSha1_32);
  EXPECT_EQ(line.send_key->profile, SrtpProfile::kAesCm128HmacSha1_32);
  EXPECT_NE(line.send_key->master, line.receive_key->master);
  const auto written = parsed(agreed->sdp).media.at(0).crypto;
  ASSERT_EQ(written.size(), 1u);
  EXPECT_EQ(written[0].tag, 2u);
  EXPECT_EQ(*read_sdes(written[0], 0), *line.send_key);

  const auto ours = answer(description(lines), {.suites = {SrtpProfile::kAesCm128HmacSha1_80}});
  ASSERT_TRUE(ours.ok());
  EXPECT_EQ(ours->lines[0]->crypto_tag, 3u);
}

// As ffmpeg 5.1 writes it.
TEST(RtpAnswer, TakesAKeyUnderAnInsecureProfile) {
  const auto agreed = answer(description("m=audio 4000 RTP/AVP 0\r\n" + crypto("1 AES_CM_128_HMAC_SHA1_80")));
  ASSERT_TRUE(agreed.ok());
  EXPECT_TRUE(agreed->lines[0]->receive_key && agreed->lines[0]->send_key);
  EXPECT_THAT(agreed->sdp, HasSubstr("a=crypto:1 "));

  const auto none = answer(description("m=audio 4000 RTP/AVP 0\r\n" + crypto("1 F8_128_HMAC_SHA1_80")));
  ASSERT_TRUE(none.ok());
  EXPECT_FALSE(none->lines[0]->receive_key);
}

TEST(RtpAnswer, RefusesKeysThatItCannotUseWithTheirReason) {
  const auto refused = [](const std::string& attribute, RtpPolicy policy = {}) {
    return std::string(
        reason_of(answer(description("m=audio 4000 RTP/SAVP 0\r\n" + attribute), policy).status()));
  };
  EXPECT_EQ(refused(""), "SDP_CRYPTO_MISSING");
  EXPECT_EQ(refused(crypto("1 AES_CM_128_HMAC_SHA1_80", "|2^20")), "SDP_CRYPTO_LIFETIME");
  EXPECT_EQ(refused(crypto("1 AES_CM_128_HMAC_SHA1_80", "|2^31|1:1")), "SDP_CRYPTO_MKI");
  EXPECT_EQ(refused(crypto("1 AES_CM_128_HMAC_SHA1_80"), {.suites = {SrtpProfile::kAeadAes128Gcm}}),
            "SDP_CRYPTO_SUITE");
}

TEST(RtpAnswer, RejectsALineOfAnotherProfileAndKeepsTheRest) {
  const auto agreed = answer(description("m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n" + std::string(kVideo)));

  ASSERT_TRUE(agreed.ok()) << agreed.status();
  EXPECT_FALSE(agreed->lines[0]);
  const auto session = parsed(agreed->sdp);
  EXPECT_EQ(session.media.at(0).port, 0);
  EXPECT_EQ(session.media.at(0).protocol, "UDP/TLS/RTP/SAVP");
  EXPECT_EQ(session.media.at(1).port, 10'002);
}

TEST(RtpAnswer, SaysWhyIfNothingIsLeft) {
  EXPECT_EQ(reason_of(answer(description("m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n")).status()), "SDP_PROFILE");
  EXPECT_EQ(reason_of(answer(description("m=audio 4000 RTP/AVP 18\r\n")).status()), "SDP_NO_CODEC");
  EXPECT_EQ(reason_of(answer(description(kAudio), {.profile = RtpProfile::kSavp}).status()), "SDP_PROFILE");
  EXPECT_EQ(reason_of(answer(description("m=audio 4000 RTP/AVP 0\r\nc=IN IP4 example.com\r\n")).status()),
            "SDP_ADDRESS");
}

TEST(RtpAnswer, RejectsASecondLineOfAKindAndOtherKinds) {
  const auto agreed =
      answer(description(std::string(kAudio) + "m=audio 4010 RTP/AVP 0\r\nm=text 4020 RTP/AVP 98\r\n"));

  ASSERT_TRUE(agreed.ok());
  const auto session = parsed(agreed->sdp);
  EXPECT_EQ(session.media.at(0).port, 10'000);
  EXPECT_EQ(session.media.at(1).port, 0);
  EXPECT_EQ(session.media.at(2).port, 0);
}

TEST(RtpAnswer, KeepsItsKeyOverLaterOffers) {
  RtpNegotiation negotiation(9, {}, fixed_ports);
  const auto lines = "m=audio 4000 RTP/SAVP 0\r\n" + crypto("1 AES_CM_128_HMAC_SHA1_80");
  const auto first = negotiation.answer(description(lines));
  const auto second = negotiation.answer(description(lines + "a=inactive\r\n"));

  ASSERT_TRUE(first.ok() && second.ok());
  EXPECT_EQ(first->lines[0]->send_key, second->lines[0]->send_key);
  EXPECT_THAT(second->sdp, HasSubstr("o=- 9 2 IN"));
}

TEST(RtpAnswer, SendsUnderAKeyThatItHasLeftNeverAgain) {
  RtpNegotiation negotiation(9, {}, fixed_ports);
  const auto key_for = [&](const std::string& suite) {
    const auto agreed = negotiation.answer(description(
        suite.empty() ? "m=audio 4000 RTP/AVP 0\r\n"
                      : "m=audio 4000 RTP/SAVP 0\r\n" + crypto("1 AES_CM_128_HMAC_SHA1_" + suite)));
    return agreed.ok() ? agreed->lines[0]->send_key : std::nullopt;
  };
  const auto first = key_for("80");
  ASSERT_TRUE(first);
  EXPECT_EQ(key_for("80"), first) << "nothing has changed";

  ASSERT_TRUE(key_for("32"));
  const auto second = key_for("80");
  EXPECT_NE(second->master, first->master) << "after another suite";

  EXPECT_FALSE(key_for(""));
  EXPECT_NE(key_for("80")->master, second->master) << "after none";
}

TEST(RtpAnswer, EndsALineAndTakesItsPlaceAgain) {
  RtpNegotiation negotiation(9, {}, fixed_ports);
  ASSERT_TRUE(negotiation.answer(description(std::string(kAudio) + kVideo)).ok());

  const auto ended = negotiation.answer(description(std::string(kAudio) + "m=video 0 RTP/AVPF 96\r\n"));
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_FALSE(ended->lines[1]);
  EXPECT_EQ(reason_of(negotiation.answer(description(kAudio)).status()), "SDP_MEDIA_REMOVED");
  const auto again = negotiation.answer(description(std::string(kAudio) + kVideo));
  ASSERT_TRUE(again.ok());
  EXPECT_TRUE(again->lines[1]);
}

// As ffmpeg 5.1 writes it.
TEST(RtpAnswer, DoesNotRepeatWhatAFormatSaysOfTheSendersStream) {
  const auto agreed = answer(description(
      "m=video 4002 RTP/AVP 96\r\nb=AS:200\r\na=rtpmap:96 H264/90000\r\n"
      "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LAHtkDxWhAAAADAEAAAAwDxYuS,aMuMsg==; "
      "profile-level-id=42C01E\r\n"));
  ASSERT_TRUE(agreed.ok()) << agreed.status();
  EXPECT_THAT(agreed->sdp, HasSubstr("a=fmtp:96 packetization-mode=1;profile-level-id=42C01E\r\n"));
  EXPECT_THAT(agreed->lines[1]->codec.parameters, HasSubstr("sprop-parameter-sets"));
}

TEST(RtpAnswer, SpeaksIpv6) {
  const auto agreed = answer("v=0\r\no=- 1 1 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP6 2001:db8::1\r\nt=0 0\r\n" +
                             std::string(kAudio));
  ASSERT_TRUE(agreed.ok()) << agreed.status();
  EXPECT_EQ(agreed->lines[0]->remote->to_string(), "[2001:db8::1]:4000");
}

}  // namespace
}  // namespace kms::rtc
