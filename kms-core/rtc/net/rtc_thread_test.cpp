// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/rtc_thread.hpp"

#include <gtest/gtest.h>
#include <poll.h>
#include <sys/socket.h>

#include <algorithm>
#include <future>
#include <optional>
#include <set>

namespace kms::rtc {
namespace {

// Sends back whatever comes, on the path it came.
class Echo final : public PacketHandler {
 public:
  explicit Echo(RtcThread& thread) : thread_(thread) {}
  void on_datagram(const Datagram& datagram) override {
    ++datagrams;
    if (datagram.path.is_tcp()) thread_.tcp().adopt(datagram.path.connection);
    auto* out = thread_.out().add(datagram.path, datagram.bytes.size());
    std::copy(datagram.bytes.begin(), datagram.bytes.end(), out);
  }
  void on_tcp_closed(const Path&) override {
    if (++closed_count_ == 1) closed.set_value();
  }
  TimePoint on_turn_end(TimePoint) override { return TimePoint::max(); }
  std::promise<void> closed;
  size_t datagrams = 0;  // for other threads once the thread has ended

 private:
  RtcThread& thread_;
  int closed_count_ = 0;
};

class RtcThreadTest : public ::testing::Test {
 protected:
  void SetUp() override {
    thread_ = std::move(*RtcThread::create({{}, true, "rtc-test"}));
    echo_ = std::make_unique<Echo>(*thread_);
    thread_->start(*echo_);
  }
  void TearDown() override { thread_->stop(); }

