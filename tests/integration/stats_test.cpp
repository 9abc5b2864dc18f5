// SPDX-License-Identifier: Apache-2.0
// What GetStats and GetRtcStats say of media that runs: each field once, with a value that can be told.
#include <array>

#include "kms-core/rtc/forwarding/sender_clock.hpp"
#include "kms-core/rtc/peer/test_phone.hpp"
#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "kms/gstreamer_filter/v1/gstreamer_filter.pb.h"
#include "kms/rtp/v1/rtp.pb.h"
#include "tests/integration/metrics_of.hpp"
#include "tests/integration/webrtc_fixture.hpp"

namespace kms::test {
namespace {

using namespace webrtc::v1;
using rtc::RtcpWriter;
using rtc::test::compound;
using rtc::test::TestPeer;

double unix_now() {  // milliseconds
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  return std::chrono::duration<double, std::milli>(since).count();
}

constexpr uint64_t kRawFrame = 320 * 240 * 3 / 2;

// A filter that takes far longer for a frame than a thirtieth of a second.
constexpr char kSlow[] = "videoscale ! video/x-raw,width=2880,height=2160 ! gaussianblur sigma=8";

// A clip goes through a filter to a screen, where it is encoded again, and to a slow filter.
struct Playing : MediaServer {
  Playing() : MediaServer("rtp: { announced: 127.0.0.1, ports: 20000-29999 }\n") {
    auto clip = player(make_clip("clip.webm", 4));
    clip.set_loop(true);
    clip.set_autoplay(true);
    rtp::v1::RtpOptions to_screen;
    to_screen.mutable_video()->set_codec("VP8");
    to_screen.mutable_video()->set_remote_address("127.0.0.1");
    to_screen.mutable_video()->set_remote_port(screen.port());
    EXPECT_EQ(create("filter", filter("videobalance")), "OK") << client.last.message;
    EXPECT_EQ(create("slow", filter(kSlow)), "OK") << client.last.message;
    EXPECT_EQ(create("screen", to_screen), "OK") << client.last.message;
    EXPECT_EQ(create("p", clip), "OK") << client.last.message;
    EXPECT_EQ(connect("p", "filter", v1::MEDIA_KIND_VIDEO), "OK") << client.last.message;
    EXPECT_EQ(connect("p", "slow", v1::MEDIA_KIND_VIDEO), "OK") << client.last.message;
    EXPECT_EQ(connect("filter", "screen", v1::MEDIA_KIND_VIDEO), "OK") << client.last.message;
  }
  static gstreamer_filter::v1::GStreamerFilterOptions filter(const std::string& bin) {
    gstreamer_filter::v1::GStreamerFilterOptions options;
    options.set_bin(bin);
    return options;
  }
  void look() {
    v1::GetStatsRequest request;
    request.set_name(session);
    EXPECT_EQ(client.call(*client.graph, &v1::GraphService::Stub::GetStats, request, &stats), "OK");
  }
  const v1::ElementStats& element(const std::string& id) const {
    return *std::ranges::find(stats.elements(), name_of(id), &v1::ElementStats::name);
  }
  // At its rate, 30 raw frames a second, as far as the machine was not held up in the last second or two.
  bool runs_in_time() const {
    const auto rate = link_to("filter").bitrate_bps();
    return rate > kRawFrame * 8 * 10 && rate < kRawFrame * 8 * 60 &&
           link_to("filter").delay_us() < 1'000'000 &&
           port("filter", v1::DIRECTION_SOURCE).bitrate_bps() > kRawFrame * 8 * 10;
  }
  v1::PortStats port(const std::string& id, v1::Direction direction) const {
    const auto& ports = element(id).ports();
    const auto found = std::ranges::find_if(ports, [&](const auto& port) {
      return port.direction() == direction && port.kind() == v1::MEDIA_KIND_VIDEO;
    });
    return found == ports.end() ? v1::PortStats() : *found;
  }
  const v1::LinkStats& link_to(const std::string& id) const {
    return *std::ranges::find_if(stats.links(),
                                 [&](const auto& link) { return link.link().sink() == name_of(id); });
  }

