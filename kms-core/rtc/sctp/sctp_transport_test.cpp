// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/sctp_transport.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <condition_variable>
#include <future>
#include <mutex>
#include <thread>

namespace kms::rtc {
namespace {

using testing::SizeIs;

// What threads tell, and waiting for it.
class Diary {
 public:
  template <typename Change>
  void note(Change change) {
    const std::lock_guard lock(mutex_);
    change();
    changed_.notify_all();
  }
  template <typename Predicate>
  bool wait(Predicate happened) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, std::chrono::seconds(30), happened);
  }

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
};

// Two transports, each giving its packets to the other at once.
struct SctpTransportTest : testing::Test {
  struct Wire {
    std::mutex mutex;
    SctpTransport* to = nullptr;  // guarded by mutex
  };

  SctpTransportTest() { connect(); }
  // Former ones end.
  void connect() {
    client.emplace(thread, events_of(to_server, false));
    server.emplace(thread, events_of(to_client, true));
    const std::scoped_lock lock(to_client->mutex, to_server->mutex);
    to_client->to = &*client;
    to_server->to = &*server;
  }
  ~SctpTransportTest() override {
    cut(*to_client);
    cut(*to_server);
    client.reset();
    server.reset();
    thread.reset();  // nothing is told any more
  }
  static void cut(Wire& wire) {
    const std::lock_guard lock(wire.mutex);
    wire.to = nullptr;
  }
  SctpEvents events_of(const std::shared_ptr<Wire>& wire, bool is_server) {
    SctpEvents events;
    events.send = [wire](const std::vector<uint8_t>& packet) {
      const std::lock_guard lock(wire->mutex);
      if (wire->to) wire->to->on_packet(packet);
    };
    if (!is_server) return events;
    events.on_channel = [this](const DataChannelRef& channel) {
      diary.note([&] { opened.push_back(channel); });
      DataChannelEvents heard;
      heard.on_message = [this](const auto&, DataMessage message) {
        diary.note([&] {
          ++count;
          last = std::move(message);
        });
      };
      return heard;
    };
    return events;
  }
  void start() {
    client->start({.client = true});
    server->start({.client = false});
  }
  DataChannelRef open() {
    DataChannelEvents events;
    events.on_state = [this](const auto&, DataChannelState, std::string_view) { diary.note([] {}); };
    events.on_drained = [this](const auto&) { diary.note([&] { ++drained; }); };
    return std::move(*client->open({.label = "data"}, events));
  }

  std::shared_ptr<SctpThread> thread = std::move(*SctpThread::get());
  Diary diary;
  std::vector<DataChannelRef> opened;
  size_t count = 0;
  DataMessage last;
  int drained = 0;
  std::shared_ptr<Wire> to_client = std::make_shared<Wire>(), to_server = std::make_shared<Wire>();
  std::optional<SctpTransport> client, server;
};

TEST(SctpThread, TheNextOneWaitsForTheEndOfTheOneBefore) {
  auto first = std::move(*SctpThread::get());
  std::promise<void> go_on;
  std::atomic<bool> over = false;
  first->loop()->post([&, held = go_on.get_future().share()] {
    held.wait();
    over = true;
  });
  const std::weak_ptr<SctpThread> watched = first;
  std::thread ending([last = std::move(first)]() mutable { last.reset(); });
  while (!watched.expired()) std::this_thread::yield();

  const auto second = std::move(*SctpThread::get());
  std::promise<bool> came_later;
  second->loop()->post([&] { came_later.set_value(over); });
  go_on.set_value();

  EXPECT_TRUE(came_later.get_future().get());
  ending.join();
}

TEST_F(SctpTransportTest, OpensSendsAndClosesFromAnyThread) {
  const auto channel = open();
  start();
  EXPECT_TRUE(channel->send({true, {'h', 'i'}}).ok());
  ASSERT_TRUE(diary.wait([&] { return count == 1; }));
  EXPECT_EQ(last, (DataMessage{true, {'h', 'i'}}));
  EXPECT_EQ(opened[0]->options().label, "data");
  EXPECT_TRUE(diary.wait([&] { return channel->state() == DataChannelState::kOpen; }));

  channel->close();

  EXPECT_TRUE(diary.wait([&] { return channel->state() == DataChannelState::kClosed; }));
  EXPECT_EQ(reason_of(channel->send({})), "DATA_CHANNEL_CLOSED");
}

TEST_F(SctpTransportTest, AFloodIsRefusedAndGoesOnWhenItHasDrained) {
  const auto channel = open();
  start();
  size_t sent = 0;
  for (int rounds = 0; rounds < 3; ++rounds) {
    Status status = ok();
    while ((status = channel->send({})).ok()) ++sent;
    EXPECT_EQ(reason_of(status), "DATA_BUFFER_FULL");
    ASSERT_TRUE(diary.wait([&] { return drained > rounds; }));
  }

  EXPECT_TRUE(diary.wait([&] { return count == sent; }));
}

