// SPDX-License-Identifier: Apache-2.0
// Who speaks, by what peers say of their sound.
#include <gtest/gtest.h>

#include "elements/webrtc/browser.hpp"
#include "tests/support/test_elements.hpp"

namespace kms {
void declare_webrtc(graph::Catalog& catalog);
}

namespace kms::webrtc {
namespace {

using test::LiveSession;

constexpr uint8_t kSpeaks = 0x80 | 25;
constexpr uint8_t kListens = 0x80 | 80;

LiveSession::Setup setup() {
  return {.declare = [](graph::Catalog& catalog) { declare_webrtc(catalog); }};
}

kms::v1::ElementSpec endpoint(const std::string& id) {
  kms::v1::ElementSpec spec;
  spec.set_element_id(id);
  spec.mutable_options()->PackFrom(v1::WebRtcOptions());
  return spec;
}

// Two in a call, with no links yet: that is not asked for.
class Speakers : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(session_.apply({endpoint("ann"), endpoint("bob")}, {}).ok());
    ASSERT_TRUE(ann_.join().ok());
    ASSERT_TRUE(bob_.join().ok());
  }
  std::vector<kms::v1::ActiveSpeakerChanged> changes() {
    std::vector<kms::v1::ActiveSpeakerChanged> out;
    for (const auto& event : session_.events()) {
      if (!event.has_active_speaker_changed()) continue;
      EXPECT_EQ(event.source(), session_.session().name());
      out.push_back(event.active_speaker_changed());
    }
    return out;
  }
  // Both send, as loud as is said, until there are so many changes.
  bool talk_until(uint8_t ann, uint8_t bob, size_t count) {
    const auto give_up = std::chrono::steady_clock::now() + test::kPatience;
    while (changes().size() < count && std::chrono::steady_clock::now() < give_up) {
      ann_.say(ann);
      bob_.say(bob);
      ann_.peer().receive_until([] { return false; }, std::chrono::milliseconds(20));
    }
    return changes().size() >= count;
  }

  LiveSession session_{setup()};
  Browser ann_{session_, "ann", {.publishes = true}};
  Browser bob_{session_, "bob", {.publishes = true}};
};

TEST_F(Speakers, AreToldAsTheFloorGoesFromOneToTheOther) {
  ASSERT_TRUE(talk_until(kListens, kSpeaks, 1));
  ASSERT_TRUE(talk_until(kSpeaks, kListens, 2));

  const auto told = changes();
  ASSERT_EQ(told.size(), 2U);
  EXPECT_EQ(told[0].element(), session_.element("bob"));
  EXPECT_EQ(told[0].port(), "audio");
  EXPECT_EQ(told[1].element(), session_.element("ann"));
}

TEST_F(Speakers, AreNobodyAnyMoreWhenTheLastOneIsDeleted) {
  ASSERT_TRUE(talk_until(kListens, kSpeaks, 1));

  ASSERT_TRUE(session_.remove("bob").ok());

  ASSERT_TRUE(session_.eventually([&] { return changes().size() == 2; }));
  EXPECT_EQ(changes()[1].element(), "");
  EXPECT_EQ(changes()[1].port(), "");
}

TEST_F(Speakers, AreNobodyAnyMoreWhenTheLastOnesPeerSaysGoodbye) {
  ASSERT_TRUE(talk_until(kSpeaks, kListens, 1));

  ann_.peer().say_goodbye();

  ASSERT_TRUE(session_.eventually([&] { return changes().size() == 2; }));
  EXPECT_EQ(changes()[1].element(), "");
}

}  // namespace
}  // namespace kms::webrtc
