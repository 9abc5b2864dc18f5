// SPDX-License-Identifier: Apache-2.0
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elements/dispatcher_one_to_many/one_to_many_element.hpp"
#include "tests/support/session_fixture.hpp"
#include "tests/support/test_elements.hpp"

namespace kms {
void declare_dispatcher_one_to_many(graph::Catalog& catalog);
}

namespace kms::dispatcher_one_to_many {
namespace {

using graph::Session;
using kms::v1::MEDIA_KIND_AUDIO;
using kms::v1::MEDIA_KIND_UNSPECIFIED;
using kms::v1::MEDIA_KIND_VIDEO;
using test::LiveSession;
using testing::ElementsAre;

constexpr char kPicture[] =
    "video:raw videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=30/1 ! identity";

kms::v1::ElementSpec hub(const std::vector<std::string>& ports, const std::string& source = {}) {
  v1::DispatcherOneToManyOptions options;
  for (const auto& port : ports) options.add_ports(port);
  options.set_source(source);
  kms::v1::ElementSpec spec;
  spec.set_element_id("hub");
  spec.mutable_options()->PackFrom(options);
  return spec;
}

kms::v1::LinkSpec into(const std::string& source, const std::string& port) {
  kms::v1::LinkSpec spec;
  spec.set_source(source);
  spec.set_sink("hub");
  spec.set_sink_port(port);
  return spec;
}

kms::v1::LinkSpec out_of(const std::string& port, const std::string& sink) {
  kms::v1::LinkSpec spec;
  spec.set_source("hub");
  spec.set_source_port(port);
  spec.set_sink(sink);
  return spec;
}

class OneToMany : public testing::Test {
 protected:
  OneToMany()
      : session_({.declare = [](graph::Catalog& catalog) {
          declare_dispatcher_one_to_many(catalog);
          test::declare_test_elements(catalog);
        }}) {}

  Status apply(const std::vector<kms::v1::ElementSpec>& elements,
               const std::vector<kms::v1::LinkSpec>& links) {
    kms::v1::ApplyGraphRequest request;
    for (const auto& spec : elements) *request.add_elements() = spec;
    for (const auto& spec : links) *request.add_links() = spec;
    return session_.on_loop([&](Session& s) { return s.apply(request).status(); });
  }

  template <typename Work>
  auto on_hub(Work work) {
    return session_.on_loop(
        [&](Session& s) { return work(**s.find<OneToManyElement>(session_.element("hub"))); });
  }
  Status set_source(const std::string& port, kms::v1::MediaKind kind = MEDIA_KIND_UNSPECIFIED) {
    return on_hub([&](OneToManyElement& it) { return it.set_source(port, kind); });
  }
  std::string source() {
    const auto now = on_hub([](OneToManyElement& it) { return it.source(); });
    return now.audio() + " " + now.video();
  }
  bool comes_to(const std::string& sink) {
    const auto before = session_.frames_at(sink);
    return session_.eventually([&] { return session_.frames_at(sink) > before + 3; });
  }

  LiveSession session_;
};

TEST_F(OneToMany, WhatEntersAtTheSourceLeavesEverywhere) {
  ASSERT_TRUE(apply({hub({"a", "b"}, "a"), test::source("camera", kPicture), test::sink("one", "video:raw"),
                     test::sink("two", "video:raw"), test::sink("itself", "video:raw")},
                    {into("camera", "a"), out_of("b", "one"), out_of("b", "two"), out_of("a", "itself")})
                  .ok());

  EXPECT_TRUE(comes_to("one"));
  EXPECT_TRUE(comes_to("two"));
  EXPECT_TRUE(comes_to("itself"));
}

TEST_F(OneToMany, NothingLeavesWithoutASource) {
  ASSERT_TRUE(apply({hub({"a", "b"}), test::source("camera", kPicture), test::sink("eye", "video:raw"),
                     test::sink("witness", "video:raw")},
                    {into("camera", "a"), out_of("b", "eye")})
                  .ok());
  ASSERT_TRUE(session_.connect("camera", "witness").ok());
  ASSERT_TRUE(comes_to("witness"));
  EXPECT_EQ(session_.frames_at("eye"), 0U);

  ASSERT_TRUE(set_source("a").ok());
  ASSERT_TRUE(comes_to("eye"));
  ASSERT_TRUE(on_hub([](OneToManyElement& it) { return it.remove_source(MEDIA_KIND_UNSPECIFIED); }).ok());

  EXPECT_TRUE(session_.eventually([&] {  // once what was under way has arrived
    const auto before = session_.frames_at("eye");
    return comes_to("witness") && session_.frames_at("eye") == before;
  }));
}

TEST_F(OneToMany, APortThatComesLaterSendsWhatTheSourceGets) {
  ASSERT_TRUE(apply({hub({"a"}, "a"), test::source("camera", kPicture), test::sink("eye", "video:raw")},
                    {into("camera", "a")})
                  .ok());

  const auto made = on_hub([](OneToManyElement& it) { return it.create_hub_port("late"); });
  ASSERT_TRUE(made.ok());
  EXPECT_THAT(made->port().source_ports(), ElementsAre("late.audio", "late.video"));
  ASSERT_TRUE(apply({}, {out_of("late", "eye")}).ok());

  EXPECT_TRUE(comes_to("eye"));
}

TEST_F(OneToMany, SoundAndPicturesMayHaveDifferentSources) {
  ASSERT_TRUE(apply({hub({"a", "b"}, "a")}, {}).ok());

  ASSERT_TRUE(set_source("b", MEDIA_KIND_VIDEO).ok());

  EXPECT_EQ(source(), "a b");
  ASSERT_TRUE(on_hub([](OneToManyElement& it) { return it.remove_source(MEDIA_KIND_AUDIO); }).ok());
  EXPECT_EQ(source(), " b");
}

TEST_F(OneToMany, SaysWhatTheSourceIsWheneverItChanges) {
  ASSERT_TRUE(apply({hub({"a", "b"})}, {}).ok());
  ASSERT_TRUE(set_source("a").ok());
  ASSERT_TRUE(set_source("a").ok());  // once more: no news
  ASSERT_TRUE(set_source("b", MEDIA_KIND_VIDEO).ok());
  ASSERT_TRUE(on_hub([](OneToManyElement& it) { return it.delete_hub_port("b"); }).ok());
  ASSERT_TRUE(on_hub([](OneToManyElement& it) { return it.delete_hub_port("a"); }).ok());

  std::vector<std::string> told;
  for (const auto& event : session_.events()) {
    v1::SourceChanged changed;
    if (event.element_event().UnpackTo(&changed)) told.push_back(changed.audio() + " " + changed.video());
  }
  EXPECT_THAT(told, ElementsAre("a a", "a b", "a ", " "));
}

TEST_F(OneToMany, RefusesWhatIsNotThere) {
  EXPECT_EQ(reason_of(apply({hub({"a"}, "b")}, {})), "PORT_NOT_FOUND");
  EXPECT_EQ(reason_of(apply({hub({"a", "a"})}, {})), "PORT_EXISTS");
  ASSERT_TRUE(apply({hub({"a"}, "a")}, {}).ok());

  EXPECT_EQ(reason_of(set_source("b")), "PORT_NOT_FOUND");
  EXPECT_EQ(reason_of(set_source("")), "PORT_NOT_FOUND");
  EXPECT_EQ(reason_of(set_source("a", kms::v1::MEDIA_KIND_DATA)), "INVALID_OPTIONS");
  EXPECT_EQ(source(), "a a");
}

}  // namespace
}  // namespace kms::dispatcher_one_to_many
