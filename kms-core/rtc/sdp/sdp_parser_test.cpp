// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/sdp_parser.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "kms-core/rtc/sdp/sdp_writer.hpp"
#include "kms-core/rtc/sdp/test_offers.hpp"

namespace kms::rtc {
namespace {

using test::chromium_offer;
using test::replaced;
using test::small_offer;
using testing::ElementsAre;

TEST(SdpParser, ReadsWhatChromiumOffers) {
  const auto session = parse_sdp(chromium_offer("simulcast"));

  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_THAT(session->bundle, ElementsAre("0", "1", "2"));
  EXPECT_TRUE(session->extmap_allow_mixed);
  EXPECT_FALSE(session->ice_lite);
  ASSERT_EQ(session->media.size(), 3u);
  const auto& audio = session->media[0];
  EXPECT_EQ(audio.kind, MediaKind::kAudio);
  EXPECT_EQ(audio.direction, Direction::kSendRecv);
  EXPECT_EQ(audio.transport.setup, DtlsSetup::kActPass);
  EXPECT_TRUE(audio.transport.fingerprint);
  EXPECT_EQ(audio.payloads[0].encoding, "opus");
  EXPECT_EQ(audio.payloads[0].channels, 2u);
  EXPECT_EQ(audio.payloads[0].parameters, "minptime=10;useinbandfec=1");
  EXPECT_EQ(audio.ssrcs.size(), 1u);
  EXPECT_FALSE(audio.ssrcs[0].cname.empty());
  const auto& video = session->media[1];
  EXPECT_TRUE(video.rtcp_mux && video.rtcp_reduced_size);
  EXPECT_EQ(video.payloads.size(), video.formats.size());
  EXPECT_THAT(video.payloads[0].feedback, testing::Contains("nack pli"));
  EXPECT_EQ(video.rids.size(), 3u);
  EXPECT_THAT(video.simulcast_send, ElementsAre("h", "m", "l"));
  EXPECT_EQ(session->media[2].kind, MediaKind::kApplication);
  EXPECT_THAT(session->media[2].formats, ElementsAre("webrtc-datachannel"));
}

TEST(SdpParser, WritesBackWhatItRead) {
  for (const auto* name : {"publish", "simulcast", "watch"}) {
    const auto first = parse_sdp(chromium_offer(name));
    ASSERT_TRUE(first.ok());
    const auto text = write_sdp(*first);
    const auto second = parse_sdp(text);
    ASSERT_TRUE(second.ok()) << second.status();
    EXPECT_EQ(write_sdp(*second), text);
    EXPECT_EQ(second->media.size(), first->media.size());
    EXPECT_EQ(second->media[1].payloads.size(), first->media[1].payloads.size());
  }
}

TEST(SdpParser, AcceptsBareLineFeedsAndAMissingLastEnd) {
  auto text = replaced(small_offer(), "\r\n", "\n");
  EXPECT_TRUE(parse_sdp(text).ok());
  text.pop_back();
  EXPECT_TRUE(parse_sdp(text).ok());
}

TEST(SdpParser, CopiesSessionAttributesToLinesWithoutTheirOwn) {
  auto text = replaced(small_offer(), "a=setup:actpass\r\n", "");
  text = replaced(text, "t=0 0\r\n", "t=0 0\r\na=setup:passive\r\na=recvonly\r\n");
  const auto session = parse_sdp(text);
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(session->media[1].transport.setup, DtlsSetup::kPassive);
  EXPECT_EQ(session->media[1].direction, Direction::kSendOnly) << "its own counts";
}

TEST(SdpParser, SkipsAttributesNobodyKnows) {
  const auto text = replaced(small_offer(), "a=mid:0\r\n", "a=mid:0\r\na=from-the-future:1 2 3\r\na=x\r\n");
  EXPECT_TRUE(parse_sdp(text).ok());
}

TEST(SdpParser, KnowsStaticPayloadTypesWithoutRtpmap) {
  const auto text = replaced(small_offer(), "SAVPF 111\r\n", "SAVPF 111 0 8 9\r\n");
  const auto session = parse_sdp(text);
  ASSERT_TRUE(session.ok());
  EXPECT_EQ(session->media[0].payloads[1].encoding, "PCMU");
  EXPECT_EQ(session->media[0].payloads[3].clock_rate, 8000u);
}

TEST(SdpParser, SpreadsFeedbackForAllOverAllPayloadTypes) {
  const auto text = replaced(small_offer(), "a=rtcp-fb:96 nack\r\n", "a=rtcp-fb:* ccm fir\r\n");
  const auto session = parse_sdp(text);
  ASSERT_TRUE(session.ok());
  EXPECT_THAT(session->media[1].payloads[1].feedback, ElementsAre("ccm fir"));
}

TEST(SdpParser, TakesTheFirstAlternativeOfSimulcastStreams) {
  const auto text = small_offer() +
                    "a=rid:a send pt=96,97\r\na=rid:b send\r\na=rid:c recv\r\n"
                    "a=simulcast:send a,b;~b recv c\r\n";
  const auto session = parse_sdp(text);
  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_THAT(session->media[1].simulcast_send, ElementsAre("a", "b"));
  EXPECT_THAT(session->media[1].simulcast_receive, ElementsAre("c"));
  EXPECT_THAT(session->media[1].rids[0].payload_types, ElementsAre(96, 97));
}

TEST(SdpParser, ReadsWhatPlainRtpSaysAndWritesItBack) {
  const std::string text =
      "v=0\r\no=- 1 2 IN IP6 2001:db8::1\r\ns=-\r\nc=IN IP4 192.0.2.1/127\r\nt=0 0\r\n"
      "m=audio 4000 RTP/SAVP 0\r\nb=RS:0\r\na=rtcp:5000 IN IP4 192.0.2.9\r\na=ptime:20\r\na=maxptime:150\r\n"
      "a=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:abc|2^31 WSH=64 KDR=1\r\n"
      "m=video 4002 RTP/AVP 96\r\nc=IN IP6 2001:db8::2\r\n";
  for (const auto& session : {parse_sdp(text), parse_sdp(write_sdp(*parse_sdp(text)))}) {
    ASSERT_TRUE(session.ok()) << session.status();
    EXPECT_EQ(session->address, "2001:db8::1");
    const auto& audio = session->media.at(0);
    EXPECT_EQ(audio.address, "192.0.2.1") << "that of the session";
    EXPECT_EQ(audio.rtcp_port, 5000);
    EXPECT_EQ(audio.rtcp_address, "192.0.2.9");
    EXPECT_EQ(audio.ptime_ms, 20u);
    EXPECT_EQ(audio.maxptime_ms, 150u);
    ASSERT_EQ(audio.bandwidths.size(), 1u);
    EXPECT_EQ(audio.bandwidths[0].type, "RS");
    ASSERT_EQ(audio.crypto.size(), 1u);
    EXPECT_EQ(audio.crypto[0].keys, "inline:abc|2^31");
    EXPECT_EQ(audio.crypto[0].parameters, "WSH=64 KDR=1");
    EXPECT_EQ(session->media.at(1).address, "2001:db8::2");
  }
}

TEST(SdpParser, RefusesAnAddressThatIsNone) {
  const auto text = replaced(small_offer(), "c=IN IP4 0.0.0.0", "c=IN ATM x");
  EXPECT_EQ(reason_of(parse_sdp(text).status()), "SDP_CONNECTION");
}

}  // namespace
}  // namespace kms::rtc
