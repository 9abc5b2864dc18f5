// SPDX-License-Identifier: Apache-2.0
#include "elements/player/next_item.hpp"

#include <utility>

namespace kms::player {

NextItem::NextItem(graph::ElementHost& host, const Playback::Setup& setup, std::function<void()> changed)
    : gate_(setup.gate),
      speed_(setup.manner.speed),
      changed_(std::move(changed)),
      playback_(std::make_unique<Playback>(host, setup, static_cast<Listener&>(*this))) {
  playback_->begin();
}

std::unique_ptr<Playback> NextItem::take(Playback::Listener& listener) {
  playback_->tell(listener);
  return std::move(playback_);
}

void NextItem::ready(const gst::Demuxer::Tracks& tracks) {
  if (speed_ == 1 || !tracks.seekable) return get_ready(ok());
  playback_->seek({.position = 0, .to_key_frame = false, .speed = speed_},
                  guard_.wrap([this](const Status& status) { get_ready(status); }));
}

// What cannot be brought to speed is played as it is.
void NextItem::get_ready(const Status&) {
  ready_ = true;
  changed_();
}

void NextItem::failed(const Status& status) {
  failure_ = status;
  changed_();
}

}  // namespace kms::player
