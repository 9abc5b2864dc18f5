// SPDX-License-Identifier: Apache-2.0
// A director who switches between cameras all the time: nothing may be left of it.
#include <gtest/gtest.h>

#include <cstdlib>
#include <thread>

#include "elements/dispatcher/dispatcher_element.hpp"
#include "elements/dispatcher_one_to_many/one_to_many_element.hpp"
#include "elements/webrtc/browser.hpp"
#include "kms-core/graph/declare_all.hpp"
#include "tests/conformance/live_objects.hpp"
#include "tests/support/level/process_level.hpp"
#include "tests/support/media_peer.hpp"
#include "tests/support/test_elements.hpp"

namespace kms::test {
namespace {

using webrtc::Browser;

// How often the director switches; KMS_SWITCHES asks for more.
int switches() {
  const char* given = std::getenv("KMS_SWITCHES");
  return given == nullptr ? 500 : std::atoi(given);
}
constexpr int kWarmUp = 60;
constexpr int kLook = 25;  // each so many switches, what must come is waited for
constexpr int kSign = 50;  // each so many turns, a sign of life

template <typename Options>
v1::ElementSpec element(const std::string& id, const Options& options) {
  v1::ElementSpec spec;
  spec.set_element_id(id);
  spec.mutable_options()->PackFrom(options);
  return spec;
}

v1::LinkSpec desk_link(const std::string& source, const std::string& source_port, const std::string& sink,
                       const std::string& sink_port) {
  v1::LinkSpec spec;
  spec.set_source(source);
  spec.set_source_port(source_port);
  spec.set_sink(sink);
  spec.set_sink_port(sink_port);
  return spec;
}

// Two cameras at a DispatcherOneToMany; what it sends goes through a Dispatcher to a viewer, as packets, and
// to a sink of pictures, decoded.
class Desk {
 public:
  Desk() {
    v1::ApplyGraphRequest request;
    dispatcher_one_to_many::v1::DispatcherOneToManyOptions desk;
    for (const auto* port : {"red", "blue", "program"}) desk.add_ports(port);
    *request.add_elements() = element("desk", desk);
    dispatcher::v1::DispatcherOptions board;
    for (const auto* port : {"in", "viewer", "eye"}) board.add_ports(port);
    *request.add_elements() = element("board", board);
    for (const auto* id : {"red", "blue", "viewer"}) {
      *request.add_elements() = element(id, webrtc::v1::WebRtcOptions());
    }
    *request.add_elements() = sink("eye", "video:raw");
    *request.add_links() = desk_link("red", "", "desk", "red");
    *request.add_links() = desk_link("blue", "", "desk", "blue");
    *request.add_links() = desk_link("desk", "program", "board", "in");
    *request.add_links() = desk_link("board", "viewer", "viewer", "");
    *request.add_links() = desk_link("board", "eye", "eye", "");
    EXPECT_TRUE(session_.on_loop([&](graph::Session& s) { return s.apply(request).status(); }).ok());
    for (auto* browser : {&red_, &blue_, &viewer_}) EXPECT_TRUE(browser->join().ok());
    filming_ = std::jthread([this](const std::stop_token& stop) { film(stop); });
  }

  // Another camera, and now and then the viewer or the eye another way, or a hub port that comes and goes.
  void cut() {
    const int number = ++cuts_;
    desk([&](auto& hub) {
      return hub.set_source(number % 2 == 0 ? "red" : "blue", v1::MEDIA_KIND_UNSPECIFIED);
    });
    board([&](auto& hub) { return hub.connect(connection("in", number % 3 == 0 ? "eye" : "viewer")); });
    if (number % 5 == 0) {
      desk([&](auto& hub) { return hub.remove_source(v1::MEDIA_KIND_AUDIO); });
      board([&](auto& hub) { return hub.disconnect(connection("", "eye")).status(); }, "LINK_NOT_FOUND");
      board([&](auto& hub) { return hub.create_hub_port("guest").status(); });
      board([&](auto& hub) { return hub.connect(connection("in", "guest")); });
      board([&](auto& hub) { return hub.delete_hub_port("guest"); });
    }
    if (number % kLook == 0) calm();
  }

  // Everything is shown everywhere.
  void calm() {
    desk([&](auto& hub) { return hub.set_source("red", v1::MEDIA_KIND_UNSPECIFIED); });
    for (const auto* port : {"eye", "viewer"}) {
      board([&](auto& hub) { return hub.connect(connection("in", port)); });
    }
    const auto frames = session_.frames_at("eye");
    viewer_.peer().clear();
    viewer_.peer().send_check();
    EXPECT_TRUE(viewer_.peer().receive_until(
        [&] { return viewer_.peer().count(true) > 3 && viewer_.peer().count(false) > 3; }, kPatience));
    EXPECT_TRUE(session_.eventually([&] { return session_.frames_at("eye") > frames + 3; }));
  }

  bool rest() { return session_.rest(); }

 private:
  void film(const std::stop_token& stop) {
    MediaPeer red(red_.peer(), "ff0000");
    MediaPeer blue(blue_.peer(), "0000ff");
    for (int turn = 0; !stop.stop_requested(); ++turn) {
      red.work();
      blue.work();
      for (auto* browser : {&red_, &blue_}) {
        browser->peer().clear();
        if (turn % kSign == 0) browser->peer().send_check();
      }
    }
  }
  static dispatcher::v1::Connection connection(const std::string& source, const std::string& sink) {
    dispatcher::v1::Connection out;
    out.set_source(source);
    out.set_sink(sink);
    return out;
  }
  template <typename Work>
  void desk(Work work) {
    const auto status = session_.on_loop([&](graph::Session& s) {
      return work(**s.find<dispatcher_one_to_many::OneToManyElement>(session_.element("desk")));
    });
    EXPECT_TRUE(status.ok()) << status;
  }
  template <typename Work>
  void board(Work work, const std::string& or_else = {}) {
    const Status status = session_.on_loop([&](graph::Session& s) {
      return work(**s.find<dispatcher::DispatcherElement>(session_.element("board")));
    });
    EXPECT_TRUE(status.ok() || reason_of(status) == or_else) << status;
  }

  LiveSession session_{{.declare = [](graph::Catalog& catalog) {
    graph::declare_all(catalog);
    declare_test_elements(catalog);
  }}};
  Browser red_{session_, "red", {.publishes = true}};
  Browser blue_{session_, "blue", {.publishes = true}};
  Browser viewer_{session_, "viewer", {}};
  int cuts_ = 0;
  std::jthread filming_;
};

TEST(HubSoak, SwitchesWhileMediaFlowsLeaveNothing) {
  Desk desk;
  for (int i = 0; i < kWarmUp; ++i) desk.cut();
  desk.calm();
  ASSERT_TRUE(desk.rest());
  const auto before = ProcessLevel::now();

  LiveObjects objects;
  for (int i = 0; i < switches() && !testing::Test::HasFailure(); ++i) desk.cut();
  desk.calm();

  EXPECT_TRUE(eventually([&] { return objects.left().empty(); })) << testing::PrintToString(objects.left());
  EXPECT_TRUE(came_back_to(before));
}

}  // namespace
}  // namespace kms::test
