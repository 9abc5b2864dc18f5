// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <string>

#include "elements/webrtc/browser.hpp"
#include "tests/support/test_elements.hpp"

namespace kms {
void declare_webrtc(graph::Catalog& catalog);
}

namespace kms::webrtc {

// For tests: a session that has this kind, and sources, filters and sinks of the tests.
inline test::LiveSession::Setup setup() {
  return {.declare = [](graph::Catalog& catalog) {
    declare_webrtc(catalog);
    test::declare_test_elements(catalog);
  }};
}

inline kms::v1::ElementSpec endpoint(const std::string& id, const v1::WebRtcOptions& options = {}) {
  kms::v1::ElementSpec spec;
  spec.set_element_id(id);
  spec.mutable_options()->PackFrom(options);
  return spec;
}

// A session with a browser at the endpoint "me" that sends its pictures as two encodings, "l" and "h".
class TwoEncodings : public testing::Test {
 protected:
  static constexpr uint32_t kSmall = 50;
  static constexpr uint32_t kLarge = 60;

  TwoEncodings() {
    EXPECT_TRUE(session_.apply({endpoint("me")}, {}).ok());
    EXPECT_TRUE(browser_.join().ok());
  }
  rtc::test::TestPeer& peer() { return browser_.peer(); }

  test::LiveSession session_{setup()};
  Browser browser_{session_, "me", {.publishes = true, .rids = {"l", "h"}}};
};

}  // namespace kms::webrtc
