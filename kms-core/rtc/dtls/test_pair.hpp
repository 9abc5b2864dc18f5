// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <vector>

#include "kms-core/rtc/dtls/dtls_transport.hpp"

namespace kms::rtc::test {

using Datagram = std::vector<uint8_t>;

// Moves what OpenSSL takes for the time of day (it has no other way in); see openssl_clock.cpp.
void advance_openssl_clock(Duration by);

inline const DtlsCertificate& certificate_a() {
  static const auto made = std::move(*DtlsCertificate::make());
  return made;
}
inline const DtlsCertificate& certificate_b() {
  static const auto made = std::move(*DtlsCertificate::make());
  return made;
}

// One end: a transport whose datagrams go into a queue.
struct End {
  End(const DtlsContext& context, DtlsRole role, const Fingerprint& peer, TimePoint now) {
    const auto send = [this](Bytes datagram) { sent.emplace_back(datagram.begin(), datagram.end()); };
    auto made = DtlsTransport::create(context, {.role = role, .peer_fingerprint = peer, .send = send}, now);
    EXPECT_TRUE(made.ok());
    transport = std::move(*made);
  }
  std::deque<Datagram> sent;
  std::unique_ptr<DtlsTransport> transport;
};

// A client and a server, joined by queues that a test may look into.
class Pair {
 public:
  using Filter = std::function<bool(const Datagram&)>;  // false: lost

  Pair(const DtlsContext& client_context, const DtlsContext& server_context)
      : client(client_context, DtlsRole::kClient, server_context.fingerprint(), now),
        server(server_context, DtlsRole::kServer, client_context.fingerprint(), now) {}

  // Delivers until nobody has anything more to say.
  void run(const Filter& arrives = [](const Datagram&) { return true; }) {
    while (!client.sent.empty() || !server.sent.empty()) {
      deliver(client, server, arrives);
      deliver(server, client, arrives);
    }
  }
  void pass(Duration time) {
    now += time;
    advance_openssl_clock(time);
  }
  void fire_timers() {
    client.transport->on_timer(now);
    server.transport->on_timer(now);
  }
  bool connected() const {
    return client.transport->state() == DtlsState::kConnected &&
           server.transport->state() == DtlsState::kConnected;
  }

  TimePoint now = Clock::now();
  End client;
  End server;

 private:
  void deliver(End& from, End& to, const Filter& arrives) {
    auto batch = std::exchange(from.sent, {});
    for (const auto& datagram : batch) {
      if (arrives(datagram)) to.transport->on_datagram(datagram, now);
    }
  }
};

}  // namespace kms::rtc::test
