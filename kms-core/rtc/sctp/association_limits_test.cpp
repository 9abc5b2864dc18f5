// SPDX-License-Identifier: Apache-2.0
// What is bounded: what waits, what a peer may have us keep, and what a peer may not say.
#include <gmock/gmock.h>

#include "kms-core/rtc/sctp/payload_protocol.hpp"
#include "kms-core/rtc/sctp/test_pair.hpp"

namespace kms::rtc {
namespace {

using test::AssociationEnd;
using test::binary;
using test::Packet;
using test::text;
using testing::Each;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::SizeIs;

struct AssociationLimits : testing::Test {
  AssociationLimits() {
    pair.connect();
    channel = pair.client.open({.label = "data"});
    pair.run();
  }
  static bool nothing(const Packet&) { return false; }

  test::AssociationPair pair;
  ChannelRef channel;
};

TEST_F(AssociationLimits, AFullChannelRefusesAndSaysWhenThereIsRoomAgain) {
  while (pair.client.send(channel, binary(64 * 1024))) pair.run(nothing);
  EXPECT_GT(channel->buffered, ChannelRecord::kMostWaiting / 2);
  EXPECT_LE(channel->buffered, ChannelRecord::kMostWaiting);
  EXPECT_THAT(pair.client.drained, IsEmpty());

  EXPECT_TRUE(pair.run_until([&] { return !pair.client.drained.empty(); }));

  EXPECT_THAT(pair.client.drained, ElementsAre(channel->number));
  EXPECT_LE(channel->buffered, ChannelRecord::kMostWaiting / 2);
  EXPECT_TRUE(pair.client.send(channel, binary(64 * 1024)));
}

TEST_F(AssociationLimits, AFloodOfEmptyMessagesIsBoundedByTheirCount) {
  size_t taken = 0;
  while (taken < 100'000 && pair.client.send(channel, binary(0))) {
    ++taken;
    pair.run(nothing);
  }
  EXPECT_LE(taken, SctpSocket::kMaxMessages + ChannelRecord::kMostWaiting / SendRoom::kPerMessage);

  EXPECT_TRUE(pair.run_until([&] { return pair.server.messages.size() == taken; }));
  EXPECT_THAT(pair.server.messages, Each(binary(0)));
}

TEST_F(AssociationLimits, AllChannelsTogetherAreBounded) {
  size_t waiting = 0;
  for (int i = 0; i < 8; ++i) {
    const auto another = pair.client.open({.label = "another"});
    pair.run();
    while (pair.client.send(another, binary(128 * 1024))) pair.run(nothing);
    waiting += another->buffered;
  }

  EXPECT_LE(waiting, AssociationRecord::kMostWaiting);
}

// The room of all channels is taken by others, which end without having sent anything.
TEST_F(AssociationLimits, WhoFoundNoRoomIsToldWhenOtherChannelsEnd) {
  test::AssociationEnd end(pair.stack);
  std::vector<ChannelRef> others;
  for (int i = 0; i < 5; ++i) {
    others.push_back(end.open({.label = "other"}));
    while (end.send(others.back(), binary(128 * 1024))) continue;
  }
  const auto waits = end.open({.label = "waits"});
  ASSERT_FALSE(end.send(waits, binary(128 * 1024)));

  for (const auto& other : others) end.association->close(other->number);
  pair.stack.serve();

  EXPECT_THAT(end.drained, ElementsAre(waits->number));
  EXPECT_TRUE(end.send(waits, binary(128 * 1024)));
}

TEST_F(AssociationLimits, WhoIsNotReadHoldsUpItsPeerAndLosesNothing) {
  pair.server.association->set_reading(false);
  size_t taken = 0;
  for (; pair.client.send(channel, binary(64 * 1024)); ++taken) pair.run();
  EXPECT_THAT(pair.server.messages, IsEmpty());
  EXPECT_LE(taken * 64 * 1024, ChannelRecord::kMostWaiting + 2 * SctpSocket::kBufferBytes + 64 * 1024);

  pair.server.association->set_reading(true);

  EXPECT_TRUE(pair.run_until([&] { return pair.server.messages.size() == taken; }));
}

TEST_F(AssociationLimits, ALargeTransferDoesNotHoldUpAnotherChannel) {
  const auto control = pair.client.open({.label = "control"});
  pair.run();
  while (pair.client.send(channel, binary(64 * 1024))) continue;
  pair.client.send(control, text("now"));

  pair.run_until([&] { return pair.server.numbers.size() >= 3; });

  const auto before = std::ranges::find(pair.server.messages, text("now")) - pair.server.messages.begin();
  EXPECT_LE(before, SctpSocket::kBufferBytes / (64 * 1024));
}

TEST_F(AssociationLimits, WhatWaitsIsGivenBackWhenTheChannelEnds) {
  while (pair.client.send(channel, binary(0))) continue;

  pair.client.association.reset();

  EXPECT_EQ(channel->buffered, 0);
  EXPECT_TRUE(pair.client.record->take_room(*channel, ChannelRecord::kMostWaiting - SendRoom::kPerMessage));
}

// A peer that says anything on any stream.
struct Stranger final : SctpSocket::Listener {
  explicit Stranger(SctpStack& stack) : socket(std::move(*SctpSocket::create(stack, *this))) {}
  void on_packet(Bytes packet) override { sent.emplace_back(packet.begin(), packet.end()); }
  void on_ready() override {
    while (const auto piece = socket->read()) {
      if (piece->ppid == ppid::kDcep) said.emplace_back(piece->bytes.begin(), piece->bytes.end());
    }
  }
  void on_up(uint16_t) override { up = true; }
  void on_down() override { up = false; }
  void on_incoming_reset(std::span<const uint16_t> streams) override {
    reset.insert(reset.end(), streams.begin(), streams.end());
  }
  void on_outgoing_reset(std::span<const uint16_t>) override {}
  void on_piece_abandoned() override {}

