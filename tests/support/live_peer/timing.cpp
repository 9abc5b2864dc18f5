// SPDX-License-Identifier: Apache-2.0
#include "tests/support/live_peer/timing.hpp"

#include <cmath>
#include <map>

#include "tests/support/live_peer/scene.hpp"

namespace kms::test {
namespace {

using std::chrono::nanoseconds;

double ntp_seconds(uint64_t ntp) { return static_cast<double>(ntp >> 8) / static_cast<double>(1 << 24); }

// Seconds of the far end's clock when a packet's content was captured, by the report that came last before it
// was looked at: one line through all that came would hide a jump.
double captured(const std::vector<LivePeer::Report>& reports, const Received& packet, int rate) {
  const auto after = std::ranges::upper_bound(reports, packet.at, {}, &LivePeer::Report::at);
  const auto& report = after == reports.begin() ? reports.front() : *(after - 1);
  const auto ticks = static_cast<int32_t>(packet.timestamp - report.info.rtp_timestamp);
  return ntp_seconds(report.info.ntp - (uint64_t{1} << 62)) + static_cast<double>(ticks) / rate;
}

// The packet that a moment is in, the last one that does not begin after it.
const Received& packet_at(const std::vector<Received>& stream, const std::vector<int64_t>& times,
                          int64_t time) {
  size_t found = 0;
  for (size_t i = 0; i < times.size(); ++i) {
    if (times[i] <= time && times[i] >= times[found]) found = i;
  }
  return stream[found];
}

// Where the moment itself is in the far end's clock.
double captured_at(const LivePeer& peer, bool video, int64_t time, int rate) {
  const auto& stream = peer.received(video);
  const auto times = times_of(stream);
  const auto& packet = packet_at(stream, times, time);
  const auto begin = static_cast<int64_t>(packet.timestamp - stream.front().timestamp);
  return captured(peer.reports().at(packet.ssrc), packet, rate) + static_cast<double>(time - begin) / rate;
}

}  // namespace

Times picture_delays(const LivePeer& from, const LivePeer& to, nanoseconds since) {
  const auto& stream = to.received(true);
  const auto times = times_of(stream);
  std::map<int64_t, rtc::TimePoint> complete;
  for (size_t i = 0; i < stream.size(); ++i) complete[times[i]] = std::max(complete[times[i]], stream[i].at);
  const auto& sent = from.sender(true).sent();
  const auto& clip = *from.sender(true).setup().clip;
  std::vector<std::pair<rtc::TimePoint, rtc::TimePoint>> went;  // sent, by picture of each round
  Times delays;
  nanoseconds round{};
  uint16_t last = 0;
  for (const auto& picture : look(stream, clip.codec)) {
    if (picture.picture < last && last - picture.picture > scene::kPicturesPerSecond) round += clip.length;
    last = picture.picture;
    // Time stamps of RTP are rounded to its clock.
    const auto pts = scene::time_of(picture.picture) + round;
    const auto when = sent.lower_bound(pts - std::chrono::microseconds(100));
    if (pts < since || when == sent.end()) continue;
    delays.add(complete.at(picture.time) - when->second);
  }
  return delays;
}

Times sound_delays(const LivePeer& from, const LivePeer& to) {
  std::map<std::vector<uint8_t>, rtc::TimePoint> came;
  for (const auto& packet : to.received(false)) {
    const auto payload = rtc::RtpView::parse(packet.packet)->payload();
    came.emplace(std::vector<uint8_t>(payload.begin(), payload.end()), packet.at);
  }
  const auto& sender = from.sender(false);
  std::map<std::vector<uint8_t>, int> often;
  for (const auto& packet : sender.setup().clip->packets) ++often[packet.payload];
  Times delays;
  for (const auto& packet : sender.setup().clip->packets) {
    const auto found = came.find(packet.payload);
    const auto sent = sender.sent().find(packet.pts);
    if (often[packet.payload] > 1 || found == came.end() || sent == sender.sent().end()) continue;  // silence
    delays.add(found->second - sent->second);
  }
  return delays;
}

Times beep_delays(const LivePeer& from, const LivePeer& to, const std::string& far_codec) {
  const auto& stream = to.received(false);
  const auto times = times_of(stream);
  const auto& sent = from.sender(false).sent();
  Times delays;
  for (const auto beep : listen(stream, far_codec).beeps) {
    const auto at = packet_at(stream, times, beep).at;
    // The latest beep that was sent before.
    const auto after =
        std::find_if(sent.begin(), sent.end(), [&](const auto& each) { return each.second > at; });
    if (after == sent.begin()) continue;
    const auto second = std::chrono::floor<std::chrono::seconds>(std::prev(after)->first);
    const auto begun = std::prev(sent.upper_bound(second + std::chrono::microseconds(100)));
    delays.add(at - begun->second);
  }
  return delays;
}

std::vector<double> beeps_after_flashes(const LivePeer& peer, const std::string& video,
                                        const std::string& audio) {
  std::vector<double> flashes, differences;
  bool flashing = true;  // one that was under way does not count
  for (const auto& picture : look(peer.received(true), video)) {
    if (picture.flash && !flashing && picture.picture % scene::kPicturesPerSecond == 0)
      flashes.push_back(captured_at(peer, true, picture.time, codec_setup(video).rtp_rate));
    flashing = picture.flash;
  }
  for (const auto beep : listen(peer.received(false), audio).beeps) {
    const double at = captured_at(peer, false, beep, codec_setup(audio).rtp_rate);
    const auto nearest =
        std::ranges::min_element(flashes, {}, [&](double flash) { return std::abs(flash - at); });
    if (nearest != flashes.end() && std::abs(*nearest - at) < 0.5)
      differences.push_back((at - *nearest) * 1000);
  }
  return differences;
}

}  // namespace kms::test
