// SPDX-License-Identifier: Apache-2.0
// The states of a connection as an application is told them, each change once and in its order.
#include <gmock/gmock.h>

#include "tests/integration/webrtc_fixture.hpp"

namespace kms::test {
namespace {

using namespace webrtc::v1;
using rtc::test::TestPeer;
using testing::ElementsAreArray;
using testing::StartsWith;
using Story = std::vector<std::string>;

std::string lines_without(const std::string& prefix, const std::string& name) {
  return name.starts_with(prefix) ? name.substr(prefix.size()) : name;
}

// "ice CONNECTED", "connection FAILED NO_SIGN_OF_LIFE"; empty for what is no state.
std::string told(const v1::Event& event) {
  if (event.has_end_of_stream()) return "end";
  SignalingStateChanged signaling;
  IceStateChanged ice;
  DtlsStateChanged dtls;
  CandidatePairSelected pair;
  ConnectionStateChanged connection;
  const auto& any = event.element_event();
  if (any.UnpackTo(&signaling))
    return "signaling " + lines_without("SIGNALING_STATE_", SignalingState_Name(signaling.state()));
  if (any.UnpackTo(&ice))
    return "ice " + lines_without("ICE_TRANSPORT_STATE_", IceTransportState_Name(ice.state()));
  if (any.UnpackTo(&dtls))
    return "dtls " + lines_without("DTLS_TRANSPORT_STATE_", DtlsTransportState_Name(dtls.state()));
  if (any.UnpackTo(&pair)) return "pair " + pair.pair();
  if (!any.UnpackTo(&connection)) return {};
  const auto state = lines_without("CONNECTION_STATE_", ConnectionState_Name(connection.state()));
  return "connection " + state + (connection.reason().empty() ? "" : " " + connection.reason());
}

// A server with an endpoint "w", and what it tells.
struct Telling : WithEndpoint {
  explicit Telling(const std::string& rtc = kPatientRtc) : WithEndpoint({}, {}, {}, rtc) {
    events.wait_until_subscribed();
  }
  // All that is told up to and including `last`.
  Story until(const std::string& last) {
    Story story;
    wait_for(events, [&](const v1::Event& event) {
      if (auto text = told(event); !text.empty()) story.push_back(std::move(text));
      return !story.empty() && story.back() == last;
    });
    return story;
  }
  EventReader events{client, session};
};

// From the check on; which pair it is, is the peer's port.
std::string pair_of(const TestPeer& peer) {
  return "pair udp " + peer.server().to_string() +
         " 127.0.0.1:" + std::to_string(rtc::local_port(peer.descriptor()));
}

const Story kAnswered{"ice CHECKING", "connection CONNECTING", "signaling HAVE_REMOTE_OFFER",
                      "signaling STABLE"};

TEST(WebRtcStates, FromThePeersOfferToOurClose) {
  Telling kms;
  TestPeer peer({.publishes = true});
  ASSERT_TRUE(kms.join(peer));
  EXPECT_THAT(kms.until("signaling STABLE"), ElementsAreArray(kAnswered));
  EXPECT_THAT(kms.until("connection CONNECTED"),
              ElementsAreArray({"ice CONNECTED", "dtls CONNECTING", pair_of(peer).c_str(), "dtls CONNECTED",
                                "connection CONNECTED"}));

  ProcessOfferResponse again;
  ASSERT_EQ(kms.process_offer(peer.offer(), &again), "OK");
  EXPECT_THAT(kms.until("signaling STABLE"),
              ElementsAreArray({"signaling HAVE_REMOTE_OFFER", "signaling STABLE"}));

  ASSERT_EQ(kms.close(), "OK");
  EXPECT_THAT(kms.until("dtls CLOSED"), ElementsAreArray({"connection CLOSED", "signaling CLOSED", "end",
                                                          "ice CLOSED", "dtls CLOSED"}));
}

TEST(WebRtcStates, FromOurOfferToThePeersGoodbye) {
  Telling kms;
  TestPeer peer({.publishes = true});
  GenerateOfferResponse offer;
  ASSERT_EQ(kms.generate_offer(&offer), "OK");
  EXPECT_THAT(kms.until("signaling HAVE_LOCAL_OFFER"), ElementsAreArray({"signaling HAVE_LOCAL_OFFER"}));
  const auto answer = peer.answer_to(offer.offer());
  ASSERT_TRUE(answer.ok()) << message_of(answer.status());
  ASSERT_EQ(kms.process_answer(*answer), "OK") << kms.client.last.message;
  EXPECT_THAT(kms.until("signaling STABLE"),
              ElementsAreArray({"ice CHECKING", "connection CONNECTING", "signaling STABLE"}));
  ASSERT_TRUE(peer.connect());
  EXPECT_EQ(kms.until("connection CONNECTED").size(), 5U);

  peer.say_goodbye();

  EXPECT_THAT(kms.until("ice CLOSED"), ElementsAreArray({"dtls CLOSED", "connection CLOSED PEER_CLOSED",
                                                         "signaling CLOSED", "end", "ice CLOSED"}));
  EXPECT_EQ(kms.generate_offer(&offer), "FAILED_PRECONDITION/PEER_CLOSED");
}

TEST(WebRtcStates, APeerWithAnotherCertificateThanItsDescriptionSaysFails) {
  Telling kms;
  TestPeer liar({.publishes = true, .lies_about_fingerprint = true});

  ProcessOfferResponse response;
  ASSERT_EQ(kms.process_offer(liar.offer(), &response), "OK") << kms.client.last.message;
  ASSERT_TRUE(liar.use({.sdp = response.answer(), .lines = {}, .sources = {}}).ok());

  EXPECT_FALSE(liar.connect(std::chrono::seconds(2)));
  GetRtcStatsResponse stats;
  ASSERT_TRUE(liar.receive_until([&] { return kms.stats(&stats) == "FAILED_PRECONDITION/PEER_CLOSED"; }));

  EXPECT_THAT(kms.until("signaling STABLE"), ElementsAreArray(kAnswered));
  EXPECT_THAT(kms.until("dtls CLOSED"),
              ElementsAreArray({"ice CONNECTED", "dtls CONNECTING", pair_of(liar).c_str(), "dtls FAILED",
                                "connection FAILED DTLS_FINGERPRINT_MISMATCH", "signaling CLOSED", "end",
                                "ice CLOSED", "dtls CLOSED"}));
  EXPECT_TRUE(liar.rtp().empty());
}

// Its connection ends and it comes back by another one; then nothing is heard of it any more.
TEST(WebRtcStates, APeerThatIsLostMayComeBackUntilItHasFailed) {
  Telling kms("announced: [127.0.0.1], threads: 1, disconnected_after: 3s, failed_after: 6s");
  ASSERT_EQ(kms.client.create_pass_through(kms.session, "taker"), "OK");
  ASSERT_EQ(kms.client.connect(kms.session, "w", "taker"), "OK");
  TestPeer peer({.publishes = true, .tcp = true});
  ASSERT_TRUE(kms.join(peer));
  kms.until("connection CONNECTED");

  peer.move();
  EXPECT_THAT(kms.until("connection DISCONNECTED"),
              ElementsAreArray({"ice DISCONNECTED", "connection DISCONNECTED"}));
  peer.send_check();
  const auto back = kms.until("connection CONNECTED");
  ASSERT_EQ(back.size(), 3U) << testing::PrintToString(back);
  EXPECT_EQ(back[0], "ice CONNECTED");
  EXPECT_THAT(back[1], StartsWith("pair tcp "));

  EXPECT_THAT(kms.until("dtls CLOSED"),
              ElementsAreArray({"ice DISCONNECTED", "connection DISCONNECTED", "ice FAILED",
                                "connection FAILED NO_SIGN_OF_LIFE", "signaling CLOSED", "end", "ice CLOSED",
                                "dtls CLOSED"}));
  v1::GetElementRequest request;
  request.set_name(kms.name_of("w"));
  v1::GetElementResponse element;
  ASSERT_EQ(kms.client.call(*kms.client.elements, &v1::ElementService::Stub::GetElement, request, &element),
            "OK");
  for (const auto& port : element.element().ports()) {
    if (port.direction() == v1::DIRECTION_SOURCE && port.kind() != v1::MEDIA_KIND_DATA) {
      EXPECT_EQ(port.formats_size(), 0) << port.name() << " offers nothing any more";
    }
  }
  EXPECT_EQ(kms.close(), "FAILED_PRECONDITION/PEER_CLOSED");
}

}  // namespace
}  // namespace kms::test
