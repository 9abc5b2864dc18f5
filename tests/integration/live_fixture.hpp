// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <string>
#include <vector>

#include "kms/gstreamer_filter/v1/gstreamer_filter.pb.h"
#include "kms/webrtc/v1/webrtc.grpc.pb.h"
#include "tests/integration/media_fixture.hpp"
#include "tests/support/live_peer/live_peer.hpp"
#include "tests/support/relay/detour.hpp"

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
  // Of raw media, and without a change of it: what goes through it is decoded and encoded.
  void add_filter(const std::string& id, const std::string& bin) {
    gstreamer_filter::v1::GStreamerFilterOptions options;
    options.set_bin(bin);
    EXPECT_EQ(create(id, options), "OK") << client.last.message;
  }
  void link(const std::string& source, const std::string& sink) {
    EXPECT_EQ(client.connect(session, source, sink), "OK") << client.last.message;
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

// How long each of some things took, milliseconds.
class Times {
 public:
  void add(rtc::Duration time) { all_.push_back(std::chrono::duration<double, std::milli>(time).count()); }
  size_t count() const { return all_.size(); }
  // 0.5: the median.
  double share(double part) const {
    if (all_.empty()) return 1e9;
    auto sorted = all_;
    std::ranges::sort(sorted);
    return sorted[static_cast<size_t>(part * static_cast<double>(sorted.size() - 1))];
  }
  double median() const { return share(0.5); }
  double most() const { return share(1); }
  // Those from one share of them to another, in the order in which they were added.
  Times part(double from, double to) const {
    Times some;
    const auto count = static_cast<double>(all_.size());
    for (auto i = static_cast<size_t>(from * count); i < static_cast<size_t>(to * count); ++i)
      some.all_.push_back(all_[i]);
    return some;
  }

 private:
  std::vector<double> all_;
};

// From when the last packet of a picture went to the server until the last one of it came back, by its
// number. Pictures before `from` are left out.
Times picture_delays(const LivePeer& from, const LivePeer& to, std::chrono::nanoseconds since);
// The same of packets that come as they went: forwarded sound.
Times sound_delays(const LivePeer& from, const LivePeer& to);
// The same of beeps that were decoded and encoded: from the packet where one begins to the packet where it
// begins at the far end.
Times beep_delays(const LivePeer& from, const LivePeer& to, const std::string& far_codec);
// How much later than its flash the sender reports say that each second's beep was, milliseconds.
std::vector<double> beeps_after_flashes(const LivePeer& peer, const std::string& video,
                                        const std::string& audio);

}  // namespace kms::test
