// SPDX-License-Identifier: Apache-2.0
// H.264 from files to receivers of RTP: as it is where its pictures come in the order in which they are
// shown.
#include "elements/rtp/ffmpeg.hpp"
#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/rtp_media.hpp"

namespace kms::test {
namespace {

using rtc::test::TestPeer;

struct Case {
  const char* name;
  const char* file;
  const char* encoder;  // options of ffmpeg
  bool transcoded;
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.name; }

// Blue, with B-frames wherever they are allowed.
std::string ordered_clip(const Case& c) {
  const auto path = media_folder() + "/" + c.name + c.file;
  rtp::Ffmpeg ffmpeg("-f lavfi -i color=c=0x2040c0:s=320x240:r=30 -t 5 -c:v libx264 -pix_fmt yuv420p " +
                     std::string(c.encoder) + " -g 30 -x264-params b-adapt=0 " + path);
  EXPECT_TRUE(ffmpeg.finishes());
  return path;
}

struct OrderViewer : WithH264Endpoint {
  bool watch(const std::string& path) {
    auto options = player(path);
    options.set_loop(true);
    return join(peer) && create("p", options) == "OK" && connect("p", "w", v1::MEDIA_KIND_VIDEO) == "OK" &&
           play("p") == "OK";
  }
  // The decoded pictures that came, RGB.
  std::vector<std::vector<uint8_t>> see(size_t count) {
    RtpPlayer screen("media=video,clock-rate=90000,encoding-name=H264",
                     "rtph264depay ! h264parse ! avdec_h264 ! videoconvert ! video/x-raw,format=RGB");
    std::vector<std::vector<uint8_t>> pictures;
    size_t taken = 0;
    peer.receive_until(
        [&] {
          for (; taken < peer.rtp().size(); ++taken) {
            if ((peer.rtp()[taken][1] & 0x7f) == TestPeer::kVideoType) screen.put(peer.rtp()[taken]);
          }
          for (auto& picture : screen.take()) pictures.push_back(std::move(picture));
          return pictures.size() >= count;
        },
        kPatience);
    return pictures;
  }
  std::string way() {
    v1::GetGraphRequest request;
    request.set_name(session);
    v1::GetGraphResponse graph;
    EXPECT_EQ(client.call(*client.graph, &v1::GraphService::Stub::GetGraph, request, &graph), "OK");
    return graph.links_size() == 1 ? graph.links(0).way() : "";
  }
  std::string reason() {
    std::string text;
    EXPECT_TRUE(wait_for(events, [&](const v1::Event& event) {
      text = event.transcoding_started().reason();
      return event.has_transcoding_started();
    }));
    return text;
  }

  EventReader events{client, session};
  TestPeer peer{speaks_h264()};
};

class PictureOrder : public testing::TestWithParam<Case> {};

TEST_P(PictureOrder, DecidesWhetherAReceiverGetsTheStreamAsItIs) {
  OrderViewer kms;
  ASSERT_TRUE(kms.watch(ordered_clip(GetParam()))) << kms.client.last.message;

  const auto pictures = kms.see(60);

  ASSERT_GE(pictures.size(), 60U);
  for (const auto& picture : pictures) {
    ASSERT_EQ(picture.size(), 320U * 240 * 3);
    const auto* middle = picture.data() + (120 * 320 + 160) * 3;
    EXPECT_NEAR(middle[0], 0x20, 12);
    EXPECT_NEAR(middle[1], 0x40, 12);
    EXPECT_NEAR(middle[2], 0xc0, 12);
  }
  std::optional<uint32_t> last;
  for (const auto& packet : kms.peer.rtp()) {
    if ((packet[1] & 0x7f) != TestPeer::kVideoType) continue;
    const auto time = rtc::load_u32(&packet[4]);
    EXPECT_GE(static_cast<int32_t>(time - last.value_or(time)), 0) << "in the order in which they are shown";
    last = time;
  }
  const bool transcoded = GetParam().transcoded;
  EXPECT_EQ(kms.way(), transcoded ? "decode H264, encode H264, payload H264" : "payload H264");
  EXPECT_EQ(transcoded ? kms.reason() : "", transcoded ? "STREAM_UNSUITABLE" : "");
}

INSTANTIATE_TEST_SUITE_P(Files, PictureOrder,
                         testing::Values(Case{"WithBFrames", ".mp4", "-bf 2", true},
                                         Case{"WithoutBFrames", ".mp4", "-bf 0", false},
                                         Case{"FlvWithBFrames", ".flv", "-bf 2", true},
                                         Case{"FlvWithoutBFrames", ".flv", "-bf 0", false}),
                         [](const auto& c) { return std::string(c.param.name); });

}  // namespace
}  // namespace kms::test
