// SPDX-License-Identifier: Apache-2.0
// A fan-out whose receiver has a narrow way: when what goes out, and what becomes of what still waits.
#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "kms-core/rtc/bandwidth/send_estimator.hpp"
#include "kms-core/rtc/forwarding/fanout.hpp"
#include "kms-core/rtc/forwarding/packet_pool.hpp"
#include "kms-core/rtc/forwarding/test_layers.hpp"
#include "kms-core/rtc/net/udp_socket.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/rtp/sequence_unwrapper.hpp"
#include "kms-core/rtc/srtp/srtp_test_support.hpp"

namespace kms::rtc {
namespace {

using namespace std::chrono_literals;
using testing::Buffer;

constexpr ConsumerId kViewer = 1;
constexpr ConsumerId kOther = 2;
constexpr auto kProfile = SrtpProfile::kAeadAes128Gcm;
constexpr double kWay = 1'000'000;  // bit/s
constexpr uint16_t kSize = 1000;    // of a packet; it takes the way some 8 ms

std::vector<uint64_t> range(uint64_t begin, uint64_t end) {
  std::vector<uint64_t> all(end - begin);
  std::iota(all.begin(), all.end(), begin);
  return all;
}

class Pacing : public ::testing::Test {
 protected:
  Pacing() {
    std::mt19937 random{5};
    const auto master = testing::random_master(kProfile, random);
    target_.key = engine_->make_key(kProfile, derive_srtp_keys(kProfile, master).rtp);
    target_.path = {*SocketAddress::parse("127.0.0.1", local_port(in_.get())), Path::kUdp};
    target_.open = true;
    target_.estimator = &estimator_;
    opener_ = std::make_unique<SrtpOpener>(kProfile, master);
    estimator_.pacer().set_rate(kWay);
    sender_.set_now(now_);
  }

  ConsumerSettings settings(ConsumerId id = kViewer) const {
    ConsumerSettings settings;
    settings.target = &target_;
    settings.ssrc = 70 + static_cast<uint32_t>(id);
    settings.payload_type = 96;
    settings.rtx_ssrc = 80 + static_cast<uint32_t>(id);
    settings.rtx_payload_type = 97;
    settings.extensions.set(ExtensionKind::kTransportSequence, 5);
    settings.position.next = 1000;
    return settings;
  }
  // A frame of a source; `first` is the index of its first packet. Its time stamp is the same.
  std::vector<PacketRef> frame(uint64_t first, size_t packets, bool key_frame = true) {
    std::vector<PacketRef> all;
    for (uint64_t index = first; index < first + packets; ++index) {
      auto& made = all.emplace_back(pool_.acquire());
      made->index = index;
      made->timestamp = static_cast<uint32_t>(first);
      made->arrived = now_;
      made->starts_key_frame = key_frame && index == first;
      made->marker = index + 1 == first + packets;
      made->payload_size = made->media_size = kSize;
    }
    return all;
  }
  void send(const std::vector<PacketRef>& packets) { send(packets, fanout_); }
  void send(const std::vector<PacketRef>& packets, Fanout& through) {
    through.on_packets(packets, Delivery::kHeld);
    pass(0ms);
  }
  // As the thread's turns do.
  void pass(Duration time) {
    for (const auto end = now_ + time; now_ <= end;) {
      sender_.set_now(now_);
      next_ = waiting_.send(now_);
      sender_.flush();
      if (next_ > end) break;
      now_ = next_;
    }
    now_ = std::max(now_, last_ += time);
    sender_.set_now(now_);
  }
  bool is_waiting() const { return next_ != TimePoint::max(); }

