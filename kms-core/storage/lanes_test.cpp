// SPDX-License-Identifier: Apache-2.0
#include "kms-core/storage/lanes.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kms::storage {
namespace {

using namespace std::chrono_literals;
using testing::ElementsAre;
using testing::IsEmpty;

const Lanes::Time kStart = Lanes::Time() + 1h;

Spool::Entry entry(const std::string& id, const std::string& group, const std::string& replaced = {}) {
  return {id, {replaced.empty() ? "u:" + id : replaced, "", group, !replaced.empty()}, 1, false};
}

std::string id_of(const std::optional<Spool::Entry>& entry) { return entry ? entry->id : ""; }

class LanesTest : public testing::Test {
 protected:
  Lanes lanes_{{.first = 1s, .longest = 3s, .give_up = 10s}};
};

TEST_F(LanesTest, FilesOfAGroupGoOneAfterTheOther) {
  lanes_.add(entry("a1", "a"));
  lanes_.add(entry("a2", "a"));
  lanes_.add(entry("b1", "b"));

  EXPECT_EQ(lanes_.files(), 3U);
  EXPECT_EQ(id_of(lanes_.take(kStart)), "a1");
  EXPECT_EQ(id_of(lanes_.take(kStart)), "b1");
  EXPECT_EQ(id_of(lanes_.take(kStart)), "");
  EXPECT_FALSE(lanes_.next());
  lanes_.done("a");
  EXPECT_EQ(id_of(lanes_.take(kStart)), "a2");
  lanes_.done("a");
  lanes_.done("b");
  EXPECT_EQ(lanes_.size(), 0U);
}

TEST_F(LanesTest, AGroupWithManyFilesHoldsUpNoOther) {
  for (const auto* id : {"a1", "a2", "a3"}) lanes_.add(entry(id, "a"));
  lanes_.add(entry("b1", "b"));
  lanes_.add(entry("c1", "c"));

  std::vector<std::string> sent;
  while (const auto next = lanes_.take(kStart)) {
    sent.push_back(next->id);
    lanes_.done(next->order.group);
  }

  EXPECT_THAT(sent, ElementsAre("a1", "b1", "c1", "a2", "a3"));
}

TEST_F(LanesTest, PausesGrowUpToTheLongestAndVary) {
  lanes_.add(entry("a1", "a"));
  std::vector<std::chrono::milliseconds> pauses;
  auto now = kStart;
  for (const double chance : {1.0, 1.0, 1.0, 0.0}) {
    ASSERT_TRUE(lanes_.take(now));
    pauses.push_back(lanes_.failed("a", "X", now, chance).pause);
    EXPECT_FALSE(lanes_.take(now + pauses.back() - 1ms));
    now += pauses.back();
  }

  EXPECT_THAT(pauses, ElementsAre(1s, 2s, 3s, 1500ms));
}

TEST_F(LanesTest, AFailureIsNewsOnceAndWhenItChanges) {
  lanes_.add(entry("a1", "a"));
  std::vector<bool> news;
  auto now = kStart;
  for (const auto* reason : {"X", "X", "Y", "Y"}) {
    ASSERT_TRUE(lanes_.take(now));
    const auto verdict = lanes_.failed("a", reason, now, 0);
    news.push_back(verdict.news);
    now += verdict.pause;
  }

  EXPECT_THAT(news, ElementsAre(true, false, true, false));
}

TEST_F(LanesTest, GivesUpAfterItsTimeAndGoesOnWithTheNext) {
  lanes_.add(entry("a1", "a"));
  lanes_.add(entry("a2", "a"));
  ASSERT_TRUE(lanes_.take(kStart));
  lanes_.failed("a", "X", kStart, 1);
  ASSERT_TRUE(lanes_.take(kStart + 10s));

  const auto verdict = lanes_.failed("a", "X", kStart + 10s, 1);

  EXPECT_TRUE(verdict.given_up);
  EXPECT_TRUE(verdict.news);
  EXPECT_EQ(id_of(lanes_.take(kStart + 10s)), "a2");
}

TEST_F(LanesTest, OfWhatIsReplacedTheFirstAndTheLastAreSent) {
  lanes_.add(entry("s1", "a"));
  EXPECT_THAT(lanes_.add(entry("p1", "a", "list")), IsEmpty());
  EXPECT_THAT(lanes_.add(entry("p2", "a", "list")), IsEmpty());
  lanes_.add(entry("s2", "a"));
  EXPECT_THAT(lanes_.add(entry("p3", "a", "list")), ElementsAre("p2"));

  std::vector<std::string> sent;
  while (const auto next = lanes_.take(kStart)) {
    sent.push_back(next->id);
    lanes_.done("a");
  }
  EXPECT_THAT(sent, ElementsAre("s1", "p1", "s2", "p3"));
}

}  // namespace
}  // namespace kms::storage