  rtc::test::TestPhone screen{{.video = true}};
  v1::GetStatsResponse stats;
};

TEST(Stats, SayWhatRunsAndHowFast) {
  Playing kms;
  ASSERT_TRUE(eventually([&] {
    kms.look();
    return kms.link_to("slow").dropped() > 20 && kms.link_to("slow").queue_frames() > 0 &&
           kms.port("screen", v1::DIRECTION_SINK).bitrate_bps() > 0 && kms.runs_in_time();
  })) << kms.stats.DebugString();

  const auto& through = kms.link_to("filter");
  EXPECT_GT(through.frames(), 20U);
  EXPECT_GE(through.bytes(), (through.frames() - 1) * kRawFrame);
  EXPECT_LE(through.bytes(), (through.frames() + 1) * kRawFrame);
  EXPECT_GT(through.delay_us(), 0U);

  const auto& slow = kms.link_to("slow");
  EXPECT_LE(slow.queue_frames(), 4U);
  EXPECT_EQ(slow.queue_bytes(), slow.queue_frames() * kRawFrame);
  EXPECT_LT(slow.frames(), through.frames() / 2);
  EXPECT_TRUE(eventually([&] {
    const auto metrics = metrics_of(kms.running->server);
    return metrics.value("kms_queue_frames") >= 1 && metrics.value("kms_queue_bytes") >= kRawFrame &&
           metrics.value("kms_queue_longest_frames") >= 1 &&
           metrics.value("kms_queue_dropped_frames_total") > 20;
  })) << "what waits and what was dropped there, of the whole server";

  const auto& player = kms.element("p");
  EXPECT_EQ(player.decoders(), 1U) << "for both";
  EXPECT_EQ(player.encoders(), 0U);
  EXPECT_GT(player.frames_decoded(), 20U);
  EXPECT_EQ(player.frames_encoded(), 0U);
  const auto& filter = kms.element("filter");
  EXPECT_EQ(filter.decoders(), 0U);
  EXPECT_EQ(filter.encoders(), 1U);
  EXPECT_GT(filter.frames_encoded(), 10U);
  EXPECT_EQ(filter.frames_decoded(), 0U);

  const auto source = kms.port("p", v1::DIRECTION_SOURCE);
  EXPECT_GT(source.frames(), 20U);
  EXPECT_GT(source.bytes(), 0U);
  EXPECT_GT(source.bitrate_bps(), 0U);
  EXPECT_LT(source.bitrate_bps(), through.bitrate_bps()) << "it is encoded";
  const auto sink = kms.port("screen", v1::DIRECTION_SINK);
  EXPECT_GT(sink.packets(), 20U);
  EXPECT_GT(sink.bytes(), 0U);
}

// A peer that sees and hears itself, and what is said of it.
class RtcStats : public testing::Test {
 protected:
  void SetUp() override {
    ASSERT_EQ(kms_.client.connect(kms_.session, "w", "w"), "OK") << kms_.client.last.message;
    for (auto& line : peer_.lines()) line.direction = "sendrecv";
    ASSERT_TRUE(kms_.join(peer_));
  }
  void send(bool video, uint16_t first, uint16_t count) {
    const uint32_t ticks = video ? 3000 : 960;
    for (uint16_t i = first; i < first + count; ++i)
      peer_.send({.video = video, .key_frame = i == 1, .sequence = i, .timestamp = i * ticks, .size = 500});
  }
  uint32_t out_ssrc(size_t line) const { return peer_.answer().media.at(line).ssrcs.at(0).ssrc; }
  bool comes(const std::function<bool()>& holds) {
    return peer_.receive_until([&] {
      EXPECT_EQ(kms_.stats(&stats_), "OK");
      return holds();
    });
  }
  const InboundRtpStats& in(size_t line) const { return stats_.inbound_rtp(static_cast<int>(line)); }
  const OutboundRtpStats& out(size_t line) const { return stats_.outbound_rtp(static_cast<int>(line)); }