  // Sequence numbers on an SSRC, as they came since the last call.
  std::vector<uint64_t> take(ConsumerId id = kViewer) {
    read();
    std::vector<uint64_t> all;
    for (const auto& [ssrc, sequence] : came_) {
      if (ssrc == 70 + id) all.push_back(sequence);
    }
    came_.clear();
    return all;
  }
  // Loopback: what was sent is there.
  void read() {
    Buffer bytes(2048);
    for (ssize_t size; (size = recv(in_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT)) > 0;) {
      const Buffer sealed(bytes.begin(), bytes.begin() + size);
      const auto view = *RtpView::parse_protected(sealed);
      came_.emplace_back(view.ssrc(), view.sequence());
      check(sealed, view);
    }
  }
  void check(const Buffer& sealed, const RtpView& view) {
    if (!checker_ || view.payload_type() != 96) return;
    Buffer clear(sealed);
    SrtpOpener::Rtp rtp;
    const auto head = view.header_size();
    ASSERT_EQ(opener_->open_rtp(sealed, head, &clear[head], &rtp), SrtpVerdict::kOk);
    clear.resize(head + rtp.payload_size);
    const auto opened = *RtpView::parse(clear);
    checker_->take(rtp.index, opened.timestamp(), opened.marker(), opened.payload());
  }

