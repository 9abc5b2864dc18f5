// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/udp_inlet.hpp"

#include <gtest/gtest.h>
#include <poll.h>

#include "kms-core/rtc/net/udp_reader.hpp"

namespace kms::rtc {
namespace {

constexpr uint32_t kHeld = 0x11223344;
constexpr uint32_t kOther = 0x55667788;

std::vector<uint8_t> rtp(uint32_t ssrc, uint16_t sequence, bool marker) {
  std::vector<uint8_t> packet(100);
  packet[0] = 0x80;
  packet[1] = static_cast<uint8_t>((marker ? 0x80 : 0) | 96);
  store_u16(&packet[2], sequence);
  store_u32(&packet[8], ssrc);
  return packet;
}

// What was handed on, as "stream sequence".
class Listener final : public PacketHandler {
 public:
  void on_datagram(const Datagram& datagram) override {
    sequences.push_back(load_u16(&datagram.bytes[2]));
    arrivals.push_back(datagram.arrived);
  }
  void on_tcp_closed(const Path&) override {}
  TimePoint on_turn_end(TimePoint) override { return TimePoint::max(); }

  std::vector<uint16_t> sequences;
  std::vector<TimePoint> arrivals;
};

class UdpInletTest : public ::testing::TestWithParam<const char*> {
 protected:
  void SetUp() override {
    auto inlet = UdpInlet::open(address(0), {}, true);
    ASSERT_TRUE(inlet.ok()) << inlet.status();
    inlet_ = std::move(*inlet);
    ASSERT_TRUE(inlet_.has_quiet());
    ASSERT_TRUE(inlet_.steer(std::array{kHeld}, {}));
  }

  SocketAddress address(uint16_t port) const { return *SocketAddress::parse(GetParam(), port); }
  void send(const std::vector<uint8_t>& bytes) {
    const auto to = address(local_port(inlet_.fd()));
    ASSERT_EQ(::sendto(sender_.get(), bytes.data(), bytes.size(), 0, to.data(), to.size()),
              static_cast<ssize_t>(bytes.size()));
  }
  // Loopback delivers before sendto() returns.
  static bool has_something(int fd) {
    pollfd waiting{fd, POLLIN, 0};
    return poll(&waiting, 1, 0) == 1;
  }

