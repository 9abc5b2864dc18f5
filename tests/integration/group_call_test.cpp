// SPDX-License-Identifier: Apache-2.0
// Twenty in a call, and what becomes of them as they come and go: packets that are counted, not looked at.
#include "tests/integration/group_call.hpp"

#include "tests/integration/metrics_of.hpp"

namespace kms::test {
namespace {

using rtc::test::TestPeer;

constexpr size_t kPeople = 20;

class Counting final : public Participant {
 public:
  Counting() : Participant({.publishes = true}) {}

  // Fifty packets of sound a second, and ten of pictures.
  void send() override {
    const bool key_frame = take_request();
    ++sound_;
    // As first agreed on: lines that the server adds may have other types for the same codec.
    peer.send({.video = false,
               .sequence = sound_,
               .timestamp = sound_ * 960U,
               .size = 80,
               .type = TestPeer::kAudioType});
    if (!key_frame && sound_ % 5 != 0) return;
    ++pictures_;
    peer.send({.key_frame = key_frame,
               .sequence = pictures_,
               .timestamp = sound_ * 1800U,
               .size = 400,
               .type = TestPeer::kVideoType});
  }

 private:
  uint16_t sound_ = 0;
  uint16_t pictures_ = 0;
};

class CountedCall : public GroupCall {
 protected:
  void SetUp() override { let_in(kPeople); }
  std::unique_ptr<Participant> make() override { return std::make_unique<Counting>(); }
  Exposition metrics() const { return metrics_of(running->server); }
};

TEST_F(CountedCall, OfTwentyGivesEachAllOthersWhileTheyComeAndGo) {
  ASSERT_TRUE(everybody_gets(5));
  for (const auto& [id, one] : people_) EXPECT_EQ(one->places, kOwnLines + 2 * (kPeople - 1)) << id;
  const auto all = metrics();
  EXPECT_EQ(all.value("kms_links", {{"kind", "audio"}}), kPeople * (kPeople - 1));
  EXPECT_EQ(all.value("kms_links", {{"kind", "video"}}), kPeople * (kPeople - 1));
  EXPECT_TRUE(all.metrics().at("kms_transcoders").samples.empty() ||
              all.value("kms_transcoders", {{"does", "encode"}}) == 0);

  for (const auto* id : {"p0", "p7", "p19"}) ASSERT_NO_FATAL_FAILURE(leave(id));
  ASSERT_TRUE(everybody_gets(5));
  EXPECT_EQ(metrics().value("kms_links", {{"kind", "video"}}), 17 * 16);
  expect_all_whole();

  for (const auto* id : {"q0", "q1", "q2"}) ASSERT_NO_FATAL_FAILURE(join(id));
  ASSERT_TRUE(everybody_gets(5));
  expect_all_whole();
}

TEST_F(CountedCall, OfTwentyDoesNotGrowHoweverManyComeAndGo) {
  const auto one_goes_and_one_comes = [&](size_t round) {
    ASSERT_NO_FATAL_FAILURE(leave(people_.begin()->first));
    ASSERT_NO_FATAL_FAILURE(join("r" + std::to_string(round)));
    ASSERT_TRUE(everybody_gets(2));
  };
  size_t round = 100;  // names of one length, in order
  while (round < 103) ASSERT_NO_FATAL_FAILURE(one_goes_and_one_comes(round++));
  const auto before = metrics();  // the door is there: what it needs for one who asks does not come later
  const auto level = level_of(running->server);

  while (round < 111) ASSERT_NO_FATAL_FAILURE(one_goes_and_one_comes(round++));

  for (const auto& [id, one] : people_) EXPECT_EQ(one->places, kOwnLines + 2 * (kPeople - 1)) << id;
  EXPECT_TRUE(came_back_to(level, [&] { return level_of(running->server); }));
  const auto after = metrics();
  EXPECT_EQ(after.value("kms_rtc_peers"), before.value("kms_rtc_peers"));
  for (const auto* kind : {"audio", "video"})
    EXPECT_EQ(after.value("kms_links", {{"kind", kind}}), before.value("kms_links", {{"kind", kind}}))
        << kind;
  if (kMemoryTells) {
    EXPECT_LT(after.value("kms_process_resident_memory_bytes"),
              before.value("kms_process_resident_memory_bytes") + 16'000'000);
  }
  expect_all_whole();
}

}  // namespace
}  // namespace kms::test
