// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "filters/example/example_element.hpp"
#include "kms-core/graph/catalog.hpp"
#include "tests/support/session_fixture.hpp"
#include "tests/support/taker.hpp"
#include "tests/support/test_elements.hpp"

namespace kms {
void declare_example(graph::Catalog& catalog);
}

namespace kms::example {
namespace {

constexpr char kGrey[] =
    "video:raw videotestsrc is-live=true pattern=solid-color foreground-color=0xff808080 ! "
    "video/x-raw,format=I420,width=64,height=48,framerate=30/1 ! identity";

test::LiveSession::Setup setup() {
  return {.declare = [](graph::Catalog& catalog) {
    declare_example(catalog);
    test::declare_test_elements(catalog);
  }};
}

kms::v1::ElementSpec spec(double brightness) {
  v1::ExampleOptions options;
  options.set_brightness(brightness);
  kms::v1::ElementSpec spec;
  spec.set_element_id("filter");
  spec.mutable_options()->PackFrom(options);
  return spec;
}

TEST(ExampleElement, MakesEveryPixelBrighter) {
  test::LiveSession session(setup());
  test::Taker eye("eye", {.chain = "videoconvert ! video/x-raw,format=GRAY8 ! identity"});
  ASSERT_TRUE(session.apply({test::source("grey", kGrey), spec(1)}, {{"grey", "filter"}}).ok());

  session.on_loop([&](graph::Session& s) {
    eye.inlet()->attach((*s.find<graph::Element>(session.element("filter")))->ports().sources[1].media);
  });
  ASSERT_TRUE(eye.wait_frames(1));

  for (const unsigned char pixel : eye.frames().back().first_bytes) EXPECT_GT(pixel, 230);
}

TEST(ExampleElement, ChangesWhileMediaFlowsAndSaysSo) {
  test::LiveSession session(setup());
  ASSERT_TRUE(session.apply({spec(0)}, {}).ok());

  const auto changed = session.on_loop([&](graph::Session& s) {
    return (*s.find<ExampleElement>(session.element("filter")))->set_brightness(0.5);
  });

  EXPECT_TRUE(changed.ok()) << changed;
  const auto event = session.await([](const auto& e) { return e.has_element_event(); });
  v1::BrightnessChanged told;
  ASSERT_TRUE(event.element_event().UnpackTo(&told));
  EXPECT_EQ(told.brightness(), 0.5);
}

TEST(ExampleElement, RefusesWhatIsOutOfRange) {
  test::LiveSession session(setup());
  EXPECT_EQ(reason_of(session.apply({spec(1.5)}, {}).status()), "INVALID_OPTIONS");
}

}  // namespace
}  // namespace kms::example