  std::deque<Packet> sent;
  std::vector<Packet> said;
  std::vector<uint16_t> reset;
  bool up = false;
  std::unique_ptr<SctpSocket> socket;
};

// CRC32c (RFC 9260 appendix A), least significant byte first.
void write_checksum(Packet& packet) {
  std::fill_n(packet.begin() + 8, 4, uint8_t{0});
  uint32_t sum = ~0U;
  for (const auto byte : packet) {
    sum ^= byte;
    for (int bit = 0; bit < 8; ++bit) sum = (sum >> 1) ^ ((sum & 1) != 0 ? 0x82F63B78U : 0U);
  }
  for (size_t i = 0; i < 4; ++i) packet[8 + i] = static_cast<uint8_t>(~sum >> (8 * i));
}

struct HostilePeer : testing::Test {
  // The stranger is the DTLS client: its streams are even.
  explicit HostilePeer(std::optional<uint8_t> takes_streams = {})
      : stack(SctpStack::get()), takes(takes_streams), end(stack), stranger(stack) {
    EXPECT_TRUE(end.association->start(false, SctpSocket::kPort).ok());
    EXPECT_TRUE(stranger.socket->connect(SctpSocket::kPort).ok());
    run();
    EXPECT_TRUE(stranger.up);
  }
  void run() {
    stack.serve();
    while (!end.sent.empty() || !stranger.sent.empty()) {
      for (const auto& packet : std::exchange(end.sent, {})) stranger.socket->input(packet);
      for (auto& packet : std::exchange(stranger.sent, {})) {
        say_what_it_takes(packet);
        end.association->input(packet);
      }
      stack.serve();
    }
  }
  // In its INIT and INIT ACK.
  void say_what_it_takes(Packet& packet) const {
    constexpr size_t kChunk = 12, kInboundStreams = kChunk + 14;
    if (!takes || packet.size() < kInboundStreams + 2 || packet[kChunk] == 0 || packet[kChunk] > 2) return;
    packet[kInboundStreams] = 0;
    packet[kInboundStreams + 1] = *takes;
    write_checksum(packet);
  }
  void say(uint16_t stream, uint32_t ppid, const Packet& bytes) {
    EXPECT_EQ(stranger.socket->send({.stream = stream, .ppid = ppid}, bytes), SctpSocket::Sent::kDone);
    run();
  }
  void open(uint16_t stream, const std::string& label = "x") {
    say(stream, ppid::kDcep, dcep::write_open({.label = label}));
  }

