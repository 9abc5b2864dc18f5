// SPDX-License-Identifier: Apache-2.0
// Who speaks, by what peers say of their sound.
#include <gtest/gtest.h>

#include <algorithm>

#include "elements/webrtc/test_session.hpp"

namespace kms::webrtc {
namespace {

using test::LiveSession;

constexpr uint8_t kSpeaks = 0x80 | 25;
constexpr uint8_t kListens = 0x80 | 80;

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

  LiveSession session_{{.declare = declare_webrtc}};
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

// A session in which one is forwarded, and somebody who listens to Bob.
class OneIsAudible : public ::testing::Test {
 protected:
  void SetUp() override {
    ASSERT_TRUE(session_.apply({endpoint("ann"), endpoint("bob"), endpoint("ear")}, {{"bob", "ear"}}).ok());
    for (auto* browser : {&ann_, &bob_, &ear_}) ASSERT_TRUE(browser->join().ok());
  }
  // Does `work` fifty times a second until it holds.
  bool until(const std::function<bool()>& holds, const std::function<void()>& work) {
    const auto give_up = std::chrono::steady_clock::now() + test::kPatience;
    while (!holds() && std::chrono::steady_clock::now() < give_up) {
      work();
      ear_.peer().receive_until([] { return false; }, std::chrono::milliseconds(20));
    }
    return holds();
  }
  bool began(const std::string& element, const std::string& port) {
    return was_told(element, [&](const auto& event) { return event.media_flowing().port() == port; });
  }
  bool stopped(const std::string& element, const std::string& port) {
    return was_told(element, [&](const auto& event) { return event.media_not_flowing().port() == port; });
  }
  template <typename Fits>
  bool was_told(const std::string& element, Fits fits) {
    const auto events = session_.events();
    return std::ranges::any_of(events, [&](const kms::v1::Event& event) {
      return event.source() == session_.element(element) && fits(event);
    });
  }
  // At the source, and where it should go.
  std::set<std::string> withheld() {
    std::set<std::string> out;
    const auto stats = session_.stats();
    for (const auto& element : stats.elements()) {
      for (const auto& port : element.ports()) {
        if (port.withheld()) out.insert(element.name().substr(element.name().rfind('/') + 1));
      }
    }
    return out;
  }
  size_t heard() { return ear_.peer().count(false); }

  LiveSession session_{{.declare = declare_webrtc, .max_audible = 1}};
  Browser ann_{session_, "ann", {.publishes = true}};
  Browser bob_{session_, "bob", {.publishes = true}};
  Browser ear_{session_, "ear", {}};
};

TEST_F(OneIsAudible, WhoIsNotIsForwardedWhenHeSpeaks) {
  ASSERT_TRUE(until([&] { return began("ann", "audio"); }, [&] { ann_.say(kListens); }));
  const auto both_listen = [&] {
    ann_.say(kListens);
    bob_.say(kListens);
  };
  ASSERT_TRUE(until([&] { return withheld() == std::set<std::string>{"bob", "ear"}; }, both_listen));
  EXPECT_EQ(heard(), 0U);

  ASSERT_TRUE(until([&] { return heard() > 0; }, [&] { bob_.say(kSpeaks); }));
  ann_.say(kListens);
  EXPECT_TRUE(session_.eventually([&] { return withheld() == std::set<std::string>{"ann"}; }));
}

TEST_F(OneIsAudible, ItsSinkFlowsAsLongAsThereIsSomethingToWithhold) {
  ASSERT_TRUE(until([&] { return heard() > 0 && began("ear", "audio"); }, [&] { bob_.say(kListens); }));
  const auto ann_speaks = [&] {
    ann_.say(kSpeaks);
    bob_.say(kListens);
  };
  ASSERT_TRUE(until([&] { return withheld().contains("ear") && began("ann", "video"); },
                    [&] {
                      ann_speaks();
                      ann_.send(true);
                    }));

  // Her pictures come to rest, which takes two seconds.
  ASSERT_TRUE(until([&] { return stopped("ann", "video"); }, ann_speaks));
  EXPECT_FALSE(stopped("ear", "audio"));

  EXPECT_TRUE(until([&] { return stopped("ear", "audio"); }, [&] { ann_.say(kSpeaks); }));
  EXPECT_TRUE(until([&] { return stopped("bob", "audio"); }, [&] { ann_.say(kSpeaks); }));
}

}  // namespace
}  // namespace kms::webrtc
