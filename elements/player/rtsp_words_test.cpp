// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "elements/player/words/live_uri.hpp"
#include "elements/player/words/rtsp_auth.hpp"
#include "elements/player/words/rtsp_description.hpp"
#include "elements/player/words/rtsp_message.hpp"
#include "elements/player/words/rtsp_transport.hpp"

namespace kms::player {
namespace {

// Everything that can be read by now; false when what came is no RTSP.
bool take_items(RtspReader& reader, std::vector<RtspReader::Item>& into) {
  for (;;) {
    auto item = reader.next();
    if (!item.ok()) return false;
    if (std::holds_alternative<std::monostate>(*item)) return true;
    into.push_back(std::move(*item));
  }
}

TEST(RtspReader, ReadsAnswersAndPacketsInPiecesOfAnySize) {
  const std::string packet{'$', 1, 0, 3, 'a', 'b', 'c'};
  const std::string text = "RTSP/1.0 200 OK\r\nCSeq: 3\r\ncontent-length: 5\r\n\r\nhello" + packet +
                           "GET_PARAMETER rtsp://x RTSP/1.0\nCSeq: 9\n\n";
  for (size_t piece = 1; piece <= text.size(); ++piece) {
    RtspReader reader;
    std::vector<RtspReader::Item> items;
    for (size_t at = 0; at < text.size(); at += piece) {
      reader.put(text.data() + at, std::min(piece, text.size() - at));
      ASSERT_TRUE(take_items(reader, items));
    }
    ASSERT_EQ(items.size(), 3U) << piece;
    EXPECT_EQ(std::get<RtspMessage>(items[0]).status, 200);
    EXPECT_EQ(std::get<RtspMessage>(items[0]).body, "hello");
    EXPECT_EQ(std::get<RtspMessage>(items[0]).header("cseq"), "3");
    EXPECT_EQ(std::get<RtspPacket>(items[1]).channel, 1);
    EXPECT_EQ(std::get<RtspPacket>(items[1]).bytes, "abc");
    EXPECT_EQ(std::get<RtspMessage>(items[2]).reason, "GET_PARAMETER");
  }
}

// RFC 2617, 3.5, without the client's random word: the older form.
TEST(RtspAuth, ProvesAPasswordAsServersExpect) {
  RtspAuth auth("Mufasa", "Circle Of Life");
  EXPECT_FALSE(auth.authorization("GET", "/dir/index.html"));
  ASSERT_TRUE(auth.challenge({"Basic realm=\"x\"",
                              "Digest realm=\"testrealm@host.com\", "
                              "nonce=\"dcd98b7102dd2f0e8b11d0f600bfb0c093\", opaque=\"5ccc\""}));
  const auto proof = auth.authorization("GET", "/dir/index.html");
  ASSERT_TRUE(proof);
  EXPECT_NE(proof->find("response=\"670fd8c2df070c60b045671b8b24ff02\""), std::string::npos) << *proof;
  EXPECT_NE(proof->find("opaque=\"5ccc\""), std::string::npos);
  EXPECT_EQ(proof->find("Circle"), std::string::npos);

  RtspAuth plain("Aladdin", "open sesame");
  ASSERT_TRUE(plain.challenge({"Basic realm=\"x\""}));
  EXPECT_EQ(plain.authorization("GET", "/"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  RtspAuth nobody("", "");
  EXPECT_FALSE(nobody.challenge({"Basic realm=\"x\""}));
}

TEST(RtspDescription, IsReadWithWhatEachStreamNeeds) {
  const auto description = parse_rtsp_description(
      "v=0\r\na=control:*\r\na=range:npt=0-12.5\r\nm=application 0 RTP/AVP 107\r\na=control:meta\r\n"
      "m=audio 0 RTP/AVP 0\r\na=control:track1\r\nm=video 0 RTP/AVP 96 97\r\na=rtpmap:96 H264/90000\r\n"
      "a=fmtp:96 packetization-mode=1; sprop-parameter-sets=Z0LA,aM4=\r\na=rtpmap:97 rtx/90000\r\n"
      "a=control:rtsp://cam/track2\r\n");
  ASSERT_TRUE(description.ok());
  ASSERT_EQ(description->streams.size(), 2U);
  EXPECT_TRUE(description->on_demand);
  EXPECT_EQ(description->streams[0].encoding, "PCMU");
  EXPECT_EQ(description->streams[0].clock_rate, 8000U);
  EXPECT_EQ(description->streams[1].encoding, "H264");
  EXPECT_EQ(description->streams[1].parameters.at(1).second, "Z0LA,aM4=");
  EXPECT_EQ(control_uri("rtsp://h/cam/", description->streams[0].control), "rtsp://h/cam/track1");
  EXPECT_EQ(control_uri("rtsp://h/cam", description->streams[1].control), "rtsp://cam/track2");
  EXPECT_EQ(control_uri("rtsp://h/cam", description->control), "rtsp://h/cam");
}

TEST(RtspTransport, IsReadWithoutTheHostsItNames) {
  const auto transport =
      parse_transport("RTP/AVP;unicast;source=10.0.0.1;client_port=4000-4001;server_port=5000-5001;ssrc=1");
  EXPECT_FALSE(transport.tcp);
  EXPECT_EQ(transport.server_rtp, 5000);
  EXPECT_EQ(transport.server_rtcp, 5001);
  EXPECT_EQ(parse_transport("RTP/AVP/TCP;interleaved=4-5").report_channel, 5);
  EXPECT_FALSE(parse_transport("RTP/AVP/TCP;interleaved=999-5").channel);
  EXPECT_EQ(seconds_of("12;timeout=30", "timeout="), std::chrono::seconds(30));
}

TEST(LiveUri, KeepsWhatItIsNotToTell) {
  const std::string uri = "rtsp://eve:p%40ss@cam.example:8554/a/b?x=1";
  const auto parsed = parse_live_uri(uri);
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->user, "eve");
  EXPECT_EQ(parsed->password, "p@ss");
  EXPECT_EQ(parsed->port, 8554);
  EXPECT_EQ(parsed->shown(), "rtsp://cam.example:8554/a/b?x=1");
  EXPECT_EQ(parsed->leading_to("2001:db8::1"), "rtsp://[2001:db8::1]:8554/a/b?x=1");
  EXPECT_EQ(without_credentials("what " + uri + " says", uri), "what rtsp://cam.example:8554/a/b?x=1 says");
  EXPECT_EQ(without_credentials("http://a:b@c/", "http://a:b@c/"), "http://c/");
  EXPECT_EQ(message_of(parse_live_uri("rtsp://eve:word@/x").status()).find("word"), std::string::npos);
  EXPECT_FALSE(parse_live_uri("rtsp://host/a\r\nX: y").ok());
}

}  // namespace
}  // namespace kms::player
