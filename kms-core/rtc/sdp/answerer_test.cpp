// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/answerer.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kms-core/rtc/sdp/test_offers.hpp"

namespace kms::rtc {
namespace {

using test::answer;
using test::chromium_offer;
using test::replaced;
using test::replaced_once;
using test::small_offer;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

SentTrack track() {
  return {.stream_id = "room", .track_id = "camera", .cname = "us", .ssrc = 501, .rtx_ssrc = 502};
}

SessionDescription read(const Negotiation& negotiation) {
  auto session = parse_sdp(negotiation.sdp);
  EXPECT_TRUE(session.ok()) << session.status();
  return *session;
}

TEST(Answerer, TakesWhatChromiumPublishes) {
  const auto result = answer(chromium_offer("publish"));

  ASSERT_TRUE(result.ok()) << result.status();
  ASSERT_EQ(result->lines.size(), 2u);
  const auto& audio = result->lines[0];
  EXPECT_EQ(audio.codec.codec, Codec::kOpus);
  EXPECT_EQ(audio.payload_type, 111);
  EXPECT_EQ(audio.direction, Direction::kRecvOnly);
  EXPECT_FALSE(audio.nack);
  EXPECT_TRUE(audio.transport_cc);
  EXPECT_EQ(audio.rtx_payload_type, 0);
  const auto& video = result->lines[1];
  EXPECT_EQ(video.codec.codec, Codec::kVp8);
  EXPECT_EQ(video.payload_type, 96);
  EXPECT_EQ(video.rtx_payload_type, 97);
  EXPECT_TRUE(video.nack && video.pli && video.fir && video.transport_cc && video.reduced_size);
  EXPECT_FALSE(video.remb) << "transport-cc is enough";
  EXPECT_NE(video.ssrc, 0u);
  EXPECT_NE(video.rtx_ssrc, 0u);
  EXPECT_FALSE(video.cname.empty());
  EXPECT_EQ(video.extensions.id_of(ExtensionKind::kTransportSequence), 3);
  EXPECT_EQ(video.extensions.id_of(ExtensionKind::kMid), 4);
  EXPECT_TRUE(result->has_transport);
  EXPECT_FALSE(result->transport.we_are_client);
}

TEST(Answerer, WritesAnAnswerThatABrowserTakes) {
  const auto result = answer(chromium_offer("publish"));
  const auto session = read(*result);

  EXPECT_TRUE(session.ice_lite);
  EXPECT_EQ(session.session_id, 77u);
  EXPECT_THAT(session.bundle, ElementsAre("0", "1"));
  const auto& video = session.media[1];
  EXPECT_THAT(video.formats, ElementsAre("96", "97"));
  EXPECT_EQ(video.direction, Direction::kRecvOnly);
  EXPECT_EQ(video.transport.setup, DtlsSetup::kPassive);
  EXPECT_EQ(video.transport.ufrag, "ourufrag");
  EXPECT_EQ(video.transport.fingerprint->digest[0], 0xab);
  EXPECT_THAT(video.payloads[0].feedback, ElementsAre("transport-cc", "ccm fir", "nack", "nack pli"));
  EXPECT_EQ(video.payloads[1].parameters, "apt=96");
  EXPECT_THAT(session.media[0].candidates, ElementsAre(HasSubstr("192.0.2.1 5000 typ host")));
  EXPECT_TRUE(video.candidates.empty()) << "one transport, told once";
  EXPECT_TRUE(video.ssrcs.empty()) << "nothing is sent";
}

TEST(Answerer, SendsWithItsSsrcsNamed) {
  const auto result = answer(chromium_offer("watch"), {LineWish{}, LineWish{.send = track()}});
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->lines[0].direction, Direction::kInactive) << "nothing to send, nothing comes";
  EXPECT_EQ(result->lines[1].direction, Direction::kSendOnly);
  const auto video = read(*result).media[1];
  EXPECT_EQ(video.direction, Direction::kSendOnly);
  EXPECT_EQ(video.stream_id, "room");
  EXPECT_EQ(video.track_id, "camera");
  ASSERT_EQ(video.ssrcs.size(), 2u);
  EXPECT_EQ(video.ssrcs[0].ssrc, 501u);
  EXPECT_EQ(video.ssrcs[1].cname, "us");
  EXPECT_THAT(video.ssrc_groups[0].ssrcs, ElementsAre(501u, 502u));
}

TEST(Answerer, LeavesOutTheRtxSsrcWithoutRtx) {
  const auto offer = replaced(replaced(small_offer(), "sendonly", "sendrecv"), "apt=96", "apt=95");
  const auto result = answer(offer, {LineWish{}, LineWish{.send = track()}});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->lines[1].rtx_payload_type, 0);
  EXPECT_EQ(result->lines[1].direction, Direction::kSendRecv);
  EXPECT_EQ(read(*result).media[1].ssrcs.size(), 1u);
}

