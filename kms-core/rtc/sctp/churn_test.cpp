// SPDX-License-Identifier: Apache-2.0
// Channels that both ends open, use and close all the time, over a network that loses, delays and reorders
// packets, with ends that stand still now and then. Time is played, so minutes of it take a moment.
// KMS_CHURN_SEEDS in the environment says how many associations each test plays, and KMS_CHURN_FIRST the
// first one's seed.
#include <gmock/gmock.h>

#include <cstdlib>
#include <map>
#include <set>

#include "kms-core/rtc/sctp/played_usrsctp.hpp"
#include "kms-core/rtc/sctp/test_pair.hpp"

namespace kms::rtc {
namespace {

using std::chrono::milliseconds;
using test::AssociationEnd;
using test::AssociationPair;
using test::Packet;
using test::text;

constexpr milliseconds kStep{10};

struct Weather {
  double loss = 0;
  milliseconds delay{0};  // of each packet, up to so much
  double stops = 0;       // chance per step that an end stands still
  milliseconds longest_stop{0};
  double failures = 0;  // of usrsctp_sendv()
};

class Churn {
 public:
  Churn(unsigned seed, const Weather& weather) : weather_(weather), random_(seed) {
    pair_.client.association->set_reading(true);
    if (weather_.failures > 0) {
      static constexpr int kPassing[] = {EWOULDBLOCK, ENOBUFS, ENOMEM};
      test::fail_sends([this] { return chance(weather_.failures) ? kPassing[pick(3)] : 0; });
    }
  }
  ~Churn() { test::fail_sends(nullptr); }

  void start() {
    for (auto* side : {&client_, &server_}) {
      side->starts = now_ + milliseconds(pick(3000));
      for (size_t n = pick(4) * 40; n > 0; --n) open(*side);
    }
  }

  // As it goes on for so long.
  void run(milliseconds time, bool acts) {
    for (const auto end = now_ + time; now_ < end;) step(acts);
  }
  bool run_until(const std::function<bool()>& happened, milliseconds time) {
    for (const auto end = now_ + time; now_ < end;) {
      if (happened()) return true;
      step(false);
    }
    return happened();
  }
  void calm() { weather_ = {.delay = milliseconds(5)}; }

  bool is_settled() const { return settled(client_) && settled(server_) && same_channels(); }
  std::string left() const { return left(client_) + left(server_); }

