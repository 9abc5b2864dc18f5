// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms/webrtc/v1/webrtc.grpc.pb.h"
#include "tests/integration/media_fixture.hpp"

namespace kms::test {

// A server with a WebRtcEndpoint "w", and the commands for it. Each answers "OK" or code and reason.
struct WithEndpoint : MediaServer {
  using Stub = webrtc::v1::WebRtcService::Stub;

  // `more`: further keys of the section rtc, as "segment: false"; `sections`: further sections.
  explicit WithEndpoint(const webrtc::v1::WebRtcOptions& options = {}, const std::string& more = {},
                        const std::string& sections = {}, const std::string& rtc = kPatientRtc)
      : MediaServer("rtc: { " + rtc + ", " + more + " }\n" + sections) {
    EXPECT_EQ(create("w", options), "OK") << client.last.message;
    stub = webrtc::v1::WebRtcService::NewStub(client.channel);
  }

  template <typename Request, typename Response>
  std::string ask(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                  Request request, Response* response) {
    if (request.name().empty()) request.set_name(session + "/elements/w");
    return client.call(*stub, method, request, response);
  }
  std::string process_offer(const std::string& offer, webrtc::v1::ProcessOfferResponse* response) {
    webrtc::v1::ProcessOfferRequest request;
    request.set_offer(offer);
    return ask(&Stub::ProcessOffer, request, response);
  }
  std::string process_answer(const std::string& answer) {
    webrtc::v1::ProcessAnswerRequest request;
    request.set_answer(answer);
    webrtc::v1::ProcessAnswerResponse response;
    return ask(&Stub::ProcessAnswer, request, &response);
  }
  std::string generate_offer(webrtc::v1::GenerateOfferResponse* response,
                             const webrtc::v1::GenerateOfferRequest& request = {}) {
    return ask(&Stub::GenerateOffer, request, response);
  }
  std::string withdraw_offer() {
    webrtc::v1::WithdrawOfferResponse response;
    return ask(&Stub::WithdrawOffer, webrtc::v1::WithdrawOfferRequest(), &response);
  }
  std::string add_candidate(const std::string& candidate) {
    webrtc::v1::AddIceCandidateRequest request;
    request.set_candidate(candidate);
    webrtc::v1::AddIceCandidateResponse response;
    return ask(&Stub::AddIceCandidate, request, &response);
  }
  std::string gather() {
    webrtc::v1::GatherCandidatesResponse response;
    return ask(&Stub::GatherCandidates, webrtc::v1::GatherCandidatesRequest(), &response);
  }
  std::string close() {
    webrtc::v1::CloseResponse response;
    return ask(&Stub::Close, webrtc::v1::CloseRequest(), &response);
  }
  std::string set_layers(const webrtc::v1::SetPreferredLayersRequest& request) {
    webrtc::v1::SetPreferredLayersResponse response;
    return ask(&Stub::SetPreferredLayers, request, &response);
  }
  std::string stats(webrtc::v1::GetRtcStatsResponse* response) {
    return ask(&Stub::GetRtcStats, webrtc::v1::GetRtcStatsRequest(), response);
  }
  // Of another endpoint.
  webrtc::v1::GetRtcStatsResponse stats_of(const std::string& id) {
    webrtc::v1::GetRtcStatsRequest request;
    request.set_name(name_of(id));
    webrtc::v1::GetRtcStatsResponse response;
    EXPECT_EQ(ask(&Stub::GetRtcStats, request, &response), "OK");
    return response;
  }
  // The peer's offer, the answer and the connection.
  bool join(rtc::test::TestPeer& peer) {
    webrtc::v1::ProcessOfferResponse response;
    EXPECT_EQ(process_offer(peer.offer(), &response), "OK") << client.last.message;
    return peer.use({.sdp = response.answer(), .lines = {}, .sources = {}}).ok() && peer.connect();
  }

  std::unique_ptr<Stub> stub;
};

// One that takes pictures in H.264 alone, and a peer for it.
struct WithH264Endpoint : WithEndpoint {
  explicit WithH264Endpoint(const std::string& sections = {}) : WithEndpoint(options(), {}, sections) {}
  static webrtc::v1::WebRtcOptions options() {
    webrtc::v1::WebRtcOptions options;
    for (const auto* codec : {"H264", "OPUS"}) options.add_codecs(codec);
    return options;
  }
  static rtc::test::TestPeer::Options speaks_h264() {
    rtc::test::TestPeer::Options options;
    options.video = "H264/90000";
    options.video_parameters = "packetization-mode=1;profile-level-id=42e01f;level-asymmetry-allowed=1";
    return options;
  }
};

}  // namespace kms::test
