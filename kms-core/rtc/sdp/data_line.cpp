// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/data_line.hpp"

#include <algorithm>

#include "kms-core/rtc/sdp/line_writer.hpp"

namespace kms::rtc {
namespace {

constexpr uint16_t kDataPort = 9;
constexpr uint64_t kMaxMessageDefault = 64 * 1024;  // RFC 8841 section 6.1

}  // namespace

bool is_data_line(const MediaDescription& media) {
  const bool sctp = media.protocol == "UDP/DTLS/SCTP" || media.protocol == "TCP/DTLS/SCTP";
  const bool data = std::ranges::find(media.formats, kDataFormat) != media.formats.end();
  return media.is_active() && media.kind == MediaKind::kApplication && sctp && data && media.sctp_port != 0;
}

NegotiatedLine read_data_line(const MediaDescription& theirs) {
  NegotiatedLine line;
  line.accepted = true;
  line.kind = MediaKind::kApplication;
  line.mid = theirs.mid;
  line.sctp_port = theirs.sctp_port;
  line.max_message_size = theirs.max_message_size.value_or(kMaxMessageDefault);
  return line;
}

MediaDescription data_line(const MediaDescription& shape, const std::string& mid, const LocalSide& local) {
  MediaDescription media;
  media.kind = MediaKind::kApplication;
  media.kind_name = "application";
  media.protocol = shape.protocol;
  media.formats = {kDataFormat};
  media.port = kDataPort;
  media.mid = mid;
  media.sctp_port = local.sctp_port;
  media.max_message_size = local.max_message_size;
  write_transport(local, media);
  return media;
}

}  // namespace kms::rtc
