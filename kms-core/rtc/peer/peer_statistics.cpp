// SPDX-License-Identifier: Apache-2.0
// The part of PeerSession that tells what has become of a peer's media.
#include <algorithm>

#include "kms-core/rtc/peer/peer_session.hpp"
#include "kms-core/rtc/peer/worker.hpp"

namespace kms::rtc {
namespace {

double seconds(Duration time) { return std::chrono::duration<double>(time).count(); }

const char* cipher_of(SrtpProfile profile) {
  return profile == SrtpProfile::kAeadAes128Gcm ? "AEAD_AES_128_GCM" : "AES_CM_128_HMAC_SHA1_80";
}

StreamStatistics inbound_of(const PeerReceiver::Entry& entry) {
  const auto& stream = entry.stream;
  StreamStatistics one;
  one.mid = entry.line.mid;
  one.rid = entry.line.rid;
  one.video = stream.is_video();
  one.codec = stream.codec();
  one.payload_type = entry.line.payload_type;
  one.ssrc = entry.ssrc;
  one.packets = stream.arrivals().packets;
  one.bytes = stream.arrivals().bytes;
  one.packets_lost = stream.statistics().lost();
  one.jitter_s = stream.statistics().jitter_s();
  one.retransmitted_packets = stream.repaired();
  one.fec_packets = entry.put_back + entry.not_needed;
  one.fec_packets_discarded = entry.not_needed;
  one.nack_count = entry.nacks;
  one.pli_count = entry.plis;
  one.parameters = entry.line.parameters;
  if (stream.counters()->packets() > 0) one.last_ntp = ntp_of(stream.counters()->last());
  if (stream.reports() > 0) {
    const auto& said = stream.last_report();
    one.reported = {said.packets, said.octets, said.ntp, stream.reports()};
  }
  if (stream.is_video()) {
    const auto layers = stream.counters()->layers().counts(Clock::now());
    one.spatial_layers = layers.spatial;
    one.temporal_layers = layers.temporal;
    one.picture = stream.counters()->picture();
  }
  const auto& level = stream.counters()->level();
  if (level.known()) one.audio_level = level.amplitude(Clock::now());
  return one;
}

// Of what has layers, which are sent.
void add_layers(const SourceTrack& source, const ConsumerRecord& record, StreamStatistics& to) {
  if (!source.is_video() || !source.layers()) return;
  to.picture = source.picture();
  const auto there = source.layers()->counts(Clock::now());
  const auto sent = record.thinner ? record.thinner->limits() : LayerLimits{};
  if (there.spatial > 1) to.spatial_layer = std::min(size_t{sent.spatial}, there.spatial - 1);
  if (to.spatial_layer) to.picture = source.layers()->size(*to.spatial_layer);
  if (there.temporal > 1) to.temporal_layer = std::min(size_t{sent.temporal}, there.temporal - 1);
}

StreamStatistics outbound_of(const PeerConsumers::Slot& slot, Switchboard& switchboard) {
  const auto& line = slot.line;
  const auto& heard = slot.heard;
  StreamStatistics one;
  one.mid = line.mid;
  if (slot.source) one.rid = slot.source->rid();
  one.video = !is_audio(line.codec);
  one.codec = line.codec;
  one.parameters = line.parameters;
  one.payload_type = line.payload_type;
  one.ssrc = line.ssrc;
  const auto* fanout = slot.consumer == 0 ? nullptr : switchboard.fanout(slot.source->id());
  const auto* record = fanout ? fanout->find(slot.consumer) : nullptr;
  one.packets = (record ? record->packets : slot.position.packets) + heard.resent;
  one.bytes = (record ? record->octets : slot.position.octets) + heard.resent_bytes;
  one.send_delay_s = seconds(record ? record->send_delay : slot.position.send_delay);
  one.packets_lost = heard.report.cumulative_lost;
  one.fraction_lost = heard.report.fraction_lost / 256.0;
  one.jitter_s = static_cast<double>(heard.report.jitter) / clock_rate_of(line.codec);
  one.round_trip_time_s = seconds(heard.round_trip);
  one.round_trips_s = seconds(heard.all_round_trips);
  one.round_trips = heard.round_trips;
  one.retransmitted_packets = heard.resent;
  one.nack_count = heard.nacks;
  one.pli_count = heard.plis;
  one.fir_count = heard.firs;
  if (record) add_layers(*slot.source, *record, one);
  return one;
}

}  // namespace

PeerStatistics PeerSession::statistics() const {
  PeerStatistics all;
  for (const auto& entry : receiver_.entries()) {
    all.inbound.push_back(inbound_of(*entry));
    all.inbound.back().wanted = wanted_.is_wanted(entry->line);
  }
  all.packets_sent = transport_.sent().packets;
  all.bytes_sent = transport_.sent().bytes;
  for (const auto& slot : consumers_.slots())
    all.outbound.push_back(outbound_of(slot, worker_.switchboard()));
  all.packets_received = received_.packets;
  all.bytes_received = received_.bytes;
  all.requests_received = checks_;
  all.available_outgoing_bps = bandwidth_.available_bps(Clock::now());
  all.ice_state = watch_.ice();
  all.dtls_state = watch_.dtls();
  all.selected_pair = watch_.pair();
  all.pair_changes = watch_.pair_changes();
  all.ntp = ntp_of(Clock::now());
  const auto* dtls = transport_.dtls();
  if (dtls && dtls->keys()) {
    all.srtp_cipher = cipher_of(dtls->keys()->profile);
    all.dtls_client = dtls->role() == DtlsRole::kClient;
    all.dtls_version = dtls->version();
    all.dtls_cipher = dtls->cipher();
  }
  if (dtls) all.local_fingerprint = worker_.settings().dtls->fingerprint().text();
  if (dtls) all.remote_fingerprint = dtls->peer_fingerprint().text();
  return all;
}

}  // namespace kms::rtc
