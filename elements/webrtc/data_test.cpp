// SPDX-License-Identifier: Apache-2.0
// Data channels of the endpoint, as its commands have them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>

#include "elements/webrtc/test_session.hpp"

namespace kms::webrtc {
namespace {

using rtc::test::ChannelLog;
using test::LiveSession;
using testing::ElementsAre;
using testing::IsEmpty;

// A session with the endpoint "me", its browser with data, and a reader of what it sends.
struct DataOf : testing::Test {
  DataOf() { EXPECT_TRUE(session.apply({endpoint("me")}, {}).ok()); }
  template <typename Work>
  auto with_element(Work work) {
    return session.on_loop(
        [&](graph::Session& s) { return work(**s.find<WebRtcElement>(session.element("me"))); });
  }
  Result<v1::DataChannel> create(const std::string& label) {
    v1::CreateDataChannelRequest request;
    request.set_label(label);
    const auto created = browser.ask<v1::CreateDataChannelResponse>(
        [&](WebRtcElement& element, auto reply) { element.create_channel(request, std::move(reply)); });
    return created.ok() ? Result<v1::DataChannel>(created->channel()) : created.status();
  }
  Status send_text(uint32_t channel, const std::string& text) {
    v1::SendDataRequest request;
    request.set_channel(channel);
    request.set_text(text);
    return with_element([&](WebRtcElement& element) { return element.send_data(request).status(); });
  }
  void send_when_room(
      uint32_t channel, std::vector<std::string>& ends, PeerChannels::IsGone is_gone = [] { return false; }) {
    with_element([&](WebRtcElement& element) {
      v1::SendDataRequest request;
      request.set_channel(channel);
      request.set_text("waited");
      element.send_when_room(request, std::move(is_gone),
                             [&](const Status& status) { ends.push_back(reason_of(status)); });
      return true;
    });
  }
  std::shared_ptr<DataFeed> receive() {
    return *with_element([](WebRtcElement& element) { return element.receive_data(); });
  }
  // What the browser has got over the one channel that was opened to it.
  std::vector<rtc::DataMessage> came() {
    auto& opened = browser.peer().data().opened();
    return opened.count() == 1 ? opened.log(0).messages() : std::vector<rtc::DataMessage>();
  }
  // How many of those that waited.
  size_t waited_and_came() {
    return static_cast<size_t>(
        std::ranges::count(came(), rtc::DataMessage{true, {'w', 'a', 'i', 't', 'e', 'd'}}));
  }
  bool until(const std::function<bool()>& holds) { return browser.peer().receive_until(holds); }
  // What the feed has next, in words: "open 1", "1: text", or the end.
  std::string next(DataFeed& feed) {
    DataFeed::Next got;
    until([&] { return (got = feed.next()).item || got.ended; });
    if (!got.item) return got.ended ? "end " + reason_of(got.status) : "nothing";
    if (got.item->has_message())
      return std::to_string(got.item->message().channel()) + ": " + got.item->message().text();
    const auto& channel = got.item->channel();
    return v1::DataChannelState_Name(channel.state()).substr(19) + " " + channel.label();
  }

