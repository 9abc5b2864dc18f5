// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <set>
#include <string>
#include <vector>

#include "elements/webrtc/line_names.hpp"
#include "elements/webrtc/test_session.hpp"
#include "tests/support/waiting.hpp"

namespace kms::webrtc {
namespace {

using test::LiveSession;

const Browser::Peer::Options kBothWays{.publishes = true};
const Browser::Peer::Options kWatches{};

std::set<std::string> ways_of(LiveSession& session) {
  std::set<std::string> out;
  const auto graph = session.graph();
  for (const auto& link : graph.links()) out.insert(link.way());
  return out;
}

TEST(WebRtcEndpoint, SendsBackWhatItGetsWithoutDecoding) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({endpoint("me")}, {{"me", "me"}}).ok());
  Browser browser(session, "me", kBothWays);
  const auto joined = browser.join();
  ASSERT_TRUE(joined.ok()) << joined;

  EXPECT_TRUE(browser.send_until(
      [&] { return browser.peer().count(true) > 10 && browser.peer().count(false) > 10; }));

  EXPECT_EQ(ways_of(session), std::set<std::string>{"forward"});
  for (const auto& event : session.events()) EXPECT_FALSE(event.has_transcoding_started());
}

TEST(WebRtcEndpoint, SendsOnWhatAnotherOneGets) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({endpoint("speaker"), endpoint("listener")}, {{"speaker", "listener"}}).ok());
  Browser speaker(session, "speaker", kBothWays);
  Browser listener(session, "listener", kWatches);
  ASSERT_TRUE(speaker.join().ok());
  ASSERT_TRUE(listener.join().ok());

  EXPECT_TRUE(speaker.send_until([&] {
    listener.peer().receive_until([] { return false; }, std::chrono::milliseconds(5));
    return listener.peer().count(true) > 10 && listener.peer().count(false) > 10;
  })) << listener.peer().count(true)
      << " pictures, " << listener.peer().count(false) << " of sound\n"
      << session.graph().DebugString();
}

TEST(WebRtcEndpoint, WhatIsLinkedToAPortGoesOnInTheLineThatComesAfterAStoppedOne) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({endpoint("me")}, {}).ok());
  Browser browser(session, "me", kBothWays);
  ASSERT_TRUE(browser.join().ok());
  ASSERT_TRUE(session.connect("me", "me").ok());
  ASSERT_TRUE(browser.send_until([&] { return browser.peer().count(true) > 3; }));

  browser.peer().lines()[1].rejected = true;
  ASSERT_TRUE(browser.negotiate().ok());
  browser.peer().lines()[1] = {"again", true, "sendrecv", Browser::Peer::kVideoSsrc};
  ASSERT_TRUE(browser.negotiate().ok());

  browser.peer().clear();
  EXPECT_TRUE(browser.send_until([&] { return browser.peer().count(true) > 3; }));
}

// Pages list them from small to large, and what is filtered and recorded shall be the best that there is.
TEST(WebRtcEndpoint, OfSimulcastEncodingsTheLastOneIsTheSource) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({endpoint("speaker"), endpoint("listener")}, {{"speaker", "listener"}}).ok());
  Browser speaker(session, "speaker", {.publishes = true, .rids = {"l", "h"}});
  Browser listener(session, "listener", kWatches);
  ASSERT_TRUE(speaker.join().ok());
  ASSERT_TRUE(listener.join().ok());
  constexpr size_t kSmall = 300, kLarge = 1000;
  uint16_t number = 0;
  const auto send_both = [&] {
    Browser::Peer::Frame frame{.key_frame = true,
                               .sequence = ++number,
                               .timestamp = 3000u * number,
                               .size = kSmall,
                               .ssrc = 50,
                               .rid = "l"};
    speaker.peer().send(frame);
    frame.size = kLarge;
    frame.ssrc = 60;
    frame.rid = "h";
    speaker.peer().send(frame);
    listener.peer().receive_until([] { return false; }, std::chrono::milliseconds(20));
  };
  // Of so many of the last pictures, those that are large.
  const auto large_ones = [&](size_t last) {
    std::vector<size_t> sizes;
    for (const auto& packet : listener.peer().rtp()) {
      const auto view = *rtc::RtpView::parse(packet);
      if (view.payload_type() == Browser::Peer::kVideoType) sizes.push_back(view.payload().size());
    }
    return sizes.size() < last ? 0
                               : std::count(sizes.end() - static_cast<ptrdiff_t>(last), sizes.end(), kLarge);
  };

  // Where the other one alone has come, that is what begins.
  EXPECT_TRUE(test::eventually([&] {
    send_both();
    return large_ones(20) == 20;
  }));
}

