// SPDX-License-Identifier: Apache-2.0
// A reader outside the RTP plane: what it gets, and who may end before whom.
#include "kms-core/rtc/tap.hpp"

#include <gtest/gtest.h>

#include <semaphore>
#include <thread>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;

class TapTest : public ::testing::Test {
 protected:
  void SetUp() override {
    ServerOptions options;
    options.threads = 2;
    options.announced = {"127.0.0.1"};
    options.hold.min_receivers = 1;
    options.hold.longest = std::chrono::seconds(20);  // so that what is held is seen to be
    server_ = std::move(*Server::start(options));
    sender_ = server_->create_peer({});
    sources_ = publisher_.join(*sender_)->sources;
    ASSERT_TRUE(publisher_.connect());
  }
  std::unique_ptr<Tap> tap(size_t source, size_t capacity = 512) {
    auto made = server_->tap(sources_.at(source), {capacity, [this] { there_.release(); }});
    settle();
    return made;
  }
  void settle() { kms::test::settle(*server_); }
  void send(uint16_t sequence, bool marker = true, size_t size = 500) {
    publisher_.send(
        {.key_frame = true, .marker = marker, .sequence = sequence, .timestamp = 3000, .size = size});
  }
  // The next one, or an empty one when it does not come.
  PacketRef next(Tap& tap) {
    PacketRef packet;
    while (!tap.pop(packet)) {
      if (!there_.try_acquire_for(std::chrono::seconds(20))) break;
    }
    return packet;
  }

  std::counting_semaphore<> there_{0};
  std::unique_ptr<Server> server_;
  TestPeer publisher_{{.publishes = true}};
  std::unique_ptr<Peer> sender_;
  std::vector<SourceRef> sources_;
};

TEST_F(TapTest, GetsEachPacketOnceAsItComes) {
  EXPECT_FALSE(sources_[1]->began());
  const auto before = Clock::now();
  const auto reader = tap(1);
  send(10, false);
  const auto first = next(*reader);
  ASSERT_TRUE(first) << "waits for nobody's marker";
  EXPECT_EQ(first->media().size(), 500u);
  EXPECT_EQ(first->timestamp, 3000u);
  EXPECT_TRUE(first->starts_key_frame);

  send(12);
  send(11);
  EXPECT_EQ(next(*reader)->index, first->index + 2);
  const auto late = next(*reader);
  EXPECT_EQ(late->index, first->index + 1);
  EXPECT_TRUE(late->late);
  settle();
  PacketRef none;
  EXPECT_FALSE(reader->pop(none));
  EXPECT_EQ(reader->dropped(), 0u);
  EXPECT_EQ(sources_[1]->packets(), 3u);
  EXPECT_EQ(sources_[1]->bytes(), 1500u);
  ASSERT_TRUE(sources_[1]->began());
  EXPECT_GE(*sources_[1]->began(), before);
}

TEST_F(TapTest, MakesNoViewerHurryAndSeesNothingOfItsPadding) {
  TestPeer viewer({});
  const auto receiver = server_->create_peer({.near = sources_[1]});
  const auto consumer = receiver->consume(sources_[1]);
  ASSERT_TRUE(viewer.join(*receiver).ok());
  ASSERT_TRUE(viewer.connect());
  const auto reader = tap(1);

  send(10, false, 490);
  send(11, false, 500);
  const auto first = next(*reader);
  ASSERT_TRUE(first && next(*reader));
  EXPECT_FALSE(viewer.receive_until([&] { return viewer.count(true) > 0; }, std::chrono::milliseconds(50)))
      << "the frame is held";
  send(12, true, 480);

  ASSERT_TRUE(viewer.receive_until([&] { return viewer.count(true) == 3; }));
  EXPECT_EQ(RtpView::parse(viewer.rtp().front())->padding_size(), 10u);
  EXPECT_EQ(first->media().size(), 490u);
}

TEST_F(TapTest, AsksForAKeyFrameAtOnceAndWhenItWantsOne) {
  const auto reader = tap(1);
  ASSERT_TRUE(publisher_.receive_until([&] { return publisher_.asked_for_key_frame(); }));
  send(1);
  ASSERT_TRUE(next(*reader));
  publisher_.clear();
  reader->want_key_frame();
  EXPECT_TRUE(publisher_.receive_until([&] { return publisher_.asked_for_key_frame(); }));
}

TEST_F(TapTest, DropsAndCountsWhatItsReaderDoesNotTake) {
  const auto reader = tap(0, 4);
  for (uint16_t i = 0; i < 10; ++i) publisher_.send({.video = false, .sequence = i, .size = 80});
  while (reader->dropped() < 6) settle();
  for (int i = 0; i < 4; ++i) EXPECT_TRUE(next(*reader));
  PacketRef none;
  EXPECT_FALSE(reader->pop(none));
}

TEST_F(TapTest, TwoReadersOfOneSourceDoNotKnowOfEachOther) {
  const auto one = tap(1);
  auto other = tap(1);
  send(1);
  EXPECT_TRUE(next(*one));
  EXPECT_TRUE(next(*other));
  other.reset();
  settle();
  send(2);
  EXPECT_TRUE(next(*one));
}

TEST_F(TapTest, SurvivesItsSourceAndItsPeer) {
  const auto reader = tap(1);
  send(1);
  const auto kept = next(*reader);
  ASSERT_TRUE(kept);

  publisher_.lines()[1].rejected = true;
  ASSERT_TRUE(publisher_.join(*sender_).ok());
  reader->want_key_frame();
  sender_.reset();
  settle();
  reader->want_key_frame();

  EXPECT_EQ(kept->media().size(), 500u);
  const auto late = tap(1);
  settle();
  PacketRef none;
  EXPECT_FALSE(late->pop(none));
}

TEST_F(TapTest, SurvivesItsServer) {
  auto reader = tap(1);
  send(1);
  send(2);
  auto kept = next(*reader);
  ASSERT_TRUE(kept);
  ASSERT_TRUE(publisher_.receive_until([&] { return sources_[1]->packets() == 2; }));
  sender_.reset();
  server_.reset();

  EXPECT_EQ(kept->media().size(), 500u);
  kept = {};
  reader->want_key_frame();
  EXPECT_TRUE(reader->pop(kept));
  kept = {};
}

// Nothing is called once the destructor is done: what the callback needs may go then.
TEST_F(TapTest, CallsNobodyAfterItsEnd) {
  for (uint16_t i = 0; i < 50; ++i) {
    auto called = std::make_unique<int>(0);
    auto reader = server_->tap(sources_[1], {64, [count = called.get()] { ++*count; }});
    send(i);
    send(static_cast<uint16_t>(i + 1));
    reader.reset();
    called.reset();
  }
  settle();
}

}  // namespace
}  // namespace kms::rtc
