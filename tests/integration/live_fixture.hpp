// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms/gstreamer_filter/v1/gstreamer_filter.pb.h"
#include "kms/webrtc/v1/webrtc.grpc.pb.h"
#include "tests/integration/media_fixture.hpp"
#include "tests/support/live_peer/live_peer.hpp"

namespace kms::test {

// A server with WebRtcEndpoints and filters, and real media through them.
struct LiveServer : MediaServer {
  LiveServer() : MediaServer("rtc: { announced: [127.0.0.1], threads: 1 }\n") {
    stub = webrtc::v1::WebRtcService::NewStub(client.channel);
  }

  void add_endpoint(const std::string& id, uint32_t jitter_buffer_ms = 0) {
    webrtc::v1::WebRtcOptions options;
    options.set_jitter_buffer_ms(jitter_buffer_ms);
    EXPECT_EQ(create(id, options), "OK") << client.last.message;
  }
  // Of raw media, and hardly a change of it: what goes through it is decoded and encoded.
  void add_filter(const std::string& id, const std::string& bin, v1::MediaKind kind) {
    gstreamer_filter::v1::GStreamerFilterOptions options;
    options.set_bin(bin);
    options.set_kind(kind);
    EXPECT_EQ(create(id, options), "OK") << client.last.message;
  }
  void link(const std::string& source, const std::string& sink, v1::MediaKind kind) {
    v1::LinkSpec spec;
    spec.set_source(source);
    spec.set_sink(sink);
    spec.set_kind(kind);
    EXPECT_EQ(client.connect(session, spec), "OK") << client.last.message;
  }
  // The peer's offer; the answer, or "".
  std::string answer_of(const std::string& id, LivePeer& peer) {
    webrtc::v1::ProcessOfferRequest request;
    request.set_name(session + "/elements/" + id);
    request.set_offer(peer.transport().offer());
    webrtc::v1::ProcessOfferResponse response;
    EXPECT_EQ(client.call(*stub, &webrtc::v1::WebRtcService::Stub::ProcessOffer, request, &response), "OK")
        << client.last.message;
    return response.answer();
  }
  bool join(const std::string& id, LivePeer& peer) { return peer.connect(answer_of(id, peer)); }

  std::unique_ptr<webrtc::v1::WebRtcService::Stub> stub;
};

}  // namespace kms::test
