// SPDX-License-Identifier: Apache-2.0
// Peers that come and go while a session's media flows: nothing may be left of them.
#include <gtest/gtest.h>

#include <cstdlib>
#include <iostream>
#include <thread>

#include "elements/webrtc/browser.hpp"
#include "kms-core/graph/declare_all.hpp"
#include "tests/conformance/live_objects.hpp"
#include "tests/support/level/process_level.hpp"
#include "tests/support/live_peer/live_peer.hpp"
#include "tests/support/test_elements.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

using webrtc::Browser;

// How often peers come and go; KMS_PEER_CYCLES asks for more.
int cycles() {
  const char* given = std::getenv("KMS_PEER_CYCLES");
  return given == nullptr ? 60 : std::atoi(given);
}
// Odd, and an even number after it: the first and the last look are after a guest who needs no encoder.
constexpr int kWarmUp = 11;

v1::ElementSpec endpoint(const std::string& id) {
  v1::ElementSpec spec;
  spec.set_element_id(id);
  spec.mutable_options()->PackFrom(webrtc::v1::WebRtcOptions());
  return spec;
}

// A session whose host sends sound and pictures all the time, through a filter and as they are.
class Party {
 public:
  Party() {
    EXPECT_TRUE(
        session_.apply({endpoint("host"), filter("filter", "video identity")}, {{"host", "filter"}}).ok());
    Browser door(session_, "host", {.publishes = true});
    const auto answer = door.ask<webrtc::v1::ProcessOfferResponse>([&](auto& element, auto reply) {
      element.process_offer(host_.transport().offer(), std::move(reply));
    });
    EXPECT_TRUE(answer.ok()) << answer.status();
    EXPECT_TRUE(host_.connect(answer->answer()));
    host_.start(rtc::Clock::now());
    sending_ = std::jthread([this](const std::stop_token& stop) {
      perform(
          {&host_}, [&] { return stop.stop_requested(); }, std::chrono::hours(1));
    });
  }

  // A guest comes, gets the host's sound and filtered or forwarded pictures, and goes without a goodbye.
  void visit() {
    const int number = ++visits_;
    const std::string pictures = number % 2 == 0 ? "filter" : "host";
    ASSERT_TRUE(session_.apply({endpoint("guest")}, {}).ok());
    link(pictures, v1::MEDIA_KIND_VIDEO);
    link("host", v1::MEDIA_KIND_AUDIO);
    {
      Browser guest(session_, "guest", {});
      const auto joined = guest.join();
      ASSERT_TRUE(joined.ok()) << joined;
      const auto gets_both = [&] { return guest.peer().count(true) > 0 && guest.peer().count(false) > 0; };
      EXPECT_TRUE(guest.peer().receive_until(gets_both, kPatience))
          << "guest " << number << " of " << pictures << ": " << guest.peer().count(true)
          << " packets of pictures, " << guest.peer().count(false) << " of sound";
    }
    ASSERT_TRUE(session_.remove("guest").ok());
  }

  // The encoder for guests has gone, too.
  void calm() {
    EXPECT_TRUE(session_.eventually([&] { return session_.graph().elements().size() == 2; }));
  }

  bool rest() { return session_.rest(); }

 private:
  void link(const std::string& source, v1::MediaKind kind) {
    v1::LinkSpec spec;
    spec.set_source(source);
    spec.set_sink("guest");
    spec.set_kind(kind);
    const auto linked =
        session_.on_loop([&](graph::Session& session) { return session.connect(spec).status(); });
    EXPECT_TRUE(linked.ok()) << linked;
  }

  LivePeer host_{{}};
  LiveSession session_{{.declare = [](graph::Catalog& catalog) {
    graph::declare_all(catalog);
    declare_test_elements(catalog);
  }}};
  int visits_ = 0;
  std::jthread sending_;
};

TEST(PeerSoak, PeersThatComeAndGoWhileMediaFlowsLeaveNothing) {
  Party party;
  for (int i = 0; i < kWarmUp; ++i) party.visit();
  party.calm();
  ASSERT_TRUE(party.rest());
  const auto before = ProcessLevel::now();

  LiveObjects objects;
  for (int i = 0; i < cycles(); ++i) {
    party.visit();
    if (HasFatalFailure()) return;
  }
  party.calm();

  EXPECT_TRUE(eventually([&] { return objects.left().empty(); })) << testing::PrintToString(objects.left());
  EXPECT_TRUE(came_back_to(before));
}

}  // namespace
}  // namespace kms::test
