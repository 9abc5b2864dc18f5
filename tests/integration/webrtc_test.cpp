// SPDX-License-Identifier: Apache-2.0
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/calm/calm.hpp"

namespace kms::test {
namespace {

using namespace webrtc::v1;
using Stub = WithEndpoint::Stub;
using rtc::test::TestPeer;

template <typename Event>
std::vector<Event> all(EventReader& events, size_t count) {
  std::vector<Event> out(count);
  for (auto& event : out) EXPECT_TRUE(MediaServer::wait_for(events, event));
  return out;
}

// Of an m-line: its mid and its index.
using Place = std::pair<std::string, uint32_t>;

// Of the line that the next candidate of ours is for.
Place next_place(EventReader& events) {
  const auto found = all<IceCandidateFound>(events, 1).front();
  return {found.sdp_mid(), found.sdp_m_line_index()};
}

ConnectionState next_state(EventReader& events) {
  ConnectionStateChanged changed;
  MediaServer::wait_for(events, changed);
  return changed.state();
}

TEST(WebRtcCommands, AnOfferIsAnsweredAndThePeerConnects) {
  WithEndpoint kms;
  EventReader events(kms.client, kms.session);
  TestPeer peer({.publishes = true});

  ASSERT_TRUE(kms.join(peer));

  EXPECT_EQ(next_state(events), CONNECTION_STATE_CONNECTING);
  EXPECT_EQ(next_state(events), CONNECTION_STATE_CONNECTED);
}

TEST(WebRtcCommands, ADescriptionThatIsNoneIsRefusedWithTheLineAtFault) {
  WithEndpoint kms;
  ProcessOfferResponse response;

  EXPECT_EQ(kms.process_offer("", &response), "INVALID_ARGUMENT/SDP_EMPTY");
  EXPECT_EQ(kms.process_offer("v=0\r\nnonsense\r\n", &response), "INVALID_ARGUMENT/SDP_SYNTAX");
  EXPECT_EQ(kms.client.last.metadata["line"], "2");
}

TEST(WebRtcCommands, AnOfferOfOursWaitsForItsAnswer) {
  WithEndpoint kms;
  EXPECT_EQ(kms.process_answer("v=0\r\n"), "FAILED_PRECONDITION/NO_OFFER_PENDING");
  GenerateOfferResponse offer;
  ASSERT_EQ(kms.generate_offer(&offer), "OK") << kms.client.last.message;

  EXPECT_NE(offer.offer().find("m=audio"), std::string::npos);
  EXPECT_NE(offer.offer().find("m=video"), std::string::npos);
  EXPECT_EQ(kms.generate_offer(&offer), "FAILED_PRECONDITION/OFFER_PENDING");
  EXPECT_EQ(kms.process_answer(""), "INVALID_ARGUMENT/SDP_EMPTY");
}

TEST(WebRtcCommands, CandidatesAreInTheAnswerUnlessTheyTrickle) {
  WebRtcOptions options;
  options.set_trickle(true);
  WithEndpoint kms(options);
  EventReader events(kms.client, kms.session);
  EXPECT_EQ(kms.gather(), "FAILED_PRECONDITION/NOT_NEGOTIATED");
  const TestPeer peer({.publishes = true});
  ProcessOfferResponse response;
  ASSERT_EQ(kms.process_offer(peer.offer(), &response), "OK");

  EXPECT_EQ(response.answer().find("a=candidate"), std::string::npos) << response.answer();
  EXPECT_EQ(response.answer().find("a=end-of-candidates"), std::string::npos);
  EXPECT_NE(response.answer().find("\r\na=ice-options:trickle\r\n"), std::string::npos);

  ASSERT_EQ(kms.gather(), "OK");
  const auto found = all<IceCandidateFound>(events, 1).front();
  EXPECT_EQ(found.candidate().rfind("candidate:", 0), 0U) << found.candidate();
  EXPECT_NE(found.candidate().find("127.0.0.1"), std::string::npos);
  EXPECT_EQ(found.sdp_mid(), "0");
  IceGatheringDone done;
  EXPECT_TRUE(MediaServer::wait_for(events, done));
}

// A browser takes none for an m-line that has no transport.
TEST(WebRtcCommands, CandidatesAreOfTheFirstLineInUse) {
  WebRtcOptions options;
  options.set_trickle(true);
  WithEndpoint kms(options);
  EventReader events(kms.client, kms.session);
  TestPeer peer({.publishes = true});
  peer.lines()[0].rejected = true;
  ProcessOfferResponse response;
  ASSERT_EQ(kms.process_offer(peer.offer(), &response), "OK") << kms.client.last.message;

  ASSERT_EQ(kms.gather(), "OK");

  EXPECT_EQ(next_place(events), Place("1", 1));
}

TEST(WebRtcCommands, CandidatesAreOfTheFirstLineThatThePeerHasAccepted) {
  WebRtcOptions options;
  options.set_trickle(true);
  WithEndpoint kms(options);
  EventReader events(kms.client, kms.session);
  GenerateOfferResponse offer;
  ASSERT_EQ(kms.generate_offer(&offer), "OK") << kms.client.last.message;
  TestPeer peer({.publishes = true});
  peer.lines()[0].rejected = true;
  const auto answer = peer.answer_to(offer.offer());
  ASSERT_TRUE(answer.ok()) << message_of(answer.status());
  ASSERT_EQ(kms.process_answer(*answer), "OK") << kms.client.last.message;

  ASSERT_EQ(kms.gather(), "OK");

  EXPECT_EQ(next_place(events), Place("1", 1));

  all<IceGatheringDone>(events, 1);

  // A new line would take the first place: as long as that is offered, and no longer.
  GenerateOfferRequest more;
  more.add_lines()->set_kind(OfferedLine::KIND_AUDIO);
  ASSERT_EQ(kms.generate_offer(&offer, more), "OK") << kms.client.last.message;
  ASSERT_EQ(kms.withdraw_offer(), "OK");
  ASSERT_EQ(kms.gather(), "OK");
  EXPECT_EQ(next_place(events), Place("1", 1));
}

TEST(WebRtcCommands, CandidatesOfThePeerAreRead) {
  WithEndpoint kms;
  EXPECT_EQ(kms.add_candidate("candidate:1 1 udp 2130706431 192.0.2.7 5000 typ host"), "OK");
  EXPECT_EQ(kms.add_candidate(""), "OK");
  EXPECT_EQ(kms.add_candidate("rubbish"), "INVALID_ARGUMENT/CANDIDATE_INVALID");
}

TEST(WebRtcCommands, StatisticsNameWhatThePeerSends) {
  WithEndpoint kms;
  TestPeer peer({.publishes = true});
  ASSERT_TRUE(kms.join(peer));
  for (uint16_t i = 1; i <= 10; ++i) peer.send({.key_frame = true, .sequence = i, .timestamp = i * 3000U});

  GetRtcStatsResponse stats;
  ASSERT_TRUE(eventually([&] {
    EXPECT_EQ(kms.stats(&stats), "OK");
    for (const auto& each : stats.inbound_rtp()) {
      if (each.kind() == "video" && each.packets_received() == 10) return true;
    }
    return false;
  })) << stats.DebugString();

  EXPECT_EQ(stats.transport().ice_state(), ICE_TRANSPORT_STATE_CONNECTED);
  EXPECT_EQ(stats.transport().dtls_state(), DTLS_TRANSPORT_STATE_CONNECTED);
  EXPECT_EQ(stats.transport().srtp_cipher(), "AES_CM_128_HMAC_SHA1_80");
  EXPECT_NE(stats.transport().selected_candidate_pair().find("127.0.0.1"), std::string::npos);
}

// As a browser does when a page takes the camera off its line.
TEST(WebRtcCommands, PicturesThatSayGoodbyeAreToldAtOnceToStand) {
  measure_calmly([] {
    WithEndpoint kms;
    EventReader events(kms.client, kms.session);
    TestPeer peer({.publishes = true});
    ASSERT_TRUE(kms.join(peer));
    uint16_t sent = 0;
    for (; sent < 10; ++sent) {
      peer.send({.key_frame = true, .sequence = sent, .timestamp = sent * 3000u});
      peer.receive_until([] { return false; }, std::chrono::milliseconds(20));
    }
    ASSERT_TRUE(MediaServer::wait_for(events, [](const auto& event) { return event.has_media_flowing(); }));

    const auto said = std::chrono::steady_clock::now();
    peer.send_rtcp(rtc::test::goodbye(TestPeer::kVideoSsrc));
    ASSERT_TRUE(
        MediaServer::wait_for(events, [](const auto& event) { return event.has_media_not_flowing(); }));
    EXPECT_LT(std::chrono::steady_clock::now() - said, std::chrono::milliseconds(1700))
        << "two without a goodbye";

    peer.send({.key_frame = true, .sequence = sent, .timestamp = 90'000});
    EXPECT_TRUE(MediaServer::wait_for(events, [](const auto& event) { return event.has_media_flowing(); }));
  });
}

TEST(WebRtcCommands, LayersAreOfSinkPorts) {
  WithEndpoint kms;
  SetPreferredLayersRequest request;
  request.set_port("nowhere");
  EXPECT_EQ(kms.set_layers(request), "NOT_FOUND/PORT_NOT_FOUND");
  EXPECT_NE(kms.client.last.message.find("audio, video"), std::string::npos) << kms.client.last.message;
  request.set_port("audio");
  request.set_preferred_layer(7);
  EXPECT_EQ(kms.set_layers(request), "OK");
}

TEST(WebRtcCommands, APausedPortSendsNothingAndBeginsAgainWithAKeyFrame) {
  WithEndpoint kms;
  ASSERT_EQ(kms.client.connect(kms.session, "w", "w"), "OK") << kms.client.last.message;
  TestPeer peer({.publishes = true});
  for (auto& line : peer.lines()) line.direction = "sendrecv";
  SetPreferredLayersRequest pause;
  pause.set_paused(true);
  ASSERT_EQ(kms.set_layers(pause), "OK");
  ASSERT_TRUE(kms.join(peer));
  uint16_t sent = 0;
  const auto frame = [&](bool key_frame) {
    peer.send({.key_frame = key_frame, .sequence = sent, .timestamp = sent * 3000u});
    ++sent;
    peer.receive_until([] { return false; }, std::chrono::milliseconds(20));
  };
  for (int i = 0; i < 10; ++i) frame(true);
  EXPECT_EQ(peer.count(true), 0U);

  ASSERT_EQ(kms.set_layers({}), "OK");
  frame(false);
  frame(false);
  ASSERT_TRUE(peer.receive_until([&] { return peer.asked_for_key_frame(); }));
  EXPECT_EQ(peer.count(true), 0U);
  EXPECT_TRUE(eventually([&] {
    frame(true);
    return peer.count(true) > 0;
  }));
}

TEST(WebRtcCommands, AClosedConnectionTakesNoCommandsAnyMore) {
  WithEndpoint kms;
  EventReader events(kms.client, kms.session);
  TestPeer peer({.publishes = true});
  ASSERT_TRUE(kms.join(peer));

  ASSERT_EQ(kms.close(), "OK");

  EXPECT_TRUE(
      MediaServer::wait_for(events, [](const v1::Event& event) { return event.has_end_of_stream(); }));
  EXPECT_TRUE(peer.receive_until([&] { return peer.dtls().state() == rtc::DtlsState::kClosed; }));
  const std::string closed = "FAILED_PRECONDITION/PEER_CLOSED";
  ProcessOfferResponse answer;
  EXPECT_EQ(kms.process_offer(peer.offer(), &answer), closed);
  GenerateOfferResponse offer;
  EXPECT_EQ(kms.generate_offer(&offer), closed);
  EXPECT_EQ(kms.process_answer(peer.offer()), closed);
  EXPECT_EQ(kms.add_candidate(""), closed);
  EXPECT_EQ(kms.gather(), closed);
  EXPECT_EQ(kms.set_layers({}), closed);
  GetRtcStatsResponse stats;
  EXPECT_EQ(kms.stats(&stats), closed);
  EXPECT_EQ(kms.close(), closed);
}

TEST(WebRtcCommands, OptionsOutOfRangeAreRefused) {
  WithEndpoint kms;
  WebRtcOptions codecs;
  codecs.add_codecs("THEORA");
  EXPECT_EQ(kms.create("x", codecs), "INVALID_ARGUMENT/INVALID_OPTIONS");
  EXPECT_EQ(kms.client.last.metadata["field"], "codecs");
  WebRtcOptions patience;
  patience.set_jitter_buffer_ms(5);
  EXPECT_EQ(kms.create("x", patience), "INVALID_ARGUMENT/INVALID_OPTIONS");
  EXPECT_EQ(kms.client.last.metadata["field"], "jitter_buffer_ms");
}

TEST(WebRtcCommands, AreForWebRtcEndpointsAlone) {
  WithEndpoint kms;
  ASSERT_EQ(kms.client.create_pass_through(kms.session, "point"), "OK");
  GetRtcStatsRequest request;
  GetRtcStatsResponse stats;
  request.set_name(kms.session + "/elements/point");
  EXPECT_EQ(kms.ask(&Stub::GetRtcStats, request, &stats), "INVALID_ARGUMENT/WRONG_KIND");
  request.set_name(kms.session + "/elements/nobody");
  EXPECT_EQ(kms.ask(&Stub::GetRtcStats, request, &stats), "NOT_FOUND/ELEMENT_NOT_FOUND");
}

}  // namespace
}  // namespace kms::test
