// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <future>
#include <memory>
#include <string>
#include <utility>

#include "elements/webrtc/webrtc_element.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/session_fixture.hpp"
#include "tests/support/waiting.hpp"

namespace kms::webrtc {

// For tests: the other side of a WebRtcEndpoint, over sockets on loopback. The test's thread.
class Browser {
 public:
  using Peer = rtc::test::TestPeer;

  Browser(test::LiveSession& session, std::string element, const Peer::Options& options)
      : session_(session), element_(std::move(element)), peer_(options) {
    if (!options.publishes) return;
    for (auto& line : peer_.lines()) line.direction = "sendrecv";
  }

  Peer& peer() { return peer_; }

  // Does `work(element, reply)` on the control loop and waits for what it replies.
  template <typename Answer, typename Work>
  Result<Answer> ask(Work work) {
    auto promise = std::make_shared<std::promise<Result<Answer>>>();
    session_.on_loop([&](graph::Session& s) {
      auto found = s.find<WebRtcElement>(session_.element(element_));
      if (!found.ok()) return promise->set_value(found.status());
      work(**found,
           Reply<Answer>([promise](Result<Answer> answer) { promise->set_value(std::move(answer)); }));
    });
    return promise->get_future().get();
  }

  // Offer and answer, the first or further ones.
  Status negotiate() {
    const auto answer = ask<v1::ProcessOfferResponse>(
        [&](WebRtcElement& element, auto reply) { element.process_offer(peer_.offer(), std::move(reply)); });
    if (!answer.ok()) return answer.status();
    answer_ = answer->answer();
    return peer_.use({.sdp = answer_, .lines = {}, .sources = {}});
  }
  const std::string& answer() const { return answer_; }

  // The same, until media may flow.
  Status join() {
    const auto status = negotiate();
    if (!status.ok()) return status;
    return peer_.connect()
               ? ok()
               : error(StatusCode::kUnavailable, "PEER_CLOSED", "the test's peer does not connect");
  }

  // One packet that is a frame of its own.
  void send(bool video) {
    auto& sent = video ? video_ : audio_;
    Peer::Frame frame{.video = video, .key_frame = true};
    frame.sequence = ++sent.sequence;
    frame.timestamp = sent.timestamp += video ? 3000 : 960;
    peer_.send(frame);
  }
  // A packet of sound that says how loud it is (RFC 6464).
  void say(uint8_t level) {
    peer_.send({.video = false,
                .sequence = ++audio_.sequence,
                .timestamp = audio_.timestamp += 960,
                .size = 80,
                .level = level});
  }
  // Sends sound and pictures until it holds, for some seconds at most.
  bool send_until(const std::function<bool()>& holds) {
    const auto give_up = std::chrono::steady_clock::now() + test::kPatience;
    while (!holds() && std::chrono::steady_clock::now() < give_up) {
      send(false);
      send(true);
      peer_.receive_until(holds, std::chrono::milliseconds(20));
    }
    return holds();
  }

 private:
  struct Sent {
    uint16_t sequence = 0;
    uint32_t timestamp = 0;
  };
  test::LiveSession& session_;
  const std::string element_;
  Peer peer_;
  std::string answer_;
  Sent audio_;
  Sent video_;
};

}  // namespace kms::webrtc
