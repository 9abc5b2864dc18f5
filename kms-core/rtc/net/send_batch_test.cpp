// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/send_batch.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>

#include "kms-core/rtc/net/udp_socket.hpp"

namespace kms::rtc {
namespace {

class TcpRecorder final : public TcpSink {
 public:
  bool send(uint32_t connection, Bytes packet) override {
    if (takes_nothing) return false;
    sent.emplace_back(connection, packet.size());
    return true;
  }
  std::vector<std::pair<uint32_t, size_t>> sent;
  bool takes_nothing = false;
};

// A receiver on loopback.
struct Receiver {
  explicit Receiver(const char* ip = "127.0.0.1") {
    fd = std::move(*open_udp(*SocketAddress::parse(ip, 0), {}));
    path = {*SocketAddress::parse(ip, local_port(fd.get())), Path::kUdp};
  }
  // The sizes of what comes; the first byte of each is checked to count up.
  std::vector<size_t> receive(size_t count) {
    std::vector<size_t> sizes;
    pollfd wait{fd.get(), POLLIN, 0};
    while (sizes.size() < count && poll(&wait, 1, 20'000) == 1) {
      std::array<uint8_t, 2048> bytes;
      const auto size = recv(fd.get(), bytes.data(), bytes.size(), 0);
      EXPECT_EQ(bytes[0], sizes.size());
      sizes.push_back(static_cast<size_t>(size));
    }
    return sizes;
  }
  UniqueFd fd;
  Path path;
};

class SendBatchTest : public ::testing::Test {
 protected:
  SendBatch batch(bool segment) { return SendBatch({v4_.get(), v6_.get(), &tcp_}, segment); }
  static void fill(SendBatch& batch, const Path& path, const std::vector<size_t>& sizes) {
    uint8_t number = 0;
    for (const auto size : sizes) std::fill_n(batch.add(path, size), size, number++);
  }

  UniqueFd v4_ = std::move(*open_udp(*SocketAddress::parse("0.0.0.0", 0), {}));
  UniqueFd v6_ = std::move(*open_udp(*SocketAddress::parse("::1", 0), {}));
  TcpRecorder tcp_;
};

TEST_F(SendBatchTest, GivesTheKernelOneMessageForEqualPacketsAndAShorterLastOne) {
  Receiver receiver;
  auto out = batch(true);
  const std::vector<size_t> sizes{900, 900, 900, 400};
  fill(out, receiver.path, sizes);

  out.flush();

  EXPECT_EQ(receiver.receive(4), sizes);
  EXPECT_EQ(out.counters().messages, 1u);
  EXPECT_EQ(out.counters().packets, 4u);
}

TEST_F(SendBatchTest, BeginsANewMessageAfterAShorterPacketOrBeforeALongerOne) {
  Receiver receiver;
  auto out = batch(true);
  const std::vector<size_t> sizes{900, 400, 900, 901, 901};
  fill(out, receiver.path, sizes);

  out.flush();

  EXPECT_EQ(receiver.receive(5), sizes);
  EXPECT_EQ(out.counters().messages, 3u);
}

TEST_F(SendBatchTest, SendsPacketByPacketWithoutSegmentation) {
  Receiver receiver;
  auto out = batch(false);
  const std::vector<size_t> sizes{700, 700, 700};
  fill(out, receiver.path, sizes);

  out.flush();

  EXPECT_EQ(receiver.receive(3), sizes);
  EXPECT_EQ(out.counters().messages, 3u);
}

TEST_F(SendBatchTest, OneDeadAddressDoesNotStopTheOthers) {
  Receiver before, after;
  auto out = batch(true);
  const Path dead{*SocketAddress::parse("255.255.255.255", 9), Path::kUdp};  // broadcast is not allowed
  fill(out, before.path, {100});
  fill(out, dead, {100});
  fill(out, after.path, {100});

  out.flush();

  EXPECT_EQ(before.receive(1).size(), 1u);
  EXPECT_EQ(after.receive(1).size(), 1u);
  EXPECT_EQ(out.counters().dropped, 1u);
  EXPECT_EQ(out.counters().packets, 2u) << "what was refused did not go out";
  EXPECT_EQ(out.counters().bytes, 200u);
}

TEST_F(SendBatchTest, CountsWhatAConnectionDoesNotTakeAsDropped) {
  auto out = batch(true);
  tcp_.takes_nothing = true;
  fill(out, {*SocketAddress::parse("127.0.0.1", 9), 7}, {100, 100});

  out.flush();

  EXPECT_EQ(out.counters().dropped, 2u);
  EXPECT_EQ(out.counters().packets, 0u);
}

// A socket that makes no checksums refuses to segment (udp_send_skb).
TEST_F(SendBatchTest, SendsSinglyForAWhileWhereSegmentationIsRefused) {
  for (const auto singly : {Duration::zero(), SendBatch::kSingly}) {
    Receiver receiver;
    SendBatch out({v4_.get(), v6_.get(), &tcp_}, true, singly);
    const std::vector<size_t> sizes{500, 500, 500};
    int no_checksum = 1;
    ASSERT_EQ(setsockopt(v4_.get(), SOL_SOCKET, SO_NO_CHECK, &no_checksum, sizeof no_checksum), 0);
    fill(out, receiver.path, sizes);
    out.flush();
    EXPECT_EQ(receiver.receive(3), sizes);
    EXPECT_EQ(out.counters().messages, 1u);
    EXPECT_EQ(out.counters().dropped, 0u);

    no_checksum = 0;
    ASSERT_EQ(setsockopt(v4_.get(), SOL_SOCKET, SO_NO_CHECK, &no_checksum, sizeof no_checksum), 0);
    Receiver next;
    fill(out, next.path, sizes);
    out.flush();
    EXPECT_EQ(next.receive(3), sizes);
    EXPECT_EQ(out.counters().messages, singly == Duration::zero() ? 2u : 4u);
  }
}

TEST_F(SendBatchTest, SortsByFamilyAndTransport) {
  Receiver four, six("::1");
  auto out = batch(true);
  fill(out, four.path, {100});
  fill(out, {four.path.remote, 7}, {222});
  fill(out, six.path, {100, 100});

  out.flush();

  EXPECT_EQ(four.receive(1).size(), 1u);
  EXPECT_EQ(six.receive(2).size(), 2u);
  ASSERT_EQ(tcp_.sent.size(), 1u);
  EXPECT_EQ(tcp_.sent[0], std::make_pair(7u, size_t{222}));
}

TEST_F(SendBatchTest, TakesAsManyPacketsAsItSays) {
  Receiver receiver;
  auto out = batch(true);
  for (uint8_t number = 0; !out.full(); ++number) std::fill_n(out.add(receiver.path, 50), 50, number);
  out.flush();

  EXPECT_EQ(receiver.receive(SendBatch::kPackets).size(), SendBatch::kPackets);
  EXPECT_TRUE(out.empty());
}

}  // namespace
}  // namespace kms::rtc
