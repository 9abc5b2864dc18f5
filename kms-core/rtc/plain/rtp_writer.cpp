// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/plain/rtp_writer.hpp"

#include <algorithm>

#include "kms-core/rtc/sdp/line_writer.hpp"

namespace kms::rtc {
namespace {

constexpr uint8_t kFirstDynamic = 96;
// Customary numbers of telephone events, out of the way of a few dynamic ones.
constexpr ToneFormat kToneFormat{101, 8000};
constexpr ToneFormat kWideTones{102, 48'000};

constexpr uint8_t kExtensionId = 1;

void add_extension(uint8_t id, MediaDescription& media) {
  const auto kind = extension_of(media.kind == MediaKind::kVideo);
  if (id != 0) media.extensions.push_back({id, std::string(uri_of(kind))});
}

// What a format says of its sender's own stream is not ours to repeat.
std::string without_sprop(std::string_view parameters) {
  std::string kept;
  while (!parameters.empty()) {
    const auto end = std::min(parameters.find(';'), parameters.size());
    auto part = parameters.substr(0, end);
    parameters.remove_prefix(std::min(end + 1, parameters.size()));
    while (part.starts_with(' ')) part.remove_prefix(1);
    if (part.empty() || part.starts_with("sprop-")) continue;
    if (!kept.empty()) kept += ';';
    kept += part;
  }
  return kept;
}

void write_ports(const RtpLocal& local, bool mux, MediaDescription& media) {
  media.address = local.address;
  media.port = local.port;
  media.rtcp_mux = mux;
  if (local.rtcp_port != local.port && local.rtcp_port != local.port + 1) media.rtcp_port = local.rtcp_port;
}

void add_payload(PayloadFormat payload, MediaDescription& media) {
  media.formats.push_back(std::to_string(payload.type));
  media.payloads.push_back(std::move(payload));
}

void add_tones(const ToneFormat& tones, MediaDescription& media) {
  PayloadFormat payload;
  payload.type = tones.payload_type;
  payload.encoding = "telephone-event";
  payload.clock_rate = tones.clock_rate;
  payload.parameters = "0-15";
  add_payload(std::move(payload), media);
}

uint8_t static_type_of(Codec codec) {
  if (codec == Codec::kPcmu) return 0;
  if (codec == Codec::kPcma) return 8;
  return codec == Codec::kG722 ? uint8_t{9} : kFirstDynamic;
}

}  // namespace

MediaDescription answered_rtp_line(const MediaDescription& theirs, const RtpLine& line,
                                   const RtpLocal& local) {
  auto media = rejected_line(theirs);
  media.formats.clear();
  write_ports(local, line.mux, media);
  media.direction = line.direction;
  media.rtcp_reduced_size = line.reduced_size;
  PayloadFormat payload = *std::ranges::find(theirs.payloads, line.receive_type, &PayloadFormat::type);
  payload.parameters = without_sprop(payload.parameters);
  payload.feedback.clear();
  if (line.nack) payload.feedback.emplace_back("nack");
  if (line.pli) payload.feedback.emplace_back("nack pli");
  add_payload(std::move(payload), media);
  if (line.tones) add_tones(*line.tones, media);
  add_extension(line.extension_id, media);
  if (line.send_key) media.crypto.push_back(write_sdes(line.crypto_tag, *line.send_key));
  return media;
}

MediaDescription offered_rtp_line(const OfferedRtp& offered, const RtpLocal& local) {
  MediaDescription media;
  media.kind = offered.video ? MediaKind::kVideo : MediaKind::kAudio;
  media.kind_name = offered.video ? "video" : "audio";
  media.protocol = name_of(offered.profile);
  write_ports(local, offered.mux, media);
  uint8_t next = kFirstDynamic;
  bool wide = false;
  for (const auto codec : offered.codecs) {
    PayloadFormat payload;
    payload.type = static_type_of(codec);
    if (payload.type == kFirstDynamic) payload.type = next++;
    payload.encoding = name_of(codec);
    payload.clock_rate = clock_rate_of(codec);
    payload.channels = codec == Codec::kOpus ? 2 : 1;
    if (codec == Codec::kH264) payload.parameters = "profile-level-id=42e01f;packetization-mode=1";
    if (offered.video && has_feedback(offered.profile)) payload.feedback = {"nack", "nack pli"};
    wide = wide || codec == Codec::kOpus;
    add_payload(std::move(payload), media);
  }
  add_extension(kExtensionId, media);
  if (offered.video) return media;
  if (offered.codecs.size() > (wide ? 1u : 0u)) add_tones(kToneFormat, media);
  if (wide) add_tones(kWideTones, media);
  return media;
}

}  // namespace kms::rtc
