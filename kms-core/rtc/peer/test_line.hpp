// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <future>
#include <memory>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/relay/detour.hpp"
#include "tests/support/relay/relay.hpp"

namespace kms::rtc::test {

// Connects a page to the server's peer by a line that can be made narrow, slow and lossy.
inline std::unique_ptr<kms::test::Relay> connect_by_line(TestPeer& page, Peer& peer) {
  std::promise<Result<Answer>> promise;
  peer.answer(page.offer(), [&](Result<Answer> answer) { promise.set_value(std::move(answer)); });
  auto answer = *promise.get_future().get();
  auto relay = std::move(*kms::test::Relay::start({.target = *kms::test::udp_address_in(answer.sdp)}));
  answer.sdp = kms::test::detour(answer.sdp, relay->address());
  EXPECT_TRUE(page.use(answer).ok());
  EXPECT_TRUE(page.connect());
  return relay;
}

}  // namespace kms::rtc::test
