// SPDX-License-Identifier: Apache-2.0
// Streams that are closed and used again while packets are lost.
#include <gmock/gmock.h>

#include "kms-core/rtc/sctp/test_pair.hpp"

namespace kms::rtc {
namespace {

using test::Packet;
using test::text;
using testing::ElementsAre;
using testing::SizeIs;

// RFC 6525 section 3.1 and 4.4: a packet that answers a request to reset streams.
bool answers_reset(const Packet& packet) {
  for (size_t at = 12; at + 4 <= packet.size();) {
    const size_t size = load_u16(packet.data() + at + 2);
    if (packet[at] == 130 && at + 8 <= packet.size() && load_u16(packet.data() + at + 4) == 16) return true;
    at += std::max<size_t>(4, (size + 3) & ~size_t{3});
  }
  return false;
}

struct AssociationReuse : testing::Test {
  AssociationReuse() { pair.connect(); }

  bool none_left() const {
    return pair.client.association->channels() == 0 && pair.server.association->channels() == 0;
  }
  void close(const ChannelRef& channel) { pair.client.association->close(channel->number); }
  // The client is next on this channel's stream again, which is closed on its side only: that its peer has
  // reset it, the peer does not hear.
  void close_unheard(const ChannelRef& channel) {
    std::vector<ChannelRef> others;
    for (int i = 0; i < kMaxDataStreams / 2 - 1; ++i) others.push_back(pair.client.open({.label = "other"}));
    pair.run();
    for (const auto& other : others) close(other);
    ASSERT_TRUE(pair.run_until([&] { return pair.client.association->channels() == 1; }));
    pair.run();

    int answers = 0;
    close(channel);
    ASSERT_TRUE(pair.run_until([&] { return channel->state == DataChannelState::kClosed; },
                               [&](const Packet& packet) {
                                 return !answers_reset(packet) || ++answers == 1;  // the first is the peer's
                               }));
    ASSERT_EQ(pair.server.association->channels(), 1);
  }

  test::AssociationPair pair;
};

TEST_F(AssociationReuse, AChannelOpensWhereThePeerHasNotHeardThatTheLastOneOfTheStreamIsClosed) {
  const auto first = pair.client.open({.label = "first"});
  pair.run();
  close_unheard(first);
  pair.server.messages.clear();

  const auto again = pair.client.open({.label = "again"});
  pair.client.send(again, text("hello"));

  EXPECT_TRUE(pair.run_until(
      [&] { return again->state == DataChannelState::kOpen && !pair.server.messages.empty(); }));
  EXPECT_EQ(again->stream, first->stream);
  EXPECT_EQ(pair.server.opened.front()->state, DataChannelState::kClosed);
  EXPECT_EQ(pair.server.opened.back()->options.label, "again");
  EXPECT_EQ(pair.server.opened.back()->state, DataChannelState::kOpen);
  EXPECT_THAT(pair.server.messages, ElementsAre(text("hello")));
  EXPECT_EQ(pair.server.record->malformed, 0);
}

TEST_F(AssociationReuse, AnAnswerAboutTheLastChannelOfAStreamDoesNotCloseTheNext) {
  const auto first = pair.client.open({.label = "first"});
  pair.run();
  close_unheard(first);

  const auto again = pair.client.open({.label = "again"});
  pair.run([](const Packet& packet) { return !answers_reset(packet); });
  ASSERT_EQ(pair.server.opened.back()->options.label, "again");
  pair.server.association->close(pair.server.opened.back()->number);

  EXPECT_TRUE(pair.run_until([&] { return none_left(); }));
  EXPECT_EQ(again->state, DataChannelState::kClosed);
}

TEST_F(AssociationReuse, WhatWaitsForAnAnswerHoldsUpNoOtherChannel) {
  const auto first = pair.client.open({.label = "first"});
  pair.run();
  close_unheard(first);
  const auto unanswered = [](const Packet& packet) { return !answers_reset(packet); };

  const auto again = pair.client.open({.label = "again"});
  pair.run(unanswered);
  const auto other = pair.server.open({.label = "other"});
  pair.run(unanswered);

  EXPECT_EQ(other->state, DataChannelState::kOpen);
  EXPECT_EQ(again->state, DataChannelState::kConnecting);
}

// usrsctp by itself ends the association here: it takes the second message of "loose" for a repeated first
// one.
TEST_F(AssociationReuse, AnUnorderedMessageMayComeBeforeWhatAClosingWaitsFor) {
  const auto loose = pair.client.open({.label = "loose", .ordered = false});
  pair.client.send(loose, text("in order, for the channel is new"));
  const auto closes = pair.client.open({.label = "closes"});
  pair.run();
  bool lost = false;
  pair.client.send(loose, text("lost"));
  pair.run([&](const Packet&) { return std::exchange(lost, true); });

  close(closes);
  pair.run();
  pair.client.send(loose, text("second"));
  pair.run();

  EXPECT_TRUE(pair.run_until([&] { return closes->state == DataChannelState::kClosed; }));
  EXPECT_TRUE(pair.run_until([&] { return pair.server.messages.size() == 3; }));
  EXPECT_TRUE(pair.connected());
  EXPECT_EQ(loose->state, DataChannelState::kOpen);
}

TEST_F(AssociationReuse, ASecondOpenOfAStreamInUseIsNoMessage) {
  const auto channel = pair.client.open({.label = "data"});
  pair.run();
  const auto stream = static_cast<uint16_t>(channel->stream);
  pair.server.association->close(pair.server.opened.back()->number);
  const auto twice = pair.server.open({.label = "agreed", .negotiated_id = stream});
  pair.run();

  EXPECT_EQ(twice->state, DataChannelState::kClosed);
  EXPECT_THAT(pair.server.opened, SizeIs(1));
}

}  // namespace
}  // namespace kms::rtc
