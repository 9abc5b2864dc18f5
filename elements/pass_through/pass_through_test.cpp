// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include "kms/pass_through/v1/pass_through.pb.h"
#include "tests/support/session_fixture.hpp"
#include "tests/support/test_elements.hpp"

namespace kms {
void declare_pass_through(graph::Catalog& catalog);
}

namespace kms::pass_through {
namespace {

using test::LiveSession;

constexpr char kPicture[] =
    "video:raw videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=30/1 ! identity";
constexpr char kSound[] = "audio:OPUS audiotestsrc is-live=true ! opusenc";

LiveSession::Setup setup() {
  return {.declare = [](graph::Catalog& catalog) {
    declare_pass_through(catalog);
    test::declare_test_elements(catalog);
  }};
}

kms::v1::ElementSpec pass_through(const std::string& id) {
  kms::v1::ElementSpec spec;
  spec.set_element_id(id);
  spec.mutable_options()->PackFrom(v1::PassThroughOptions());
  return spec;
}

TEST(PassThrough, HandsOnSoundAndPicturesAsTheyCome) {
  LiveSession session(setup());
  ASSERT_TRUE(
      session
          .apply({test::source("camera", kPicture), test::source("mic", kSound), pass_through("point"),
                  test::sink("eye", "video:raw"), test::sink("ear", "audio:OPUS")},
                 {{"camera", "point"}, {"mic", "point"}, {"point", "eye"}, {"point", "ear"}})
          .ok());

  EXPECT_TRUE(
      session.eventually([&] { return session.frames_at("eye") > 5 && session.frames_at("ear") > 5; }));

  for (const auto& event : session.events()) EXPECT_FALSE(event.has_transcoding_started());
}

TEST(PassThrough, ItsTakersStayWhileItsSourceChanges) {
  LiveSession session(setup());
  ASSERT_TRUE(
      session
          .apply({test::source("first", kPicture), test::source("second", kPicture), pass_through("point"),
                  test::sink("one", "video:raw"), test::sink("two", "video:raw")},
                 {{"first", "point"}, {"point", "one"}, {"point", "two"}})
          .ok());
  ASSERT_TRUE(
      session.eventually([&] { return session.frames_at("one") > 5 && session.frames_at("two") > 5; }));

  ASSERT_TRUE(session.connect("second", "point").ok());
  ASSERT_TRUE(session.remove("first").ok());

  const auto before = session.frames_at("one");
  const auto before_two = session.frames_at("two");
  EXPECT_TRUE(session.eventually(
      [&] { return session.frames_at("one") > before + 5 && session.frames_at("two") > before_two + 5; }));
  EXPECT_EQ(session.graph().links_size(), 3);
}

TEST(PassThrough, WithoutASourceNothingComesUntilOneIsConnected) {
  LiveSession session(setup());
  ASSERT_TRUE(session
                  .apply({test::source("camera", kPicture), pass_through("near"), pass_through("far"),
                          test::sink("eye", "video:raw")},
                         {{"near", "far"}, {"far", "eye"}})
                  .ok());
  EXPECT_EQ(session.frames_at("eye"), 0U);

  ASSERT_TRUE(session.connect("camera", "near").ok());

  EXPECT_TRUE(session.eventually([&] { return session.frames_at("eye") > 5; }));
}

TEST(PassThrough, RefusesToLeadMediaBackToItself) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({pass_through("near"), pass_through("far")}, {{"near", "far"}}).ok());

  EXPECT_EQ(reason_of(session.connect("far", "near")), "LOOP");
}

}  // namespace
}  // namespace kms::pass_through