// Also of a channel in which nothing waits.
TEST_F(SctpTransportTest, ARefusalSaysWhatWaitsInTheChannelAndInAllOfThePeers) {
  const std::vector<uint8_t> large(kMaxDataMessage / 4);
  for (int full = 0; full < 4; ++full) {
    const auto channel = open();
    while (channel->send({false, large}).ok()) continue;
  }
  Status status = ok();
  for (const auto channel = open(); status.ok(); status = channel->send({false, large})) continue;

  EXPECT_EQ(reason_of(status), "DATA_BUFFER_FULL");
  EXPECT_THAT(std::string(status.message()),
              testing::HasSubstr("of 1048576 bytes wait in the channel already"));
  EXPECT_THAT(std::string(status.message()), testing::HasSubstr("of 4194304 in all of the peer's"));
}

TEST_F(SctpTransportTest, CarriesManyMessagesOfTheLargestSize) {
  const auto channel = open();
  start();
  for (size_t i = 0; i < 40; ++i) {
    Status status = ok();
    while (!(status = channel->send({false, std::vector<uint8_t>(kMaxDataMessage)})).ok()) {
      int before = 0;
      diary.note([&] { before = drained; });
      ASSERT_TRUE(diary.wait([&] { return drained > before || channel->buffered() == 0; }));
    }
  }

  EXPECT_TRUE(diary.wait([&] { return count == 40; }));
}

TEST_F(SctpTransportTest, SaysWhatIsWrong) {
  const auto why = [&](DataChannelOptions options) {
    return reason_of(client->open(std::move(options), {}).status());
  };
  EXPECT_EQ(why({.label = std::string(kMaxDataLabel + 1, 'x')}), "DATA_CHANNEL_INVALID");
  EXPECT_EQ(why({.protocol = "\xff"}), "DATA_CHANNEL_INVALID");
  EXPECT_EQ(why({.max_retransmits = uint16_t{1}, .max_packet_lifetime_ms = uint16_t{1}}),
            "DATA_CHANNEL_INVALID");
  EXPECT_EQ(why({.negotiated_id = kMaxDataStreams}), "DATA_CHANNEL_INVALID");

  const auto channel = open();
  EXPECT_EQ(reason_of(channel->send({false, std::vector<uint8_t>(kMaxDataMessage + 1)})),
            "MESSAGE_TOO_LARGE");
  EXPECT_EQ(reason_of(channel->send({true, {0xff}})), "MESSAGE_NOT_TEXT");
  client->start({.client = true, .max_message = 10});
  EXPECT_EQ(reason_of(channel->send({false, std::vector<uint8_t>(11)})), "MESSAGE_TOO_LARGE");
}

TEST_F(SctpTransportTest, BoundsTheChannelsThatItOpens) {
  for (int i = 0; i < kMaxDataStreams; ++i) ASSERT_TRUE(client->open({}, {}).ok());

  EXPECT_EQ(reason_of(client->open({}, {}).status()), "TOO_MANY_CHANNELS");
}

TEST_F(SctpTransportTest, TellsItsFigures) {
  const auto channel = open();
  start();
  EXPECT_TRUE(channel->send({}).ok());
  ASSERT_TRUE(diary.wait([&] { return count == 1; }));

  std::optional<SctpStatistics> statistics;
  client->statistics([&](const SctpStatistics& now) { diary.note([&] { statistics = now; }); });

  ASSERT_TRUE(diary.wait([&] { return statistics.has_value(); }));
  EXPECT_EQ(statistics->state, SctpState::kConnected);
  EXPECT_GT(statistics->figures.congestion_window, 0);
  EXPECT_EQ(statistics->dropped_packets, 0);
  EXPECT_THAT(statistics->channels, testing::ElementsAre(channel));
}

TEST_F(SctpTransportTest, EndsInTheMiddleOfAnything) {
  for (int i = 0; i < 100; ++i) {
    const auto channel = open();
    start();
    for (int k = 0; k < i; ++k) EXPECT_TRUE(channel->send({false, std::vector<uint8_t>(1000)}).ok());
    cut(*to_client);
    cut(*to_server);
    connect();
  }

  const auto channel = open();
  start();
  EXPECT_TRUE(channel->send({true, {'h', 'i'}}).ok());
  EXPECT_TRUE(diary.wait([&] { return last.bytes.size() == 2; }));
}

TEST_F(SctpTransportTest, AChannelOutlivesItsThread) {
  const auto channel = open();
  cut(*to_client);
  cut(*to_server);
  client.reset();
  server.reset();
  thread.reset();

  EXPECT_EQ(reason_of(channel->send({})), "DATA_CHANNEL_CLOSED");
  channel->close();
}

}  // namespace
}  // namespace kms::rtc
