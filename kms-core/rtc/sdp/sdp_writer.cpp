// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/sdp_writer.hpp"

namespace kms::rtc {
namespace {

constexpr const char* kEnd = "\r\n";

class Writer {
 public:
  void session(const SessionDescription& session) {
    line("v=0");
    line("o=- " + std::to_string(session.session_id) + ' ' + std::to_string(session.version) +
         network(session.address.empty() ? "127.0.0.1" : session.address));
    line("s=-");
    line("t=0 0");
    if (!session.bundle.empty()) line("a=group:BUNDLE" + joined(session.bundle, " "));
    flag(session.extmap_allow_mixed, "extmap-allow-mixed");
    flag(session.ice_lite, "ice-lite");
    for (const auto& one : session.media) media(one);
  }
  std::string take() { return std::move(out_); }

 private:
  static std::string network(const std::string& address) {
    return (address.find(':') == std::string::npos ? " IN IP4 " : " IN IP6 ") + address;
  }
  // Each item with `before` in front of it.
  static std::string joined(const std::vector<std::string>& items, const char* before) {
    std::string text;
    for (const auto& item : items) text += before + item;
    return text;
  }
  void line(const std::string& text) { out_ += text + kEnd; }
  void attribute(const char* name, const std::string& value) {
    if (!value.empty()) line(std::string("a=") + name + ':' + value);
  }
  void flag(bool set, const char* name) {
    if (set) line(std::string("a=") + name);
  }

  void media(const MediaDescription& media);
  void rtp(const MediaDescription& media);
  void sctp(const MediaDescription& media);
  void transport(const MediaDescription& media);
  void payload(const PayloadFormat& payload);
  void sources(const MediaDescription& media);
  void simulcast(const MediaDescription& media);

  std::string out_;
};

const char* name_of(Direction direction) {
  switch (direction) {
    case Direction::kSendOnly:
      return "sendonly";
    case Direction::kRecvOnly:
      return "recvonly";
    case Direction::kSendRecv:
      return "sendrecv";
    default:
      return "inactive";
  }
}

const char* name_of(DtlsSetup setup) {
  switch (setup) {
    case DtlsSetup::kActPass:
      return "actpass";
    case DtlsSetup::kActive:
      return "active";
    case DtlsSetup::kPassive:
      return "passive";
    default:
      return "";
  }
}

void Writer::media(const MediaDescription& media) {
  line("m=" + media.kind_name + ' ' + std::to_string(media.port) + ' ' + media.protocol +
       joined(media.formats, " "));
  line("c=" + network(media.address.empty() ? "0.0.0.0" : media.address).substr(1));
  for (const auto& bound : media.bandwidths) line("b=" + bound.type + ':' + std::to_string(bound.value));
  rtp(media);
  sctp(media);
  transport(media);
  attribute("mid", media.mid);
  flag(media.bundle_only, "bundle-only");
  for (const auto& extension : media.extensions) {
    attribute("extmap", std::to_string(extension.id) + ' ' + extension.uri);
  }
  const bool is_data = media.kind == MediaKind::kApplication && media.sctp_port != 0;
  if (!is_data) flag(true, name_of(media.direction));
  if (!media.stream_id.empty()) {
    attribute("msid", media.stream_id + (media.track_id.empty() ? "" : ' ' + media.track_id));
  }
  flag(media.rtcp_mux, "rtcp-mux");
  flag(media.rtcp_reduced_size, "rtcp-rsize");
  for (const auto& format : media.payloads) payload(format);
  simulcast(media);
  sources(media);
}

// What plain RTP says of its ports, keys and packets.
void Writer::rtp(const MediaDescription& media) {
  if (media.rtcp_port != 0) {
    const auto at = media.rtcp_address.empty() ? "" : network(media.rtcp_address);
    attribute("rtcp", std::to_string(media.rtcp_port) + at);
  }
  for (const auto& entry : media.crypto) {
    attribute("crypto", std::to_string(entry.tag) + ' ' + entry.suite + ' ' + entry.keys +
                            (entry.parameters.empty() ? "" : ' ' + entry.parameters));
  }
  if (media.ptime_ms != 0) attribute("ptime", std::to_string(media.ptime_ms));
  if (media.maxptime_ms != 0) attribute("maxptime", std::to_string(media.maxptime_ms));
}

void Writer::sctp(const MediaDescription& media) {
  if (media.sctp_port != 0) attribute("sctp-port", std::to_string(media.sctp_port));
  if (media.max_message_size) attribute("max-message-size", std::to_string(*media.max_message_size));
}

void Writer::transport(const MediaDescription& media) {
  for (const auto& candidate : media.candidates) line("a=" + candidate);
  flag(media.end_of_candidates, "end-of-candidates");
  attribute("ice-ufrag", media.transport.ufrag);
  attribute("ice-pwd", media.transport.password);
  if (media.transport.fingerprint) attribute("fingerprint", media.transport.fingerprint->text());
  attribute("setup", name_of(media.transport.setup));
}

void Writer::payload(const PayloadFormat& payload) {
  if (payload.encoding.empty()) return;
  const auto type = std::to_string(payload.type);
  const auto channels = payload.channels > 1 ? '/' + std::to_string(payload.channels) : "";
  attribute("rtpmap", type + ' ' + payload.encoding + '/' + std::to_string(payload.clock_rate) + channels);
  for (const auto& feedback : payload.feedback) attribute("rtcp-fb", type + ' ' + feedback);
  if (!payload.parameters.empty()) attribute("fmtp", type + ' ' + payload.parameters);
}

void Writer::sources(const MediaDescription& media) {
  for (const auto& group : media.ssrc_groups) {
    std::string text = group.semantics;
    for (const auto ssrc : group.ssrcs) text += ' ' + std::to_string(ssrc);
    attribute("ssrc-group", text);
  }
  for (const auto& source : media.ssrcs)
    attribute("ssrc", std::to_string(source.ssrc) + " cname:" + source.cname);
}

void Writer::simulcast(const MediaDescription& media) {
  for (const auto& rid : media.rids) {
    std::string types;
    for (const auto type : rid.payload_types) types += (types.empty() ? " pt=" : ",") + std::to_string(type);
    attribute("rid", rid.id + (rid.send ? " send" : " recv") + types);
  }
  std::string text;
  if (!media.simulcast_send.empty()) text += "send " + joined(media.simulcast_send, ";").substr(1);
  if (!media.simulcast_receive.empty()) {
    text += (text.empty() ? "recv " : " recv ") + joined(media.simulcast_receive, ";").substr(1);
  }
  attribute("simulcast", text);
}

}  // namespace

std::string write_sdp(const SessionDescription& session) {
  Writer writer;
  writer.session(session);
  return writer.take();
}

}  // namespace kms::rtc