TEST(Answerer, NeverAsksForAudioAgain) {
  const auto offer = replaced(small_offer(), "SAVPF 111\r\n", "SAVPF 111 112\r\na=rtcp-fb:111 nack\r\n");
  const auto with_rtx =
      replaced(offer, "a=rtpmap:111 opus/48000/2\r\n",
               "a=rtpmap:111 opus/48000/2\r\na=rtpmap:112 rtx/48000\r\na=fmtp:112 apt=111\r\n");
  const auto result = answer(with_rtx);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_FALSE(result->lines[0].nack);
  EXPECT_EQ(result->lines[0].rtx_payload_type, 0);
  EXPECT_THAT(read(*result).media[0].formats, ElementsAre("111"));
  EXPECT_THAT(result->sdp, Not(HasSubstr("a=rtcp-fb:111 nack")));
}

TEST(Answerer, TakesRedInThePeersOrderAndKeepsInBandFec) {
  const auto as_chromium = chromium_offer("publish");
  const auto result = answer(as_chromium);
  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_EQ(result->lines[0].red_payload_type, 63);
  const auto audio = read(*result).media[0];
  EXPECT_THAT(audio.formats, ElementsAre("111", "63"));
  EXPECT_EQ(audio.payloads[0].parameters, "minptime=10;useinbandfec=1");
  EXPECT_EQ(audio.payloads[1].encoding, "red");
  EXPECT_EQ(audio.payloads[1].channels, 2u);
  EXPECT_EQ(audio.payloads[1].parameters, "111/111");

  const auto preferred = answer(replaced_once(as_chromium, "SAVPF 111 63", "SAVPF 63 111"));
  ASSERT_TRUE(preferred.ok()) << preferred.status();
  EXPECT_EQ(preferred->lines[0].payload_type, 111) << "of the codec";
  EXPECT_THAT(read(*preferred).media[0].formats, ElementsAre("63", "111"));
}

TEST(Answerer, TakesNoRedOfAnythingElse) {
  const auto as_chromium = chromium_offer("publish");
  for (const auto& offer :
       {replaced(as_chromium, "63 111/111", "63 111/0"), replaced(as_chromium, "63 111/111", "63 9/9"),
        replaced(as_chromium, "a=fmtp:63 111/111\r\n", ""),
        replaced(as_chromium, "red/48000/2", "red/8000")}) {
    const auto result = answer(offer);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_EQ(result->lines[0].red_payload_type, 0);
    EXPECT_THAT(read(*result).media[0].formats, ElementsAre("111"));
  }
}