TEST(WebRtcEndpoint, WhatItsPeerAnswersAfterTheEndIsRefused) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({endpoint("me")}, {{"me", "me"}}).ok());
  Browser browser(session, "me", kBothWays);
  browser.peer().lines().push_back({.mid = "further", .direction = "sendrecv", .ssrc = 77});

  const auto answer = browser.ask<v1::ProcessOfferResponse>([&](WebRtcElement& element, auto reply) {
    element.process_offer(browser.peer().offer(), std::move(reply));
    EXPECT_TRUE(element.say_goodbye().ok());
  });

  EXPECT_EQ(reason_of(answer.status()), "PEER_CLOSED");
}

TEST(WebRtcEndpoint, AnOfferOfItComesWithItsLines) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({endpoint("me")}, {}).ok());
  Browser browser(session, "me", kBothWays);
  ASSERT_TRUE(browser.join().ok());
  v1::GenerateOfferRequest wanted;
  auto& further = *wanted.add_lines();
  further.set_kind(v1::OfferedLine::KIND_VIDEO);
  further.set_direction(v1::MEDIA_DIRECTION_SENDONLY);
  wanted.add_lines()->set_kind(v1::OfferedLine::KIND_DATA);

  const auto offer = browser.ask<v1::GenerateOfferResponse>(
      [&](WebRtcElement& element, auto reply) { element.generate_offer(wanted, std::move(reply)); });

  ASSERT_TRUE(offer.ok());
  std::vector<std::string> lines;
  std::set<std::string> mids;
  for (const auto& line : offer->lines()) {
    EXPECT_NE(offer->offer().find("a=mid:" + line.mid() + "\r\n"), std::string::npos);
    mids.insert(line.mid());
    lines.push_back(v1::OfferedLine::Kind_Name(line.kind()) + " " +
                    v1::MediaDirection_Name(line.direction()));
  }
  EXPECT_EQ(lines, (std::vector<std::string>{
                       "KIND_AUDIO MEDIA_DIRECTION_SENDRECV", "KIND_VIDEO MEDIA_DIRECTION_SENDRECV",
                       "KIND_VIDEO MEDIA_DIRECTION_SENDONLY", "KIND_DATA MEDIA_DIRECTION_UNSPECIFIED"}));
  EXPECT_EQ(mids.size(), lines.size());
}

TEST(LineNames, EachLineHasOneWhateverItsMid) {
  std::vector<rtc::LineState> lines;
  for (const auto* mid : {"x", "audio", "mid-audio", "video"}) {
    auto& line = lines.emplace_back();
    line.mid = mid;
    line.accepted = line.receives = true;
  }
  LineNames names;
  names.update(lines, &rtc::LineState::receives);
  std::map<std::string, std::string> mids;
  for (const auto& [name, line] : names.lines()) mids[name] = line.mid;
  EXPECT_EQ(
      mids,
      (std::map<std::string, std::string>{
          {"audio", "x"}, {"mid-audio", "audio"}, {"mid-mid-audio", "mid-audio"}, {"mid-video", "video"}}));
}

// What comes of the source goes nowhere until the listener is there.
TEST(WebRtcEndpoint, ALinkCountsWhatWasSentOverItAndFlowsThen) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({endpoint("speaker"), endpoint("listener")}, {{"speaker", "listener"}}).ok());
  Browser speaker(session, "speaker", kBothWays);
  ASSERT_TRUE(speaker.join().ok());
  const auto source_packets = [&](bool of_link) {
    uint64_t packets = 0;
    const auto stats = session.stats();
    for (const auto& element : stats.elements()) {
      for (const auto& port : element.ports()) packets += of_link ? 0 : port.packets();
    }
    for (const auto& link : stats.links()) packets += of_link ? link.packets() : 0;
    return packets;
  };
  const auto flows_to_listener = [&] {
    const auto events = session.events();
    return std::any_of(events.begin(), events.end(), [&](const auto& event) {
      return event.has_media_flowing() && event.source() == session.element("listener");
    });
  };

  ASSERT_TRUE(speaker.send_until([&] { return source_packets(false) > 40; }));
  EXPECT_EQ(source_packets(true), 0U);
  EXPECT_FALSE(flows_to_listener());

  Browser listener(session, "listener", kWatches);
  ASSERT_TRUE(listener.join().ok());
  ASSERT_TRUE(speaker.send_until([&] {
    listener.peer().receive_until([] { return false; }, std::chrono::milliseconds(5));
    return listener.peer().count(true) > 10 && listener.peer().count(false) > 10 && flows_to_listener();
  }));
  EXPECT_TRUE(session.eventually([&] {
    listener.peer().receive_until([] { return false; }, std::chrono::milliseconds(5));
    return source_packets(true) == listener.peer().count(true) + listener.peer().count(false);
  })) << source_packets(true)
      << " are counted, " << listener.peer().count(true) + listener.peer().count(false) << " came";
}

}  // namespace
}  // namespace kms::webrtc
