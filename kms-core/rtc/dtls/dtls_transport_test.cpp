// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/dtls/dtls_transport.hpp"

#include <gtest/gtest.h>
#include <malloc.h>

#include "kms-core/rtc/dtls/test_pair.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;
using test::certificate_a;
using test::certificate_b;
using test::Datagram;
using test::End;
using test::Pair;

class DtlsTransportTest : public testing::Test {
 protected:
  DtlsContext client_context_{std::move(*DtlsContext::create(certificate_a()))};
  DtlsContext server_context_{std::move(*DtlsContext::create(certificate_b()))};
};

bool same(const SrtpMasterKey& a, const SrtpMasterKey& b) { return a.key == b.key && a.salt == b.salt; }

TEST_F(DtlsTransportTest, GivesBothEndsTheSameKeysCrosswise) {
  Pair pair(client_context_, server_context_);

  pair.client.transport->start(pair.now);
  pair.run();

  ASSERT_TRUE(pair.connected());
  const auto& client = *pair.client.transport->keys();
  const auto& server = *pair.server.transport->keys();
  EXPECT_EQ(client.profile, SrtpProfile::kAeadAes128Gcm);
  EXPECT_TRUE(same(client.send, server.receive));
  EXPECT_TRUE(same(client.receive, server.send));
  EXPECT_FALSE(same(client.send, client.receive));
  EXPECT_EQ(client.send.salt[12], 0) << "a GCM salt has 12 bytes";
}

TEST_F(DtlsTransportTest, FallsBackToCounterModeWhenThePeerKnowsNothingElse) {
  const auto old = DtlsContext::create(certificate_a(), {SrtpProfile::kAesCm128HmacSha1_80});
  Pair pair(*old, server_context_);
  pair.client.transport->start(pair.now);
  pair.run();
  ASSERT_TRUE(pair.connected());
  EXPECT_EQ(pair.server.transport->keys()->profile, SrtpProfile::kAesCm128HmacSha1_80);
  EXPECT_TRUE(same(pair.client.transport->keys()->send, pair.server.transport->keys()->receive));
}

TEST_F(DtlsTransportTest, RefusesAPeerWithoutACommonSrtpProfile) {
  const auto gcm = DtlsContext::create(certificate_a(), {SrtpProfile::kAeadAes128Gcm});
  const auto cm = DtlsContext::create(certificate_b(), {SrtpProfile::kAesCm128HmacSha1_80});
  Pair pair(*gcm, *cm);
  pair.client.transport->start(pair.now);
  pair.run();
  EXPECT_EQ(pair.server.transport->state(), DtlsState::kFailed);
  EXPECT_EQ(reason_of(pair.server.transport->failure()), "DTLS_NO_SRTP_PROFILE");
  EXPECT_FALSE(pair.server.transport->keys());
}

TEST_F(DtlsTransportTest, NeverGivesKeysForAnotherFingerprint) {
  for (const bool at_server : {true, false}) {
    Pair pair(client_context_, server_context_);
    auto& judge = at_server ? pair.server : pair.client;
    const auto role = at_server ? DtlsRole::kServer : DtlsRole::kClient;
    auto wrong = at_server ? client_context_.fingerprint() : server_context_.fingerprint();
    wrong.digest[31] ^= 1;
    judge.transport.reset();
    End replaced(at_server ? server_context_ : client_context_, role, wrong, pair.now);
    judge.transport = std::move(replaced.transport);
    auto& other = at_server ? pair.client : pair.server;

    // The replaced transport writes into `replaced`.
    (at_server ? other : judge).transport->start(pair.now);
    for (int round = 0; round < 10; ++round) {
      for (auto& datagram : std::exchange(other.sent, {})) judge.transport->on_datagram(datagram, pair.now);
      for (auto& datagram : std::exchange(replaced.sent, {}))
        other.transport->on_datagram(datagram, pair.now);
    }

    EXPECT_EQ(judge.transport->state(), DtlsState::kFailed);
    EXPECT_EQ(reason_of(judge.transport->failure()), "DTLS_FINGERPRINT_MISMATCH");
    EXPECT_FALSE(judge.transport->keys());
    EXPECT_FALSE(other.transport->keys()) << "the alert tells the peer";
  }
}

TEST_F(DtlsTransportTest, EveryDatagramFitsThePathAndCarriesWholeRecords) {
  Pair pair(client_context_, server_context_);
  pair.client.transport->start(pair.now);
  pair.run([](const Datagram& datagram) {
    EXPECT_LE(datagram.size(), DtlsTransport::kMaxDatagram);
    EXPECT_TRUE(RecordGuard().admits(datagram, false));
    return true;
  });
  EXPECT_TRUE(pair.connected());
}

