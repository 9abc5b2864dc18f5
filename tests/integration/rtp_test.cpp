// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "tests/integration/rtp_fixture.hpp"
#include "tests/support/calm/calm.hpp"

namespace kms::test {
namespace {

using namespace rtp::v1;
using Stub = WithRtpEndpoint::Stub;
using rtc::test::TestPhone;

TEST(Rtp, APhoneHearsItselfAndItsTonesAreTold) {
  WithRtpEndpoint server;
  TestPhone phone({});
  EventReader events(server.client, server.session);
  ProcessOfferResponse response;
  ASSERT_EQ(server.process_offer(phone.offer(), &response), "OK") << server.client.last.message;
  phone.use(response.answer());

  TestPhone::Media media;
  EXPECT_TRUE(WithRtpEndpoint::talk_until(phone, media, [&] { return phone.rtp().size() >= 10; }));

  media.type = 101;
  media.payload = {5, 0x8a, 0x03, 0x20};  // the end of a 5, 800 ticks
  phone.send(media);
  ToneReceived tone;
  ASSERT_TRUE(MediaServer::wait_for(events, tone));
  EXPECT_EQ(tone.tone(), "5");
  EXPECT_EQ(server.send_tones("1"), "OK");
}

TEST(Rtp, APhoneThatSaysGoodbyeIsToldAtOnceToBeSilent) {
  measure_calmly([] {
    WithRtpEndpoint server;
    TestPhone phone({});
    EventReader events(server.client, server.session);
    ProcessOfferResponse response;
    ASSERT_EQ(server.process_offer(phone.offer(), &response), "OK") << server.client.last.message;
    phone.use(response.answer());
    TestPhone::Media media{.ssrc = 1};
    ASSERT_TRUE(WithRtpEndpoint::talk_until(phone, media, [&] { return phone.rtp().size() >= 10; }));
    ASSERT_TRUE(MediaServer::wait_for(events, [](const auto& event) { return event.has_media_flowing(); }));

    const auto said = std::chrono::steady_clock::now();
    phone.send_rtcp(rtc::test::goodbye(1));
    std::set<v1::Direction> silent;
    ASSERT_TRUE(MediaServer::wait_for(events, [&](const auto& event) {
      if (event.has_media_not_flowing()) silent.insert(event.media_not_flowing().direction());
      return silent.size() == 2;
    }));
    EXPECT_LT(std::chrono::steady_clock::now() - said, std::chrono::milliseconds(1700))
        << "two without a goodbye";

    phone.send({.ssrc = 2});
    EXPECT_TRUE(MediaServer::wait_for(events, [](const auto& event) { return event.has_media_flowing(); }));
  });
}

TEST(Rtp, EachCommandRefusesWhatItCannotDo) {
  WithRtpEndpoint server;
  ProcessOfferResponse response;
  EXPECT_EQ(server.process_offer("nothing", &response), "INVALID_ARGUMENT/SDP_SYNTAX");
  EXPECT_EQ(server.process_answer("nothing"), "FAILED_PRECONDITION/NO_OFFER_PENDING");
  EXPECT_EQ(server.send_tones("?"), "INVALID_ARGUMENT/TONES_INVALID");
  EXPECT_EQ(server.send_tones("1"), "FAILED_PRECONDITION/NO_TELEPHONE_EVENT");
  GenerateOfferResponse offer;
  EXPECT_EQ(server.ask(&Stub::GenerateOffer, GenerateOfferRequest(), &offer), "OK");
  EXPECT_NE(offer.offer().find("m=audio"), std::string::npos);
  GetLocalPortsResponse ports;
  EXPECT_EQ(server.ask(&Stub::GetLocalPorts, GetLocalPortsRequest(), &ports), "OK");
  EXPECT_EQ(ports.address(), "127.0.0.1");
  GetLocalPortsRequest other;
  other.set_name(server.session + "/elements/nobody");
  EXPECT_EQ(server.ask(&Stub::GetLocalPorts, other, &ports), "NOT_FOUND/ELEMENT_NOT_FOUND");
}

}  // namespace
}  // namespace kms::test
