// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/publisher.hpp"

#include <algorithm>

#include "kms-core/rtc/rtcp/nack_reader.hpp"
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"
#include "kms-core/rtc/rtcp/rtcp_writer.hpp"

namespace kms::rtc::loadtest {
namespace {

constexpr Duration kReportInterval = std::chrono::seconds(1);
constexpr char kName[] = "loadtest";
constexpr uint64_t kNtpOfUnixEpoch = 2'208'988'800;  // seconds

uint64_t ntp_now() {
  const auto since = std::chrono::system_clock::now().time_since_epoch();
  const auto ns = static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::nanoseconds>(since).count());
  return (ns / 1'000'000'000 + kNtpOfUnixEpoch) << 32 | ((ns % 1'000'000'000) << 32) / 1'000'000'000;
}

}  // namespace

PublisherSsrcs PublisherSsrcs::make(std::mt19937_64& random) {
  const auto first = static_cast<uint32_t>(random() >> 33) + 1;  // far enough from the end for all layers
  return {first, first + 1, first + 2};
}

Publisher::Publisher(Workplace& place, Connection& connection, const Agreement& agreement,
                     const Options& options)
    : place_(place), connection_(connection) {
  if (agreement.audio && sends(agreement.audio->direction)) {
    auto track = track_of(*agreement.audio);
    track.ssrc = options.ssrcs.audio;
    audio_.emplace(track, source_options(options.room));
  }
  if (agreement.video && sends(agreement.video->direction)) add_layers(agreement, options);
}

RtpTrack::Options Publisher::track_of(const NegotiatedLine& line) {
  RtpTrack::Options track;
  track.payload_type = line.payload_type;
  track.clock_rate = clock_rate_of(line.codec.codec);
  track.mid = line.mid;
  track.extensions = line.extensions;
  track.rtx_payload_type = line.rtx_payload_type;
  track.repeats = line.nack;
  if (line.transport_cc) track.transport_sequence = &transport_sequence_;
  return track;
}

SourceOptions Publisher::source_options(uint32_t room) {
  return {place_.stamps, room, static_cast<uint32_t>(place_.random())};
}

// A server that knows no simulcast gets the highest layer alone.
void Publisher::add_layers(const Agreement& agreement, const Options& options) {
  const auto& layers = place_.settings.layers;
  for (uint32_t i = 0; i < layers.size(); ++i) {
    const auto& rids = agreement.rids;
    const bool taken =
        rids.empty() ? i + 1 == layers.size() : std::ranges::find(rids, layers[i].rid) != rids.end();
    if (!taken) continue;
    auto track = track_of(*agreement.video);
    if (!rids.empty()) track.rid = layers[i].rid;
    const uint32_t shift = rids.empty() ? 0 : 2 * i;
    track.ssrc = options.ssrcs.video + shift;
    track.rtx_ssrc = options.ssrcs.rtx + shift;
    video_.push_back(std::make_unique<VideoSource>(layers[i].clip, track, source_options(options.room)));
  }
}

void Publisher::start(TimePoint now) {
  if (audio_) audio_->start(now);
  for (auto& layer : video_) layer->start(now);
  report_due_ = now + kReportInterval / 10;  // the first tells the others' time, and is wanted early
}

TimePoint Publisher::deadline() const {
  auto deadline = report_due_;
  if (audio_) deadline = std::min(deadline, audio_->deadline());
  for (const auto& layer : video_) deadline = std::min(deadline, layer->deadline());
  return deadline;
}

void Publisher::on_time(TimePoint now) {
  const auto send = [this](const PlainRtp& packet) { connection_.send_rtp(packet); };
  if (audio_) audio_->on_time(now, send);
  for (auto& layer : video_) layer->on_time(now, send);
  if (now >= report_due_) report(now);
}

void Publisher::report(TimePoint now) {
  report_due_ = now + kReportInterval;
  const auto tell = [&](auto& source) {
    auto info = source.track().report();
    info.ntp = ntp_now();
    info.rtp_timestamp = source.timestamp_at(now);
    if (info.packets > 0) report_on(info);
  };
  if (audio_) tell(*audio_);
  for (auto& layer : video_) tell(*layer);
}

void Publisher::report_on(const SenderInfo& info) {
  std::array<uint8_t, 128> buffer;
  RtcpWriter writer(MutableBytes(buffer).first(buffer.size() - SrtcpSealer::kOverhead));
  writer.sender_report(info, {});
  writer.cname({info.ssrc, kName});
  connection_.send_rtcp(buffer, writer.size());
}

void Publisher::on_rtcp(Bytes compound, TimePoint now) {
  RtcpReader reader(compound);
  while (const auto packet = reader.next()) on_feedback(*packet, now);
}

void Publisher::on_feedback(const RtcpPacket& packet, TimePoint now) {
  const auto head = read_feedback_head(packet);
  if (!head) return;
  if (is_pli(packet)) return want_key_frame(head->media_ssrc);
  const bool transport = packet.type == rtcp::kTransportFeedback;
  if (transport && packet.count == rtcp::kTransportCc) ++place_.count(Count::kPublisherFeedback);
  if (transport && packet.count == rtcp::kNack) repeat_for(packet, head->media_ssrc, now);
  for (size_t i = 0; const auto entry = read_fir(packet, i); ++i) want_key_frame(entry->ssrc);
}

void Publisher::repeat_for(const RtcpPacket& nack, uint32_t ssrc, TimePoint now) {
  const auto asked = [ssrc](const auto& layer) { return layer->track().ssrc() == ssrc; };
  const auto layer = std::ranges::find_if(video_, asked);
  NackReader reader(nack);
  while (const auto sequence = reader.next()) {
    ++place_.count(Count::kPublisherNacks);
    const auto packet = layer == video_.end() ? std::nullopt : (*layer)->track().repeat(*sequence, now);
    if (!packet) continue;
    ++place_.count(Count::kRepeatedPackets);
    connection_.send_rtp(*packet);
  }
}

void Publisher::want_key_frame(uint32_t ssrc) {
  ++place_.count(Count::kPublisherPlis);
  for (auto& layer : video_) {
    if (layer->track().ssrc() == ssrc) layer->want_key_frame();
  }
}

void Publisher::add_to(Tally& tally) const {
  for (const auto& layer : video_) tally.counts[Count::kSentKeyFrames] += layer->key_frames();
}

}  // namespace kms::rtc::loadtest