// Chromium offers RED and ULPFEC of pictures always, and FlexFEC with an SSRC of its own when told to.
TEST(Answerer, LeavesForwardErrorCorrectionOfPicturesOut) {
  auto offer = chromium_offer("publish");
  const auto groups = replaced_once(offer, "a=ssrc-group:FID",
                                    "a=rtpmap:49 flexfec-03/90000\r\na=fmtp:49 repair-window=10000000\r\n"
                                    "a=ssrc-group:FEC-FR 1614812519 3131313131\r\n"
                                    "a=ssrc:3131313131 cname:FwuBIBRKUhqndH6y\r\na=ssrc-group:FID");
  const auto result = answer(replaced_once(groups, "118 119 120\r\n", "118 119 120 49\r\n"));

  ASSERT_TRUE(result.ok()) << result.status();
  EXPECT_THAT(read(*result).media[1].formats, ElementsAre("96", "97"));
  EXPECT_THAT(result->sdp, Not(HasSubstr("fec/90000")));
  EXPECT_THAT(result->sdp, Not(HasSubstr("flexfec")));
  EXPECT_THAT(result->sdp, Not(HasSubstr("red/90000")));
  EXPECT_EQ(result->lines[1].ssrc, 1614812519u);
  EXPECT_EQ(result->lines[1].rtx_ssrc, 2429126637u);
}

TEST(Answerer, RejectsUnknownKindsOutsideOfBundle) {
  const auto result = answer(chromium_offer("simulcast"));
  ASSERT_TRUE(result.ok());
  ASSERT_EQ(result->lines.size(), 3u);
  EXPECT_FALSE(result->lines[2].accepted);
  const auto session = read(*result);
  EXPECT_EQ(session.media[2].port, 0);
  EXPECT_EQ(session.media[2].mid, "2");
  EXPECT_EQ(session.media[2].protocol, "UDP/DTLS/SCTP");
  EXPECT_THAT(session.media[2].formats, ElementsAre("webrtc-datachannel"));
  EXPECT_THAT(session.bundle, ElementsAre("0", "1"));
}

TEST(Answerer, RejectsLinesWithoutACommonCodecProtocolOrRtcpMux) {
  const std::string text_line = "m=text 9 UDP/TLS/RTP/SAVPF 100\r\na=mid:2\r\n";
  for (const auto& offer : {replaced(small_offer(), "VP8/90000", "THEORA/90000"),
                            replaced_once(small_offer(), "m=video 9 UDP/TLS/RTP/SAVPF", "m=video 9 RTP/AVP"),
                            replaced(small_offer(), "m=video 9", "m=video 0")}) {
    const auto result = answer(offer);
    ASSERT_TRUE(result.ok()) << result.status();
    EXPECT_TRUE(result->lines[0].accepted);
    EXPECT_FALSE(result->lines[1].accepted);
    EXPECT_THAT(read(*result).bundle, ElementsAre("0"));
    EXPECT_EQ(read(*result).media[1].port, 0);
  }
}

TEST(Answerer, AnswersAnOfferOfWhichNothingCanBeTaken) {
  const auto result = answer(replaced(small_offer(), "UDP/TLS/RTP/SAVPF", "RTP/AVP"));
  ASSERT_TRUE(result.ok());
  EXPECT_FALSE(result->has_transport);
  EXPECT_TRUE(read(*result).bundle.empty());
  EXPECT_EQ(read(*result).media.size(), 2u);
}

TEST(Answerer, RejectsLinesThatWouldNeedASecondTransport) {
  const auto some = answer(replaced(small_offer(), "BUNDLE 0 1", "BUNDLE 1"));
  ASSERT_TRUE(some.ok());
  EXPECT_FALSE(some->lines[0].accepted);
  EXPECT_TRUE(some->lines[1].accepted);
  const auto none = answer(replaced(small_offer(), "a=group:BUNDLE 0 1\r\n", ""));
  ASSERT_TRUE(none.ok());
  EXPECT_TRUE(none->lines[0].accepted);
  EXPECT_FALSE(none->lines[1].accepted);
  EXPECT_TRUE(read(*none).bundle.empty());
}

TEST(Answerer, AcceptsBundleOnlyLines) {
  const auto result = answer(replaced(small_offer(), "m=video 9", "m=video 0") + "a=bundle-only\r\n");
  ASSERT_TRUE(result.ok());
  EXPECT_TRUE(result->lines[1].accepted);
  EXPECT_EQ(read(*result).media[1].port, 9);
}