  UdpInlet inlet_;
  UniqueFd sender_{std::move(*open_udp(address(0), {}))};
  UdpReader reader_{true};
  Listener listener_;
};

TEST_P(UdpInletTest, IsWokenByEverythingButTheFirstPacketsOfAQuietStreamsFrame) {
  send(rtp(kHeld, 1, false));
  EXPECT_FALSE(has_something(inlet_.fd()));
  EXPECT_TRUE(has_something(inlet_.quiet_fd()));

  const std::vector<std::vector<uint8_t>> loud{
      rtp(kHeld, 2, true),
      rtp(kOther, 3, false),
      {22, 254, 253, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
      {0x80, 200, 0, 1, 17, 34, 51, 68},
      {0, 1, 0, 0},
      {0x80},
  };
  for (const auto& packet : loud) {
    send(packet);
    EXPECT_TRUE(has_something(inlet_.fd())) << int{packet[0]};
    std::array<uint8_t, 200> bytes;
    EXPECT_EQ(recv(inlet_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT),
              static_cast<ssize_t>(packet.size()));
  }
}

// Nothing is to be done at once for how packets have arrived; all else in RTCP asks for something, or may.
TEST_P(UdpInletTest, IsNotWokenByTransportFeedbackIfItIsToBeQuiet) {
  const std::vector<uint8_t> feedback{0x8f, 205, 0, 2, 0, 0, 0, 1, 0x11, 0x22, 0x33, 0x44};
  send(feedback);
  EXPECT_TRUE(has_something(inlet_.fd())) << "nobody said that it was";
  reader_.read(inlet_, listener_, true);

  ASSERT_TRUE(inlet_.steer({}, {.feedback = true}));
  send(feedback);
  EXPECT_FALSE(has_something(inlet_.fd()));
  EXPECT_TRUE(has_something(inlet_.quiet_fd()));
  reader_.read_quiet(inlet_, listener_);
  const std::vector<std::vector<uint8_t>> loud{
      {0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 9, 0, 0},  // NACK
      {0x8f, 206, 0, 4, 0, 0, 0, 1, 0, 0, 0, 0, 'R', 'E', 'M', 'B'},
      {0x80, 201, 0, 1, 0, 0, 0, 1, 0x8f, 205, 0, 2},  // a compound
      {0x0f, 205, 0, 2},                               // of another version
      rtp(kHeld, 1, false),
      {0x8f},
  };
  for (const auto& packet : loud) {
    send(packet);
    EXPECT_TRUE(has_something(inlet_.fd())) << int{packet[0]};
    std::array<uint8_t, 200> bytes;
    recv(inlet_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  }
}

TEST_P(UdpInletTest, IsNotWokenByReportsIfTheyAreToBeQuiet) {
  ASSERT_TRUE(inlet_.steer(std::array{kHeld}, {.reports = true}));
  for (const auto type : std::initializer_list<uint8_t>{200, 201}) {
    send({0x81, type, 0, 1, 17, 34, 51, 68});
    EXPECT_FALSE(has_something(inlet_.fd())) << int{type};
    EXPECT_TRUE(has_something(inlet_.quiet_fd())) << int{type};
    reader_.read_quiet(inlet_, listener_);
  }
  send(rtp(kHeld, 1, false));
  EXPECT_FALSE(has_something(inlet_.fd())) << "as before";
  const std::vector<std::vector<uint8_t>> loud{
      {0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 9, 0, 0},  // NACK
      {0x8f, 205, 0, 2, 0, 0, 0, 1, 0x11, 0x22, 0x33, 0x44},  // feedback, of which nothing was said
      {0x81, 202, 0, 1, 0, 0, 0, 1},
      {0x01, 201, 0, 1, 0, 0, 0, 1},  // of another version
  };
  for (const auto& packet : loud) {
    send(packet);
    EXPECT_TRUE(has_something(inlet_.fd())) << int{packet[1]};
    std::array<uint8_t, 200> bytes;
    recv(inlet_.fd(), bytes.data(), bytes.size(), MSG_DONTWAIT);
  }
}

// A repair is due at once, and what has arrived where is not.
TEST_P(UdpInletTest, ReadsNothingQuietForRtcpAlone) {
  ASSERT_TRUE(inlet_.steer({}, {.feedback = true}));
  const std::vector<uint8_t> nack{0x81, 205, 0, 3, 0, 0, 0, 1, 0, 0, 0, 2, 0, 9, 0, 0};
  send({0x8f, 205, 0, 2, 0, 0, 0, 1, 0x11, 0x22, 0x33, 0x44});
  send(nack);

  EXPECT_FALSE(reader_.read(inlet_, listener_, true));
  EXPECT_EQ(listener_.sequences, (std::vector<uint16_t>{3}));
  send(nack);
  send(rtp(kOther, 7, true));
  EXPECT_TRUE(reader_.read(inlet_, listener_, true));
  EXPECT_EQ(listener_.sequences, (std::vector<uint16_t>{3, 3, 7, 2})) << "there was more than RTCP";

  send({0x8f, 205, 0, 2, 0, 0, 0, 1, 0x11, 0x22, 0x33, 0x44});
  send(nack);
  EXPECT_TRUE(reader_.read(inlet_, listener_, false));
  EXPECT_EQ(listener_.sequences.size(), 6u) << "it could not wait";
}

TEST_P(UdpInletTest, KeepsTheOrderOfAStreamOverBothSockets) {
  for (uint16_t frame = 0; frame < 3; ++frame) {
    const auto first = static_cast<uint16_t>(65533 + 3 * frame);
    send(rtp(kHeld, first, false));
    send(rtp(kHeld, static_cast<uint16_t>(first + 1), false));
    send(rtp(kHeld, static_cast<uint16_t>(first + 2), true));
  }
  send(rtp(kHeld, 6, false));
  reader_.read(inlet_, listener_, true);
  EXPECT_EQ(listener_.sequences, (std::vector<uint16_t>{65533, 65534, 65535, 0, 1, 2, 3, 4, 5, 6}));
}

// Linux begins to stamp a moment after the first socket of the machine has asked for it, from a work queue;
// until then a packet is stamped when it is read.
TEST_P(UdpInletTest, KnowsWhenAQuietPacketCame) {
  reader_.read(inlet_, listener_, true);
  // The kernel's and our clock are read one after the other.
  const auto tolerance = std::chrono::milliseconds(1);
  bool stamped = false;
  for (uint16_t tries = 1; tries <= 200 && !stamped; ++tries) {
    const auto before = Clock::now();
    send(rtp(kHeld, tries, false));
    const auto after = Clock::now();
    while (Clock::now() < after + std::chrono::milliseconds(5)) {
    }
    reader_.read_quiet(inlet_, listener_);
    ASSERT_EQ(listener_.arrivals.size(), tries);
    EXPECT_GE(listener_.arrivals.back(), before - tolerance);
    stamped = listener_.arrivals.back() <= after + tolerance;
  }
  EXPECT_TRUE(stamped) << "each was told to have come when it was read";
}

TEST_P(UdpInletTest, HasItsPortForItself) {
  const auto port = local_port(inlet_.fd());
  const auto second = UdpInlet::open(address(port), {}, true);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(reason_of(second.status()), "PORT_UNAVAILABLE");
}

TEST_P(UdpInletTest, ForgetsQuietStreams) {
  ASSERT_TRUE(inlet_.steer({}, {}));
  send(rtp(kHeld, 1, false));
  EXPECT_TRUE(has_something(inlet_.fd()));
}

TEST_P(UdpInletTest, TakesAsManyStreamsAsItSays) {
  std::vector<uint32_t> ssrcs(UdpInlet::kMaxQuietStreams, kOther);
  ssrcs.back() = kHeld;
  ASSERT_TRUE(inlet_.steer(ssrcs, {true, true}));
  send(rtp(kHeld, 1, false));
  EXPECT_TRUE(has_something(inlet_.quiet_fd()));
}

INSTANTIATE_TEST_SUITE_P(Families, UdpInletTest, ::testing::Values("127.0.0.1", "::1"));

}  // namespace
}  // namespace kms::rtc
