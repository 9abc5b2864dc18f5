// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/datagram_reader.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include "bench/loadtest/socket_set.hpp"
#include "kms-core/rtc/net/udp_socket.hpp"

namespace kms::rtc::loadtest {
namespace {

// A socket that stamps, and one that sends to it.
struct Sockets {
  UniqueFd receiver = std::move(*open_udp(*SocketAddress::parse("127.0.0.1", 0), {.stamps = true}));
  UniqueFd sender = std::move(*open_udp(*SocketAddress::parse("127.0.0.1", 0), {}));

  void send(const std::vector<uint8_t>& bytes) const {
    const auto to = SocketAddress::parse("127.0.0.1", local_port(receiver.get()));
    ASSERT_EQ(sendto(sender.get(), bytes.data(), bytes.size(), 0, to->data(), to->size()), std::ssize(bytes));
    pollfd wait{receiver.get(), POLLIN, 0};
    ASSERT_EQ(poll(&wait, 1, 5000), 1);
  }
};

// Whether what was sent is said to have come at its time, though other sockets were read for a while.
bool tells_time(const Sockets& sockets, DatagramReader& reader) {
  const Sockets others;
  sockets.send({1});
  const auto there = Clock::now();
  for (int i = 0; i < 10'000; ++i) reader.read(others.receiver.get());
  const auto late = Clock::now();
  const auto datagrams = reader.read(sockets.receiver.get());
  return datagrams.size() == 1 && datagrams[0].arrived < there + (late - there) / 2;
}

// The kernel begins to stamp some time after it was asked to by the first socket of the machine.
TEST(DatagramReader, SaysWhenADatagramCameNotWhenItWasRead) {
  const Sockets sockets;
  DatagramReader reader;
  bool told = false;

  for (int tries = 0; tries < 200 && !told; ++tries) told = tells_time(sockets, reader);

  EXPECT_TRUE(told);
}

TEST(DatagramReader, SaysWhoSentWhat) {
  const Sockets sockets;
  DatagramReader reader;
  sockets.send({1, 2, 3});

  const auto datagrams = reader.read(sockets.receiver.get());

  ASSERT_EQ(datagrams.size(), 1u);
  EXPECT_EQ(std::vector<uint8_t>(datagrams[0].bytes.begin(), datagrams[0].bytes.end()),
            (std::vector<uint8_t>{1, 2, 3}));
  EXPECT_EQ(datagrams[0].from.port(), local_port(sockets.sender.get()));
}

TEST(DatagramReader, DropsWhatIsTooLong) {
  const Sockets sockets;
  DatagramReader reader;
  sockets.send(std::vector<uint8_t>(DatagramReader::kMaxDatagram + 1));
  sockets.send({7});

  const auto datagrams = reader.read(sockets.receiver.get());

  ASSERT_EQ(datagrams.size(), 1u);
  EXPECT_EQ(datagrams[0].bytes[0], 7);
  EXPECT_TRUE(reader.read(sockets.receiver.get()).empty());
}

struct CountingReader final : SocketSet::Reader {
  void on_readable() override { ++count; }
  int count = 0;
};

TEST(SocketSet, CallsWhoHasSomethingToRead) {
  const Sockets one, other;
  auto set = *SocketSet::create();
  CountingReader one_reader, other_reader;
  ASSERT_TRUE(set.add(one.receiver.get(), one_reader).ok());
  ASSERT_TRUE(set.add(other.receiver.get(), other_reader).ok());

  set.poll();
  EXPECT_EQ(one_reader.count, 0);
  one.send({1});
  set.poll();
  EXPECT_EQ(one_reader.count, 1);
  EXPECT_EQ(other_reader.count, 0);
  set.remove(one.receiver.get());
  set.poll();
  EXPECT_EQ(one_reader.count, 1);
}

}  // namespace
}  // namespace kms::rtc::loadtest
