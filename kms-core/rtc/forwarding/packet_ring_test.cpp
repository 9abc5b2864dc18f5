// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/packet_ring.hpp"

#include <gtest/gtest.h>

#include <thread>

#include "kms-core/rtc/forwarding/packet_pool.hpp"

namespace kms::rtc {
namespace {

class PacketRingTest : public ::testing::Test {
 protected:
  PacketRef packet(uint64_t index, TimePoint arrived = {}) {
    auto made = pool_.acquire();
    made->index = index;
    made->arrived = arrived;
    return made;
  }
  PacketPool pool_{256};
};

TEST_F(PacketRingTest, KeepsTheNewestPackets) {
  PacketRing ring(16);
  for (uint64_t index = 100; index < 140; ++index) ring.put(packet(index));

  EXPECT_FALSE(ring.find(123));
  for (uint64_t index = 124; index < 140; ++index) EXPECT_EQ(ring.find(index)->index, index);
  EXPECT_FALSE(ring.find(140));
}

TEST_F(PacketRingTest, TakesLatePacketsAndIgnoresThoseFromBeforeItsTime) {
  PacketRing ring(16);
  ring.put(packet(100));
  ring.put(packet(102));
  ring.put(packet(101));
  ring.put(packet(50));

  EXPECT_TRUE(ring.find(101));
  EXPECT_FALSE(ring.find(50));
}

TEST_F(PacketRingTest, LetsGoOfWhatIsOldSoThatThePoolGetsItBack) {
  PacketRing ring(64);
  const TimePoint start{};
  for (uint64_t index = 0; index < 40; ++index) ring.put(packet(index, start + std::chrono::seconds(index)));
  const size_t size = pool_.size();

  ring.expire(start + std::chrono::seconds(30));
  EXPECT_FALSE(ring.find(29));
  EXPECT_TRUE(ring.find(30));
  std::vector<PacketRef> again;
  for (int i = 0; i < 30; ++i) again.push_back(pool_.acquire());

  EXPECT_EQ(pool_.size(), size);
}

TEST(PacketPool, HasALimit) {
  PacketPool pool(PacketPool::kChunk);
  std::vector<PacketRef> all;
  for (size_t i = 0; i < PacketPool::kChunk; ++i) all.push_back(pool.acquire());

  EXPECT_FALSE(pool.acquire());
  all.pop_back();
  EXPECT_TRUE(pool.acquire());
}

TEST(PacketPool, TakesBackWhatOtherThreadsLetGo) {
  PacketPool pool(128);
  for (int round = 0; round < 200; ++round) {
    std::vector<PacketRef> shared;
    for (int i = 0; i < 64; ++i) shared.push_back(pool.acquire());
    std::thread other([copies = shared]() mutable { copies.clear(); });
    shared.clear();
    other.join();
  }
  EXPECT_LE(pool.size(), 128u);
  EXPECT_TRUE(pool.acquire());
}

}  // namespace
}  // namespace kms::rtc
