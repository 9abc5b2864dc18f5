// SPDX-License-Identifier: Apache-2.0
// Cameras and a viewer that speak WebRTC, and what the viewer sees when the source is changed.
#include <gtest/gtest.h>

#include <set>

#include "elements/dispatcher_one_to_many/one_to_many_element.hpp"
#include "elements/webrtc/browser.hpp"
#include "tests/support/media_peer.hpp"
#include "tests/support/test_elements.hpp"

namespace kms {
void declare_dispatcher_one_to_many(graph::Catalog& catalog);
void declare_webrtc(graph::Catalog& catalog);
}  // namespace kms

namespace kms::dispatcher_one_to_many {
namespace {

using test::LiveSession;
using test::MediaPeer;
using webrtc::Browser;

constexpr MediaPeer::Colour kRed{255, 0, 0};
constexpr MediaPeer::Colour kBlue{0, 0, 255};
constexpr MediaPeer::Colour kGreen{0, 255, 0};
constexpr char kGreenPictures[] =
    "video:raw videotestsrc is-live=true pattern=solid-color foreground-color=0xff00ff00 ! "
    "video/x-raw,width=64,height=48,framerate=30/1 ! identity";

template <typename Options>
kms::v1::ElementSpec element(const std::string& id, const Options& options) {
  kms::v1::ElementSpec spec;
  spec.set_element_id(id);
  spec.mutable_options()->PackFrom(options);
  return spec;
}

v1::DispatcherOneToManyOptions switching_hub() {
  v1::DispatcherOneToManyOptions options;
  for (const auto* port : {"red", "blue", "green", "program"}) options.add_ports(port);
  options.set_source("red");
  return options;
}

// A red and a blue camera, a source of green pictures that are not encoded, and a viewer of the program.
class Switching : public testing::Test {
 protected:
  Switching()
      : session_({.declare = [](graph::Catalog& catalog) {
          declare_dispatcher_one_to_many(catalog);
          declare_webrtc(catalog);
          test::declare_test_elements(catalog);
        }}) {
    kms::v1::ApplyGraphRequest request;
    *request.add_elements() = element("hub", switching_hub());
    *request.add_elements() = test::source("green", kGreenPictures);
    for (const auto* id : {"red", "blue", "viewer"}) {
      *request.add_elements() = element(id, webrtc::v1::WebRtcOptions());
    }
    for (const auto* id : {"red", "blue", "green"}) {
      auto& link = *request.add_links();
      link.set_source(id);
      link.set_sink("hub");
      link.set_sink_port(id);
    }
    auto& program = *request.add_links();
    program.set_source("hub");
    program.set_source_port("program");
    program.set_sink("viewer");
    EXPECT_TRUE(session_.on_loop([&](graph::Session& s) { return s.apply(request).status(); }).ok());
    for (auto* browser : {&red_browser_, &blue_browser_, &viewer_browser_}) EXPECT_TRUE(browser->join().ok());
  }

  void set_source(const std::string& port) {
    const auto set = session_.on_loop([&](graph::Session& s) {
      return (*s.find<OneToManyElement>(session_.element("hub")))
          ->set_source(port, kms::v1::MEDIA_KIND_UNSPECIFIED);
    });
    ASSERT_TRUE(set.ok()) << set;
  }

  bool sees(const MediaPeer::Colour& colour) {
    return viewer_.work_until([&] {
      red_.work();
      blue_.work();
      return viewer_.sees(colour);
    });
  }
  // For some pictures more.
  bool keeps_seeing(const MediaPeer::Colour& colour) {
    const auto from = viewer_.pictures().size();
    viewer_.work_until([&] {
      red_.work();
      blue_.work();
      return viewer_.pictures().size() > from + 10;
    });
    const auto& all = viewer_.pictures();
    return all.size() > from + 10 && std::all_of(all.begin() + static_cast<ptrdiff_t>(from), all.end(),
                                                 [&](const auto& each) { return each.near(colour); });
  }

  // Of the pictures that came: their packets, in order.
  std::vector<rtc::RtpView> video() {
    std::vector<rtc::RtpView> out;
    for (const auto& packet : viewer_browser_.peer().rtp()) {
      const auto view = *rtc::RtpView::parse(packet);
      if (view.payload_type() == Browser::Peer::kVideoType) out.push_back(view);
    }
    return out;
  }

  LiveSession session_;
  Browser red_browser_{session_, "red", {.publishes = true}};
  Browser blue_browser_{session_, "blue", {.publishes = true}};
  Browser viewer_browser_{session_, "viewer", {}};
  MediaPeer red_{red_browser_.peer(), "ff0000"};
  MediaPeer blue_{blue_browser_.peer(), "0000ff"};
  MediaPeer viewer_{viewer_browser_.peer(), "000000"};
};

TEST_F(Switching, TheViewerSeesOneCameraThenTheOtherAndNothingElse) {
  ASSERT_TRUE(sees(kRed));
  for (const bool blue : {true, false, true}) {
    const auto from = viewer_.pictures().size();
    set_source(blue ? "blue" : "red");
    ASSERT_TRUE(sees(blue ? kBlue : kRed));
    EXPECT_TRUE(keeps_seeing(blue ? kBlue : kRed));

    const auto& all = viewer_.pictures();
    size_t changes = 0;
    for (size_t i = from; i < all.size(); ++i) {
      EXPECT_TRUE(all[i].near(kRed) || all[i].near(kBlue))
          << all[i].red << " " << all[i].green << " " << all[i].blue;
      changes += i > 0 && all[i].near(kRed) != all[i - 1].near(kRed) ? 1 : 0;
    }
    EXPECT_EQ(changes, 1U);
  }
  EXPECT_EQ(session_.graph().transcoders_size(), 0);
  EXPECT_EQ(session_.graph().bridges_size(), 0) << "packets are forwarded";
}

TEST_F(Switching, TheViewersStreamGoesOn) {
  ASSERT_TRUE(sees(kRed));
  for (const bool blue : {true, false, true, false}) {
    set_source(blue ? "blue" : "red");
    ASSERT_TRUE(sees(blue ? kBlue : kRed));
  }

  const auto packets = video();
  std::set<uint32_t> ssrcs;
  for (size_t i = 0; i < packets.size(); ++i) {
    ssrcs.insert(packets[i].ssrc());
    if (i == 0) continue;
    EXPECT_EQ(packets[i].sequence(), static_cast<uint16_t>(packets[i - 1].sequence() + 1)) << i;
    EXPECT_LE(packets[i].timestamp() - packets[i - 1].timestamp(), 5U * 90'000) << i;
  }
  EXPECT_EQ(ssrcs.size(), 1U);
}

TEST_F(Switching, PicturesThatAreNoPacketsTakePlaceAmongThoseThatAre) {
  ASSERT_TRUE(sees(kRed));

  set_source("green");
  ASSERT_TRUE(sees(kGreen));
  EXPECT_TRUE(keeps_seeing(kGreen));
  EXPECT_EQ(session_.graph().transcoders_size(), 1) << "an encoder";

  set_source("blue");
  ASSERT_TRUE(sees(kBlue));
  EXPECT_EQ(session_.graph().transcoders_size(), 0);
}

TEST_F(Switching, TheSourceMayGoWhileItIsShown) {
  ASSERT_TRUE(sees(kRed));

  ASSERT_TRUE(session_.remove("red").ok());
  set_source("blue");

  ASSERT_TRUE(viewer_.work_until([&] {
    blue_.work();
    return viewer_.sees(kBlue);
  }));
}

}  // namespace
}  // namespace kms::dispatcher_one_to_many
