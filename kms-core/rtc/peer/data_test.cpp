// SPDX-License-Identifier: Apache-2.0
// Data channels of a peer, from its offer to its end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::ChannelLog;
using test::OpenedChannels;
using test::TestPeer;
using testing::ElementsAre;

const WantedLine kSound{.video = false};
const WantedLine kData{.data = true};

class Data : public ::testing::Test {
 protected:
  Data() {
    server_ = kms::test::start_rtc();
    PeerOptions wanted;
    wanted.on_data_channel = [opened = opened_](const auto& channel) { return opened->add(channel); };
    peer_ = server_->create_peer(wanted);
  }
  Result<DataChannelRef> open(DataChannelOptions options, ChannelLog& log) {
    std::promise<Result<DataChannelRef>> promise;
    peer_->open_data_channel(std::move(options), log.events(),
                             [&](auto channel) { promise.set_value(std::move(channel)); });
    return promise.get_future().get();
  }
  Result<SctpStatistics> statistics() {
    std::promise<Result<SctpStatistics>> promise;
    peer_->data_statistics([&](auto now) { promise.set_value(std::move(now)); });
    return promise.get_future().get();
  }
  // The browser has opened a channel, and so has the server.
  void join(TestPeer& browser) {
    ASSERT_TRUE(browser.join(*peer_).ok());
    ASSERT_TRUE(browser.connect());
    browsers_ = browser.data().open({.label = "browser's"}, browsers_log_);
    servers_ = *open({.label = "server's", .ordered = false}, servers_log_);
    ASSERT_TRUE(browser.receive_until([&] {
      return opened_->count() == 1 && browser.data().opened().count() == 1 && servers_log_.is_open();
    }));
  }

  std::unique_ptr<Server> server_;
  std::shared_ptr<OpenedChannels> opened_ = std::make_shared<OpenedChannels>();
  std::unique_ptr<Peer> peer_;
  ChannelLog browsers_log_, servers_log_;
  DataChannelRef browsers_, servers_;
};

TEST_F(Data, GoesBothWaysOverChannelsOfBothSides) {
  TestPeer browser({.data = true});
  join(browser);
  const DataMessage question{true, {'?'}}, answer{false, std::vector<uint8_t>(kMaxDataMessage, 1)}, empty{};

  EXPECT_TRUE(browsers_->send(question).ok());
  EXPECT_TRUE(opened_->channel(0)->send(answer).ok());
  EXPECT_TRUE(servers_->send(empty).ok());

  auto theirs = browser.data().opened().log(0);
  EXPECT_TRUE(browser.receive_until(
      [&] { return opened_->log(0).count() == 1 && browsers_log_.count() == 1 && theirs.count() == 1; }));
  EXPECT_THAT(opened_->log(0).messages(), ElementsAre(question));
  EXPECT_THAT(browsers_log_.messages(), ElementsAre(answer));
  EXPECT_THAT(theirs.messages(), ElementsAre(empty));
  EXPECT_EQ(opened_->channel(0)->options().label, "browser's");
  EXPECT_FALSE(browser.data().opened().channel(0)->options().ordered);
}

TEST_F(Data, IsOfferedByTheServerWithAChannelThatWaitsForIt) {
  TestPeer browser({.data = true});
  const auto channel = *open({.label = "early"}, servers_log_);
  EXPECT_TRUE(channel->send({true, {'h', 'i'}}).ok());

  const auto joined = browser.join_by_offer_of(*peer_, {kSound, {.video = true}, kData, kData});
  ASSERT_TRUE(joined.ok()) << joined.status();
  ASSERT_TRUE(browser.connect());

  ASSERT_EQ(joined->lines.size(), 3u);
  EXPECT_TRUE(joined->lines[2].data);
  EXPECT_TRUE(joined->lines[2].accepted);
  EXPECT_TRUE(browser.receive_until([&] { return browser.data().opened().count() == 1; }));
  auto theirs = browser.data().opened().log(0);
  EXPECT_TRUE(browser.receive_until([&] { return theirs.count() == 1; }));
}

