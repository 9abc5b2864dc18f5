// SPDX-License-Identifier: Apache-2.0
// Real sockets at both ends of a relay.
#include "tests/support/relay/relay.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>

#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

using namespace std::chrono_literals;
using rtc::SocketAddress;

// One end of a line, which numbers what it sends.
class End {
 public:
  End() : socket_(std::move(*rtc::open_udp(*SocketAddress::parse("127.0.0.1", 0), {}))) {}

  SocketAddress address() const { return *SocketAddress::parse("127.0.0.1", rtc::local_port(socket_.get())); }
  void send(const SocketAddress& to, uint32_t number) {
    ::sendto(socket_.get(), &number, sizeof number, 0, to.data(), to.size());
  }
  // Reads until `count` datagrams have come, or for `patience`. Their numbers, in order of arrival.
  std::vector<uint32_t> receive(size_t count, rtc::Duration patience = 20s) {
    std::vector<uint32_t> numbers;
    const auto end = rtc::Clock::now() + patience;
    while (numbers.size() < count && rtc::Clock::now() < end) {
      pollfd wait{socket_.get(), POLLIN, 0};
      poll(&wait, 1, 10);
      for (const auto& datagram : buffers_.receive(socket_.get())) {
        uint32_t number = 0;
        std::copy_n(datagram.bytes.begin(), sizeof number, reinterpret_cast<uint8_t*>(&number));
        numbers.push_back(number);
        last_from = datagram.path.remote;
      }
    }
    return numbers;
  }

  SocketAddress last_from;

 private:
  rtc::UniqueFd socket_;
  rtc::ReceiveBuffers buffers_;
};

std::unique_ptr<Relay> relay_to(const End& target, Relay::Options options = {}) {
  options.target = target.address();
  return std::move(*Relay::start(options));
}

TEST(Relay, CarriesBothWaysAndKeepsClientsApart) {
  End server, anna, bela;
  const auto relay = relay_to(server);

  anna.send(relay->address(), 1);
  ASSERT_EQ(server.receive(1), std::vector{1u});
  const auto from_anna = server.last_from;
  bela.send(relay->address(), 2);
  ASSERT_EQ(server.receive(1), std::vector{2u});
  const auto from_bela = server.last_from;
  server.send(from_bela, 3);
  server.send(from_anna, 4);

  EXPECT_NE(from_anna, from_bela);
  EXPECT_EQ(anna.receive(1), std::vector{4u});
  EXPECT_EQ(bela.receive(1), std::vector{3u});
  EXPECT_EQ(anna.last_from, relay->address());
  EXPECT_EQ(relay->counts().clients, 2u);
}

TEST(Relay, LosesTheSameDatagramsInEachRunOfASeed) {
  std::vector<std::vector<uint32_t>> runs;
  for (int run = 0; run < 2; ++run) {
    End server, client;
    const auto relay = relay_to(server, {.up = {.loss = 0.2}, .seed = 11});
    for (uint32_t i = 0; i < 500; ++i) client.send(relay->address(), i);
    ASSERT_TRUE(eventually([&] { return relay->counts().up.taken == 500; }));
    runs.push_back(server.receive(relay->counts().up.handed_on()));
    EXPECT_EQ(relay->counts().up.lost, 500 - runs.back().size());
  }

  EXPECT_EQ(runs[0], runs[1]);
  EXPECT_NEAR(static_cast<double>(runs[0].size()), 400, 40);
}

TEST(Relay, HoldsWhatItDelaysAndLetsTheOtherWayBe) {
  End server, client;
  const auto relay = relay_to(server, {.up = {.delay = 100ms}});
  bool at_once = false;
  for (int i = 0; i < 5 && !at_once; ++i) {  // a busy machine holds up what nobody delays
    const auto sent = rtc::Clock::now();
    client.send(relay->address(), 1);
    ASSERT_EQ(server.receive(1).size(), 1u);
    const auto up = rtc::Clock::now() - sent;
    const auto answered = rtc::Clock::now();
    server.send(server.last_from, 2);
    ASSERT_EQ(client.receive(1).size(), 1u);
    at_once = rtc::Clock::now() - answered < 100ms;

    EXPECT_GE(up, 100ms);
  }
  EXPECT_TRUE(at_once);
}

TEST(Relay, ReordersAndDuplicates) {
  End server, client;
  const auto relay =
      relay_to(server, {.up = {.duplicates = 0.2, .reordered = 0.2, .reordered_by = 100ms}, .seed = 2});

  for (uint32_t i = 0; i < 200; ++i) client.send(relay->address(), i);
  ASSERT_TRUE(eventually([&] { return relay->counts().up.taken == 200; }));
  const auto counts = relay->counts().up;
  auto numbers = server.receive(counts.handed_on());

  EXPECT_GT(counts.reordered, 20u);
  EXPECT_GT(counts.duplicated, 20u);
  EXPECT_EQ(numbers.size(), 200 + counts.duplicated);
  EXPECT_FALSE(std::ranges::is_sorted(numbers));
  std::ranges::sort(numbers);
  numbers.erase(std::ranges::unique(numbers).begin(), numbers.end());
  EXPECT_EQ(numbers.size(), 200u);
}

TEST(Relay, ChangesItsWeatherWhileItRuns) {
  End server, client;
  const auto relay = relay_to(server);

  relay->set(Relay::Direction::kUp, {.loss = 1});
  client.send(relay->address(), 1);
  ASSERT_TRUE(eventually([&] { return relay->counts().up.lost == 1; }));
  relay->set(Relay::Direction::kUp, {});
  client.send(relay->address(), 2);

  EXPECT_EQ(server.receive(1), std::vector{2u});
}

TEST(Relay, DropsWhatDoesNotComeFromTheTarget) {
  End server, client, stranger;
  const auto relay = relay_to(server);
  client.send(relay->address(), 1);
  ASSERT_EQ(server.receive(1).size(), 1u);

  stranger.send(server.last_from, 6);
  server.send(server.last_from, 7);

  EXPECT_EQ(client.receive(1), std::vector{7u});
}

TEST(Relay, SaysWhenItsPortIsTaken) {
  End other;

  const auto relay = Relay::start({.target = other.address(), .port = other.address().port()});

  ASSERT_FALSE(relay.ok());
  EXPECT_EQ(reason_of(relay.status()), "PORT_UNAVAILABLE");
}

}  // namespace
}  // namespace kms::test