  SctpStack& stack;
  const std::optional<uint8_t> takes;
  AssociationEnd end;
  Stranger stranger;
};

struct PeerOfFewStreams : HostilePeer {
  PeerOfFewStreams() : HostilePeer(uint8_t{10}) {}
};

// Streams 10 and up lead to us only.
TEST_F(PeerOfFewStreams, RubbishOnAStreamThatIsNotOursLeavesOthersTheirClosing) {
  open(0);
  end.association->close(end.opened.at(0)->number);
  say(20, ppid::kDcep, {7});
  open(22);
  open(4);
  end.association->close(end.opened.at(1)->number);
  say(0, ppid::kBinary, {1});  // and with it, that all of ours has come

  EXPECT_THAT(stranger.reset, ElementsAre(0, 4));
  EXPECT_EQ(end.opened[1]->state, DataChannelState::kClosing);
  EXPECT_EQ(end.record->malformed, 2);
}

TEST_F(HostilePeer, MessagesForNoChannelAreCounted) {
  say(0, ppid::kBinary, {1});
  say(511, ppid::kText, {'a'});

  EXPECT_THAT(end.messages, IsEmpty());
  EXPECT_EQ(end.record->strays, 2);
}

TEST_F(HostilePeer, WhatIsNoMessageIsCountedAndTheChannelStays) {
  open(0);
  say(0, ppid::kText, {0xff});
  say(0, 49, {1});
  say(0, 54, {1});
  say(0, ppid::kBinary, {1});

  EXPECT_EQ(end.record->malformed, 3);
  EXPECT_THAT(end.messages, ElementsAre(DataMessage{false, {1}}));
}

TEST_F(HostilePeer, AStreamThatCannotBeOpenedIsReset) {
  open(1);                                       // ours
  open(2, std::string(kMaxDataLabel + 1, 'x'));  // too long
  say(4, ppid::kDcep, {7});                      // nothing
  say(6, ppid::kDcep, {0});

  EXPECT_THAT(end.opened, IsEmpty());
  EXPECT_THAT(stranger.reset, testing::UnorderedElementsAre(1, 2, 4, 6));
}

TEST_F(HostilePeer, AChannelIsOpenedOnce) {
  open(0, "first");
  open(0, "second");

  ASSERT_THAT(end.opened, SizeIs(1));
  EXPECT_EQ(end.opened[0]->options.label, "first");
  EXPECT_THAT(stranger.said, SizeIs(1));
}

TEST_F(HostilePeer, ChannelsAreBoundedByTheStreams) {
  for (uint16_t stream = 0; stream < kMaxDataStreams; ++stream) open(stream);

  EXPECT_EQ(end.association->channels(), kMaxDataStreams / 2);
  EXPECT_THAT(stranger.reset, SizeIs(kMaxDataStreams / 2));
}

TEST_F(HostilePeer, AMessageThatIsTooLargeClosesItsChannel) {
  open(0);
  open(2);
  say(0, ppid::kBinary, Packet(kMaxDataMessage + 1));
  say(2, ppid::kBinary, {1});

  EXPECT_EQ(end.opened[0]->state, DataChannelState::kClosing);
  EXPECT_THAT(end.messages, ElementsAre(DataMessage{false, {1}}));
  EXPECT_THAT(stranger.reset, ElementsAre(0));
}

TEST_F(HostilePeer, PacketsThatAreNoneChangeNothing) {
  open(0);
  std::minstd_rand random(5);
  for (size_t size = 0; size < SctpSocket::kMaxPacket; size += 7) {
    Packet packet(size);
    std::ranges::generate(packet, [&] { return static_cast<uint8_t>(random()); });
    end.association->input(packet);
    stack.serve();
  }
  say(0, ppid::kText, {'a'});

  EXPECT_EQ(end.association->state(), SctpState::kConnected);
  EXPECT_THAT(end.messages, SizeIs(1));
}

TEST_F(HostilePeer, WhatComesLateForAnEndedAssociationFindsNobody) {
  open(0);
  stranger.socket->send({.ppid = ppid::kText}, Packet{'a'});
  stack.serve();
  end.association.reset();
  AssociationEnd another(stack);

  for (const auto& packet : stranger.sent) another.association->input(packet);
  for (int i = 0; i < 100; ++i) stack.run_timers(Clock::now() + std::chrono::seconds(i));
  stack.serve();

  EXPECT_THAT(end.messages, IsEmpty());
  EXPECT_THAT(another.messages, IsEmpty());
}

}  // namespace
}  // namespace kms::rtc