TEST_F(Data, StaysOverALaterOfferAndGoesWithItsLine) {
  TestPeer browser({.data = true});
  join(browser);
  ASSERT_TRUE(browser.join(*peer_).ok());
  EXPECT_TRUE(browsers_->send({true, {'a'}}).ok());
  EXPECT_TRUE(browser.receive_until([&] { return opened_->log(0).count() == 1; }));

  browser.lines()[2].rejected = true;
  const auto answer = browser.join(*peer_);

  EXPECT_FALSE(answer->lines[2].accepted);
  EXPECT_TRUE(browser.receive_until([&] { return servers_log_.is_closed() && opened_->log(0).is_closed(); }));
}

TEST_F(Data, IsRejectedWhereTheApplicationTakesNone) {
  const auto peer = server_->create_peer({});
  TestPeer browser({.data = true});

  const auto answer = browser.join(*peer);

  ASSERT_TRUE(answer.ok());
  EXPECT_TRUE(answer->lines[2].data);
  EXPECT_FALSE(answer->lines[2].accepted);
  std::promise<Status> promise;
  peer->open_data_channel({}, {}, [&](const auto& channel) { promise.set_value(channel.status()); });
  EXPECT_EQ(reason_of(promise.get_future().get()), "NO_DATA_CHANNELS");
}

TEST_F(Data, ChannelsCloseWhenThePeerSaysGoodbye) {
  TestPeer browser({.data = true});
  join(browser);

  browser.say_goodbye();

  EXPECT_TRUE(browser.receive_until([&] { return servers_log_.is_closed() && opened_->log(0).is_closed(); }));
  EXPECT_EQ(reason_of(servers_->send({})), "DATA_CHANNEL_CLOSED");
  EXPECT_EQ(reason_of(open({}, servers_log_).status()), "PEER_CLOSED");
}

TEST_F(Data, ChannelsCloseWithThePeer) {
  TestPeer browser({.data = true});
  join(browser);

  peer_.reset();

  const auto browser_knows = [&] { return browser.dtls().state() == DtlsState::kClosed; };
  EXPECT_TRUE(browser.receive_until([&] { return servers_log_.is_closed() && browser_knows(); }));
  EXPECT_EQ(reason_of(servers_->send({})), "DATA_CHANNEL_CLOSED");
}

TEST_F(Data, AChannelOutlivesTheServer) {
  TestPeer browser({.data = true});
  join(browser);

  peer_.reset();
  server_.reset();

  EXPECT_TRUE(browser.receive_until([&] { return reason_of(servers_->send({})) == "DATA_CHANNEL_CLOSED"; }));
}

TEST_F(Data, AFloodThatNobodyReadsHoldsUpItsSender) {
  TestPeer browser({.data = true});
  join(browser);
  peer_->set_data_reading(false);
  size_t sent = 0;
  while (browser.receive_until(
      [&] {
        return browsers_->send({false, std::vector<uint8_t>(1000)}).ok();
      },
      std::chrono::milliseconds(300))) {
    ++sent;
  }
  EXPECT_LT(sent, 4000u);

  peer_->set_data_reading(true);

  EXPECT_TRUE(browser.receive_until([&] { return opened_->log(0).count() == sent; }));
}

TEST_F(Data, TellsItsStatistics) {
  TestPeer browser({.data = true});
  EXPECT_EQ(statistics()->state, SctpState::kNew);
  join(browser);
  EXPECT_TRUE(browsers_->send({true, {'a', 'b'}}).ok());
  EXPECT_TRUE(browser.receive_until([&] { return opened_->log(0).count() == 1; }));

  const auto now = statistics();

  ASSERT_TRUE(now.ok());
  EXPECT_EQ(now->state, SctpState::kConnected);
  EXPECT_EQ(now->channels.size(), 2u);
  EXPECT_EQ(opened_->channel(0)->counters().bytes_received, 2u);
}

TEST_F(Data, OfAStrangerByDtlsChangesNothing) {
  TestPeer browser({.data = true});
  join(browser);
  for (size_t size = 1; size < 1160; size += 13) browser.send_by_dtls(test::Packet(size, 0x55));

  EXPECT_TRUE(browsers_->send({true, {'a'}}).ok());

  EXPECT_TRUE(browser.receive_until([&] { return opened_->log(0).count() == 1; }));
}

}  // namespace
}  // namespace kms::rtc