  static UniqueFd connect_to(const char* ip, int type, uint16_t port) {
    const auto remote = *SocketAddress::parse(ip, port);
    UniqueFd fd(::socket(remote.data()->sa_family, type | SOCK_CLOEXEC, 0));
    EXPECT_EQ(::connect(fd.get(), remote.data(), remote.size()), 0);
    return fd;
  }
  static std::string read_some(int fd, size_t size) {
    std::string text;
    pollfd wait{fd, POLLIN, 0};
    while (text.size() < size && poll(&wait, 1, 20'000) == 1) {
      std::array<char, 4096> bytes;
      const auto got = recv(fd, bytes.data(), bytes.size(), 0);
      if (got <= 0) break;
      text.append(bytes.data(), static_cast<size_t>(got));
    }
    return text;
  }

  std::unique_ptr<RtcThread> thread_;
  std::unique_ptr<Echo> echo_;
};

TEST_F(RtcThreadTest, SpeaksUdpOverBothFamiliesOnOnePort) {
  for (const char* ip : {"127.0.0.1", "::1"}) {
    const auto fd = connect_to(ip, SOCK_DGRAM, thread_->port());
    ASSERT_EQ(::send(fd.get(), "hello", 5, 0), 5);
    EXPECT_EQ(read_some(fd.get(), 5), "hello") << ip;
  }
}

TEST_F(RtcThreadTest, SpeaksFramedTcpOnTheSameNumber) {
  for (const char* ip : {"127.0.0.1", "::1"}) {
    const auto fd = connect_to(ip, SOCK_STREAM, thread_->port());
    const std::string two_frames("\0\5hello\0\3you", 12);
    ASSERT_EQ(::send(fd.get(), two_frames.data(), two_frames.size(), 0), 12);
    EXPECT_EQ(read_some(fd.get(), two_frames.size()), two_frames) << ip;
  }
}

TEST_F(RtcThreadTest, EndsATcpConnectionWhoseFramesMakeNoSense) {
  const auto fd = connect_to("127.0.0.1", SOCK_STREAM, thread_->port());
  ASSERT_EQ(::send(fd.get(), "\xff\xffgarbage", 9, 0), 9);

  EXPECT_EQ(echo_->closed.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  EXPECT_EQ(read_some(fd.get(), 1), "");
}

TEST_F(RtcThreadTest, ReadsWhatCameBeforeTheConnectionWasTornDown) {
  std::promise<void> blocked, go_on;
  ASSERT_TRUE(thread_->post([&] {
    blocked.set_value();
    go_on.get_future().wait();
  }));
  blocked.get_future().wait();
  {
    const auto fd = connect_to("127.0.0.1", SOCK_STREAM, thread_->port());
    const linger at_once{1, 0};
    ASSERT_EQ(setsockopt(fd.get(), SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once), 0);
    ASSERT_EQ(::send(fd.get(), "\0\3bye", 5, 0), 5);
  }  // with a reset

  go_on.set_value();

  EXPECT_EQ(echo_->closed.get_future().wait_for(std::chrono::seconds(20)), std::future_status::ready);
  thread_->stop();
  EXPECT_EQ(echo_->datagrams, 1u);
}

TEST_F(RtcThreadTest, TellsWhenAPortIsTaken) {
  RtcThread::Options options;
  options.port.number = thread_->port();
  const auto second = RtcThread::create(options);
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(reason_of(second.status()), "PORT_UNAVAILABLE");
}

// Notes the sequence number of each RTP packet, and in which turn it came.
class Sleeper final : public PacketHandler {
 public:
  // `only`: the one number that is noted.
  explicit Sleeper(size_t wanted, std::optional<uint16_t> only) : wanted_(wanted), only_(only) {}
  void on_datagram(const Datagram& datagram) override {
    const auto number = load_u16(&datagram.bytes[2]);
    if (only_ && number != *only_) return;
    got.push_back(number);
    turns.insert(turn_);
    if (got.size() == wanted_) all.set_value();
  }
  void on_tcp_closed(const Path&) override {}
  TimePoint on_turn_end(TimePoint) override {
    ++turn_;
    if (std::exchange(named_, false)) asleep.set_value();
    return TimePoint::max();
  }
  void on_named() { named_ = true; }
  // The turn in which the quiet stream was named has ended.
  std::promise<void> asleep;
  // For other threads once `all` is there.
  std::promise<void> all;
  std::vector<uint16_t> got;
  std::set<int> turns;

 private:
  size_t wanted_;
  std::optional<uint16_t> only_;
  int turn_ = 0;
  bool named_ = false;
};

class QuietStreamTest : public ::testing::Test {
 protected:
  void start(size_t wanted, std::chrono::milliseconds longest, std::vector<uint32_t> ssrcs = {kSsrc},
             std::optional<uint16_t> only = {}) {
    sleeper_ = std::make_unique<Sleeper>(wanted, only);
    thread_ = std::move(*RtcThread::create({{}, true, "rtc-test", longest}));
    thread_->start(*sleeper_);
    thread_->post([this, ssrcs] {
      thread_->set_quiet(ssrcs, {.feedback = ssrcs.empty()});
      sleeper_->on_named();
    });
    sleeper_->asleep.get_future().wait();
    to_ = *SocketAddress::parse("127.0.0.1", thread_->port());
  }
  void TearDown() override { thread_->stop(); }
  void send(uint16_t sequence, bool marker) {
    std::array<uint8_t, 40> packet{0x80, static_cast<uint8_t>(marker ? 0xe0 : 0x60)};
    store_u16(&packet[2], sequence);
    store_u32(&packet[8], kSsrc);
    sendto(sender_.get(), packet.data(), packet.size(), 0, to_.data(), to_.size());
  }
  void send_feedback(uint16_t number) {
    std::array<uint8_t, 40> packet{0x8f, 205};
    store_u16(&packet[2], number);
    sendto(sender_.get(), packet.data(), packet.size(), 0, to_.data(), to_.size());
  }
  void send_nack(uint16_t number) {
    std::array<uint8_t, 40> packet{0x81, 205};
    store_u16(&packet[2], number);
    sendto(sender_.get(), packet.data(), packet.size(), 0, to_.data(), to_.size());
  }
  bool has_all() {
    return sleeper_->all.get_future().wait_for(std::chrono::seconds(20)) == std::future_status::ready;
  }

  static constexpr uint32_t kSsrc = 7;
  std::unique_ptr<Sleeper> sleeper_;
  std::unique_ptr<RtcThread> thread_;
  UniqueFd sender_{std::move(*open_udp(*SocketAddress::parse("127.0.0.1", 0), {}))};
  SocketAddress to_;
};

TEST_F(QuietStreamTest, IsReadAWholeFrameAtATime) {
  start(10, std::chrono::minutes(1));
  for (uint16_t i = 1; i <= 10; ++i) send(i, i == 10);

  ASSERT_TRUE(has_all());
  EXPECT_EQ(sleeper_->got, (std::vector<uint16_t>{1, 2, 3, 4, 5, 6, 7, 8, 9, 10}));
  EXPECT_EQ(sleeper_->turns.size(), 1u);
}

TEST_F(QuietStreamTest, IsReadInTimeEvenIfItsFrameNeverEnds) {
  start(1, std::chrono::milliseconds(20));
  send(1, false);
  EXPECT_TRUE(has_all());
}

TEST_F(QuietStreamTest, FeedbackIsReadWithWhatWakesTheThread) {
  start(4, std::chrono::minutes(1), {});
  for (uint16_t i = 1; i <= 3; ++i) send_feedback(i);
  send(4, false);

  ASSERT_TRUE(has_all());
  EXPECT_EQ(sleeper_->got.size(), 4u);
  EXPECT_EQ(sleeper_->turns.size(), 1u);
}

TEST_F(QuietStreamTest, FeedbackIsReadInTimeWhereNothingWakesTheThread) {
  start(1, std::chrono::milliseconds(20), {});
  send_feedback(1);
  EXPECT_TRUE(has_all());
}

// Each of these turns leaves it to the next one.
TEST_F(QuietStreamTest, FeedbackIsReadInTimeWhereOnlyRtcpWakesTheThread) {
  start(1, std::chrono::milliseconds(20), {}, 1);
  send_feedback(1);
  const auto all = sleeper_->all.get_future();
  for (uint16_t i = 2; all.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready; ++i) {
    ASSERT_LT(i, 5000);
    send_nack(i);
  }
}

TEST(TcpConnectionTest, KeepsNoMoreThanItsBacklogForAReceiverThatIsAlwaysTooSlow) {
  std::array<int, 2> ends{};
  ASSERT_EQ(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends.data()), 0);
  TcpConnection connection(UniqueFd{ends[0]}, Path{}, TimePoint{});
  const UniqueFd slow(ends[1]);
  const std::vector<uint8_t> packet(1000, 7);
  std::array<char, 2000> taken;

  for (int i = 0; i < 20'000; ++i) {
    connection.send(packet);
    connection.send(packet);
    recv(slow.get(), taken.data(), 1002, 0);
    connection.write_backlog();
  }

  EXPECT_TRUE(connection.wants_write());
  EXPECT_LE(connection.backlog_capacity(), 4 * TcpConnection::kMaxBacklog);
}

}  // namespace
}  // namespace kms::rtc
