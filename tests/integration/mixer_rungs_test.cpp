// SPDX-License-Identifier: Apache-2.0
// A mixed picture and viewers of it behind lines of their own: each gets the size that its line bears, by
// what it reports (transport-cc, or REMB) and in its codec, and those of a codec share the encoders.
#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "kms/composite/v1/composite.grpc.pb.h"
#include "kms/webrtc/v1/webrtc.grpc.pb.h"
#include "tests/integration/media_fixture.hpp"
#include "tests/integration/metrics_of.hpp"
#include "tests/support/calm/calm.hpp"
#include "tests/support/relay/detour.hpp"
#include "tests/support/relay/relay.hpp"
#include "tests/support/rtp_media.hpp"

namespace kms::test {
namespace {

using namespace std::chrono_literals;
using rtc::test::TestPeer;
using webrtc::v1::WebRtcService;

constexpr size_t kFull = 480 * 270 * 3;  // bytes of a picture, 500 kbit/s
constexpr size_t kSmall = 320 * 180 * 3;
constexpr uint64_t kNarrow = 300'000;
constexpr uint64_t kWide = 5'000'000;
constexpr auto kLongest = 90s;

TestPeer::Options speaks_vp8() { return {}; }
TestPeer::Options speaks_h264() {
  TestPeer::Options options;
  options.video = "H264/90000";
  options.video_parameters = "packetization-mode=1;profile-level-id=42e01f;level-asymmetry-allowed=1";
  return options;
}

// One who watches, and reports as a browser does.
class Viewer {
 public:
  explicit Viewer(const TestPeer::Options& options)
      : options_(options),
        peer_(options),
        screen_(options.video == "H264/90000" ? "media=video,clock-rate=90000,encoding-name=H264"
                                              : "media=video,clock-rate=90000,encoding-name=VP8",
                std::string(options.video == "H264/90000" ? "rtph264depay ! h264parse ! avdec_h264"
                                                          : "rtpvp8depay ! vp8dec") +
                    " ! videoconvert ! video/x-raw,format=RGB") {}

  std::string offer() const { return peer_.offer(); }
  // Through a line of its own.
  bool connect(const std::string& answer) {
    relay_ = *Relay::start({.target = *udp_address_in(answer)});
    return peer_.use({.sdp = detour(answer, relay_->address()), .lines = {}, .sources = {}}).ok() &&
           peer_.connect();
  }
  // What its line bears, which a REMB says as well where it has nothing better.
  void bears(uint64_t bps) {
    bps_ = bps;
    if (options_.transport_cc)
      relay_->set(Relay::Direction::kDown, {.delay = 20ms, .rate_bps = bps, .longest_queue = 300ms});
  }
  bool sees(size_t size) const { return seen_ == size; }
  size_t seen() const { return seen_; }
  unsigned changes() const { return changes_; }

  void work() {
    peer_.receive_until([] { return false; }, 5ms);
    for (const auto& packet : peer_.rtp()) {
      if ((packet.at(1) & 0x7f) == TestPeer::kVideoType) screen_.put(packet);
    }
    if (options_.transport_cc) peer_.send_transport_feedback();
    if (options_.remb && bps_ > 0)
      peer_.send_rtcp(rtc::test::compound([&](rtc::RtcpWriter& to) { to.remb(1, {.bitrate_bps = bps_}); }));
    peer_.clear();
    for (const auto& picture : screen_.take()) {
      if (picture.size() != seen_) ++changes_;
      seen_ = picture.size();
    }
  }

 private:
  const TestPeer::Options options_;
  TestPeer peer_;
  std::unique_ptr<Relay> relay_;
  RtpPlayer screen_;
  uint64_t bps_ = 0;
  size_t seen_ = 0;
  unsigned changes_ = 0;
};

class MixedRungs : public MediaServer {
 public:
  MixedRungs()
      : MediaServer(
            "rtc: { announced: [127.0.0.1], threads: 1, disconnected_after: 1h, failed_after: 1h }\n"),
        stub_(WebRtcService::NewStub(client.channel)) {
    composite::v1::CompositeOptions room;
    room.set_width(480);
    room.set_height(270);
    room.set_frames_per_second(15);
    for (const auto* id : {"noise", "fast", "reports", "says", "phone"}) room.add_ports()->set_port_id(id);
    auto* cell = room.mutable_layout()->mutable_custom()->add_cells();
    cell->set_port_id("noise");
    cell->set_width(480);
    cell->set_height(270);
    EXPECT_EQ(create("room", room), "OK") << client.last.message;
    // Noise, so that an encoder has to do what it can to keep to its rate.
    auto clip = player(make_media("noise.webm",
                                  "videotestsrc num-buffers=60 pattern=snow ! "
                                  "video/x-raw,width=80,height=44,framerate=15/1 ! vp8enc deadline=1 "
                                  "keyframe-max-dist=15 ! webmmux ! filesink location={}"));
    clip.set_loop(true);
    clip.set_autoplay(true);
    EXPECT_EQ(create("noise", clip), "OK") << client.last.message;
    EXPECT_EQ(link("noise", "video", "room", "noise.video"), "OK") << client.last.message;
  }
  void follow_the_lines();