  WithEndpoint kms_;
  TestPeer peer_{{.publishes = true, .profile = rtc::SrtpProfile::kAeadAes128Gcm}};
  GetRtcStatsResponse stats_;
};

TEST_F(RtcStats, OfWhatComesAreComplete) {
  send(false, 1, 10);
  send(true, 1, 10);
  send(true, 12, 1);  // 11 is lost
  ASSERT_TRUE(comes([&] { return in(1).nack_count() > 0 && peer_.count(true) == 11; }));
  TestPeer::Frame repair{.sequence = 1, .timestamp = 11 * 3000, .ssrc = 999, .type = TestPeer::kRtxType};
  repair.payload.assign(502, 0x55);
  rtc::store_u16(repair.payload.data(), 11);
  peer_.send(repair);
  ASSERT_TRUE(comes([&] { return in(1).retransmitted_packets_received() == 1; })) << stats_.DebugString();

  ASSERT_EQ(stats_.inbound_rtp_size(), 2);
  EXPECT_EQ(in(0).mid(), "0");
  EXPECT_EQ(in(0).rid(), "");
  EXPECT_EQ(in(0).kind(), "audio");
  EXPECT_EQ(in(0).mime_type(), "audio/opus");
  EXPECT_EQ(in(0).payload_type(), TestPeer::kAudioType);
  EXPECT_EQ(in(0).ssrc(), TestPeer::kAudioSsrc);
  EXPECT_EQ(in(0).packets_received(), 10U);
  EXPECT_EQ(in(0).bytes_received(), 5000U);
  EXPECT_EQ(in(0).packets_lost(), 0);
  EXPECT_GT(in(0).jitter(), 0.001) << "they came at once and say that they were made 20 ms apart";
  EXPECT_LT(in(0).jitter(), 0.5) << "seconds";
  EXPECT_EQ(in(0).nack_count(), 0U);
  EXPECT_EQ(in(1).mid(), "1");
  EXPECT_EQ(in(1).kind(), "video");
  EXPECT_EQ(in(1).mime_type(), "video/VP8");
  EXPECT_EQ(in(1).payload_type(), TestPeer::kVideoType);
  EXPECT_EQ(in(1).ssrc(), TestPeer::kVideoSsrc);
  EXPECT_EQ(in(1).packets_received(), 12U) << "with the one that came again";
  EXPECT_EQ(in(1).bytes_received(), 6000U);
  EXPECT_EQ(in(1).packets_lost(), 1);
  EXPECT_GE(in(1).pli_count(), 1U) << "whoever sees it began with a key frame";

  const auto& transport = stats_.transport();
  EXPECT_GE(transport.packets_received(), 22U);
  EXPECT_GE(transport.bytes_received(), 11'000U);
  EXPECT_GE(transport.packets_sent(), 21U);
  EXPECT_GE(transport.bytes_sent(), 10'500U);
  EXPECT_EQ(transport.ice_state(), ICE_TRANSPORT_STATE_CONNECTED);
  EXPECT_EQ(transport.dtls_state(), DTLS_TRANSPORT_STATE_CONNECTED);
  EXPECT_EQ(transport.srtp_cipher(), "AEAD_AES_128_GCM");
  EXPECT_EQ(transport.selected_candidate_pair(), "udp " + peer_.server().to_string() + " 127.0.0.1:" +
                                                     std::to_string(rtc::local_port(peer_.descriptor())));
  EXPECT_EQ(transport.requests_received(), 1U);
  EXPECT_EQ(transport.dtls_role(), "server");
  EXPECT_EQ(transport.tls_version(), "FEFD");
  EXPECT_TRUE(transport.dtls_cipher().starts_with("TLS_ECDHE_ECDSA_WITH_")) << transport.dtls_cipher();
  EXPECT_EQ(transport.selected_candidate_pair_changes(), 1U);
  EXPECT_NEAR(stats_.timestamp(), unix_now(), 10'000);
  EXPECT_LE(in(1).last_packet_received_timestamp(), stats_.timestamp());
  EXPECT_GT(in(1).last_packet_received_timestamp(), stats_.timestamp() - 20'000);
}

// Each packet has the one before it again (RFC 2198): 0 is older than all that came, 1 is there, 3 is not.
TEST(RtcStatsOfRed, CountWhatCameAgainAndWhatOfItWasNotNeeded) {
  WithEndpoint kms;
  TestPeer peer{{.publishes = true, .red = 63}};
  ASSERT_TRUE(kms.join(peer));
  const auto send = [&](uint16_t number) {
    // A block of 960 ticks ago and two bytes, then the packet's own.
    const std::vector<uint8_t> red{0x80 | TestPeer::kAudioType, 0x0f, 0, 2, TestPeer::kAudioType, 1, 2, 3, 4};
    peer.send({.video = false, .sequence = number, .timestamp = number * 960u, .payload = red, .type = 63});
  };
  for (const uint16_t number : std::array<uint16_t, 3>{1, 2, 4}) send(number);
  GetRtcStatsResponse stats;
  ASSERT_TRUE(peer.receive_until([&] {
    EXPECT_EQ(kms.stats(&stats), "OK");
    return stats.inbound_rtp(0).packets_received() == 3;
  })) << stats.DebugString();

  EXPECT_EQ(stats.inbound_rtp(0).packets_lost(), 1);
  EXPECT_EQ(stats.inbound_rtp(0).bytes_received(), 27U);
  EXPECT_EQ(stats.inbound_rtp(0).fec_packets_received(), 3U);
  EXPECT_EQ(stats.inbound_rtp(0).fec_packets_discarded(), 2U);
}

TEST_F(RtcStats, NameCodecsCandidatesAndCertificates) {
  send(false, 1, 2);
  send(true, 1, 2);
  ASSERT_TRUE(comes([&] { return peer_.count(true) == 2; }));

  ASSERT_EQ(stats_.codecs_size(), 4) << stats_.DebugString();
  for (const auto& codec : stats_.codecs()) {
    const bool video = codec.mid() == "1";
    EXPECT_EQ(codec.mime_type(), video ? "video/VP8" : "audio/opus");
    EXPECT_EQ(codec.payload_type(), video ? TestPeer::kVideoType : TestPeer::kAudioType);
    EXPECT_EQ(codec.clock_rate(), video ? 90'000U : 48'000U);
    EXPECT_EQ(codec.channels(), video ? 0U : 2U);
  }
  EXPECT_EQ(std::ranges::count(stats_.codecs(), CODEC_DIRECTION_ENCODE, &CodecStats::direction), 2);
  EXPECT_EQ(std::ranges::count(stats_.codecs(), CODEC_DIRECTION_DECODE, &CodecStats::direction), 2);
  EXPECT_EQ(stats_.local_candidate().protocol(), "udp");
  EXPECT_EQ(stats_.local_candidate().address(), "127.0.0.1");
  EXPECT_EQ(stats_.local_candidate().candidate_type(), "host");
  EXPECT_EQ("127.0.0.1:" + std::to_string(stats_.local_candidate().port()), peer_.server().to_string());
  EXPECT_EQ(stats_.remote_candidate().address(), "127.0.0.1");
  EXPECT_EQ(stats_.remote_candidate().port(), rtc::local_port(peer_.descriptor()));
  EXPECT_EQ(stats_.remote_candidate().candidate_type(), "prflx");
  EXPECT_EQ("sha-256 " + stats_.local_certificate().fingerprint(),
            peer_.answer().media.at(0).transport.fingerprint->text());
  EXPECT_EQ(stats_.remote_certificate().fingerprint_algorithm(), "sha-256");
  EXPECT_NE(peer_.offer().find("a=fingerprint:sha-256 " + stats_.remote_certificate().fingerprint()),
            std::string::npos);
  EXPECT_EQ(stats_.peer_connection().data_channels_opened(), 0U);
  EXPECT_TRUE(stats_.remote_outbound_rtp().empty()) << "the peer has not reported";
}

TEST_F(RtcStats, SayWhatThePeerReportsOfWhatItSends) {
  send(false, 1, 2);
  const auto ntp = uint64_t{3'900'000'000} << 32;  // in 2023
  ASSERT_TRUE(comes([&] {
    peer_.send_rtcp(compound([&](RtcpWriter& writer) {
      writer.sender_report({TestPeer::kAudioSsrc, ntp, 1920, 17, 1700}, {});
    }));
    return stats_.remote_outbound_rtp_size() == 1;
  }));

  const auto& reported = stats_.remote_outbound_rtp(0);
  EXPECT_EQ(reported.mid(), "0");
  EXPECT_EQ(reported.kind(), "audio");
  EXPECT_EQ(reported.ssrc(), TestPeer::kAudioSsrc);
  EXPECT_EQ(reported.packets_sent(), 17U);
  EXPECT_EQ(reported.bytes_sent(), 1700U);
  EXPECT_GE(reported.reports_sent(), 1U);
  EXPECT_DOUBLE_EQ(reported.remote_timestamp(), (3'900'000'000.0 - 2'208'988'800.0) * 1000);
}

// What a client that watches reads; the call ends with this.
struct StatsReader {
  StatsReader(WithEndpoint& kms, std::chrono::milliseconds interval) {
    WatchRtcStatsRequest request;
    request.set_name(kms.name_of("w"));
    request.mutable_interval()->set_seconds(interval.count() / 1000);
    request.mutable_interval()->set_nanos(static_cast<int32_t>(interval.count() % 1000 * 1'000'000));
    RpcClient::set_deadline_of_stream(context);
    reader = kms.stub->WatchRtcStats(&context, request);
  }
  ~StatsReader() {
    if (ended) return;
    context.TryCancel();
    while (reader->Read(&last)) continue;
    reader->Finish();
  }
  std::string end() {
    ended = true;
    return to_text(reader->Finish());
  }
  grpc::ClientContext context;
  WatchRtcStatsResponse last;
  bool ended = false;
  std::unique_ptr<grpc::ClientReader<WatchRtcStatsResponse>> reader;
};

TEST_F(RtcStats, AreAStreamForWhoWatchesUntilTheConnectionEnds) {
  StatsReader watcher(kms_, std::chrono::milliseconds(100));
  ASSERT_TRUE(watcher.reader->Read(&watcher.last));
  EXPECT_EQ(watcher.last.stats().inbound_rtp_size(), 2);
  EXPECT_EQ(watcher.last.stats().transport().dtls_state(), DTLS_TRANSPORT_STATE_CONNECTED);

  send(false, 1, 10);
  do {
    ASSERT_TRUE(watcher.reader->Read(&watcher.last)) << "it goes on";
  } while (watcher.last.stats().inbound_rtp(0).packets_received() < 10);

  ASSERT_EQ(kms_.close(), "OK");
  while (watcher.reader->Read(&watcher.last)) continue;
  EXPECT_EQ(watcher.end(), "OK");
}

TEST_F(RtcStats, AreWatchedBySoManyAndNotTooOften) {
  for (const int milliseconds : {0, 99, 3'600'001}) {
    StatsReader refused(kms_, std::chrono::milliseconds(milliseconds));
    EXPECT_FALSE(refused.reader->Read(&refused.last));
    EXPECT_EQ(refused.end(), "INVALID_ARGUMENT/INVALID_OPTIONS") << milliseconds;
  }
  std::vector<std::unique_ptr<StatsReader>> watchers;
  for (int i = 0; i < 16; ++i) {
    auto& one = *watchers.emplace_back(std::make_unique<StatsReader>(kms_, std::chrono::seconds(3600)));
    ASSERT_TRUE(one.reader->Read(&one.last)) << i;
  }
  {
    StatsReader refused(kms_, std::chrono::seconds(1));
    EXPECT_FALSE(refused.reader->Read(&refused.last));
    EXPECT_EQ(refused.end(), "RESOURCE_EXHAUSTED/SUBSCRIBER_QUOTA");
  }

  watchers.pop_back();  // one who goes makes room

  EXPECT_TRUE(eventually([&] {
    StatsReader next(kms_, std::chrono::seconds(1));
    return next.reader->Read(&next.last);
  }));
}

TEST_F(RtcStats, OfWhatGoesSayWhatThePeerReports) {
  send(false, 1, 4);
  send(true, 1, 10);
  ASSERT_TRUE(peer_.receive_until([&] { return peer_.count(true) == 10 && peer_.count(false) == 4; }));
  // Packets are kept for a second: whoever was held up for longer asks for the next one.
  uint16_t sent = 10;
  const auto comes_again = [&] {
    const auto before = peer_.rtp().size();
    send(true, ++sent, 1);
    if (!peer_.receive_until([&] { return peer_.rtp().size() > before; })) return false;
    const auto asked = rtc::RtpView::parse(peer_.rtp().back())->sequence();
    peer_.send_rtcp(compound([&](RtcpWriter& writer) { writer.nack({1, out_ssrc(1)}, std::array{asked}); }));
    return peer_.receive_until([&] { return peer_.rtp().size() > before + 1; }, std::chrono::seconds(2));
  };
  ASSERT_TRUE(eventually(comes_again)) << "one of them comes again";
  peer_.send_rtcp(compound([&](RtcpWriter& writer) {
    writer.pli({1, out_ssrc(1)});
    writer.fir(1, {out_ssrc(1), 0});
  }));
  std::optional<rtc::SenderInfo> report;
  const auto comes_report = [&] { return report = rtc::test::latest_report(peer_.rtcp(), out_ssrc(1)); };
  ASSERT_TRUE(peer_.receive_until([&] { return comes_report().has_value(); }));
  // As if the report had been under way for 100 ms.
  rtc::ReportBlock block;
  block.ssrc = out_ssrc(1);
  block.fraction_lost = 64;
  block.cumulative_lost = 7;
  block.jitter = 900;
  block.last_sr = rtc::compact_ntp(report->ntp - rtc::ntp_of(std::chrono::milliseconds(100)));
  peer_.send_rtcp(compound([&](RtcpWriter& writer) { writer.receiver_report(1, {&block, 1}); }));
  ASSERT_TRUE(comes([&] { return out(1).packets_lost() == 7 && out(1).fir_count() == 1; }));

  ASSERT_EQ(stats_.outbound_rtp_size(), 2);
  EXPECT_EQ(out(0).mid(), "0");
  EXPECT_EQ(out(0).kind(), "audio");
  EXPECT_EQ(out(0).mime_type(), "audio/opus");
  EXPECT_EQ(out(0).payload_type(), TestPeer::kAudioType);
  EXPECT_EQ(out(0).ssrc(), out_ssrc(0));
  EXPECT_EQ(out(0).packets_sent(), 4U);
  EXPECT_EQ(out(0).bytes_sent(), 2000U);
  EXPECT_EQ(out(0).round_trip_time(), 0) << "nothing was said of it";
  EXPECT_EQ(out(1).mid(), "1");
  EXPECT_EQ(out(1).kind(), "video");
  EXPECT_EQ(out(1).mime_type(), "video/VP8");
  EXPECT_EQ(out(1).payload_type(), TestPeer::kVideoType);
  EXPECT_EQ(out(1).ssrc(), out_ssrc(1));
  EXPECT_EQ(out(1).packets_sent(), sent + 1U) << "one of them twice";
  EXPECT_EQ(out(1).bytes_sent(), 500U * (sent + 1U));
  EXPECT_EQ(out(1).retransmitted_packets_sent(), 1U);
  EXPECT_EQ(out(1).nack_count(), sent - 10U);
  EXPECT_EQ(out(1).pli_count(), 1U);
  EXPECT_EQ(out(1).fir_count(), 1U);
  EXPECT_DOUBLE_EQ(out(1).fraction_lost(), 0.25);
  EXPECT_DOUBLE_EQ(out(1).jitter(), 0.01);
  EXPECT_GE(out(1).round_trip_time(), 0.099);
  EXPECT_LT(out(1).round_trip_time(), 5.1);
  EXPECT_GE(out(1).round_trip_time_measurements(), 1U);
  EXPECT_GE(out(1).total_round_trip_time(), out(1).round_trip_time());
}

}  // namespace
}  // namespace kms::test