  std::unique_ptr<SrtpEngine> engine_ = make_srtp_engine(SrtpEngineChoice::kOpenSsl);
  UniqueFd in_ = std::move(*open_udp(*SocketAddress::parse("127.0.0.1", 0), {}));
  UniqueFd out_ = std::move(*open_udp(*SocketAddress::parse("0.0.0.0", 0), {}));
  SendEstimator estimator_;
  SendTarget target_;
  std::unique_ptr<SrtpOpener> opener_;
  PacketPool pool_{4096};
  SendBatch batch_{{out_.get(), -1, nullptr}, true};
  SealedSender sender_{*engine_, batch_};
  WaitingConsumers waiting_;
  FanoutOptions options_{true, 1024, 90'000, Codec::kVp8};
  Fanout fanout_{sender_, options_, &waiting_};
  std::optional<test::LayerChecker> checker_;
  std::vector<std::pair<uint32_t, uint16_t>> came_;  // SSRCs and sequence numbers
  TimePoint now_ = Clock::now();
  TimePoint last_ = now_;
  TimePoint next_ = TimePoint::max();
};

TEST_F(Pacing, AKeyFrameGoesOutAsItsWayTakesIt) {
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  auto came = take();
  EXPECT_LE(came.size(), 3u);
  for (int i = 1; i <= 10; ++i) {
    pass(25ms);
    const auto more = take();
    came.insert(came.end(), more.begin(), more.end());
    EXPECT_NEAR(static_cast<double>(came.size()), std::min(2 + i * 25 / 8.4, 30.0), 1.5);
  }
  EXPECT_EQ(came, range(1000, 1030));
  EXPECT_FALSE(is_waiting());
  EXPECT_FALSE(estimator_.pacer().is_waited_for());
  EXPECT_GT(fanout_.find(kViewer)->send_delay, 27 * 100ms);
  EXPECT_LT(fanout_.find(kViewer)->send_delay, 27 * 150ms);
}

TEST_F(Pacing, NothingWaitsWhereNoBottleneckIsKnown) {
  estimator_.pacer().set_rate(0);
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  EXPECT_EQ(take(), range(1000, 1030));
  EXPECT_EQ(fanout_.find(kViewer)->send_delay, Duration{});
}

// Its packets have no numbers, so they are not in the estimate: nothing is known of its way.
TEST_F(Pacing, NothingWaitsForAPeerThatDoesNotReport) {
  auto plain = settings();
  plain.rtx_ssrc = 0;
  fanout_.add(kViewer, plain);
  send(frame(500, 30));
  EXPECT_EQ(take(), range(1000, 1030));
}

TEST_F(Pacing, SoundGoesAtOnceAndCounts) {
  Fanout sound(sender_, {false, 16, 48'000, Codec::kOpus});
  sound.add(kOther, settings(kOther));
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  take();
  for (uint64_t i = 0; i < 10; ++i) {
    send(frame(90 + i, 1), sound);
    EXPECT_EQ(take(kOther), range(1000 + i, 1001 + i)) << "at once";
  }
  pass(50ms);
  EXPECT_TRUE(take().empty()) << "so much sound is more than the way takes in that time";
}

TEST_F(Pacing, NobodyElsesReceiverWaits) {
  SendEstimator wide;
  SendTarget other{engine_->make_key(kProfile, derive_srtp_keys(kProfile, {}).rtp), target_.path, true,
                   &wide};
  auto theirs = settings(kOther);
  theirs.target = &other;
  fanout_.add(kViewer, settings());
  fanout_.add(kOther, theirs);
  send(frame(500, 30));
  EXPECT_EQ(take(kOther), range(1000, 1030));
}

TEST_F(Pacing, ThoseOfOnePeerTakeTurnsAsTheirFramesCame) {
  Fanout second(sender_, options_, &waiting_);
  fanout_.add(kViewer, settings());
  second.add(kOther, settings(kOther));
  send(frame(500, 10));
  send(frame(90, 10), second);
  send(frame(510, 10, false));
  pass(1s);
  read();

  const auto of = [&](ConsumerId id) { return [id](const auto& packet) { return packet.first == 70 + id; }; };
  const auto last = std::find_if(came_.rbegin(), came_.rend(), of(kOther)).base();
  EXPECT_EQ(std::count_if(came_.begin(), last, of(kViewer)), 10);
  EXPECT_EQ(std::count_if(last, came_.end(), of(kViewer)), 10);
  EXPECT_EQ(take(), range(1000, 1020));
}

TEST_F(Pacing, NothingWaitsForTooLong) {
  estimator_.pacer().set_rate(50'000);
  fanout_.add(kViewer, settings());
  send(frame(500, 100));
  pass(390ms);
  EXPECT_LT(take().size(), 10u);
  pass(20ms + 40ms);
  EXPECT_GT(take().size(), 89u);
  EXPECT_FALSE(is_waiting());
}

TEST_F(Pacing, NothingWaitsUntilItWouldLeaveTheRing) {
  Fanout small(sender_, {true, 64, 90'000, Codec::kVp8}, &waiting_);
  small.add(kViewer, settings());
  send(frame(500, 60), small);
  const auto came = take();
  EXPECT_GE(came.size(), 28u) << "of sixty but half of the ring";
  EXPECT_LE(came.size(), 32u);
}

TEST_F(Pacing, WhatIsSentWithAProbeIsPartOfIt) {
  estimator_.pacer().set_rate(100'000);
  fanout_.add(kViewer, settings());
  send(frame(500, 3));
  take();
  estimator_.set_wanted(3'000'000);
  pass(200ms);
  take();
  estimator_.tick(now_);
  estimator_.pacer().set_rate(100'000);
  ASSERT_TRUE(estimator_.is_probing()) << "at 900 kbit/s";
  send(frame(503, 20));
  pass(60ms);
  EXPECT_FALSE(estimator_.is_probing());
  const auto came = take();
  EXPECT_GT(came.size(), 3u);
  EXPECT_LT(came.size(), 8u) << "no more than the probe asks for";
}

TEST_F(Pacing, NoProbeBeginsWhilePicturesWait) {
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  estimator_.set_wanted(3'000'000);
  estimator_.tick(now_ + 10s);
  EXPECT_FALSE(estimator_.is_probing());
}

TEST_F(Pacing, WhatStillWaitsIsNotSentAgain) {
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  take();
  EXPECT_FALSE(fanout_.resend(kViewer, 1020));
  EXPECT_TRUE(fanout_.resend(kViewer, 1000));
  pass(400ms);
  EXPECT_TRUE(fanout_.resend(kViewer, 1020));
}

TEST_F(Pacing, WhatComesLateTakesItsPlaceInTheOrder) {
  fanout_.add(kViewer, settings());
  auto packets = frame(500, 30);
  std::vector<PacketRef> late{packets[1], packets[20]};
  for (const auto& packet : late) packet->late = true;
  packets.erase(packets.begin() + 20);
  packets.erase(packets.begin() + 1);
  send(packets);
  auto came = take();
  ASSERT_LT(came.size(), 10u);
  EXPECT_EQ(std::ranges::count(came, 1001u), 0);

  send(late);
  EXPECT_EQ(take(), (std::vector<uint64_t>{1001})) << "those behind it are out";
  pass(400ms);
  const auto rest = take();
  EXPECT_TRUE(std::ranges::is_sorted(rest));
  EXPECT_EQ(std::ranges::count(rest, 1020u), 1);
  EXPECT_EQ(came.size() + 1 + rest.size(), 30u);
}

TEST_F(Pacing, WhoLeavesHasUsedNoMoreNumbersThanWereSent) {
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  const auto came = take();
  const auto position = fanout_.remove(kViewer);
  EXPECT_EQ(position.next, 1000 + came.size());
  EXPECT_EQ(position.packets, came.size());
  pass(1s);
  EXPECT_TRUE(take().empty());
  EXPECT_FALSE(is_waiting());
  EXPECT_FALSE(estimator_.pacer().is_waited_for());
}

TEST_F(Pacing, WhoGoesOnUnderAnotherNameGetsTheRest) {
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  fanout_.rename(kViewer, kOther, nullptr);
  pass(400ms);
  EXPECT_EQ(take(), range(1000, 1030));
  EXPECT_EQ(fanout_.remove(kOther).packets, 30u);
}

// The frame that has begun is finished; what comes behind it is not sent.
TEST_F(Pacing, WhatIsTakenOverEndsWithAWholeFrame) {
  fanout_.add(kViewer, settings());
  auto begun = frame(500, 30);
  begun.pop_back();
  send(begun);
  take();
  EXPECT_FALSE(fanout_.may_end(kViewer, now_)) << "its last packet has not come";
  auto last = frame(529, 1, false);
  send(last);
  send(frame(530, 30, false));
  EXPECT_TRUE(fanout_.may_end(kViewer, now_));

  fanout_.finish_frame(kViewer);
  sender_.flush();
  const auto came = take();
  EXPECT_EQ(came.back(), 1029u);
  const auto position = fanout_.remove(kViewer);
  EXPECT_EQ(position.next, 1030u);
  EXPECT_EQ(position.timestamp, 529u) << "of the last that was sent";
}

TEST_F(Pacing, WhereTheSourceBeginsAnewWhatWasBeforeGoesOutFirst) {
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  send(frame(131'072, 30));
  pass(800ms);
  EXPECT_EQ(take(), range(1000, 1060));
  EXPECT_FALSE(is_waiting());
}

TEST_F(Pacing, SoAlsoAmidABatch) {
  fanout_.add(kViewer, settings());
  auto batch = frame(500, 30);
  const auto anew = frame(131'072, 30);
  batch.insert(batch.end(), anew.begin(), anew.end());
  send(batch);
  pass(800ms);
  EXPECT_EQ(take(), range(1000, 1060));
}

TEST_F(Pacing, WhoComesLateIsSentTheKeyFrameAsItsWayTakesIt) {
  send(frame(500, 30));
  fanout_.add(kViewer, settings());
  ASSERT_TRUE(fanout_.catch_up(kViewer, now_));
  pass(0ms);
  EXPECT_LE(take().size(), 3u);
  send(frame(530, 2, false));
  EXPECT_FALSE(fanout_.needs_key_frame(now_));
  pass(400ms);
  EXPECT_EQ(take().back(), 1031u);
  EXPECT_FALSE(is_waiting());
}

TEST_F(Pacing, WhoIsNotThereAnyMoreIsSentNothing) {
  fanout_.add(kViewer, settings());
  send(frame(500, 30));
  take();
  target_.open = false;
  pass(1s);
  EXPECT_TRUE(take().empty());
  EXPECT_FALSE(is_waiting());
}

TEST_F(Pacing, APacketThatWasLostOnItsWayHereHoldsUpNothing) {
  fanout_.add(kViewer, settings());
  auto packets = frame(500, 30);
  packets.erase(packets.begin() + 15);
  send(packets);
  pass(400ms);
  auto expected = range(1000, 1030);
  expected.erase(expected.begin() + 15);
  EXPECT_EQ(take(), expected);
}

// Layers change, packets come late or not at all, while others wait: what arrives can be decoded.
TEST_F(Pacing, LayersChangeWhilePicturesWait) {
  checker_.emplace(Codec::kVp8);
  test::LayeredStream stream({.packets = 6, .size = 1000});
  auto viewer = settings();
  viewer.layers = {.temporal = 1};
  fanout_.add(kViewer, viewer);
  uint64_t index = 500;
  size_t waited = 0;
  for (int picture = 0; picture < 300; ++picture) {
    std::vector<PacketRef> packets;
    for (const auto& piece : stream.next(picture == 0)) {
      auto& packet = packets.emplace_back(test::packet_of(piece, Codec::kVp8, pool_));
      packet->index = index++;
      packet->arrived = now_;
      packet->timestamp = static_cast<uint32_t>(3000 * picture);
    }
    if (picture % 7 == 3) fanout_.set_layers(kViewer, {.temporal = static_cast<uint8_t>(picture / 7 % 3)});
    send(packets);
    waited += is_waiting() ? 1 : 0;
    pass(33ms);
    fanout_.tick(now_);
    read();
  }
  pass(400ms);
  read();

  EXPECT_GT(waited, 100u);
  EXPECT_EQ(checker_->fault(), "");
  EXPECT_GT(checker_->packets(), 500u);
  EXPECT_FALSE(is_waiting());
}

// Losses, late packets, sources that begin anew, other rates, and ends.
TEST_F(Pacing, WhateverHappensNoNumberIsUsedTwiceAndNobodyWaitsForEver) {
  std::minstd_rand random(11);
  const auto one_in = [&](unsigned of) { return random() % of == 0; };
  Fanout second(sender_, options_, &waiting_);
  std::array<Fanout*, 2> fanouts{&fanout_, &second};
  std::array<ConsumerId, 2> ids{kViewer, kOther};
  std::array<uint64_t, 2> next{500, 70'000};
  std::array<std::vector<PacketRef>, 2> late;
  std::map<ConsumerId, std::pair<int64_t, std::set<int64_t>>> used{{kViewer, {1000, {}}},
                                                                   {kOther, {1000, {}}}};
  for (size_t i : {0, 1}) fanouts[i]->add(ids[i], settings(ids[i]));
  size_t waited = 0;
  for (int step = 0; step < 20'000; ++step) {
    const size_t which = random() % 2;
    auto& through = *fanouts[which];
    auto& index = next[which];
    if (one_in(200)) index += one_in(2) ? 2000 : 100'000;
    auto packets = frame(index, 1 + random() % (one_in(10) ? 60 : 4), one_in(12));
    if (one_in(50)) packets.front()->resumes = true;
    index += packets.size();
    if (one_in(40)) {
      const auto more = frame(index + 20'000, 5, one_in(2));
      packets.insert(packets.end(), more.begin(), more.end());
      index += 20'005;
    }
    if (one_in(3)) {
      const auto held = packets.begin() + static_cast<ptrdiff_t>(random() % packets.size());
      late[which].push_back(*held);
      packets.erase(held);
      if (one_in(3)) late[which].pop_back();
    }
    if (!packets.empty()) send(packets, through);
    if (one_in(4) && !late[which].empty()) {
      for (auto& packet : late[which]) packet->late = true;
      send(std::exchange(late[which], {}), through);
    }
    waited += is_waiting() ? 1 : 0;
    if (one_in(30)) estimator_.pacer().set_rate(std::array{0.0, 50e3, 1e6, 3e6}[random() % 4]);
    if (one_in(60)) target_.open = !target_.open;
    if (one_in(20)) through.catch_up(ids[which], now_);
    if (one_in(25)) through.tick(now_);
    if (one_in(25)) through.set_layers(ids[which], {.temporal = static_cast<uint8_t>(random() % 3)});
    if (one_in(50)) {
      if (through.may_end(ids[which], now_)) through.finish_frame(ids[which]);
      auto again = settings(ids[which]);
      again.position = through.remove(ids[which]);
      sender_.flush();
      through.add(ids[which], again);
    }
    pass(std::chrono::milliseconds(random() % 30));
    read();
    for (const auto& [ssrc, sequence] : came_) {
      auto& [highest, all] = used.at(ssrc - 70);
      const auto number = unwrap_near(highest, sequence);
      highest = std::max(highest, number);
      ASSERT_TRUE(all.insert(number).second) << ssrc << " " << number << " in step " << step;
    }
    came_.clear();
  }
  pass(1s);
  EXPECT_GT(waited, 1000u);
  EXPECT_GT(used[kViewer].second.size(), 5000u);
  EXPECT_FALSE(is_waiting());
  EXPECT_FALSE(estimator_.pacer().is_waited_for());
}

}  // namespace
}  // namespace kms::rtc
