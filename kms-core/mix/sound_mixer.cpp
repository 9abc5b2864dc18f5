// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/sound_mixer.hpp"

#include <algorithm>
#include <cmath>
#include <set>

namespace kms::mix {
namespace {

constexpr uint64_t kBlockTime = GST_SECOND / kBlocksPerSecond;
constexpr uint64_t kSoundLinger = GST_SECOND;      // goes on for so long when there is nothing to do
constexpr uint64_t kKept = 10 * kBlocksPerSecond;  // blocks for which an encoder that is not needed is kept
constexpr int kGainBits = 10;

int16_t saturated(int32_t value) { return static_cast<int16_t>(std::clamp(value, -32768, 32767)); }

}  // namespace

SoundMixer::SoundMixer(const Options& options)
    : options_(options),
      loudest_(options.loudest),
      sum_(kBlockFrames * options.channels),
      common_(kBlockFrames * options.channels),
      last_common_(kBlockFrames * options.channels),
      own_(kBlockFrames * options.channels),
      ticker_(std::make_shared<Ticker>(
          Ticker::Pace{.thread = "mix-sound", .units = kBlocksPerSecond, .unit = GST_SECOND},
          [this](uint64_t due) { return tick(due); })) {}

void SoundMixer::set(Seats seats) {
  auto now = std::make_shared<const Seats>(std::move(seats));
  {
    const std::lock_guard lock(mutex_);
    seats_.swap(now);
  }
}

bool SoundMixer::tick(uint64_t due) {
  std::shared_ptr<const Seats> seats;
  {
    const std::lock_guard lock(mutex_);
    seats = seats_;
  }
  if (seats != seated_) forget_gone(*seats);
  seated_ = seats;
  ++block_;
  due_ = due;
  hear(*seats);
  add(*seats);
  const bool given = give(*seats, due);
  forget_streams();
  if (given || !heard_.empty()) busy_ = due;
  return due < busy_ + kSoundLinger;
}

void SoundMixer::hear(const Seats& seats) {
  heard_.clear();
  for (const auto& seat : seats) {
    if (!seat.source) continue;
    const auto level = seat.source->listen();
    heard_.push_back({seat.id, seat.muted || seat.gain <= 0 ? kSilent : level});
  }
  loudest_.hear(heard_);
  if (loudest_.speaker() == speaker_) return;
  speaker_ = loudest_.speaker();
  if (on_speaker_) on_speaker_(speaker_);
}

void SoundMixer::add(const Seats& seats) {
  std::fill(sum_.begin(), sum_.end(), 0);
  std::erase_if(parts_, [this](const auto& entry) { return !loudest_.chosen(entry.first); });
  for (const auto& seat : seats) {
    if (!seat.source) continue;
    if (!loudest_.chosen(seat.id)) {
      seat.source->pass();
      continue;
    }
    auto& part = parts_[seat.id];
    part.assign(sum_.size(), 0);
    if (!seat.source->take(taken_) || seat.muted) continue;
    const auto gain = static_cast<int32_t>(std::lround(seat.gain * (1 << kGainBits)));
    for (size_t i = 0; i < sum_.size(); ++i) {
      part[i] = taken_[i] * gain / (1 << kGainBits);
      sum_[i] += part[i];
    }
  }
  last_common_.swap(common_);
  std::transform(sum_.begin(), sum_.end(), common_.begin(), saturated);
}

// True: somebody takes sound.
bool SoundMixer::give(const Seats& seats, uint64_t due) {
  bool any = false;
  for (const auto& seat : seats) {
    if (!seat.output || (!seat.output->wants_raw() && !seat.output->wants_encoded())) continue;
    any = true;
    const auto part = parts_.find(seat.id);
    if (part == parts_.end()) continue;
    for (size_t i = 0; i < own_.size(); ++i) own_[i] = saturated(sum_[i] - part->second[i]);
    MixedBlock out;
    form(out, own_, *seat.output, own_streams_[seat.id]);
    seat.output->push(out, due);
  }
  if (any) give_common(seats, due);
  return any;
}

void SoundMixer::give_common(const Seats& seats, uint64_t due) {
  MixedBlock common;
  for (const auto& seat : seats) {
    if (!seat.output || parts_.contains(seat.id)) continue;
    form(common, common_, *seat.output, all_);
    seat.output->push(common, due);
  }
}

// What the output wants and is not there yet.
void SoundMixer::form(MixedBlock& out, const Block& block, const SoundOutput& output, Stream& stream) {
  if (output.wants_raw() && !out.raw) out.raw = buffer_of(block.data(), block.size() * sizeof(block[0]));
  if (output.wants_encoded() && !out.encoded) encode(out, block, stream);
}

gst::Ref<GstBuffer> SoundMixer::buffer_of(const void* data, size_t size) const {
  auto* buffer = gst_buffer_new_memdup(data, size);
  GST_BUFFER_PTS(buffer) = due_;
  GST_BUFFER_DURATION(buffer) = kBlockTime;
  return gst::Ref<GstBuffer>::adopt(buffer);
}

// An encoder that begins, or goes on after a while, gets what its listener heard before, so that to his
// decoder it is as if it had always been this one.
void SoundMixer::encode(MixedBlock& out, const Block& block, Stream& stream) {
  const bool follows = stream.encoder && stream.block + 1 == block_;
  if (!stream.encoder)
    stream.encoder = std::make_unique<OpusSoundEncoder>(
        OpusSoundEncoder::Options{options_.channels, options_.bitrate_bps});
  if (!follows) stream.encoder->begin_anew(last_common_);
  stream.block = block_;
  out.packet = stream.encoder->encode(block);
  out.encoded = buffer_of(out.packet.data(), out.packet.size());
  encoded_.fetch_add(1, std::memory_order_relaxed);
}

void SoundMixer::forget_gone(const Seats& seats) {
  std::set<uint64_t> there;
  for (const auto& seat : seats) there.insert(seat.id);
  const auto gone = [&](const auto& entry) { return !there.contains(entry.first); };
  std::erase_if(own_streams_, gone);
}

void SoundMixer::forget_streams() {
  std::erase_if(own_streams_, [this](const auto& entry) { return entry.second.block + kKept < block_; });
}

}  // namespace kms::mix
