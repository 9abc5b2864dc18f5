// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kms-core/rtc/peer/layer_choice.hpp"
#include "kms-core/rtc/peer/operating_points.hpp"
#include "kms-core/rtc/peer/peer_bandwidth.hpp"
#include "kms-core/rtc/peer/peer_consumers.hpp"

namespace kms::rtc {

// Sends one peer, of each track that has encodings or layers to choose from, what it wants and what its way
// bears; pauses and resumes its consumers; says how much room is worth looking for. Lives on the RTC thread.
class PeerLayers {
 public:
  PeerLayers(PeerConsumers& consumers, PeerBandwidth& bandwidth)
      : consumers_(consumers), bandwidth_(bandwidth) {}

  // Every 100 ms or more often.
  void tick(TimePoint now);

 private:
  using Slot = PeerConsumers::Slot;

  // One with a choice.
  struct Choice {
    Slot* slot;
    OperatingPoints points;
  };

  OperatingPoints points_of(const Slot& slot, TimePoint now) const;
  LayerStream stream_of(const Choice& choice, TimePoint now) const;
  void follow_wishes(TimePoint now);
  void note_wishes(Slot& slot, TimePoint now);
  void follow_single(const Choice& choice);
  void note_room(double available_bps, TimePoint now);
  double fixed_bps(TimePoint now) const;
  double wanted_bps(double fixed) const;
  void follow(const Choice& choice, const LayerStream& stream, TimePoint now);
  void give_up_late(Slot& slot, TimePoint now);

  PeerConsumers& consumers_;
  PeerBandwidth& bandwidth_;
  std::vector<LayerStream> streams_;
  std::vector<Choice> choices_;
  std::vector<LayerStream> with_less_;
  TimePoint next_{};
};

}  // namespace kms::rtc
