// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/tone_script.hpp"

#include <fmt/format.h>

#include <algorithm>

namespace kms::rtc {
namespace {

using std::chrono::milliseconds;

Status invalid(std::string_view text) { return error(StatusCode::kInvalidArgument, "TONES_INVALID", text); }

}  // namespace

Status ToneScript::check(const ToneOptions& options) {
  if (options.tones.empty() || options.tones.size() > kMost)
    return invalid(fmt::format("there must be 1 to {} tones, not {}", kMost, options.tones.size()));
  for (const char tone : options.tones) {
    if (tone != ',' && !tone_code_of(tone))
      return invalid("tones are 0-9, *, #, A-D, and a comma for a pause of 2 s");
  }
  if (options.duration < milliseconds(40) || options.duration > milliseconds(6000))
    return invalid(fmt::format("a tone takes 40 to 6000 ms, not {}", options.duration.count()));
  if (options.gap < milliseconds(30) || options.gap > milliseconds(6000))
    return invalid(fmt::format("a gap takes 30 to 6000 ms, not {}", options.gap.count()));
  return ok();
}

bool ToneScript::add(const ToneOptions& options, TimePoint now) {
  if (queue_.size() + options.tones.size() > kMost) return false;
  if (queue_.empty()) due_ = std::max(due_, now);
  for (const char tone : options.tones) queue_.push_back({tone_code_of(tone), options.duration, options.gap});
  return true;
}

void ToneScript::end_step(TimePoint at) {
  due_ = at;
  queue_.pop_front();
  sounding_ = false;
  ends_ = 0;
}

std::optional<ToneScript::Packet> ToneScript::next(TimePoint now) {
  while (!queue_.empty() && !queue_.front().code && now >= due_) end_step(due_ + kPause);
  if (queue_.empty() || now < due_) return std::nullopt;
  const auto step = queue_.front();
  Packet packet{*step.code, !sounding_, false, kInterval, due_};
  if (!sounding_) began_ = due_;
  sounding_ = true;
  const auto played = std::chrono::duration_cast<milliseconds>(due_ - began_);
  packet.duration = std::min(step.duration, played + kInterval);
  packet.end = played >= step.duration;
  if (packet.end && ++ends_ == kEnds) {
    end_step(began_ + step.duration + step.gap);
    return packet;
  }
  due_ = packet.end ? due_ + kEndInterval : began_ + std::min(step.duration, played + kInterval);
  return packet;
}

}  // namespace kms::rtc
