// SPDX-License-Identifier: Apache-2.0
// ffmpeg on both sides: one sends to an RtpEndpoint, the other one plays what a second endpoint sends.
#include "elements/rtp/ffmpeg.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "elements/rtp/caller.hpp"
#include "kms-core/rtc/plain/sdes.hpp"
#include "tests/support/own_ports.hpp"
#include "tests/support/test_elements.hpp"

namespace kms::rtp {
namespace {

using test::LiveSession;

constexpr const char* kTone = "-re -f lavfi -i sine=frequency=440:sample_rate=48000";

class FfmpegTest : public ::testing::Test {
 protected:
  // Two endpoints: what comes to "in" goes out by "out" to a port of ffmpeg's, which is given back.
  uint16_t connect(const v1::RtpOptions& in) {
    EXPECT_TRUE(session_.apply({endpoint("in", in), endpoint("out")}, {{"in", "out"}}).ok());
    return own_.first();
  }
  // The description of what ffmpeg takes there: for "out" an offer, for ffmpeg its input.
  static std::string description(uint16_t port, const std::string& line) {
    return fmt::format(
        "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
        "m={}a=recvonly\r\n",
        fmt::format(fmt::runtime(line), port));
  }
  uint32_t port_of(bool video) {
    const auto ports = Caller(session_, "in").ports();
    return ports.ok() ? (video ? ports->video_port() : ports->audio_port()) : 0;
  }
  std::string play(const std::string& sdp, const std::string& what) {
    return "-protocol_whitelist file,udp,rtp,srtp,crypto -analyzeduration 1M -fflags nobuffer -i " + sdp +
           " " + what;
  }
  // Sends a tone as `encoded` and expects it at the far end.
  void expect_tone(const std::string& encoded, const std::string& line, const v1::RtpOptions& in) {
    const auto port = connect(in);
    const auto sdp = folder_.write("play.sdp", description(port, line));
    Ffmpeg player(play(sdp, "-t 3 -ac 1 -ar 48000 -f s16le " + folder_.file("heard")));
    ASSERT_TRUE(Caller(session_, "out").answer(description(port, line)).ok());
    Ffmpeg sender(fmt::format("{} {} -f rtp rtp://127.0.0.1:{}", kTone, encoded, port_of(false)));
    ASSERT_TRUE(player.finishes());
    expect_heard();
  }
  void expect_heard() {
    const Sound heard(folder_.file("heard"), 48'000);
    EXPECT_GT(heard.seconds(), 2.5);
    EXPECT_GT(heard.share_of(440), 0.9);
    EXPECT_NEAR(heard.loudness(), 0.125 / std::numbers::sqrt2, 0.02) << "as loud as it was sent";
  }
  void expect_picture(const std::string& encoded, const std::string& line, const v1::RtpOptions& in) {
    const auto port = connect(in);
    const auto sdp = folder_.write("play.sdp", description(port, line));
    Ffmpeg player(play(sdp, "-frames:v 20 -s 64x48 -f rawvideo -pix_fmt rgb24 " + folder_.file("seen")));
    ASSERT_TRUE(Caller(session_, "out").answer(description(port, line)).ok());
    Ffmpeg sender(
        fmt::format("-re -f lavfi -i color=c=0x2040c0:s=320x240:r=25 {} -g 10 -f rtp rtp://127.0.0.1:{}",
                    encoded, port_of(true)));
    ASSERT_TRUE(player.finishes());
    std::ifstream file(folder_.file("seen"), std::ios::binary);
    const std::string seen((std::istreambuf_iterator<char>(file)), {});
    ASSERT_EQ(seen.size(), 20u * 64 * 48 * 3);
    const auto* last = reinterpret_cast<const uint8_t*>(seen.data()) + seen.size() - 64 * 24 * 3;
    EXPECT_NEAR(last[0], 0x20, 12);
    EXPECT_NEAR(last[1], 0x40, 12);
    EXPECT_NEAR(last[2], 0xc0, 12);
  }
  static v1::RtpOptions sound(const std::string& codec) {
    v1::RtpOptions options;
    options.mutable_audio()->set_codec(codec);
    return options;
  }
  static v1::RtpOptions pictures(const std::string& codec) {
    v1::RtpOptions options;
    options.mutable_video()->set_codec(codec);
    return options;
  }

  const test::OwnPorts own_;
  Folder folder_;
  LiveSession session_{setup()};
};

TEST_F(FfmpegTest, SendsAndHearsG711) {
  expect_tone("-c:a pcm_mulaw -ar 8000 -ac 1", "audio {} RTP/AVP 0\r\n", sound("PCMU"));
}

TEST_F(FfmpegTest, SendsAndHearsOpus) {
  auto options = sound("OPUS");
  options.mutable_audio()->set_payload_type(96);  // what ffmpeg takes for a single stream
  expect_tone("-c:a libopus -ac 1 -payload_type 96", "audio {} RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n",
              options);
}

TEST_F(FfmpegTest, SendsG711AndHearsOpus) {
  expect_tone("-c:a pcm_mulaw -ar 8000 -ac 1", "audio {} RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n",
              sound("PCMU"));
}

TEST_F(FfmpegTest, SendsOpusAndHearsG711) {
  auto options = sound("OPUS");
  options.mutable_audio()->set_payload_type(96);
  expect_tone("-c:a libopus -ac 1 -payload_type 96", "audio {} RTP/AVP 8\r\n", options);
}

TEST_F(FfmpegTest, SendsAndSeesVp8) {
  expect_picture("-c:v libvpx -deadline realtime -payload_type 96",
                 "video {} RTP/AVP 96\r\na=rtpmap:96 VP8/90000\r\n", pictures("VP8"));
}

TEST_F(FfmpegTest, SendsAndSeesH264) {
  expect_picture("-c:v libx264 -profile:v baseline -tune zerolatency -pix_fmt yuv420p -payload_type 96",
                 "video {} RTP/AVP 96\r\na=rtpmap:96 H264/90000\r\na=fmtp:96 packetization-mode=1\r\n",
                 pictures("H264"));
}

TEST_F(FfmpegTest, SendsAndHearsG722) {
  expect_tone("-c:a g722 -ar 16000 -ac 1", "audio {} RTP/AVP 9\r\n", sound("G722"));
}

TEST_F(FfmpegTest, SendsG722AndHearsOpus) {
  expect_tone("-c:a g722 -ar 16000 -ac 1", "audio {} RTP/AVP 96\r\na=rtpmap:96 opus/48000/2\r\n",
              sound("G722"));
}

constexpr char kVp9[] =
    "-c:v libvpx-vp9 -deadline realtime -cpu-used 8 -strict experimental -payload_type 96";
constexpr char kH265[] =
    "-c:v libx265 -preset ultrafast -tune zerolatency -x265-params log-level=error:pools=none "
    "-pix_fmt yuv420p -payload_type 96";

TEST_F(FfmpegTest, SendsAndSeesVp9) {
  expect_picture(kVp9, "video {} RTP/AVP 96\r\na=rtpmap:96 VP9/90000\r\n", pictures("VP9"));
}

TEST_F(FfmpegTest, SendsAndSeesH265) {
  expect_picture(kH265, "video {} RTP/AVP 96\r\na=rtpmap:96 H265/90000\r\n", pictures("H265"));
}

TEST_F(FfmpegTest, SaysGoodbyeWhenItEnds) {
  connect(sound("PCMU"));
  Ffmpeg sender(
      fmt::format("{} -t 1 -c:a pcm_mulaw -ar 8000 -ac 1 -f rtp -rtpflags send_bye rtp://127.0.0.1:{}", kTone,
                  port_of(false)));
  session_.await([](const auto& event) { return event.has_media_flowing(); });
  ASSERT_TRUE(sender.finishes());
  const auto ended = std::chrono::steady_clock::now();

  session_.await([](const auto& event) { return event.has_media_not_flowing(); });

  EXPECT_LT(std::chrono::steady_clock::now() - ended, std::chrono::milliseconds(1700))
      << "two without a goodbye";
}

// The key of what ffmpeg sends is in its own offer, that of what it takes in ours.
TEST_F(FfmpegTest, SendsAndHearsUnderKeys) {
  const auto port = connect({});
  const auto line = [](const std::string& key) {
    return "audio {} RTP/SAVP 0\r\na=crypto:1 AES_CM_128_HMAC_SHA1_80 inline:" + key + "\r\n";
  };
  const auto key_of = [](const rtc::SdesKey& key) { return rtc::write_sdes(1, key).keys.substr(7); };
  const auto theirs = key_of(rtc::make_sdes_key(rtc::SrtpProfile::kAesCm128HmacSha1_80));
  const auto in =
      Caller(session_, "in")
          .answer(fmt::format(
              "v=0\r\no=- 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\nm={}a=sendonly\r\n",
              fmt::format(fmt::runtime(line(theirs)), port + 2)));
  ASSERT_TRUE(in.ok()) << in.status();
  const auto out = Caller(session_, "out").answer(description(port, line(theirs)));
  ASSERT_TRUE(out.ok()) << out.status();
  const auto begin = out->find("inline:") + 7;
  const auto ours = out->substr(begin, out->find("\r\n", begin) - begin);

  const auto sdp = folder_.write("play.sdp", description(port, line(ours)));
  Ffmpeg player(play(sdp, "-t 3 -ac 1 -ar 48000 -f s16le " + folder_.file("heard")));
  Ffmpeg sender(
      fmt::format("{} -c:a pcm_mulaw -ar 8000 -ac 1 -srtp_out_suite AES_CM_128_HMAC_SHA1_80 "
                  "-srtp_out_params {} -f rtp srtp://127.0.0.1:{}",
                  kTone, theirs, port_of(false)));
  ASSERT_TRUE(player.finishes());
  expect_heard();
}

}  // namespace
}  // namespace kms::rtp
