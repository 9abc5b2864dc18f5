// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/plain/test_descriptions.hpp"
#include "kms-core/rtc/sdp/small_offer.hpp"
#include "kms/rtp/v1/rtp.grpc.pb.h"
#include "kms/webrtc/v1/webrtc.grpc.pb.h"
#include "tests/integration/media_fixture.hpp"

namespace kms::test {
namespace {

// Session descriptions that a server refuses, each with its reason.

using rtc::test::description;
using rtc::test::kAudio;
using rtc::test::kFingerprintText;
using rtc::test::replaced;
using rtc::test::replaced_once;
using rtc::test::small_offer;
using rtc::test::TestPeer;
using rtp::v1::RtpOptions;
using rtp::v1::RtpService;
using webrtc::v1::WebRtcService;

struct Refused {
  const char* reason;
  std::string description;
};

std::string changed(const std::string& from, const std::string& to) {
  return replaced_once(small_offer(), from, to);
}
std::string without(const std::string& part) { return replaced(small_offer(), part, ""); }
std::string with(const std::string& lines) { return small_offer() + lines + "\r\n"; }

std::string repeated(int count, const std::string& before, const std::string& after) {
  std::string text;
  for (int i = 0; i < count; ++i) text += before + std::to_string(i) + after;
  return text;
}

const std::string kBeginning = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
const std::string kCredentials = "a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n";

std::vector<Refused> wrong_offers() {
  return {
      {"SDP_EMPTY", ""},
      {"SDP_TOO_LARGE", small_offer() + std::string(1 << 20, 'a')},
      {"SDP_TOO_MANY_LINES", small_offer() + repeated(20'000, "a=x", "\r\n")},
      {"SDP_LINE_TOO_LONG", with("a=x:" + std::string(5000, 'y'))},
      {"SDP_NOT_TEXT", changed("a=mid:0\r\n", "a=mid:0\r\r\n")},
      {"SDP_SYNTAX", changed("a=mid:0", "mid")},
      {"SDP_UNKNOWN_TYPE", changed("a=mid:0", "x=mid:0")},
      {"SDP_BAD_BEGINNING", changed("v=0\r\n", "")},
      {"SDP_VERSION", changed("v=0", "v=1")},
      {"SDP_ORIGIN", changed("o=- 1 2", "o=- one two")},
      {"SDP_NO_TIMING", changed("t=0 0\r\n", "")},
      {"SDP_BAD_ATTRIBUTE", changed("a=mid:0", "a=mid:")},
      {"SDP_TOO_MANY_ATTRIBUTES", small_offer() + repeated(70, "a=ssrc:10", " cname:c\r\n")},
      {"SDP_NO_MEDIA", kBeginning},
      {"SDP_BAD_MEDIA_LINE", changed("SAVPF 111", "SAVPF")},
      {"SDP_TOO_MANY_MEDIA", kBeginning + repeated(200, "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:", "\r\n")},
      {"SDP_NO_MID", changed("a=mid:1\r\n", "")},
      {"SDP_DUPLICATE_MID", changed("a=mid:1", "a=mid:0")},
      {"SDP_BAD_BUNDLE", changed("BUNDLE 0 1", "BUNDLE 0 1 2")},
      {"SDP_TWO_DIRECTIONS", with("a=recvonly")},
      {"SDP_BAD_PAYLOAD_TYPE", changed("SAVPF 111", "SAVPF 128")},
      {"SDP_DUPLICATE_PAYLOAD_TYPE", changed("SAVPF 111", "SAVPF 111 111")},
      {"SDP_PAYLOAD_CONFLICT", replaced(changed("SAVPF 111", "SAVPF 96"), ":111 opus", ":96 opus")},
      {"SDP_DUPLICATE_EXTENSION", with("a=extmap:1 urn:other")},
      {"SDP_DUPLICATE_RID", with("a=rid:h send\r\na=rid:h send")},
      {"SDP_UNKNOWN_RID", with("a=rid:h send\r\na=simulcast:send h;m")},
      {"SDP_NO_CREDENTIALS", without(kCredentials)},
      {"SDP_NO_FINGERPRINT", without("a=fingerprint:" + kFingerprintText + "\r\n")},
      {"SDP_FINGERPRINT_HASH", replaced(small_offer(), kFingerprintText, "sha-1 01:02:03")},
      {"SDP_PEER_ICE_LITE", changed("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n")},
  };
}

// A server with a WebRtcEndpoint "w".
struct WebRtcServer : MediaServer {
  WebRtcServer() : MediaServer("rtc: { announced: [127.0.0.1], threads: 1 }\n") {
    EXPECT_EQ(create("w", webrtc::v1::WebRtcOptions()), "OK") << client.last.message;
  }
  std::string offer(const std::string& sdp) {
    webrtc::v1::ProcessOfferRequest request;
    request.set_offer(sdp);
    return command<WebRtcService>("w", &WebRtcService::Stub::ProcessOffer, request);
  }
  std::string answer(const std::string& sdp) {
    webrtc::v1::ProcessAnswerRequest request;
    request.set_answer(sdp);
    return command<WebRtcService>("w", &WebRtcService::Stub::ProcessAnswer, request);
  }
};

TEST(WebRtcDescriptions, ThatAreWrongAreRefusedAndAGoodOneIsTakenAfterwards) {
  WebRtcServer kms;

  for (const auto& wrong : wrong_offers()) {
    EXPECT_EQ(kms.offer(wrong.description), std::string("INVALID_ARGUMENT/") + wrong.reason)
        << kms.client.last.message;
  }

  EXPECT_EQ(kms.offer(small_offer()), "OK");
}

TEST(WebRtcDescriptions, ThatDoNotFollowWhatWasAgreedAreRefused) {
  WebRtcServer kms;
  ASSERT_EQ(kms.offer(small_offer()), "OK");
  const auto video = small_offer().find("m=video");
  const auto sound_alone = replaced(small_offer().substr(0, video), "BUNDLE 0 1", "BUNDLE 0");

  EXPECT_EQ(kms.offer(sound_alone), "INVALID_ARGUMENT/SDP_MEDIA_REMOVED");
  EXPECT_EQ(kms.offer(replaced(changed("a=mid:1", "a=mid:9"), "BUNDLE 0 1", "BUNDLE 0 9")),
            "INVALID_ARGUMENT/SDP_MID_CHANGED");
  EXPECT_EQ(kms.offer(replaced(small_offer(), "sha-256 01", "sha-256 AA")),
            "INVALID_ARGUMENT/SDP_FINGERPRINT_CHANGED");
  ASSERT_EQ(kms.command<WebRtcService>("w", &WebRtcService::Stub::GenerateOffer), "OK");
  EXPECT_EQ(kms.answer(sound_alone), "INVALID_ARGUMENT/SDP_ANSWER_MISMATCH");
}

TEST(WebRtcDescriptions, OfMoreStreamsThanAllowedAreRefused) {
  TestPeer greedy({.publishes = true, .rids = {"a", "b", "c", "d", "e", "f", "g", "h"}});
  for (int i = 2; i < 6; ++i) greedy.lines().push_back({std::to_string(i), true, "sendonly"});
  WebRtcServer kms;

  EXPECT_EQ(kms.offer(greedy.offer()), "INVALID_ARGUMENT/SDP_TOO_MANY_STREAMS");
}

TEST(WebRtcDescriptions, AnMLineThatIsTakenAwayEndsItsLinks) {
  TestPeer peer({.publishes = true});
  peer.lines().push_back({"screen", true, "sendonly", 77});
  WebRtcServer kms;
  EventReader events(kms.client, kms.session);
  ASSERT_EQ(kms.offer(peer.offer()), "OK") << kms.client.last.message;
  ASSERT_EQ(kms.client.create_pass_through(kms.session, "x"), "OK");
  v1::LinkSpec link;
  link.set_source("w");
  link.set_source_port("screen");
  link.set_sink("x");
  ASSERT_EQ(kms.client.connect(kms.session, link), "OK") << kms.client.last.message;

  peer.lines().back().rejected = true;
  ASSERT_EQ(kms.offer(peer.offer()), "OK") << kms.client.last.message;

  std::string reason;
  EXPECT_TRUE(MediaServer::wait_for(events, [&](const v1::Event& event) {
    reason = event.link_disconnected().reason();
    return event.has_link_disconnected();
  }));
  EXPECT_EQ(reason, "PORT_ENDED");
}

// A camera's B-frames cannot go to a browser as they are, although it takes their codec.
TEST(WebRtcDescriptions, AStreamThatNoReceiverTakesIsTranscoded) {
  WebRtcServer kms;
  webrtc::v1::WebRtcOptions options;
  options.add_codecs("H264");
  EventReader events(kms.client, kms.session);
  ASSERT_EQ(kms.create("h", options), "OK") << kms.client.last.message;
  auto player = kms.player(make_clip("clip.mp4", 5));
  player.set_loop(true);
  ASSERT_EQ(kms.create("p", player), "OK");
  ASSERT_EQ(kms.connect("p", "h", v1::MEDIA_KIND_VIDEO), "OK");

  ASSERT_EQ(kms.play("p"), "OK");

  std::string reason;
  EXPECT_TRUE(MediaServer::wait_for(events, [&](const v1::Event& event) {
    reason = event.transcoding_started().reason();
    return event.has_transcoding_started();
  }));
  EXPECT_EQ(reason, "STREAM_UNSUITABLE");
}

// A server with an RtpEndpoint "r".
struct RtpServer : MediaServer {
  explicit RtpServer(const RtpOptions& options = {})
      : MediaServer("rtp: { announced: 127.0.0.1, ports: 20000-29999 }\n") {
    EXPECT_EQ(create("r", options), "OK") << client.last.message;
  }
  std::string offer(const std::string& lines) {
    rtp::v1::ProcessOfferRequest request;
    request.set_offer(replaced(description(lines), "192.0.2.1", "127.0.0.1"));
    return command<RtpService>("r", &RtpService::Stub::ProcessOffer, request);
  }
};

std::string secure(const std::string& suite, const std::string& key, const std::string& rest = {}) {
  return "m=audio 4000 RTP/SAVP 0\r\na=crypto:1 " + suite + " " + key + rest + "\r\n";
}

std::vector<Refused> wrong_lines() {
  const std::string suite = "AES_CM_128_HMAC_SHA1_80";
  const std::string key = rtc::test::kKey;
  return {
      {"SDP_ADDRESS", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 example.com\r\n"},
      {"SDP_ADDRESS", "m=audio 4000 RTP/AVP 0\r\nc=IN IP4 169.254.169.254\r\n"},
      {"SDP_CONNECTION", "m=audio 4000 RTP/AVP 0\r\nc=nowhere\r\n"},
      {"SDP_PROFILE", "m=audio 4000 UDP/TLS/RTP/SAVP 0\r\n"},
      {"SDP_NO_CODEC", "m=audio 4000 RTP/AVP 18\r\n"},
      {"SDP_CRYPTO_MISSING", "m=audio 4000 RTP/SAVP 0\r\n"},
      {"SDP_CRYPTO_SUITE", secure("F8_128_HMAC_SHA1_80", key)},
      {"SDP_CRYPTO_KEY", secure(suite, "inline:WVNf")},
      {"SDP_CRYPTO_MKI", secure(suite, key, "|2^31|1:1")},
      {"SDP_CRYPTO_LIFETIME", secure(suite, key, "|2^20")},
      {"SDP_CRYPTO_PARAMETERS", secure(suite, key, " UNENCRYPTED_SRTP")},
  };
}

TEST(RtpDescriptions, ThatAreWrongAreRefusedAndAGoodOneIsTakenAfterwards) {
  RtpServer kms;

  for (const auto& wrong : wrong_lines()) {
    EXPECT_EQ(kms.offer(wrong.description), std::string("INVALID_ARGUMENT/") + wrong.reason)
        << kms.client.last.message;
  }

  EXPECT_EQ(kms.offer(kAudio), "OK") << kms.client.last.message;
  rtp::v1::SendTonesRequest tones;
  tones.set_tones(std::string(200, '1'));
  EXPECT_EQ(kms.command<RtpService>("r", &RtpService::Stub::SendTones, tones), "OK");
  EXPECT_EQ(kms.command<RtpService>("r", &RtpService::Stub::SendTones, tones),
            "RESOURCE_EXHAUSTED/TOO_MANY_TONES");
}

TEST(RtpDescriptions, APeerThatDoesNotShareAPortIsRefusedWhereItMust) {
  RtpOptions options;
  options.set_rtcp_mux(rtp::v1::RTCP_MUX_REQUIRED);
  RtpServer kms(options);

  EXPECT_EQ(kms.offer(kAudio), "INVALID_ARGUMENT/SDP_RTCP_MUX");
}

TEST(RtpDescriptions, AreNotForAnElementThatWasMadeWithoutAndAPortThatIsTakenIsAnElementError) {
  RtpOptions options;
  options.mutable_audio()->set_codec("PCMU");
  RtpServer kms(options);
  EXPECT_EQ(kms.offer(kAudio), "FAILED_PRECONDITION/NOT_BY_SDP");
  rtp::v1::GetLocalPortsRequest ask;
  ask.set_name(kms.name_of("r"));
  rtp::v1::GetLocalPortsResponse ports;
  const auto commands = RtpService::NewStub(kms.client.channel);
  ASSERT_EQ(kms.client.call(*commands, &RtpService::Stub::GetLocalPorts, ask, &ports), "OK");
  EventReader events(kms.client, kms.session);

  options.mutable_audio()->set_local_port(ports.audio_port());
  ASSERT_EQ(kms.create("taken", options), "OK");

  EXPECT_EQ(MediaServer::next_error(events), "PORT_UNAVAILABLE");
}

}  // namespace
}  // namespace kms::test
