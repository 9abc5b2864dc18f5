// SPDX-License-Identifier: Apache-2.0
#include <set>

#include "kms-core/rtc/peer/test_phone.hpp"
#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "kms/rtp/v1/rtp.grpc.pb.h"
#include "tests/integration/media_fixture.hpp"

namespace kms::test {
namespace {

using namespace rtp::v1;
using Stub = RtpService::Stub;
using rtc::test::TestPhone;

// A server with an RtpEndpoint "r" that sends back what it gets, and the commands for it. Each answers "OK"
// or code and reason.
struct WithEndpoint : MediaServer {
  explicit WithEndpoint(const RtpOptions& options = {})
      : MediaServer("rtp: { announced: 127.0.0.1, ports: 20000-29999 }\n") {
    EXPECT_EQ(create("r", options), "OK") << client.last.message;
    EXPECT_EQ(client.connect(session, "r", "r"), "OK") << client.last.message;
    stub = RtpService::NewStub(client.channel);
  }

  template <typename Request, typename Response>
  std::string ask(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  Request request, Response* response) {
    if (request.name().empty()) request.set_name(session + "/elements/r");
    return client.call(*stub, method, request, response);
  }
  std::string process_offer(const std::string& offer, ProcessOfferResponse* response) {
    ProcessOfferRequest request;
    request.set_offer(offer);
    return ask(&Stub::ProcessOffer, request, response);
  }
  std::string process_answer(const std::string& answer) {
    ProcessAnswerRequest request;
    request.set_answer(answer);
    ProcessAnswerResponse response;
    return ask(&Stub::ProcessAnswer, request, &response);
  }
  std::string send_tones(const std::string& tones) {
    SendTonesRequest request;
    request.set_tones(tones);
    SendTonesResponse response;
    return ask(&Stub::SendTones, request, &response);
  }

  std::unique_ptr<Stub> stub;
};

TEST(Rtp, APhoneHearsItselfAndItsTonesAreTold) {
  WithEndpoint server;
  TestPhone phone({});
  EventReader events(server.client, server.session);
  ProcessOfferResponse response;
  ASSERT_EQ(server.process_offer(phone.offer(), &response), "OK") << server.client.last.message;
  phone.use(response.answer());

  TestPhone::Media media;
  for (int i = 0; i < 200 && phone.rtp().size() < 10; ++i, ++media.sequence, media.timestamp += 160) {
    phone.send(media);
    phone.receive_until([] { return false; }, std::chrono::milliseconds(20));
  }
  EXPECT_GE(phone.rtp().size(), 10u);

  media.type = 101;
  media.payload = {5, 0x8a, 0x03, 0x20};  // the end of a 5, 800 ticks
  phone.send(media);
  ToneReceived tone;
  ASSERT_TRUE(MediaServer::wait_for(events, tone));
  EXPECT_EQ(tone.tone(), "5");
  EXPECT_EQ(server.send_tones("1"), "OK");
}

TEST(Rtp, APhoneThatSaysGoodbyeIsToldAtOnceToBeSilent) {
  WithEndpoint server;
  TestPhone phone({});
  EventReader events(server.client, server.session);
  ProcessOfferResponse response;
  ASSERT_EQ(server.process_offer(phone.offer(), &response), "OK") << server.client.last.message;
  phone.use(response.answer());
  TestPhone::Media media{.ssrc = 1};
  for (; media.sequence < 200 && phone.rtp().size() < 10; ++media.sequence) {
    phone.send(media);
    phone.receive_until([] { return false; }, std::chrono::milliseconds(20));
  }
  ASSERT_TRUE(MediaServer::wait_for(events, [](const auto& event) { return event.has_media_flowing(); }));

  const auto said = std::chrono::steady_clock::now();
  phone.send_rtcp(rtc::test::goodbye(1));
  std::set<v1::Direction> silent;
  ASSERT_TRUE(MediaServer::wait_for(events, [&](const auto& event) {
    if (event.has_media_not_flowing()) silent.insert(event.media_not_flowing().direction());
    return silent.size() == 2;
  }));
  EXPECT_LT(std::chrono::steady_clock::now() - said, std::chrono::seconds(1)) << "two without a goodbye";

  phone.send({.ssrc = 2});
  EXPECT_TRUE(MediaServer::wait_for(events, [](const auto& event) { return event.has_media_flowing(); }));
}

TEST(Rtp, EachCommandRefusesWhatItCannotDo) {
  WithEndpoint server;
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
