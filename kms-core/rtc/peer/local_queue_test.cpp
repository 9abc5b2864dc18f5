// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/local_queue.hpp"

#include <gtest/gtest.h>

#include <thread>
#include <vector>

namespace kms::rtc {
namespace {

std::vector<uint8_t> payload_of(uint32_t number) {
  return std::vector<uint8_t>(number % 1200, static_cast<uint8_t>(number));
}

TEST(LocalQueue, CarriesWhatAPacketSays) {
  LocalQueue queue(4);
  const auto payload = payload_of(700);
  const TimePoint captured(std::chrono::seconds(5));
  Packet packet;

  ASSERT_TRUE(queue.push({payload, 90'000, true, captured}));
  ASSERT_FALSE(queue.empty());
  queue.pop_into(packet);

  EXPECT_TRUE(queue.empty());
  EXPECT_TRUE(std::ranges::equal(packet.payload(), payload));
  EXPECT_EQ(packet.timestamp, 90'000u);
  EXPECT_TRUE(packet.marker);
  EXPECT_EQ(packet.captured, captured);
}

TEST(LocalQueue, RefusesWhatIsTooLargeAndWhatIsTooMuch) {
  LocalQueue queue(4);
  const std::vector<uint8_t> large(Packet::kMaxPayload + 1);
  EXPECT_FALSE(queue.push({large}));
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(queue.push({Bytes(large).first(Packet::kMaxPayload)}));
  EXPECT_FALSE(queue.push({}));
  queue.skip();
  EXPECT_TRUE(queue.push({}));

  std::vector<uint32_t> missing;
  for (; !queue.empty(); queue.skip()) missing.push_back(queue.missing());
  EXPECT_EQ(missing, (std::vector<uint32_t>{0, 0, 0, 1}))
      << "the one that was too large is with the first, taken out";
}

TEST(LocalQueue, GivesInOrderAcrossThreads) {
  constexpr uint32_t kPackets = 20'000;
  LocalQueue queue(16);
  std::thread maker([&] {
    for (uint32_t i = 0; i < kPackets;) {
      const auto payload = payload_of(i);
      queue.push({payload, i}) ? void(++i) : std::this_thread::yield();
    }
  });
  Packet packet;
  uint32_t wrong = 0;
  for (uint32_t i = 0; i < kPackets; ++i) {
    while (queue.empty()) std::this_thread::yield();
    queue.pop_into(packet);
    wrong += packet.timestamp != i || !std::ranges::equal(packet.payload(), payload_of(i));
  }
  maker.join();
  EXPECT_EQ(wrong, 0u);
}

}  // namespace
}  // namespace kms::rtc
