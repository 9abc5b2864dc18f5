// SPDX-License-Identifier: Apache-2.0
// The packet path allocates nothing: all of the RTC thread's allocations are counted while media flows.
#include <gtest/gtest.h>
#include <openssl/crypto.h>

#include <atomic>
#include <cstdlib>
#include <new>

#include "kms-core/rtc/forwarding/packet_pool.hpp"
#include "kms-core/rtc/local_source.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/tap.hpp"

namespace {

// True on the RTC thread, set from a callback there.
thread_local bool counted = false;
std::atomic<size_t> allocations = 0;

void* count_and_allocate(size_t size) {
  if (counted) ++allocations;
  return std::malloc(size);
}

void* openssl_malloc(size_t size, const char*, int) { return count_and_allocate(size); }
void openssl_free(void* memory, const char*, int) { std::free(memory); }
void* openssl_realloc(void* memory, size_t size, const char*, int) {
  if (counted) ++allocations;
  return std::realloc(memory, size);
}
const bool hooked = CRYPTO_set_mem_functions(openssl_malloc, openssl_realloc, openssl_free) == 1;

}  // namespace

void* operator new(size_t size) { return count_and_allocate(size); }
void* operator new(size_t size, std::align_val_t alignment) {
  if (counted) ++allocations;
  return std::aligned_alloc(static_cast<size_t>(alignment), size);
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, size_t) noexcept { std::free(memory); }
void operator delete(void* memory, std::align_val_t) noexcept { std::free(memory); }
void operator delete(void* memory, size_t, std::align_val_t) noexcept { std::free(memory); }

namespace kms::rtc {
namespace {

using test::TestPeer;

constexpr std::chrono::milliseconds kWarmUp{500};
constexpr size_t kMostChunks = 4;

class Allocation : public ::testing::TestWithParam<SrtpProfile> {
 protected:
  // One second of a call at 30 frames and 50 sounds.
  void stream(TestPeer& publisher, TestPeer& viewer) {
    for (int frame = 0; frame < 30; ++frame) {
      for (int i = 0; i < 6; ++i) {
        publisher.send({true, frame == 0 && i == 0, i == 5, video_++, timestamp_, 900});
      }
      timestamp_ += 3000;
      publisher.send(sound());
      viewer.receive_until([] { return true; });
      viewer.send_transport_feedback();
      pass_on();
    }
    const auto all_came = [&] {
      pass_on();
      return viewer.count(true) >= 2 * size_t{video_};
    };
    ASSERT_TRUE(viewer.receive_until(all_came)) << viewer.count(true) << " of " << 2 * video_;
  }
  TestPeer::Frame sound() {
    ++audio_;
    return {.video = false, .sequence = audio_, .timestamp = audio_ * 960u, .size = 80, .level = 0x9e};
  }
  // Out of the plane and into it again, as a filter would; this thread's allocations do not count.
  void pass_on() {
    PacketRef packet;
    while (tap_->pop(packet))
      local_->push({packet->media(), packet->timestamp, packet->marker, packet->captured});
    packet = {};
    local_->flush();
  }

  std::unique_ptr<Tap> tap_;
  std::unique_ptr<LocalSource> local_;

  uint16_t video_ = 0;
  uint16_t audio_ = 0;
  uint32_t timestamp_ = 0;
};

TEST_P(Allocation, NonePerPacketInSteadyState) {
  ASSERT_TRUE(hooked);
  ServerOptions options;
  options.threads = 1;
  options.announced = {"127.0.0.1"};
  options.hold.min_receivers = 1;  // the held path counts too
  const auto server = std::move(*Server::start(options));
  TestPeer publisher({true, GetParam(), false, true});
  TestPeer viewer({.profile = GetParam(), .transport_cc = true});
  PeerOptions watched;
  watched.events.on_state = [](PeerState, const std::string&) { counted = true; };
  auto sender = server->create_peer(watched);
  const auto sources = publisher.join(*sender)->sources;
  ASSERT_TRUE(publisher.connect());
  auto receiver = server->create_peer({});
  std::vector<std::unique_ptr<Consumer>> consumers;
  for (const auto& source : sources) consumers.push_back(receiver->consume(source));
  tap_ = server->tap(sources[1], {});
  local_ = server->create_local_source({.codec = Codec::kVp8});
  consumers.push_back(receiver->consume(local_->source(), {}, {}, LayerWish{.most_temporal = 0}));
  viewer.lines().push_back({"2", true, "recvonly"});
  ASSERT_TRUE(viewer.join(*receiver).ok());
  ASSERT_TRUE(viewer.connect());
  // Until the ring of packets kept for retransmission is full, and some ticks have named the held streams.
  const auto begin = Clock::now();
  for (int warm_up = 0; warm_up < 8 || Clock::now() - begin < kWarmUp; ++warm_up) stream(publisher, viewer);

  // A burst larger than any before it may still add chunks of packets, and a place for each in the list,
  // until all that is kept for retransmission is as much as can be.
  size_t chunks = 0;
  for (int round = 0; round == 0 || (chunks > kMostChunks && round < 10); ++round) {
    const size_t pooled = server->statistics().pooled_packets;
    const size_t before = allocations;
    for (int second = 0; second < 5; ++second) stream(publisher, viewer);
    const size_t made = allocations - before;
    chunks = (server->statistics().pooled_packets - pooled) / PacketPool::kChunk;
    EXPECT_GT(before, 0u) << "the hook does not count";
    EXPECT_LE(made, 2 * chunks) << "in " << 5 * 30 * 7 << " packets";
  }
  EXPECT_LE(chunks, kMostChunks);
}

INSTANTIATE_TEST_SUITE_P(Profiles, Allocation,
                         ::testing::Values(SrtpProfile::kAeadAes128Gcm, SrtpProfile::kAesCm128HmacSha1_80));

}  // namespace
}  // namespace kms::rtc
