// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kms-core/rtc/peer/test_phone.hpp"
#include "kms/rtp/v1/rtp.grpc.pb.h"
#include "tests/integration/media_fixture.hpp"

namespace kms::test {

// A server with an RtpEndpoint "r" that sends back what it gets, and the commands for it. Each answers "OK"
// or code and reason.
struct WithRtpEndpoint : MediaServer {
  using Stub = rtp::v1::RtpService::Stub;

  explicit WithRtpEndpoint(const rtp::v1::RtpOptions& options = {}, const std::string& ports = "20000-29999")
      : MediaServer("rtp: { announced: 127.0.0.1, ports: " + ports + " }\n") {
    EXPECT_EQ(create("r", options), "OK") << client.last.message;
    EXPECT_EQ(client.connect(session, "r", "r"), "OK") << client.last.message;
    stub = rtp::v1::RtpService::NewStub(client.channel);
  }

  template <typename Request, typename Response>
  std::string ask(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  Request request, Response* response) {
    if (request.name().empty()) request.set_name(session + "/elements/r");
    return client.call(*stub, method, request, response);
  }
  std::string process_offer(const std::string& offer, rtp::v1::ProcessOfferResponse* response) {
    rtp::v1::ProcessOfferRequest request;
    request.set_offer(offer);
    return ask(&Stub::ProcessOffer, request, response);
  }
  std::string process_answer(const std::string& answer) {
    rtp::v1::ProcessAnswerRequest request;
    request.set_answer(answer);
    rtp::v1::ProcessAnswerResponse response;
    return ask(&Stub::ProcessAnswer, request, &response);
  }
  std::string generate_offer(const rtp::v1::GenerateOfferRequest& request, std::string* offer) {
    rtp::v1::GenerateOfferResponse response;
    auto outcome = ask(&Stub::GenerateOffer, request, &response);
    *offer = response.offer();
    return outcome;
  }
  // Of each tone and between them; 0: the default.
  std::string send_tones(const std::string& tones, int duration_ms = 0, int gap_ms = 0) {
    rtp::v1::SendTonesRequest request;
    request.set_tones(tones);
    if (duration_ms != 0) *request.mutable_duration() = of_milliseconds(duration_ms);
    if (gap_ms != 0) *request.mutable_gap() = of_milliseconds(gap_ms);
    rtp::v1::SendTonesResponse response;
    return ask(&Stub::SendTones, request, &response);
  }
  rtp::v1::GetLocalPortsResponse ports(const std::string& id = "r") {
    rtp::v1::GetLocalPortsRequest request;
    request.set_name(name_of(id));
    rtp::v1::GetLocalPortsResponse response;
    EXPECT_EQ(ask(&Stub::GetLocalPorts, request, &response), "OK") << client.last.message;
    return response;
  }
  static google::protobuf::Duration of_milliseconds(int milliseconds) {
    google::protobuf::Duration duration;
    duration.set_seconds(milliseconds / 1000);
    duration.set_nanos(milliseconds % 1000 * 1'000'000);
    return duration;
  }
  // Has the phone speak, a packet every 20 ms, until it holds.
  static bool talk_until(rtc::test::TestPhone& phone, rtc::test::TestPhone::Media& media,
                         const std::function<bool()>& holds) {
    for (int i = 0; i < 500 && !holds(); ++i, ++media.sequence, media.timestamp += 160) {
      phone.send(media);
      phone.receive_until(holds, std::chrono::milliseconds(20));
    }
    return holds();
  }

  std::unique_ptr<Stub> stub;
};

}  // namespace kms::test
