// SPDX-License-Identifier: Apache-2.0
// What the options and commands of an RtpEndpoint do to a call, seen from the phone.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <map>

#include "kms-core/rtc/rtcp/rtcp_reader.hpp"
#include "tests/integration/rtp_fixture.hpp"
#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/own_ports.hpp"

namespace kms::test {
namespace {

using namespace rtp::v1;
using rtc::RtpView;
using rtc::SocketAddress;
using rtc::test::TestPhone;
using testing::HasSubstr;
using testing::Not;

std::string text_of(const TestPhone& phone) { return "127.0.0.1:" + std::to_string(phone.port()); }

bool is_free(const std::string& ip, uint32_t port) {
  return rtc::open_udp(*SocketAddress::parse(ip, static_cast<uint16_t>(port)), {}).ok();
}

template <typename Event>
std::string next_port(EventReader& events) {
  Event event;
  return MediaServer::wait_for(events, event) ? event.port() : "none";
}
std::string next_address(EventReader& events) {
  RemoteAddressChanged changed;
  return MediaServer::wait_for(events, changed) ? changed.port() + " " + changed.address() : "none";
}

TEST(RtpOptions, AddressesAreBoundToldAndLearntAndSilenceIsTold) {
  RtpOptions options;
  options.set_bind_address("127.0.0.2");
  options.set_announced_address("127.0.0.9");
  options.set_learn_address(true);
  options.mutable_media_timeout()->set_seconds(1);
  const OwnPorts own;  // of which nobody else has one of the same number at another address
  WithRtpEndpoint server(options, fmt::format("{}-{}", own.first(), own.last()));
  EventReader events(server.client, server.session);
  TestPhone described({}), real({});
  ProcessOfferResponse response;
  ASSERT_EQ(server.process_offer(described.offer(), &response), "OK") << server.client.last.message;

  EXPECT_THAT(response.answer(), HasSubstr("c=IN IP4 127.0.0.9"));
  const auto ports = server.ports();
  EXPECT_EQ(ports.address(), "127.0.0.9");
  EXPECT_TRUE(is_free("127.0.0.1", ports.audio_port()));
  EXPECT_FALSE(is_free("127.0.0.2", ports.audio_port()));
  EXPECT_EQ(next_address(events), "audio " + text_of(described));

  real.set_server(*SocketAddress::parse("127.0.0.2", static_cast<uint16_t>(ports.audio_port())));
  TestPhone::Media media;
  EXPECT_TRUE(WithRtpEndpoint::talk_until(real, media, [&] { return real.rtp().size() >= 10; }));
  EXPECT_EQ(next_address(events), "audio " + text_of(real));

  EXPECT_EQ(next_port<MediaTimeout>(events), "audio");
  real.send(media);
  EXPECT_EQ(next_port<MediaResumed>(events), "audio");
}

// The answer of a phone to an offer that has the suite under this number.
std::string with_tag(std::string answer, const std::string& tag) {
  const std::string entry = "a=crypto:";
  return answer.replace(answer.find(entry) + entry.size(), 1, tag);
}

TEST(RtpOptions, AnOfferHasTheProfileTheSuitesTheCodecsAndTheHoldThatWereAskedFor) {
  RtpOptions options;
  options.set_profile(PROFILE_SAVPF);
  options.add_crypto_suites(CRYPTO_SUITE_AES_CM_128_HMAC_SHA1_32);
  options.add_crypto_suites(CRYPTO_SUITE_AEAD_AES_128_GCM);
  options.set_rtcp_mux(RTCP_MUX_REQUIRED);
  options.add_codecs("PCMA");
  options.add_codecs("VP9");
  WithRtpEndpoint server(options);
  std::string offer;
  ASSERT_EQ(server.generate_offer({}, &offer), "OK") << server.client.last.message;
  EXPECT_THAT(offer, HasSubstr(" RTP/SAVPF 8"));
  EXPECT_THAT(offer, HasSubstr("VP9/90000"));
  EXPECT_THAT(offer, Not(HasSubstr("opus")));
  EXPECT_THAT(offer, Not(HasSubstr("VP8")));
  EXPECT_THAT(offer, HasSubstr("a=rtcp-mux"));
  EXPECT_THAT(offer, Not(HasSubstr("AES_CM_128_HMAC_SHA1_80")));
  EXPECT_LT(offer.find("AES_CM_128_HMAC_SHA1_32"), offer.find("AEAD_AES_128_GCM"));

  TestPhone phone({.mux = true,
                   .protocol = "RTP/SAVPF",
                   .formats = "8",
                   .attributes = {},
                   .suite = rtc::SrtpProfile::kAesCm128HmacSha1_32});
  GenerateOfferRequest sound;
  sound.set_audio(true);
  TestPhone::Media media{.type = 8};
  const auto agree = [&](const std::string& more) {
    EXPECT_EQ(server.generate_offer(sound, &offer), "OK") << server.client.last.message;
    phone.use(offer);
    const auto tag = offer.substr(offer.find("a=crypto:") + 9, 1);
    return server.process_answer(with_tag(phone.offer(more + "m=video 0 RTP/SAVPF 98\r\n"), tag));
  };
  ASSERT_EQ(agree({}), "OK") << server.client.last.message << offer;
  EXPECT_THAT(offer, HasSubstr("m=video 0 ")) << "not wanted any more";
  EXPECT_TRUE(WithRtpEndpoint::talk_until(phone, media,
                                          [&] { return phone.rtp().size() >= 10 && !phone.rtcp().empty(); }));
  EXPECT_EQ(phone.failed(), 0U);

  sound.set_hold(true);
  ASSERT_EQ(agree("a=inactive\r\n"), "OK") << server.client.last.message;
  EXPECT_THAT(offer, HasSubstr("a=inactive"));
  phone.receive_until([] { return false; }, std::chrono::milliseconds(20));  // what is there already
  phone.clear();
  for (int i = 0; i < 5; ++i, ++media.sequence, media.timestamp += 160) phone.send(media);
  EXPECT_FALSE(phone.receive_until([&] { return !phone.rtp().empty(); }, std::chrono::milliseconds(100)));

  sound.set_hold(false);
  ASSERT_EQ(agree({}), "OK") << server.client.last.message;
  EXPECT_THAT(offer, HasSubstr("a=sendrecv"));
  EXPECT_TRUE(WithRtpEndpoint::talk_until(phone, media, [&] { return phone.rtp().size() >= 10; }));

  ProcessOfferResponse response;
  const auto insecure = TestPhone({}).offer("m=video 0 RTP/AVP 98\r\n");
  EXPECT_EQ(server.process_offer(insecure, &response), "INVALID_ARGUMENT/SDP_PROFILE");
}

bool has_pli(const TestPhone::Packet& compound) {
  rtc::RtcpReader reader(compound);
  while (const auto packet = reader.next()) {
    if (rtc::is_pli(*packet)) return true;
  }
  return false;
}

TEST(RtpOptions, AnOfferUnderSavpfIsAnsweredWithKeysAndFeedback) {
  WithRtpEndpoint server;
  TestPhone camera({.video = true,
                    .protocol = "RTP/SAVPF",
                    .formats = "96",
                    .attributes = "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack pli\r\n",
                    .suite = rtc::SrtpProfile::kAeadAes128Gcm});
  ProcessOfferResponse response;
  ASSERT_EQ(server.process_offer(camera.offer(), &response), "OK") << server.client.last.message;
  camera.use(response.answer());
  EXPECT_THAT(response.answer(), HasSubstr("RTP/SAVPF 96"));
  EXPECT_THAT(response.answer(), HasSubstr("a=crypto:1 AEAD_AES_128_GCM"));
  EXPECT_THAT(response.answer(), HasSubstr("a=rtcp-fb:96 nack pli"));

  TestPhone::Media picture{.type = 96, .sequence = 1, .marker = true, .payload = {0x10, 0x01, 0, 0}};
  camera.send(picture);
  EXPECT_TRUE(camera.receive_until([&] { return std::ranges::any_of(camera.rtcp(), has_pli); }))
      << "a key frame for whoever takes it";
  picture.payload = {0x10, 0x00, 0, 0, 0x9d, 0x01, 0x2a, 0, 0, 0};
  ++picture.sequence;
  camera.send(picture);
  EXPECT_TRUE(camera.receive_until([&] { return !camera.rtp().empty(); }));
  EXPECT_EQ(camera.failed(), 0U);
}

TEST(RtpOptions, TonesHaveTheLengthAndTheGapThatWereAskedFor) {
  WithRtpEndpoint server;
  TestPhone phone({});
  ProcessOfferResponse response;
  ASSERT_EQ(server.process_offer(phone.offer(), &response), "OK") << server.client.last.message;
  phone.use(response.answer());
  ASSERT_EQ(server.send_tones("12", 60, 40), "OK");

  const auto is_end = [](const TestPhone::Packet& packet) {
    const auto view = RtpView::parse(packet);
    return view->payload()[0] == 2 && (view->payload()[1] & 0x80) != 0;
  };
  ASSERT_TRUE(phone.receive_until([&] { return std::ranges::count_if(phone.rtp(), is_end) == 3; }));
  std::map<uint8_t, std::pair<uint32_t, uint16_t>> tones;  // when, and how long in the end
  for (const auto& packet : phone.rtp()) {
    const auto view = *RtpView::parse(packet);
    tones[view.payload()[0]] = {view.timestamp(), rtc::load_u16(&view.payload()[2])};
  }
  ASSERT_EQ(tones.size(), 2U);
  EXPECT_EQ(tones[1].second, 480) << "60 ms of 8 kHz";
  EXPECT_EQ(tones[2].second, 480);
  EXPECT_NEAR(static_cast<int32_t>(tones[2].first - tones[1].first), 800, 400) << "60 ms and 40 ms";

  for (const auto& [duration, gap] :
       {std::pair(39, 0), std::pair(6001, 0), std::pair(0, 29), std::pair(-5, 0)})
    EXPECT_EQ(server.send_tones("1", duration, gap), "INVALID_ARGUMENT/TONES_INVALID") << duration << gap;
}

TEST(RtpOptions, WithoutDescriptionsMediaAndReportsGoWhereTheOptionsSay) {
  const OwnPorts own;
  WithRtpEndpoint server;
  TestPhone phone({}), reports({}), one_port({.mux = true});
  RtpOptions apart, together;
  auto& sound = *apart.mutable_audio();
  sound.set_codec("PCMU");
  sound.set_remote_address("127.0.0.1");
  sound.set_remote_port(phone.port());
  sound.set_remote_rtcp_port(reports.port());
  sound.set_local_port(own.first());
  sound.set_ssrc(4711);
  sound.set_payload_type(20);
  *together.mutable_audio() = sound;
  together.mutable_audio()->set_remote_port(one_port.port());
  together.mutable_audio()->set_remote_rtcp_port(one_port.port());
  together.mutable_audio()->clear_local_port();
  ASSERT_EQ(server.create("apart", apart), "OK") << server.client.last.message;
  ASSERT_EQ(server.create("together", together), "OK") << server.client.last.message;
  ASSERT_EQ(server.connect("apart", "apart"), "OK") << server.client.last.message;
  ASSERT_EQ(server.connect("together", "together"), "OK") << server.client.last.message;

  const auto apart_ports = server.ports("apart");
  const auto together_ports = server.ports("together");
  EXPECT_EQ(apart_ports.audio_port(), sound.local_port());
  EXPECT_EQ(apart_ports.audio_rtcp_port(), sound.local_port() + 1);
  EXPECT_EQ(together_ports.audio_rtcp_port(), together_ports.audio_port());
  phone.set_server(*SocketAddress::parse("127.0.0.1", static_cast<uint16_t>(apart_ports.audio_port())));
  one_port.set_server(*SocketAddress::parse("127.0.0.1", static_cast<uint16_t>(together_ports.audio_port())));

  for (auto* each : {&phone, &one_port}) {
    TestPhone::Media media{.type = 20};
    ASSERT_TRUE(WithRtpEndpoint::talk_until(*each, media, [&] { return each->rtp().size() >= 5; }));
    EXPECT_EQ(RtpView::parse(each->rtp().front())->ssrc(), 4711U);
    EXPECT_EQ(RtpView::parse(each->rtp().front())->payload_type(), 20);
  }
  EXPECT_TRUE(reports.receive_until([&] { return !reports.rtcp().empty(); }));
  EXPECT_TRUE(one_port.receive_until([&] { return !one_port.rtcp().empty(); }));
  phone.receive_until([] { return false; }, std::chrono::milliseconds(1));
  EXPECT_TRUE(phone.rtcp().empty());
}

// The parameters of a codec say whether its packets suit a browser.
TEST(RtpOptions, ParametersDecideWhetherPacketsAreForwarded) {
  WithEndpoint server;
  for (const auto* id : {"high", "baseline"}) {
    RtpOptions camera;
    camera.mutable_video()->set_codec("H264");
    const std::string profile = id == std::string("high") ? "640028" : "42e01f";
    camera.mutable_video()->set_parameters("packetization-mode=1;profile-level-id=" + profile);
    ASSERT_EQ(server.create(id, camera), "OK") << server.client.last.message;
  }
  rtc::test::TestPeer peer(
      {.video = "H264/90000", .video_parameters = "packetization-mode=1;profile-level-id=42e01f"});
  ASSERT_TRUE(server.join(peer));
  const auto way_from = [&](const std::string& source) {
    EXPECT_EQ(server.connect(source, "w", v1::MEDIA_KIND_VIDEO), "OK") << server.client.last.message;
    v1::ListLinksRequest request;
    request.set_parent(server.session);
    v1::ListLinksResponse links;
    EXPECT_EQ(server.client.call(*server.client.graph, &v1::GraphService::Stub::ListLinks, request, &links),
              "OK");
    return links.links_size() == 1 ? links.links(0).way() : "not one link";
  };

  EXPECT_EQ(way_from("baseline"), "forward");
  EXPECT_EQ(way_from("high"), "depayload H264, decode H264, encode H264, payload H264");
}

}  // namespace
}  // namespace kms::test