 private:
  std::string link(const std::string& source, const std::string& source_port, const std::string& sink,
                   const std::string& sink_port) {
    v1::LinkSpec spec;
    spec.set_source(source);
    spec.set_source_port(source_port);
    spec.set_sink(sink);
    spec.set_sink_port(sink_port);
    return client.connect(session, spec);
  }
  void join(const std::string& id, Viewer& viewer) {
    ASSERT_EQ(create(id, webrtc::v1::WebRtcOptions()), "OK") << client.last.message;
    ASSERT_EQ(link("room", id + ".video", id, "video"), "OK") << client.last.message;
    webrtc::v1::ProcessOfferRequest request;
    request.set_name(name_of(id));
    request.set_offer(viewer.offer());
    webrtc::v1::ProcessOfferResponse response;
    ASSERT_EQ(client.call(*stub_, &WebRtcService::Stub::ProcessOffer, request, &response), "OK")
        << client.last.message;
    ASSERT_TRUE(viewer.connect(response.answer()));
  }
  bool work_until(const std::function<bool()>& holds) {
    const auto give_up = std::chrono::steady_clock::now() + kLongest;
    while (!holds() && std::chrono::steady_clock::now() < give_up) {
      for (auto* each : all_) each->work();
    }
    return holds();
  }
  double encoders() const {
    return metrics_of(running->server).value("kms_transcoders", {{"does", "encode"}});
  }
  std::string who_sees_what() const {
    std::string text;
    for (const auto* each : all_) text += std::to_string(each->seen()) + ' ';
    return text;
  }

  const std::unique_ptr<WebRtcService::Stub> stub_;
  Viewer fast_{speaks_vp8()};
  Viewer reports_{[] {
    auto options = speaks_vp8();
    options.transport_cc = true;
    return options;
  }()};
  Viewer says_{[] {
    auto options = speaks_vp8();
    options.remb = true;
    return options;
  }()};
  Viewer phone_{[] {
    auto options = speaks_h264();
    options.transport_cc = true;
    return options;
  }()};
  const std::vector<Viewer*> all_{&fast_, &reports_, &says_, &phone_};
};

void MixedRungs::follow_the_lines() {
  ASSERT_NO_FATAL_FAILURE(join("fast", fast_));
  ASSERT_NO_FATAL_FAILURE(join("reports", reports_));
  ASSERT_NO_FATAL_FAILURE(join("says", says_));
  ASSERT_NO_FATAL_FAILURE(join("phone", phone_));
  ASSERT_TRUE(work_until([&] { return std::ranges::all_of(all_, [](auto* v) { return v->sees(kFull); }); }))
      << who_sees_what();
  EXPECT_EQ(encoders(), 2) << "one for each codec";

  reports_.bears(kNarrow);
  says_.bears(kNarrow);
  ASSERT_TRUE(work_until([&] { return reports_.sees(kSmall) && says_.sees(kSmall); })) << who_sees_what();
  EXPECT_EQ(encoders(), 3) << "those of a codec and a size share one";
  EXPECT_TRUE(phone_.sees(kFull));

  phone_.bears(kNarrow);
  ASSERT_TRUE(work_until([&] { return phone_.sees(kSmall); })) << who_sees_what();
  EXPECT_EQ(encoders(), 4) << "two sizes of two codecs";

  for (auto* each : {&reports_, &says_, &phone_}) each->bears(kWide);
  ASSERT_TRUE(work_until([&] { return std::ranges::all_of(all_, [](auto* v) { return v->sees(kFull); }); }))
      << who_sees_what();
  EXPECT_TRUE(work_until([&] { return encoders() == 2; })) << "nobody gets the small ones any more";
  EXPECT_EQ(fast_.changes(), 1u) << "none but the first picture";
}

TEST(MixedRungs, EachViewerGetsTheSizeThatItsLineBearsAndNobodyAnothers) {
  measure_calmly([] { MixedRungs().follow_the_lines(); });
}

}  // namespace
}  // namespace kms::test
