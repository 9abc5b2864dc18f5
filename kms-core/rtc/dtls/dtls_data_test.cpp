// SPDX-License-Identifier: Apache-2.0
// Application data, which SCTP goes over.
#include "kms-core/rtc/dtls/test_pair.hpp"

namespace kms::rtc {
namespace {

using test::Datagram;

struct DtlsData : testing::Test {
  DtlsData() {
    const auto take = [this](Bytes data) { received.emplace_back(data.begin(), data.end()); };
    server = make(DtlsRole::kServer, client_context, take);
    client = make(DtlsRole::kClient, server_context, {});
    client->start(now);
    run();
  }
  std::unique_ptr<DtlsTransport> make(DtlsRole role, const DtlsContext& other,
                                      std::function<void(Bytes)> take) {
    auto& out = role == DtlsRole::kClient ? from_client : from_server;
    const auto send = [&out](Bytes datagram) { out.emplace_back(datagram.begin(), datagram.end()); };
    const auto& own = role == DtlsRole::kClient ? client_context : server_context;
    return std::move(*DtlsTransport::create(own, {role, other.fingerprint(), send, std::move(take)}, now));
  }
  void run() {
    while (!from_client.empty() || !from_server.empty()) {
      for (const auto& datagram : std::exchange(from_client, {})) {
        largest = std::max(largest, datagram.size());
        server->on_datagram(datagram, now);
      }
      for (const auto& datagram : std::exchange(from_server, {})) client->on_datagram(datagram, now);
    }
  }

  TimePoint now = Clock::now();
  DtlsContext client_context = std::move(*DtlsContext::create(test::certificate_a()));
  DtlsContext server_context = std::move(*DtlsContext::create(test::certificate_b()));
  std::deque<Datagram> from_client, from_server;
  std::vector<Datagram> received;
  size_t largest = 0;
  std::unique_ptr<DtlsTransport> server, client;
};

TEST_F(DtlsData, GoesInOneDatagramEach) {
  const std::vector<Datagram> sent{Datagram(1, 1),
                                   Datagram(DtlsTransport::kMaxDatagram - DtlsTransport::kMaxOverhead, 2)};
  for (const auto& data : sent) EXPECT_TRUE(client->send(data));
  EXPECT_EQ(from_client.size(), sent.size());
  largest = 0;
  run();

  EXPECT_EQ(received, sent);
  EXPECT_LE(largest, DtlsTransport::kMaxDatagram);
}

TEST_F(DtlsData, ThatDoesNotFitOrHasNoConnectionIsRefused) {
  EXPECT_FALSE(client->send(Datagram(DtlsTransport::kMaxDatagram)));
  EXPECT_FALSE(client->send({}));
  client->close();
  EXPECT_FALSE(client->send(Datagram(1)));
}

TEST_F(DtlsData, WithoutATakerIsDropped) {
  EXPECT_TRUE(server->send(Datagram(10)));
  run();

  EXPECT_EQ(client->state(), DtlsState::kConnected);
  EXPECT_TRUE(client->send(Datagram(1)));
}

TEST_F(DtlsData, GoodbyeIsStillHeard) {
  client->send(Datagram(1));
  client->close();
  run();

  EXPECT_EQ(received.size(), 1u);
  EXPECT_EQ(server->state(), DtlsState::kClosed);
}

}  // namespace
}  // namespace kms::rtc
