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

}  // namespace
}  // namespace kms::rtc
