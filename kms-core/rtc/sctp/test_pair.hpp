// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <random>

#include "kms-core/base/wake_up.hpp"
#include "kms-core/rtc/sctp/association.hpp"

namespace kms::rtc::test {

using Packet = std::vector<uint8_t>;

inline DataMessage text(std::string_view words) { return {true, {words.begin(), words.end()}}; }
inline DataMessage binary(size_t size, uint8_t fill = 7) { return {false, Packet(size, fill)}; }

// One end, and what it was told.
class AssociationEnd final : public Association::Observer {
 public:
  explicit AssociationEnd(SctpStack& stack) {
    auto made = Association::create(stack, record, *this);
    EXPECT_TRUE(made.ok()) << made.status();
    association = std::move(*made);
  }

  ChannelRef open(DataChannelOptions options) {
    auto channel = std::make_shared<ChannelRecord>(++record->last_number, std::move(options), false);
    association->open(channel);
    return channel;
  }
  // False: no room.
  bool send(const ChannelRef& channel, DataMessage message) {
    if (!record->take_room(*channel, message.bytes.size())) return false;
    association->send(channel, std::move(message));
    return true;
  }

  void on_packet(Bytes packet) override {
    EXPECT_LE(packet.size(), SctpSocket::kMaxPacket);
    sent.emplace_back(packet.begin(), packet.end());
  }
  void on_state(SctpState, std::string_view why) override { reason = why; }
  void on_channel(const ChannelRef& channel) override { opened.push_back(channel); }
  void on_channel_state(const ChannelRef& channel, std::string_view why) override {
    states.emplace_back(channel->state);
    if (!why.empty()) reason = why;
    if (channel->state == DataChannelState::kClosed) closed_for = why;
  }
  void on_message(const ChannelRef& channel, DataMessage message) override {
    numbers.push_back(channel->number);
    messages.push_back(std::move(message));
  }
  void on_drained(const ChannelRef& channel) override { drained.push_back(channel->number); }

  std::shared_ptr<AssociationRecord> record = std::make_shared<AssociationRecord>();
  std::deque<Packet> sent;
  std::string reason;
  std::string closed_for;  // of the last channel that was closed
  std::vector<ChannelRef> opened;
  std::vector<DataChannelState> states;
  std::vector<ChannelNumber> numbers;
  std::vector<DataMessage> messages;
  std::vector<ChannelNumber> drained;
  std::unique_ptr<Association> association;
};

// Two associations back to back, on usrsctp in this thread and with a time of their own.
class AssociationPair {
 public:
  using Filter = std::function<bool(const Packet&)>;  // false: lost

  AssociationPair() : stack(SctpStack::get()), client(stack), server(stack) {}

  // With both ends started, until they are connected.
  void connect() {
    EXPECT_TRUE(client.association->start(true, SctpSocket::kPort).ok());
    EXPECT_TRUE(server.association->start(false, SctpSocket::kPort).ok());
    EXPECT_TRUE(run_until([this] { return connected(); }));
  }
  bool connected() const {
    return client.association->state() == SctpState::kConnected &&
           server.association->state() == SctpState::kConnected;
  }

  // Delivers what there is, and the answers to it.
  void run(const Filter& arrives = [](const Packet&) { return true; }) {
    stack.serve();
    while (!client.sent.empty() || !server.sent.empty()) {
      deliver(client, server, arrives);
      deliver(server, client, arrives);
    }
  }
  // Moves usrsctp's timers on without waiting. What it sends again it sends by the system's clock, though.
  void skip(Duration time) {
    skipped_ += time;
    run_timers();
  }
  // Delivers what there is as time passes. False: it has not happened in the time that everything takes.
  bool run_until(
      const std::function<bool()>& happened, const Filter& arrives = [](const Packet&) { return true; }) {
    const auto deadline = Clock::now() + std::chrono::seconds(30);
    while (Clock::now() < deadline) {
      run(arrives);
      if (happened()) return true;
      never_.wait(Clock::now() + SctpStack::kTick);
      run_timers();
    }
    return false;
  }

  SctpStack& stack;
  AssociationEnd client;
  AssociationEnd server;
  bool shuffles = false;  // the packets of a batch come in any order

 private:
  void run_timers() {
    stack.run_timers(Clock::now() + skipped_);
    stack.serve();
  }
  void deliver(AssociationEnd& from, AssociationEnd& to, const Filter& arrives) {
    auto batch = std::exchange(from.sent, {});
    if (shuffles) std::shuffle(batch.begin(), batch.end(), random_);
    for (const auto& packet : batch) {
      if (arrives(packet)) to.association->input(packet);
    }
    stack.serve();
  }

  Duration skipped_{};
  WakeUp never_;
  std::minstd_rand random_{1};
};

// The nth packet is lost, n by a seeded chance.
class Lossy {
 public:
  explicit Lossy(double share) : lost_(share) {}
  bool operator()(const Packet&) { return !lost_(random_); }

 private:
  std::bernoulli_distribution lost_;
  std::minstd_rand random_{3};
};

}  // namespace kms::rtc::test
