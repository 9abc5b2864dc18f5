// SPDX-License-Identifier: Apache-2.0
// What a player does about media that is not what it plays: the next item of a list, and GetMediaInfo.
#include <fmt/format.h>

#include <utility>

#include "elements/player/player.hpp"

namespace kms::player {
namespace {

// The next item is opened so long before this one's end.
constexpr std::chrono::seconds kAhead{5};
constexpr std::chrono::milliseconds kLook{250};

}  // namespace

void PlayerElement::start_item() {
  if (items_.size() == 1) return;
  v1::ItemStarted event;
  event.set_item(static_cast<uint32_t>(item_));
  host().emit(event);
  if (!has_next()) return;
  look_ahead_ = host().loop().every(kLook, [this] { look_ahead(); });
  look_ahead();
}

void PlayerElement::look_ahead() {
  if (next_ || !playback_ || !playback_->is_ready()) return;
  const auto now = position();
  if (!now.duration) return;
  const auto left = std::chrono::duration<double>(*now.duration - now.position) / manner_.speed;
  if (left <= kAhead || pacer_->unpaced()) prepare((item_ + 1) % items_.size());
}

void PlayerElement::prepare(size_t item) {
  look_ahead_.stop();
  next_index_ = item;
  auto setup = setup_of(item);
  setup.gate = std::make_shared<gst::Gate>();
  next_ = std::make_unique<NextItem>(host(), setup,
                                     [this] { host().loop().post(guard_.wrap([this] { next_changed(); })); });
}

// False: there is nothing to go on with.
bool PlayerElement::go_on() {
  if (!has_next() && !waits_for_next_) return false;
  waits_for_next_ = true;
  if (next_ && next_->is_ready()) {
    change_over(true);
    return true;
  }
  if (!next_) prepare((item_ + 1) % items_.size());
  next_changed();
  return true;
}

void PlayerElement::next_changed() {
  if (!next_ || !waits_for_next_) return;
  if (next_->is_ready()) return change_over(false);
  if (!next_->failure()) return;
  const auto status = *next_->failure();
  const auto index = next_index_;
  drop_next();
  const bool last = !options_.loop() && index + 1 >= items_.size();
  if (++passed_over_ >= items_.size()) {
    waits_for_next_ = false;
    return failed(status);
  }
  host().fail(status);
  if (last) {
    waits_for_next_ = false;
    return finish();
  }
  prepare((index + 1) % items_.size());
}

// `in_time`: it was ready before the one before it ended.
void PlayerElement::change_over(bool in_time) {
  waits_for_next_ = false;
  passed_over_ = 0;
  item_ = next_index_;
  if (playback_) {
    playback_->leave_ports();
    let_go(std::move(playback_), false);
  }
  auto next = std::move(next_);
  playback_ = next->take(*this);
  pacer_->join_on(in_time);
  ready(playback_->tracks());
  next->open_gate();
  if (playback_->has_ended()) ended();  // while nobody was told
}

void PlayerElement::drop_next() {
  look_ahead_.stop();
  if (!next_) return;
  auto playback = next_->take(*this);
  playback->leave_ports();
  next_.reset();
  let_go(std::move(playback), false);
}

// What can block goes on by itself.
void PlayerElement::let_go(std::unique_ptr<Playback> playback, bool end_streams) {
  ++closing_;
  auto* run = playback.get();
  auto tell = guard_.wrap([this](const Status& status) { retired(status); });
  run->close([run = std::move(playback), end_streams, tell = std::move(tell)](const Status& status) mutable {
    if (end_streams && status.ok()) run->end_streams();
    auto& loop = run->loop();
    loop.post([run = std::move(run)] {});  // it may be one of its own calls that brought us here
    tell(status);
  });
}

void PlayerElement::media_info(Reply<gst::Demuxer::Tracks> reply) {
  if (playback_ && playback_->is_ready()) return reply(playback_->tracks());
  if (!stuck_.ok()) return reply(stuck_);
  asking_.push_back(std::move(reply));
  if (probe_) return;
  auto setup = setup_of(item_);
  setup.gate = std::make_shared<gst::Gate>();
  for (auto& port : setup.ports) port = std::make_shared<gst::FanOut>();
  setup.pacer = std::make_shared<gst::Pacer>(false);
  setup.manner.speed = 1;
  probe_ = std::make_unique<NextItem>(host(), setup, [this] {
    host().loop().post(guard_.wrap([this] {
      if (probe_) answer_probes(probe_->failure().value_or(ok()));
    }));
  });
}

void PlayerElement::answer_probes(const Status& status) {
  auto asking = std::exchange(asking_, {});
  if (!probe_) return;
  const auto tracks = probe_->playback()->tracks();
  auto playback = probe_->take(*this);
  probe_.reset();
  let_go(std::move(playback), false);
  for (auto& reply : asking) {
    if (status.ok()) {
      reply(tracks);
    } else {
      reply(status);
    }
  }
}

}  // namespace kms::player
