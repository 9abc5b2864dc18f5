// SPDX-License-Identifier: Apache-2.0
// What libssl needs its buffers for again, once they were freed.
#include "kms-core/rtc/dtls/test_pair.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;
using test::Datagram;

// Two ends that talk over a way on which nothing comes to a client that is deaf.
struct DtlsAgain : testing::Test {
  std::unique_ptr<DtlsTransport> make(DtlsRole role, const DtlsContext& other) {
    const bool is_client = role == DtlsRole::kClient;
    auto& out = is_client ? from_client : from_server;
    auto& taken = is_client ? at_client : at_server;
    const auto send = [&out](Bytes data) { out.emplace_back(data.begin(), data.end()); };
    const auto take = [&taken](Bytes data) { taken.emplace_back(data.begin(), data.end()); };
    return std::move(*DtlsTransport::create(is_client ? client_context : server_context,
                                            {role, other.fingerprint(), send, take}, now));
  }
  void run() {
    while (!from_client.empty() || !from_server.empty()) {
      for (const auto& datagram : std::exchange(from_client, {})) server->on_datagram(datagram, now);
      if (server->state() != DtlsState::kHandshaking) unheard += deaf ? from_server.size() : 0;
      if (deaf && server->state() != DtlsState::kHandshaking) from_server.clear();
      for (const auto& datagram : std::exchange(from_server, {})) client->on_datagram(datagram, now);
    }
  }
  void client_repeats() {
    now += 5s;
    test::advance_openssl_clock(5s);
    client->on_timer(now);
    run();
  }

  TimePoint now = Clock::now();
  DtlsContext client_context = std::move(*DtlsContext::create(test::certificate_a()));
  DtlsContext server_context = std::move(*DtlsContext::create(test::certificate_b()));
  std::deque<Datagram> from_client, from_server;
  std::vector<Datagram> at_client, at_server;
  bool deaf = false;  // to what the server says once its handshake is over
  size_t unheard = 0;
  std::unique_ptr<DtlsTransport> server = make(DtlsRole::kServer, client_context);
  std::unique_ptr<DtlsTransport> client = make(DtlsRole::kClient, server_context);
};

TEST_F(DtlsAgain, TheLastFlightIsRepeatedAsOftenAsItIsAskedForAndThenDataGoes) {
  deaf = true;
  client->start(now);
  run();
  ASSERT_EQ(server->state(), DtlsState::kConnected);
  for (size_t round = 0; round < 3; ++round) {
    const size_t before = unheard;
    client_repeats();
    EXPECT_GT(unheard, before) << round;
    EXPECT_EQ(client->state(), DtlsState::kHandshaking);
  }

  deaf = false;
  client_repeats();
  EXPECT_TRUE(client->send(Datagram(900, 1)));
  EXPECT_TRUE(server->send(Datagram(800, 2)));
  run();

  EXPECT_EQ(client->state(), DtlsState::kConnected);
  EXPECT_EQ(at_server, std::vector<Datagram>{Datagram(900, 1)});
  EXPECT_EQ(at_client, std::vector<Datagram>{Datagram(800, 2)});
}

TEST_F(DtlsAgain, AGoodbyeIsSaidAndHeardByEndsThatHadNothingElseToSay) {
  client->start(now);
  run();
  ASSERT_EQ(server->state(), DtlsState::kConnected);

  server->close();
  run();

  EXPECT_EQ(client->state(), DtlsState::kClosed);
}

}  // namespace
}  // namespace kms::rtc
