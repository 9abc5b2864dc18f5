// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/association.hpp"

#include <gmock/gmock.h>

#include "kms-core/rtc/sctp/test_pair.hpp"

namespace kms::rtc {
namespace {

using test::AssociationPair;
using test::binary;
using test::Lossy;
using test::text;
using testing::ElementsAre;
using testing::SizeIs;

struct Connected : testing::Test {
  // A channel of the client's, open on both sides.
  ChannelRef open(DataChannelOptions options = {.label = "data"}) {
    auto channel = pair.client.open(std::move(options));
    const size_t before = pair.server.opened.size();
    EXPECT_TRUE(pair.run_until([&] {
      return channel->state == DataChannelState::kOpen && pair.server.opened.size() == before + 1;
    }));
    return channel;
  }
  ChannelRef theirs() { return pair.server.opened.back(); }

  AssociationPair pair;
};

struct AssociationTest : Connected {
  AssociationTest() { pair.connect(); }
};

TEST_F(AssociationTest, OpensAChannelWithAllItsOptions) {
  const DataChannelOptions options{
      .label = "chat", .protocol = "v1", .ordered = false, .max_retransmits = uint16_t{3}};

  const auto ours = open(options);

  EXPECT_EQ(theirs()->options, options);
  EXPECT_TRUE(theirs()->by_peer);
  EXPECT_EQ(theirs()->state, DataChannelState::kOpen);
  EXPECT_EQ(ours->stream, theirs()->stream);
}

TEST_F(AssociationTest, TheClientsStreamsAreEvenAndTheServersOdd) {
  const auto first = open(), second = open();
  const auto servers = pair.server.open({.label = "back"});
  pair.run();

  EXPECT_EQ(first->stream, 0);
  EXPECT_EQ(second->stream, 2);
  EXPECT_EQ(servers->stream, 1);
  EXPECT_EQ(servers->state, DataChannelState::kOpen);
}

TEST_F(AssociationTest, CarriesTextBinaryAndEmptyMessagesBothWays) {
  const auto ours = open();
  const std::vector<DataMessage> messages{text("gr\xc3\xbc\xc3\x9f"), binary(3), text(""), binary(0),
                                          binary(65'536)};

  for (const auto& message : messages) EXPECT_TRUE(pair.client.send(ours, message));
  for (const auto& message : messages) EXPECT_TRUE(pair.server.send(theirs(), message));
  pair.run_until([&] { return pair.client.messages.size() == 5 && pair.server.messages.size() == 5; });

  EXPECT_EQ(pair.server.messages, messages);
  EXPECT_EQ(pair.client.messages, messages);
  EXPECT_EQ(ours->messages_sent, 5);
  EXPECT_EQ(theirs()->messages_received, 5);
  EXPECT_EQ(theirs()->bytes_received, ours->bytes_sent);
}

TEST_F(AssociationTest, CarriesTheLargestMessageBothWays) {
  const auto ours = open();

  EXPECT_TRUE(pair.client.send(ours, binary(kMaxDataMessage, 1)));
  EXPECT_TRUE(pair.server.send(theirs(), binary(kMaxDataMessage, 2)));
  pair.run_until([&] { return !pair.client.messages.empty() && !pair.server.messages.empty(); });

  EXPECT_THAT(pair.server.messages, ElementsAre(binary(kMaxDataMessage, 1)));
  EXPECT_THAT(pair.client.messages, ElementsAre(binary(kMaxDataMessage, 2)));
}

TEST_F(AssociationTest, AReliableChannelLosesNothingWherePacketsAreLostAndOvertakeEachOther) {
  const auto ours = open();
  pair.shuffles = true;
  std::vector<DataMessage> messages;
  for (uint8_t i = 0; i < 100; ++i) messages.push_back(binary(1 + i * 100u, i));

  for (const auto& message : messages) EXPECT_TRUE(pair.client.send(ours, message));
  pair.run_until([&] { return pair.server.messages.size() == messages.size(); }, Lossy(0.1));

  EXPECT_EQ(pair.server.messages, messages);
}

TEST_F(AssociationTest, AnUnorderedChannelDoesNotWaitForWhatWasLost) {
  const auto ours = open({.label = "unordered", .ordered = false});
  bool lost = false;

  pair.client.send(ours, text("first"));
  pair.run([&](const auto&) { return std::exchange(lost, true); });
  pair.client.send(ours, text("second"));
  pair.run();

  EXPECT_THAT(pair.server.messages, ElementsAre(text("second")));
  EXPECT_TRUE(pair.run_until([&] { return pair.server.messages.size() == 2; }));
}

TEST_F(AssociationTest, AChannelOfNoRetransmissionsGoesOnWithoutWhatWasLost) {
  const auto ours = open({.label = "lossy", .max_retransmits = uint16_t{0}});
  bool lost = false;

  pair.client.send(ours, text("lost"));
  pair.run([&](const auto&) { return std::exchange(lost, true); });
  pair.client.send(ours, text("second"));
  pair.run_until([&] { return !pair.server.messages.empty(); });

  EXPECT_THAT(pair.server.messages, ElementsAre(text("second")));
}

TEST_F(AssociationTest, AChannelOfALifetimeGivesUpWhatIsTooOld) {
  const auto ours = open({.label = "young", .max_packet_lifetime_ms = uint16_t{20}});
  bool lost = false;

  pair.client.send(ours, text("lost"));
  pair.run([&](const auto&) { return std::exchange(lost, true); });
  // usrsctp asks the system's clock for the age.
  const auto old = Clock::now() + std::chrono::milliseconds(50);
  pair.run_until([&] { return Clock::now() > old; });
  pair.client.send(ours, text("second"));
  pair.run_until([&] { return !pair.server.messages.empty(); });

  EXPECT_THAT(pair.server.messages, ElementsAre(text("second")));
}

TEST_F(Connected, WhatIsSentBeforeTheAssociationIsUpComesAfterTheChannel) {
  const auto ours = pair.client.open({.label = "early", .ordered = false});
  pair.client.send(ours, text("hello"));
  EXPECT_EQ(ours->buffered, 5);

  pair.connect();
  pair.run_until([&] { return !pair.server.messages.empty(); });

  EXPECT_EQ(theirs()->options.label, "early");
  EXPECT_THAT(pair.server.messages, ElementsAre(text("hello")));
  EXPECT_EQ(ours->buffered, 0);
}

TEST_F(Connected, AgreedChannelsAreOpenWithoutAWord) {
  const auto ours = pair.client.open({.label = "a", .negotiated_id = uint16_t{100}});
  const auto theirs = pair.server.open({.label = "b", .negotiated_id = uint16_t{100}});
  const auto twice = pair.server.open({.label = "c", .negotiated_id = uint16_t{100}});

  pair.connect();
  pair.client.send(ours, text("hello"));
  pair.run();

  EXPECT_EQ(ours->state, DataChannelState::kOpen);
  EXPECT_EQ(twice->state, DataChannelState::kClosed);
  EXPECT_EQ(pair.server.reason, "NO_STREAM_LEFT");
  EXPECT_THAT(pair.server.opened, SizeIs(0));
  EXPECT_THAT(pair.server.numbers, ElementsAre(theirs->number));
}

TEST_F(AssociationTest, ClosesOnBothSidesAfterWhatWasSent) {
  const auto ours = open();
  for (int i = 0; i < 50; ++i) pair.client.send(ours, binary(10'000));

  pair.client.association->close(ours->number);
  pair.run_until([&] { return ours->state == DataChannelState::kClosed; });

  EXPECT_THAT(pair.server.messages, SizeIs(50));
  EXPECT_EQ(theirs()->state, DataChannelState::kClosed);
  EXPECT_EQ(pair.client.association->channels(), 0);
  EXPECT_EQ(pair.server.association->channels(), 0);
  EXPECT_THAT(pair.server.states, ElementsAre(DataChannelState::kClosing, DataChannelState::kClosed));
}

TEST_F(AssociationTest, AStreamIsUsedAgainAfterAllOthers) {
  const auto first = open();
  pair.server.association->close(theirs()->number);
  pair.run_until([&] { return first->state == DataChannelState::kClosed; });

  for (int stream = 2; stream < kMaxDataStreams; stream += 2) {
    const auto other = open();
    EXPECT_EQ(other->stream, stream);
    pair.client.association->close(other->number);
    pair.run_until([&] { return other->state == DataChannelState::kClosed; });
  }
  const auto again = open({.label = "again"});
  pair.client.send(again, text("hello"));
  pair.run();

  EXPECT_EQ(again->stream, first->stream);
  EXPECT_EQ(theirs()->options.label, "again");
  EXPECT_THAT(pair.server.messages, ElementsAre(text("hello")));
}

TEST_F(AssociationTest, ManyChannelsCloseAtOnceThoughPacketsAreLost) {
  std::vector<ChannelRef> channels;
  for (int i = 0; i < 100; ++i) channels.push_back(open());

  for (const auto& channel : channels) pair.client.association->close(channel->number);
  const auto none_left = [&] {
    return pair.client.association->channels() == 0 && pair.server.association->channels() == 0;
  };

  EXPECT_TRUE(pair.run_until(none_left, Lossy(0.1)));
}

TEST_F(AssociationTest, EndsWithAReasonWhenThePeerIsGone) {
  const auto ours = open();
  pair.client.send(ours, text("hello"));

  pair.server.association.reset();
  for (const auto& packet : std::exchange(pair.server.sent, {})) pair.client.association->input(packet);
  pair.stack.serve();

  EXPECT_EQ(pair.client.association->state(), SctpState::kClosed);
  EXPECT_EQ(pair.client.reason, "SCTP_CLOSED");
  EXPECT_EQ(ours->state, DataChannelState::kClosed);
  EXPECT_EQ(ours->room.is_half_free(), true);
}

TEST_F(Connected, ConnectsWhenTheBeginningIsLost) {
  EXPECT_TRUE(pair.client.association->start(true, SctpSocket::kPort).ok());
  pair.run([](const auto&) { return false; });
  EXPECT_TRUE(pair.server.association->start(false, SctpSocket::kPort).ok());

  EXPECT_TRUE(pair.run_until([&] { return pair.connected(); }, Lossy(0.3)));
}

TEST_F(Connected, GivesUpAPeerThatNeverAnswers) {
  EXPECT_TRUE(pair.client.association->start(true, SctpSocket::kPort).ok());

  for (int seconds = 0; seconds < 120; ++seconds) {
    pair.skip(std::chrono::seconds(1));
    pair.run([](const auto&) { return false; });
  }

  EXPECT_EQ(pair.client.association->state(), SctpState::kClosed);
  EXPECT_EQ(pair.client.reason, "SCTP_FAILED");
}

}  // namespace
}  // namespace kms::rtc
