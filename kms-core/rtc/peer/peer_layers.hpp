// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kms-core/rtc/peer/layer_choice.hpp"
#include "kms-core/rtc/peer/peer_bandwidth.hpp"
#include "kms-core/rtc/peer/peer_consumers.hpp"

namespace kms::rtc {

// Sends one peer, of each simulcast track, the layer that it wants and that its way bears; pauses and resumes
// its consumers; says how much room is worth looking for. Lives on the RTC thread.
class PeerLayers {
 public:
  PeerLayers(PeerConsumers& consumers, PeerBandwidth& bandwidth)
      : consumers_(consumers), bandwidth_(bandwidth) {}

  // Every 100 ms or more often.
  void tick(TimePoint now);

 private:
  using Slot = PeerConsumers::Slot;

  LayerStream stream_of(const Slot& slot, TimePoint now) const;
  void note_room(double available_bps, TimePoint now);
  double fixed_bps() const;
  double wanted_bps(double fixed) const;
  void follow(Slot& slot, const LayerStream& stream, TimePoint now);
  void give_up_late(Slot& slot, TimePoint now);

  PeerConsumers& consumers_;
  PeerBandwidth& bandwidth_;
  std::vector<LayerStream> streams_;
  std::vector<LayerStream> with_less_;
  std::vector<Slot*> slots_;
  TimePoint next_{};
};

}  // namespace kms::rtc
