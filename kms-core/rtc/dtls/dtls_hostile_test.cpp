// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>
#include <malloc.h>

#include <random>

#include "kms-core/rtc/dtls/test_pair.hpp"

namespace kms::rtc {
namespace {

using test::certificate_a;
using test::certificate_b;
using test::Datagram;
using test::End;
using test::Pair;

class DtlsHostile : public testing::Test {
 protected:
  // The first flights of a real handshake.
  std::vector<Datagram> recorded() {
    Pair pair(client_context_, server_context_);
    std::vector<Datagram> datagrams;
    pair.client.transport->start(pair.now);
    pair.run([&](const Datagram& datagram) {
      datagrams.push_back(datagram);
      return true;
    });
    return datagrams;
  }
  End new_server() {
    return {server_context_, DtlsRole::kServer, client_context_.fingerprint(), Clock::now()};
  }

  DtlsContext client_context_{std::move(*DtlsContext::create(certificate_a()))};
  DtlsContext server_context_{std::move(*DtlsContext::create(certificate_b()))};
};

TEST_F(DtlsHostile, GarbageIsCountedAndChangesNothing) {
  Pair pair(client_context_, server_context_);
  std::minstd_rand random(7);
  for (int i = 0; i < 200; ++i) {
    Datagram garbage(random() % 1500);
    for (auto& byte : garbage) byte = static_cast<uint8_t>(random());
    EXPECT_FALSE(pair.server.transport->on_datagram(garbage, pair.now));
  }
  EXPECT_EQ(pair.server.transport->dropped(), 200u);

  pair.client.transport->start(pair.now);
  pair.run();
  EXPECT_TRUE(pair.connected());
}

TEST_F(DtlsHostile, TruncatedFlightsNeverConnect) {
  for (const auto& datagram : recorded()) {
    for (size_t size = 0; size < datagram.size(); size += 7) {
      auto server = new_server();
      server.transport->on_datagram(Bytes(datagram).first(size), Clock::now());
      EXPECT_FALSE(server.transport->keys());
    }
  }
}

TEST_F(DtlsHostile, ReplayedFlightsOfAnotherHandshakeNeverConnect) {
  const auto old = recorded();
  auto server = new_server();
  for (int round = 0; round < 3; ++round) {
    for (const auto& datagram : old) server.transport->on_datagram(datagram, Clock::now());
  }
  EXPECT_NE(server.transport->state(), DtlsState::kConnected);
  EXPECT_FALSE(server.transport->keys());
}

TEST_F(DtlsHostile, DuplicatedAndReversedDatagramsDoNotHinder) {
  Pair pair(client_context_, server_context_);
  pair.client.transport->start(pair.now);
  for (int round = 0; round < 20 && !pair.connected(); ++round) {
    for (auto* ends : {&pair.client, &pair.server}) {
      auto& to = ends == &pair.client ? pair.server : pair.client;
      auto batch = std::exchange(ends->sent, {});
      for (auto it = batch.rbegin(); it != batch.rend(); ++it) {
        to.transport->on_datagram(*it, pair.now);
        to.transport->on_datagram(*it, pair.now);
      }
    }
  }
  EXPECT_TRUE(pair.connected());
}

TEST_F(DtlsHostile, FlippedBitsNeverGiveKeysThatDiffer) {
  std::minstd_rand random(11);
  for (int i = 0; i < 60; ++i) {
    Pair pair(client_context_, server_context_);
    const size_t victim = random() % 6;
    const auto flip = random();
    size_t count = 0;
    const auto damage = [&](auto& datagram) {
      if (count++ == victim) datagram[flip % datagram.size()] ^= static_cast<uint8_t>(1 << (flip >> 8) % 8);
    };
    const auto deliver = [&](auto& from, auto& to) {
      auto datagrams = std::exchange(from.sent, {});
      for (auto& datagram : datagrams) damage(datagram);
      for (auto& datagram : datagrams) to.transport->on_datagram(datagram, pair.now);
    };
    pair.client.transport->start(pair.now);
    for (int round = 0; round < 12; ++round) {
      deliver(pair.client, pair.server);
      deliver(pair.server, pair.client);
    }
    if (!pair.connected()) continue;
    EXPECT_EQ(pair.client.transport->keys()->send.key, pair.server.transport->keys()->receive.key);
  }
}

TEST_F(DtlsHostile, AHalfOpenHandshakeHoldsLittleMemoryWhateverComes) {
  // ClientHello first, so that OpenSSL is in the middle; then all that it would store.
  const auto hello = recorded().front();
  auto server = new_server();
  server.transport->on_datagram(hello, Clock::now());
  server.sent.clear();
  const size_t before = mallinfo2().uordblks;

  for (uint32_t i = 0; i < 2000; ++i) {
    Datagram early(13 + 1100, 0x41);
    const std::array<uint8_t, 13> head{23, 0xfe, 0xfd, 0, 1, 0, 0, 0, 0, 0, 0, 0x04, 0x4c};
    std::copy(head.begin(), head.end(), early.begin());
    store_u32(&early[7], i);
    server.transport->on_datagram(early, Clock::now());

    Datagram ahead(13 + 12 + 1000, 0x42);
    const std::array<uint8_t, 13> handshake{22, 0xfe, 0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0x03, 0xf4};
    std::copy(handshake.begin(), handshake.end(), ahead.begin());
    store_u32(&ahead[7], i + 100);
    ahead[13] = 11;
    store_u24(&ahead[14], RecordGuard::kMaxMessageSize);
    store_u16(&ahead[17], static_cast<uint16_t>(2 + i % 12));
    store_u24(&ahead[19], 1000 * (i % 8));
    store_u24(&ahead[22], 1000);
    server.transport->on_datagram(ahead, Clock::now());
  }

  EXPECT_LT(mallinfo2().uordblks - before, 512u * 1024);
  EXPECT_GT(server.transport->dropped(), 3000u);
  EXPECT_LT(server.sent.size(), 20u) << "an attacker gets no amplifier";
}

}  // namespace
}  // namespace kms::rtc
