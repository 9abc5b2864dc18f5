// SPDX-License-Identifier: Apache-2.0
// A fan-out to receivers with narrow ways through a random life.
#include <map>
#include <random>
#include <set>

#include "kms-core/rtc/forwarding/test_pacing.hpp"
#include "kms-core/rtc/rtp/sequence_unwrapper.hpp"

namespace kms::rtc::test {
namespace {

// The sequence numbers of one SSRC that have come.
class UsedNumbers {
 public:
  // False for one that came before.
  bool insert(uint16_t sequence) {
    const auto number = unwrap_near(highest_, sequence);
    highest_ = std::max(highest_, number);
    return all_.insert(number).second;
  }
  size_t size() const { return all_.size(); }

 private:
  int64_t highest_ = 1000;
  std::set<int64_t> all_;
};

// Losses, late packets, sources that begin anew, other rates, and ends.
TEST_F(Pacing, WhateverHappensNoNumberIsUsedTwiceAndNobodyWaitsForEver) {
  std::minstd_rand random(11);
  const auto one_in = [&](unsigned of) { return random() % of == 0; };
  Fanout second(sender_, options_, &waiting_);
  std::array<Fanout*, 2> fanouts{&fanout_, &second};
  std::array<ConsumerId, 2> ids{kViewer, kOther};
  std::array<uint64_t, 2> next{500, 70'000};
  std::array<std::vector<PacketRef>, 2> late;
  std::map<ConsumerId, UsedNumbers> used{{kViewer, {}}, {kOther, {}}};
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
    for (const auto& [ssrc, sequence] : std::exchange(came_, {}))
      ASSERT_TRUE(used.at(ssrc - 70).insert(sequence)) << ssrc << " " << sequence << " in step " << step;
  }
  pass(1s);
  EXPECT_GT(waited, 1000u);
  EXPECT_GT(used[kViewer].size(), 5000u);
  EXPECT_FALSE(is_waiting());
  EXPECT_FALSE(estimator_.pacer().is_waited_for());
}

}  // namespace
}  // namespace kms::rtc::test
