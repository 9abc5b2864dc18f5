// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <vector>

#include "kms-core/rtc/plain/tone_reader.hpp"
#include "kms-core/rtc/plain/tone_script.hpp"

namespace kms::rtc {
namespace {

using std::chrono::milliseconds;

TEST(Tones, HaveTheNamesOfTheKeys) {
  std::string all;
  for (uint8_t code = 0; code < 16; ++code) all += *tone_of(code);
  EXPECT_EQ(all, "0123456789*#ABCD");
  EXPECT_EQ(tone_code_of('d'), 15);
  EXPECT_FALSE(tone_code_of('x'));
  EXPECT_FALSE(tone_of(16));
}

class ToneReaderTest : public ::testing::Test {
 protected:
  std::optional<Tone> packet(char name, uint16_t duration, bool end = false) {
    const ToneEvent event{*tone_code_of(name), end, duration};
    return reader_.on_packet(event.bytes(), timestamp_, now_);
  }
  TimePoint now_ = Clock::now();
  uint32_t timestamp_ = 1000;
  ToneReader reader_;
};

TEST_F(ToneReaderTest, TellsAToneOnceAtItsEnd) {
  EXPECT_FALSE(packet('5', 160));
  EXPECT_FALSE(packet('5', 320));
  const auto tone = packet('5', 800, true);
  ASSERT_TRUE(tone);
  EXPECT_EQ(tone->name, '5');
  EXPECT_EQ(tone->duration, milliseconds(100));
  EXPECT_FALSE(packet('5', 800, true));
  EXPECT_FALSE(packet('5', 800, true));
}

TEST_F(ToneReaderTest, TellsTheSameKeyTwiceWhenItIsPressedTwice) {
  EXPECT_TRUE(packet('1', 800, true));
  timestamp_ += 1600;
  EXPECT_FALSE(packet('1', 160));
  EXPECT_TRUE(packet('1', 800, true));
}

TEST_F(ToneReaderTest, TellsOneWhoseEndIsLostWhenTheNextBeginsOrNothingComes) {
  packet('1', 640);
  timestamp_ += 1600;
  const auto former = packet('2', 160);
  ASSERT_TRUE(former);
  EXPECT_EQ(former->name, '1');
  EXPECT_EQ(former->duration, milliseconds(80));

  EXPECT_FALSE(reader_.on_timer(now_ + milliseconds(100)));
  const auto latter = reader_.on_timer(now_ + ToneReader::kSilence);
  ASSERT_TRUE(latter);
  EXPECT_EQ(latter->name, '2');
  EXPECT_FALSE(reader_.on_timer(now_ + 2 * ToneReader::kSilence));
}

TEST_F(ToneReaderTest, TellsALongOneAfterTwoSeconds) {
  EXPECT_FALSE(packet('9', 15'000));
  EXPECT_TRUE(packet('9', 16'000));
  EXPECT_FALSE(packet('9', 24'000, true));
}

TEST_F(ToneReaderTest, DoesNotTakeALateEndForANewTone) {
  packet('1', 800, true);
  timestamp_ += 1600;
  packet('2', 160);
  timestamp_ -= 1600;
  EXPECT_FALSE(packet('1', 800, true));
  timestamp_ += 1600;
  EXPECT_TRUE(packet('2', 800, true));
}

TEST_F(ToneReaderTest, JoinsTheSegmentsOfALongOne) {
  reader_.set_clock_rate(48'000);
  EXPECT_FALSE(packet('7', 48'000));
  EXPECT_FALSE(packet('7', 65'535));
  timestamp_ += 65'535;
  EXPECT_FALSE(packet('7', 960));
  const auto tone = packet('7', 48'000 * 3 / 2 - 65'535, true);
  ASSERT_TRUE(tone);
  EXPECT_EQ(tone->duration, milliseconds(1500));
  EXPECT_FALSE(packet('7', 48'000 * 3 / 2 - 65'535, true));
}

TEST_F(ToneReaderTest, TellsTwoThatEndWithOnePacket) {
  packet('1', 640);
  timestamp_ += 1600;
  ASSERT_EQ(packet('2', 320, true)->name, '1');
  const auto latter = packet('2', 320, true);
  ASSERT_TRUE(latter);
  EXPECT_EQ(latter->name, '2');
}

TEST_F(ToneReaderTest, TellsNoMoreThanOneCouldPress) {
  size_t told = 0;
  for (int i = 0; i < 2000; ++i, ++timestamp_, now_ += milliseconds(1)) told += packet('1', 8, true) ? 1 : 0;
  EXPECT_GE(told, 50u);
  EXPECT_LE(told, 50u + ToneReader::kHeldUp);

  now_ += milliseconds(2000);
  told = 0;
  for (int i = 0; i < 5; ++i, timestamp_ += 1600) told += packet('1', 800, true) ? 1 : 0;
  EXPECT_EQ(told, 5u) << "held up on their way";
}

TEST_F(ToneReaderTest, IgnoresWhatIsNoTone) {
  EXPECT_FALSE(reader_.on_packet(std::array<uint8_t, 3>{}, 1, now_));
  const ToneEvent event{40, true, 800};  // a modem's
  EXPECT_FALSE(reader_.on_packet(event.bytes(), 1, now_));
}

struct Sent {
  milliseconds at;
  ToneScript::Packet packet;
};

std::vector<Sent> play(const ToneOptions& options, milliseconds length) {
  const auto begin = Clock::now();
  ToneScript script;
  EXPECT_TRUE(script.add(options, begin));
  std::vector<Sent> sent;
  for (milliseconds at{0}; at <= length; ++at) {
    while (const auto packet = script.next(begin + at)) sent.push_back({at, *packet});
  }
  EXPECT_EQ(script.due(), TimePoint::max());
  return sent;
}

TEST(ToneScript, SendsAToneEveryTwentyMillisecondsAndItsEndThrice) {
  const auto sent = play({"7", milliseconds(100), milliseconds(70)}, milliseconds(500));

  ASSERT_EQ(sent.size(), 5u + 3u);
  EXPECT_TRUE(sent[0].packet.first);
  for (size_t i = 0; i < sent.size(); ++i) {
    EXPECT_EQ(sent[i].packet.code, 7);
    EXPECT_EQ(sent[i].packet.first, i == 0);
    EXPECT_EQ(sent[i].packet.end, i >= 5);
    EXPECT_EQ(sent[i].packet.duration, milliseconds(std::min<size_t>(100, 20 * (i + 1))));
  }
  EXPECT_EQ(sent[5].at, milliseconds(100));
  EXPECT_EQ(sent[7].at, milliseconds(120));
}

TEST(ToneScript, KeepsGapsAndPauses) {
  const auto sent = play({"1,2", milliseconds(40), milliseconds(30)}, milliseconds(3000));

  std::vector<milliseconds> beginnings;
  for (const auto& each : sent) {
    if (each.packet.first) beginnings.push_back(each.at);
  }
  ASSERT_EQ(beginnings.size(), 2u);
  EXPECT_EQ(beginnings[1], milliseconds(40 + 30 + 2000));
}

TEST(ToneScript, SaysWhenAPacketWasDueHoweverLateItIsAsked) {
  const auto begin = Clock::now();
  ToneScript script;
  ASSERT_TRUE(script.add({"12", milliseconds(60), milliseconds(40)}, begin));

  std::vector<Duration> beginnings;
  while (const auto packet = script.next(begin + std::chrono::seconds(5))) {
    if (packet->first) beginnings.push_back(packet->due - begin);
  }

  EXPECT_EQ(beginnings, (std::vector<Duration>{milliseconds(0), milliseconds(100)}));
}

TEST(ToneScript, RefusesWhatIsNoTone) {
  for (const ToneOptions& wrong : {ToneOptions{"", milliseconds(100), milliseconds(70)},
                                   ToneOptions{"12x", milliseconds(100), milliseconds(70)},
                                   ToneOptions{"1", milliseconds(39), milliseconds(70)},
                                   ToneOptions{"1", milliseconds(6001), milliseconds(70)},
                                   ToneOptions{"1", milliseconds(100), milliseconds(29)}}) {
    EXPECT_EQ(reason_of(ToneScript::check(wrong)), "TONES_INVALID") << wrong.tones;
  }
  EXPECT_TRUE(ToneScript::check({"0123456789*#ABCDabcd,", milliseconds(40), milliseconds(30)}).ok());
}

}  // namespace
}  // namespace kms::rtc
