// SPDX-License-Identifier: Apache-2.0
// How fast data goes between a server and a peer over sockets on loopback: prints, and holds a lower bound
// that a busy machine keeps. KMS_DATA_SECONDS=10 for longer runs.
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/calm/calm.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using kms::test::measure_calmly;
using test::ChannelLog;
using test::TestPeer;

struct Speed {
  double messages_per_second = 0;
  double megabits_per_second = 0;
};

// A server's peer and the browser, with a channel that the browser has opened.
class DataSpeed : public ::testing::Test {
 protected:
  DataSpeed() {
    server_ = kms::test::start_rtc();
    PeerOptions wanted;
    wanted.on_data_channel = [this](const DataChannelRef& channel) {
      theirs_ = channel;
      is_open_ = true;
      DataChannelEvents events;
      events.on_message = [this](const auto&, const DataMessage&) { ++arrived_; };
      return events;
    };
    peer_ = server_->create_peer(wanted);
    EXPECT_TRUE(browser_.join(*peer_).ok());
    EXPECT_TRUE(browser_.connect());
    ours_ = browser_.data().open({.label = "speed"}, log_);
    EXPECT_TRUE(browser_.receive_until([&] { return is_open_ && log_.is_open(); }));
  }
  ~DataSpeed() override {
    peer_.reset();
    server_.reset();  // nothing is told any more
  }

  // Sends messages of `size` over `channel` for the time of the test; `arrived` tells how many are there.
  Speed measure(const DataChannelRef& channel, size_t size, const std::function<size_t()>& arrived) {
    const auto* given = std::getenv("KMS_DATA_SECONDS");
    const auto lasts = std::chrono::seconds(given ? std::atoi(given) : 1);
    const auto began = Clock::now();
    const auto before = arrived();
    size_t sent = 0;
    EXPECT_TRUE(browser_.receive_until(
        [&] {
          const bool over = Clock::now() - began > lasts;
          while (!over && channel->send({false, std::vector<uint8_t>(size)}).ok()) ++sent;
          return over && arrived() - before == sent;
        },
        lasts + std::chrono::seconds(20)));
    const std::chrono::duration<double> took = Clock::now() - began;
    const double rate = static_cast<double>(sent) / took.count();
    return {rate, rate * static_cast<double>(size) * 8 / 1e6};
  }
  static void report(const char* what, const Speed& speed) {
    std::printf("[  SPEED   ] %s: %.0f messages/s, %.0f Mbit/s\n", what, speed.messages_per_second,
                speed.megabits_per_second);
  }

  std::unique_ptr<Server> server_;
  std::atomic<size_t> arrived_ = 0;
  std::atomic<bool> is_open_ = false;
  DataChannelRef theirs_, ours_;
  TestPeer browser_{{.data = true}};
  ChannelLog log_;
  std::unique_ptr<Peer> peer_;
};

TEST_F(DataSpeed, OfSmallMessagesToTheServer) {
  measure_calmly([this] {
    const auto speed = measure(ours_, 100, [this] { return arrived_.load(); });
    report("100 bytes in", speed);
    EXPECT_GT(speed.messages_per_second, 10'000);
  });
}

TEST_F(DataSpeed, OfLargeMessagesToTheServer) {
  measure_calmly([this] {
    const auto speed = measure(ours_, 65'536, [this] { return arrived_.load(); });
    report("64 KiB in", speed);
    EXPECT_GT(speed.megabits_per_second, 100);
  });
}

TEST_F(DataSpeed, OfSmallMessagesFromTheServer) {
  measure_calmly([this] {
    const auto speed = measure(theirs_, 100, [this] { return log_.count(); });
    report("100 bytes out", speed);
    EXPECT_GT(speed.messages_per_second, 10'000);
  });
}

TEST_F(DataSpeed, OfLargeMessagesFromTheServer) {
  measure_calmly([this] {
    const auto speed = measure(theirs_, 65'536, [this] { return log_.count(); });
    report("64 KiB out", speed);
    EXPECT_GT(speed.megabits_per_second, 100);
  });
}

}  // namespace
}  // namespace kms::rtc
