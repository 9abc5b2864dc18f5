// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/tap_switch.hpp"

#include <utility>

namespace kms::bridge {
namespace {

constexpr std::chrono::milliseconds kSwitchAskInterval{500};

}  // namespace

void TapSwitch::open(Tap tap, uint64_t id) {
  tap_ = std::move(tap);
  reads_ = id;
}

void TapSwitch::offer(Tap tap, uint64_t id) {
  Offer before;  // ends without the lock
  const std::lock_guard lock(mutex_);
  if (offered_) before = *std::move(offered_);
  offered_ = Offer{std::move(tap), id};
}

void TapSwitch::want_key_frame() const {
  const std::lock_guard lock(mutex_);
  if (tap_) tap_->want_key_frame();
}

rtc::PacketRef TapSwitch::pop() {
  rtc::PacketRef packet;
  tap_->pop(packet);
  return packet;
}

// A tap asks for a key frame when it is made; that one may be lost.
rtc::PacketRef TapSwitch::begin_of_next(rtc::TimePoint now) {
  std::optional<Offer> offered;
  {
    const std::lock_guard lock(mutex_);
    offered = std::exchange(offered_, std::nullopt);
  }
  if (offered) {
    next_ = *std::move(offered);
    asked_ = now;
  }
  if (!next_.tap) return {};
  rtc::PacketRef packet;
  while (next_.tap->pop(packet)) {
    if (packet->starts_key_frame && !packet->late) return packet;
  }
  if (now - asked_ < kSwitchAskInterval) return {};
  asked_ = now;
  next_.tap->want_key_frame();
  return {};
}

void TapSwitch::go_over() {
  const auto before = [this] {
    const std::lock_guard lock(mutex_);
    return std::exchange(tap_, std::move(next_.tap));
  }();
  reads_ = next_.id;
}

}  // namespace kms::bridge