TEST(Answerer, TakesTheFirstLinesCredentialsInABundle) {
  auto offer = small_offer();
  offer.replace(offer.rfind("a=ice-ufrag:abcd"), 16, "a=ice-ufrag:efgh");
  EXPECT_EQ(answer(offer)->transport.ufrag, "abcd");
  const auto rejected = replaced_once(offer, "opus/48000/2", "unknown/48000/2");
  EXPECT_EQ(answer(rejected)->transport.ufrag, "abcd");
}

TEST(Answerer, ChoosesTheDtlsRoleThatIsLeft) {
  const auto setup = [](const std::string& theirs, DtlsSetup preferred) {
    auto local = test::local_side();
    local.setup = preferred;
    const auto result = answer(replaced(small_offer(), "a=setup:actpass", "a=setup:" + theirs), {}, local);
    const bool active = result->sdp.find("a=setup:active") != std::string::npos;
    EXPECT_EQ(active, result->transport.we_are_client);
    return active;
  };
  EXPECT_FALSE(setup("actpass", DtlsSetup::kPassive));
  EXPECT_TRUE(setup("actpass", DtlsSetup::kActive));
  EXPECT_TRUE(setup("passive", DtlsSetup::kPassive));
  EXPECT_FALSE(setup("active", DtlsSetup::kActive));
}

TEST(Answerer, TakesTheCodecThatIsWanted) {
  const LineWish h264{.send = track(),
                      .codecs = {{Codec::kH264, "packetization-mode=1;profile-level-id=42e01f"}}};
  const auto result = answer(chromium_offer("watch"), {LineWish{}, h264});
  ASSERT_TRUE(result.ok());
  EXPECT_EQ(result->lines[1].codec.codec, Codec::kH264);
  EXPECT_THAT(result->lines[1].codec.parameters, HasSubstr("profile-level-id=42e01f"));
  EXPECT_THAT(result->lines[1].codec.parameters, HasSubstr("packetization-mode=1"));
  EXPECT_NE(result->lines[1].rtx_payload_type, 0);

  const LineWish h265{.codecs = {{Codec::kH265, ""}}};
  EXPECT_FALSE(answer(small_offer(), {LineWish{}, h265})->lines[1].accepted);
  EXPECT_FALSE(answer(small_offer(), {LineWish{}, LineWish{.accept = false}})->lines[1].accepted);
}

TEST(Answerer, AnswersEveryCodec) {
  for (const auto codec : {Codec::kVp8, Codec::kVp9, Codec::kH264, Codec::kAv1}) {
    const auto result = answer(chromium_offer("watch"), {LineWish{}, LineWish{.codecs = {{codec, ""}}}});
    EXPECT_TRUE(result->lines[1].accepted) << name_of(codec);
    EXPECT_EQ(result->lines[1].codec.codec, codec);
  }
  for (const auto codec : {Codec::kOpus, Codec::kPcmu, Codec::kPcma, Codec::kG722}) {
    const auto result = answer(chromium_offer("watch"), {LineWish{.codecs = {{codec, ""}}}, LineWish{}});
    EXPECT_EQ(result->lines[0].codec.codec, codec);
    EXPECT_TRUE(result->lines[0].accepted) << name_of(codec);
  }
  const auto h265 = replaced(small_offer(), "VP8/90000", "H265/90000");
  EXPECT_EQ(answer(h265)->lines[1].codec.codec, Codec::kH265);
}

TEST(Answerer, LeavesExtensionsItHasNoUseFor) {
  const auto result = answer(chromium_offer("publish"));
  EXPECT_THAT(result->sdp, Not(HasSubstr("abs-send-time")));
  EXPECT_THAT(result->sdp, Not(HasSubstr("toffset")));
  EXPECT_THAT(result->sdp, HasSubstr("a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid"));
  const auto high = answer(replaced(small_offer(), "a=extmap:1 ", "a=extmap:15 "));
  EXPECT_EQ(high->lines[1].extensions.id_of(ExtensionKind::kMid), 0) << "ids above 14 need the two-byte form";
}

}  // namespace
}  // namespace kms::rtc
