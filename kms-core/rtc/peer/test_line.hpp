// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/relay/detour.hpp"
#include "tests/support/relay/relay.hpp"

namespace kms::rtc::test {

// Thirty a second.
constexpr Duration kFrame = std::chrono::microseconds(33'333);

// An encoding of a simulcast track: how its frames come.
struct Encoding {
  const char* rid;
  uint32_t ssrc;
  size_t packets;
  size_t size;
  uint16_t sequence = 100;
};

inline Answer answer_to(TestPeer& page, Peer& peer) {
  std::promise<Result<Answer>> promise;
  peer.answer(page.offer(), [&](Result<Answer> answer) { promise.set_value(std::move(answer)); });
  return *promise.get_future().get();
}

inline void connect_behind(kms::test::Relay& relay, TestPeer& page, Answer answer) {
  answer.sdp = kms::test::detour(answer.sdp, relay.address());
  EXPECT_TRUE(page.use(answer).ok());
  EXPECT_TRUE(page.connect());
}

// Connects a page to the server's peer by a line that can be made narrow, slow and lossy.
inline std::unique_ptr<kms::test::Relay> connect_by_line(TestPeer& page, Peer& peer,
                                                         kms::test::Relay::Options options = {}) {
  auto answer = answer_to(page, peer);
  options.target = *kms::test::udp_address_in(answer.sdp);
  auto relay = std::move(*kms::test::Relay::start(options));
  connect_behind(*relay, page, std::move(answer));
  return relay;
}

}  // namespace kms::rtc::test