  // Of those that are open each carries a message; the labels of those that do not.
  std::set<std::string> mute() {
    std::set<std::string> expected;
    for (auto* side : {&client_, &server_}) {
      side->end.messages.clear();
      for (const auto& [label, channel] : side->channels) {
        if (channel->state != DataChannelState::kOpen) continue;
        EXPECT_TRUE(side->end.send(channel, text("last " + label))) << label;
        expected.insert("last " + label);
      }
    }
    run_until([&] { return heard(expected).empty(); }, milliseconds(60'000));
    return heard(expected);
  }
  bool connected() const { return pair_.connected(); }
  size_t opened() const { return opened_; }

 private:
  struct Side {
    AssociationEnd& end;
    char name;
    bool is_client;
    milliseconds starts{};
    milliseconds stands_until{};
    int count = 0;
    std::map<std::string, ChannelRef> channels = {};  // all that were ever opened here, by label
    std::multimap<milliseconds, Packet> coming = {};
    bool started = false;
  };
  static constexpr int kMost = 480;  // channels that a side opens in its life: streams are used again

  size_t pick(size_t below) { return std::uniform_int_distribution<size_t>(0, below - 1)(random_); }
  bool chance(double of) { return std::bernoulli_distribution(of)(random_); }

  void open(Side& side) {
    if (side.count == kMost) return;
    ++opened_;
    const auto label = std::string(1, side.name) + std::to_string(side.count++);
    side.channels[label] = side.end.open({.label = label, .ordered = chance(0.7)});
  }

  ChannelRef any(Side& side) {
    const bool own = chance(0.5) || side.end.opened.empty();
    if (own && side.channels.empty()) return nullptr;
    return own ? std::next(side.channels.begin(), static_cast<ptrdiff_t>(pick(side.channels.size())))->second
               : side.end.opened[pick(side.end.opened.size())];
  }

  void act(Side& side) {
    for (size_t n = chance(0.05) ? pick(40) : 0; n > 0; --n) open(side);
    for (size_t n = chance(0.05) ? pick(60) : 0; n > 0; --n) {
      if (const auto channel = any(side)) side.end.association->close(channel->number);
    }
    for (size_t n = chance(0.1) ? pick(8) : 0; n > 0; --n) {
      const auto channel = any(side);
      if (channel && channel->state <= DataChannelState::kOpen)
        side.end.send(channel, test::binary(chance(0.05) ? 20'000 : pick(200)));
    }
    if (chance(weather_.stops))
      side.stands_until = now_ + milliseconds(1 + pick(size_t(weather_.longest_stop.count())));
  }

  void step(bool acts) {
    now_ += kStep;
    test::play_time(kStep);
    pair_.skip(kStep);
    for (auto* side : {&client_, &server_}) {
      if (side->stands_until > now_) continue;
      if (!side->started && now_ >= side->starts) {
        side->started = true;
        EXPECT_TRUE(side->end.association->start(side->is_client, SctpSocket::kPort).ok());
      }
      if (acts) act(*side);
    }
    pair_.stack.serve();
    // What is answered at once may be on its way in the same step.
    for (int turn = 0; turn < 3; ++turn) {
      send(client_, server_);
      send(server_, client_);
      for (auto* side : {&client_, &server_}) receive(*side);
      pair_.stack.serve();
    }
  }

  void send(Side& from, Side& to) {
    if (from.stands_until > now_) return;
    for (auto& packet : std::exchange(from.end.sent, {})) {
      if (chance(weather_.loss)) continue;
      const auto delay =
          weather_.delay.count() > 0 ? milliseconds(pick(size_t(weather_.delay.count()))) : milliseconds(0);
      to.coming.emplace(now_ + delay, std::move(packet));
    }
  }

  void receive(Side& side) {
    if (side.stands_until > now_) return;
    while (!side.coming.empty() && side.coming.begin()->first <= now_) {
      const auto packet = std::move(side.coming.begin()->second);
      side.coming.erase(side.coming.begin());
      side.end.association->input(packet);
      if (chance(0.5)) pair_.stack.serve();
    }
  }

  static bool settled(const Side& side) { return left(side).empty(); }
  static std::string left(const Side& side) {
    std::string all;
    const auto note = [&](const ChannelRef& channel, char whose) {
      if (channel->state == DataChannelState::kOpen || channel->state == DataChannelState::kClosed) return;
      all += std::string(1, side.name) + whose + channel->options.label + "@" +
             std::to_string(channel->stream) +
             (channel->state == DataChannelState::kConnecting ? " connecting; " : " closing; ");
    };
    for (const auto& [label, channel] : side.channels) note(channel, '>');
    for (const auto& channel : side.end.opened) note(channel, '<');
    return all;
  }

  static std::set<std::string> open_labels(const Side& side) {
    std::set<std::string> open;
    for (const auto& [label, channel] : side.channels) {
      if (channel->state == DataChannelState::kOpen) open.insert(label);
    }
    for (const auto& channel : side.end.opened) {
      if (channel->state == DataChannelState::kOpen) open.insert(channel->options.label);
    }
    return open;
  }
  bool same_channels() const { return open_labels(client_) == open_labels(server_); }

  std::set<std::string> heard(std::set<std::string> expected) const {
    for (const auto* side : {&client_, &server_}) {
      for (const auto& message : side->end.messages)
        expected.erase(std::string(message.bytes.begin(), message.bytes.end()));
    }
    return expected;
  }

  Weather weather_;
  std::minstd_rand random_;
  AssociationPair pair_;
  Side client_{pair_.client, 'c', true};
  Side server_{pair_.server, 's', false};
  milliseconds now_{0};
  size_t opened_ = 0;
};

unsigned seeds(unsigned usual) {
  const char* more = std::getenv("KMS_CHURN_SEEDS");
  return more ? static_cast<unsigned>(std::atoi(more)) : usual;
}
unsigned first_seed() {
  const char* first = std::getenv("KMS_CHURN_FIRST");
  return first ? static_cast<unsigned>(std::atoi(first)) : 1;
}

void expect_all_told(const Weather& weather) {
  size_t opened = 0;
  const auto first = first_seed();
  for (unsigned seed = first; seed < first + seeds(30); ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    Churn churn(seed, weather);
    churn.start();
    churn.run(milliseconds(15'000), true);
    churn.calm();
    EXPECT_TRUE(
        churn.run_until([&] { return churn.connected() && churn.is_settled(); }, milliseconds(120'000)))
        << churn.left() << (churn.connected() ? "" : "not connected");
    EXPECT_THAT(churn.mute(), testing::IsEmpty());
    opened += churn.opened();
  }
  EXPECT_GT(opened, 0);
}

TEST(Churn, EachChannelOpensOrIsClosedOnAGoodWay) { expect_all_told({.delay = milliseconds(20)}); }

TEST(Churn, EachChannelOpensOrIsClosedWherePacketsAreLost) {
  expect_all_told({.loss = 0.1, .delay = milliseconds(100)});
}

TEST(Churn, EachChannelOpensOrIsClosedWhereEndsStandStill) {
  expect_all_told(
      {.loss = 0.02, .delay = milliseconds(30), .stops = 0.01, .longest_stop = milliseconds(3000)});
}

TEST(Churn, EachChannelOpensOrIsClosedWhereSctpHasNoMemoryForAMoment) {
  expect_all_told({.loss = 0.02, .delay = milliseconds(30), .failures = 0.3});
}

}  // namespace
}  // namespace kms::rtc