TEST_F(DtlsTransportTest, RepeatsALostFlight) {
  Pair pair(client_context_, server_context_);
  pair.client.transport->start(pair.now);
  pair.client.sent.clear();
  EXPECT_LE(pair.client.transport->deadline(), pair.now + 100ms);

  pair.pass(100ms);
  pair.client.transport->on_timer(pair.now);
  EXPECT_EQ(pair.client.sent.size(), 1u);

  pair.run();
  EXPECT_TRUE(pair.connected());
}

TEST_F(DtlsTransportTest, ConnectsWhicheverSingleDatagramIsLost) {
  size_t datagrams = 99;
  for (size_t lost = 0; lost < datagrams; ++lost) {
    Pair pair(client_context_, server_context_);
    size_t count = 0;
    const auto arrives = [&](const Datagram&) { return count++ != lost; };
    pair.client.transport->start(pair.now);
    pair.run(arrives);
    for (int round = 0; round < 5 && !pair.connected(); ++round) {
      pair.pass(5s);
      pair.fire_timers();
      pair.run(arrives);
    }
    EXPECT_TRUE(pair.connected()) << "datagram " << lost << " lost";
    datagrams = std::min(datagrams, count);
  }
  EXPECT_GE(datagrams, 4u);
}

TEST_F(DtlsTransportTest, RepeatsItsLastFlightWhenThePeerMissedIt) {
  Pair pair(client_context_, server_context_);
  pair.client.transport->start(pair.now);
  pair.run([&](const Datagram&) { return pair.server.transport->state() != DtlsState::kConnected; });
  ASSERT_EQ(pair.server.transport->state(), DtlsState::kConnected);
  ASSERT_EQ(pair.client.transport->state(), DtlsState::kHandshaking);

  pair.pass(5s);
  pair.client.transport->on_timer(pair.now);
  pair.run();

  EXPECT_TRUE(pair.connected());
}

TEST_F(DtlsTransportTest, GivesUpAfterThirtySeconds) {
  Pair pair(client_context_, server_context_);
  pair.client.transport->start(pair.now);
  for (int second = 0; second < 30; ++second) {
    EXPECT_EQ(pair.client.transport->state(), DtlsState::kHandshaking) << second;
    pair.pass(1s);
    pair.fire_timers();
  }
  for (auto* end : {&pair.client, &pair.server}) {
    EXPECT_EQ(end->transport->state(), DtlsState::kFailed);
    EXPECT_EQ(reason_of(end->transport->failure()), "DTLS_TIMEOUT");
    EXPECT_EQ(end->transport->deadline(), TimePoint::max());
  }
}

TEST_F(DtlsTransportTest, NoticesThePeersCloseAlertAtOnce) {
  Pair pair(client_context_, server_context_);
  pair.client.transport->start(pair.now);
  pair.run();
  ASSERT_TRUE(pair.connected());

  pair.client.transport->close();
  ASSERT_EQ(pair.client.sent.size(), 1u);
  EXPECT_TRUE(pair.server.transport->on_datagram(pair.client.sent.front(), pair.now));

  EXPECT_EQ(pair.server.transport->state(), DtlsState::kClosed);
  EXPECT_FALSE(pair.server.transport->keys());
}

TEST_F(DtlsTransportTest, HoldsLittleMemoryOnceConnected) {
  constexpr size_t kPairs = 20;
  std::vector<std::unique_ptr<Pair>> pairs;
  const size_t before = mallinfo2().uordblks;
  for (size_t i = 0; i < kPairs; ++i) {
    pairs.push_back(std::make_unique<Pair>(client_context_, server_context_));
    pairs.back()->client.transport->start(pairs.back()->now);
    pairs.back()->run();
    ASSERT_TRUE(pairs.back()->connected());
  }
  EXPECT_LT((mallinfo2().uordblks - before) / (2 * kPairs), 48u * 1024);
}

TEST_F(DtlsTransportTest, IsQuietOnceConnected) {
  Pair pair(client_context_, server_context_);
  pair.client.transport->start(pair.now);
  pair.run();
  EXPECT_EQ(pair.server.transport->deadline(), TimePoint::max());
  EXPECT_EQ(pair.client.transport->deadline(), TimePoint::max());
  pair.pass(60s);
  pair.fire_timers();
  EXPECT_TRUE(pair.connected());
  EXPECT_TRUE(pair.client.sent.empty() && pair.server.sent.empty());
}

}  // namespace
}  // namespace kms::rtc