  LiveSession session{{.declare = declare_webrtc}};
  Browser browser{session, "me", {.data = true}};
  ChannelLog log;
};

TEST_F(DataOf, ThePeerIsReadInOrder) {
  const auto feed = receive();
  ASSERT_TRUE(browser.join().ok());

  const auto chat = browser.peer().data().open({.label = "chat"}, log);
  EXPECT_TRUE(chat->send({true, {'h', 'i'}}).ok());
  EXPECT_TRUE(chat->send({true, {}}).ok());

  EXPECT_EQ(next(*feed), "OPEN chat");
  EXPECT_EQ(next(*feed), "1: hi");
  EXPECT_EQ(next(*feed), "1: ");
  chat->close();
  EXPECT_EQ(next(*feed), "CLOSING chat");
  EXPECT_EQ(next(*feed), "CLOSED chat");
}

TEST_F(DataOf, AReaderThatComesLaterHearsOfTheChannelsFirst) {
  ASSERT_TRUE(browser.join().ok());
  const auto chat = browser.peer().data().open({.label = "chat"}, log);
  ASSERT_TRUE(until([&] { return log.is_open(); }));

  const auto feed = receive();

  EXPECT_EQ(next(*feed), "OPEN chat");
}

TEST_F(DataOf, OurChannelOpensWithTheConnectionAndSends) {
  const auto feed = receive();
  const auto channel = create("ours");
  ASSERT_TRUE(channel.ok()) << channel.status();
  EXPECT_EQ(channel->state(), v1::DATA_CHANNEL_STATE_CONNECTING);
  EXPECT_TRUE(send_text(channel->number(), "early").ok());

  ASSERT_TRUE(browser.join().ok());

  EXPECT_EQ(next(*feed), "CONNECTING ours");
  EXPECT_EQ(next(*feed), "OPEN ours");
  auto& opened = browser.peer().data().opened();
  ASSERT_TRUE(until([&] { return opened.count() == 1 && opened.log(0).count() == 1; }));
  EXPECT_THAT(opened.log(0).messages(), ElementsAre(rtc::DataMessage{true, {'e', 'a', 'r', 'l', 'y'}}));
  EXPECT_TRUE(with_element([&](const WebRtcElement& element) {
                return element.close_channel(channel->number());
              }).ok());
  EXPECT_EQ(next(*feed), "CLOSING ours");
  EXPECT_EQ(next(*feed), "CLOSED ours");
  EXPECT_EQ(reason_of(send_text(channel->number(), "late")), "DATA_CHANNEL_NOT_FOUND");
}

TEST_F(DataOf, SendersWaitForRoomInAFullChannelButNotTooMany) {
  const auto channel = create("ours");
  ASSERT_TRUE(channel.ok());
  while (send_text(channel->number(), std::string(100'000, 'x')).ok()) continue;
  while (send_text(channel->number(), "").ok()) continue;
  std::vector<std::string> ends;  // of the loop
  for (size_t i = 0; i <= PeerChannels::kMostSenders; ++i) send_when_room(channel->number(), ends);
  EXPECT_THAT(with_element([&](WebRtcElement&) { return ends; }), ElementsAre("DATA_BUFFER_FULL"));

  ASSERT_TRUE(browser.join().ok());

  EXPECT_TRUE(until([&] {
    return with_element([&](WebRtcElement&) { return ends.size(); }) == 1 + PeerChannels::kMostSenders;
  }));
  EXPECT_TRUE(until([&] { return waited_and_came() == PeerChannels::kMostSenders; }));
}

TEST_F(DataOf, SendersThatAreGoneHaveNoPlaceAmongThoseThatWaitAndNothingOfThemIsSent) {
  const auto channel = create("ours");
  ASSERT_TRUE(channel.ok());
  while (send_text(channel->number(), std::string(100'000, 'x')).ok()) continue;
  while (send_text(channel->number(), "").ok()) continue;
  std::vector<std::string> none, ends;  // of the loop
  std::atomic<bool> gone = false;
  for (size_t i = 0; i < PeerChannels::kMostSenders; ++i)
    send_when_room(channel->number(), none, [&] { return gone.load(); });
  gone = true;

  for (int i = 0; i < 2; ++i) send_when_room(channel->number(), ends);
  EXPECT_THAT(with_element([&](WebRtcElement&) { return ends; }), IsEmpty()) << "they wait";
  ASSERT_TRUE(browser.join().ok());

  EXPECT_TRUE(until([&] { return with_element([&](WebRtcElement&) { return ends.size(); }) == 2; }));
  EXPECT_TRUE(send_text(channel->number(), "last").ok());
  EXPECT_TRUE(until([&] {
    const auto messages = came();
    return !messages.empty() && messages.back() == rtc::DataMessage{true, {'l', 'a', 's', 't'}};
  }));
  EXPECT_EQ(waited_and_came(), 2u);
  EXPECT_THAT(none, IsEmpty());
}

TEST_F(DataOf, SendersThatWaitHearOfTheEndOfTheChannelAndOfThePeer) {
  const auto first = create("first"), second = create("second");
  for (const auto& channel : {first, second}) {
    while (send_text(channel->number(), std::string(1000, 'x')).ok()) continue;
    while (send_text(channel->number(), "").ok()) continue;
  }
  std::vector<std::string> ends;
  send_when_room(first->number(), ends);
  send_when_room(second->number(), ends);

  EXPECT_TRUE(
      with_element([&](WebRtcElement& element) { return element.close_channel(first->number()); }).ok());
  EXPECT_TRUE(until([&] { return with_element([&](WebRtcElement&) { return ends.size(); }) == 1; }));
  EXPECT_TRUE(with_element([](WebRtcElement& element) { return element.say_goodbye(); }).ok());

  EXPECT_THAT(with_element([&](WebRtcElement&) { return ends; }),
              ElementsAre(testing::StartsWith("DATA_CHANNEL_"), "PEER_CLOSED"));
}

TEST_F(DataOf, AnOfferOfOursHasALineForTheChannelsThatThereAre) {
  ASSERT_TRUE(create("ours").ok());

  const auto offer = browser.ask<v1::GenerateOfferResponse>(
      [&](WebRtcElement& element, auto reply) { element.generate_offer({}, std::move(reply)); });

  ASSERT_TRUE(offer.ok());
  EXPECT_THAT(offer->offer(), testing::HasSubstr("m=application 9 UDP/DTLS/SCTP webrtc-datachannel"));
}

TEST_F(DataOf, ReadersEndWithTheConnectionAndChannelsAreClosed) {
  const auto feed = receive();
  ASSERT_TRUE(browser.join().ok());
  const auto chat = browser.peer().data().open({.label = "chat"}, log);
  EXPECT_EQ(next(*feed), "OPEN chat");

  EXPECT_TRUE(with_element([](WebRtcElement& element) { return element.say_goodbye(); }).ok());

  EXPECT_EQ(next(*feed), "CLOSED chat");
  EXPECT_EQ(next(*feed), "end OK");
  EXPECT_EQ(reason_of(send_text(1, "late")), "PEER_CLOSED");
}

TEST_F(DataOf, AReaderThatDoesNotReadHoldsUpThePeerAndGoesOn) {
  const auto feed = receive();
  ASSERT_TRUE(browser.join().ok());
  const auto file = browser.peer().data().open({.label = "file"}, log);
  size_t sent = 0;
  const auto sends = [&] { return file->send({false, std::vector<uint8_t>(16'384)}).ok(); };
  const auto send_more = [&] { return browser.peer().receive_until(sends, std::chrono::milliseconds(500)); };
  EXPECT_TRUE(test::eventually([&] {  // a test that is held up is no peer that is
    while (send_more()) ++sent;
    return feed->is_high();
  }));

  EXPECT_EQ(next(*feed), "OPEN file");
  size_t read = 0;
  EXPECT_TRUE(until([&] {
    while (feed->next().item) ++read;
    return read == sent;
  })) << read
      << " of " << sent;
}

TEST_F(DataOf, OneThatReadsNothingForLongIsCutOffAndHoldsUpNobody) {
  Config config;
  config.limits.data_patience = std::chrono::milliseconds(1);
  LiveSession impatient{{.config = config, .declare = declare_webrtc}};
  kms::v1::ElementSpec spec;
  spec.set_element_id("me");
  spec.mutable_options()->PackFrom(v1::WebRtcOptions());
  ASSERT_TRUE(impatient.apply({spec}, {}).ok());
  Browser other(impatient, "me", {.data = true});
  ASSERT_TRUE(other.join().ok());
  const auto feed = impatient.on_loop(
      [&](graph::Session& s) { return *(*s.find<WebRtcElement>(impatient.element("me")))->receive_data(); });
  const auto file = other.peer().data().open({.label = "file"}, log);
  const auto sends = [&] { return file->send({false, std::vector<uint8_t>(16'384)}).ok(); };

  for (int i = 0; i < 1000; ++i) ASSERT_TRUE(other.peer().receive_until(sends)) << i;

  EXPECT_TRUE(feed->is_ended());
}

TEST_F(DataOf, FiguresAreTold) {
  ASSERT_TRUE(browser.join().ok());
  const auto chat = browser.peer().data().open({.label = "chat"}, log);
  EXPECT_TRUE(chat->send({true, {'h', 'i'}}).ok());
  v1::GetRtcStatsResponse stats;
  const auto arrived = [&] {
    stats = *browser.ask<v1::GetRtcStatsResponse>(
        [&](WebRtcElement& element, auto reply) { element.statistics(std::move(reply)); });
    return stats.data_channels_size() == 1 && stats.data_channels(0).messages_received() == 1;
  };

  ASSERT_TRUE(until(arrived));

  EXPECT_EQ(stats.data_channels(0).bytes_received(), 2);
  EXPECT_EQ(stats.data_channels(0).channel().label(), "chat");
  EXPECT_EQ(stats.sctp_transport().state(), v1::SCTP_TRANSPORT_STATE_CONNECTED);
  EXPECT_GT(stats.sctp_transport().congestion_window(), 0);
}

}  // namespace
}  // namespace kms::webrtc
