// SPDX-License-Identifier: Apache-2.0
// The half of RtpMedia that deals with what comes.
#include "kms-core/rtc/peer/rtp_media.hpp"
#include "kms-core/rtc/peer/worker.hpp"
#include "kms-core/rtc/rtp/packet_kind.hpp"

namespace kms::rtc {

void RtpMedia::on_datagram(Datagram datagram, Port port) {
  owner_.worker.count_datagram(datagram, take(datagram, port, datagram.arrived));
}

// Some send RTCP to the port of RTP without having agreed on it; it does no harm.
bool RtpMedia::take(const Datagram& datagram, Port port, TimePoint now) {
  if (!line_) return false;
  const auto kind = packet_kind(datagram.bytes);
  if (kind == PacketKind::kRtcp) return on_rtcp(datagram, port, now);
  return kind == PacketKind::kRtp && port == Port::kRtp && on_rtp(datagram, now);
}

bool RtpMedia::on_rtp(const Datagram& datagram, TimePoint now) {
  if (!receives(line_->direction)) return false;
  const auto view = RtpView::parse_protected(datagram.bytes);
  const auto type = view ? view->payload_type() : uint8_t{0};
  const bool agreed = view && (type == line_->receive_type || line_->is_tone(type));
  if (!agreed) return false;
  const SourceGate::Sign sign{datagram.path.remote, view->ssrc(), view->sequence()};
  if (!transport_.is_keyed() && !gate_.admits(sign, now)) return false;
  PeerReceiver::Entry* entry = nullptr;
  const auto fate = receiver_.on_rtp(transport_.opener(), datagram.bytes, now, &entry);
  if (fate != RtpFate::kTaken && fate != RtpFate::kTone) return false;
  if (gate_.on_good(sign, now)) learn(datagram.path.remote);
  note_media(now);
  if (fate == RtpFate::kTone) {
    const auto& tone = receiver_.tone();
    tell(tones_in_.on_packet(tone.payload, tone.timestamp, now));
  }
  owner_.worker.schedule(owner_.turn);
  return true;
}

bool RtpMedia::on_rtcp(const Datagram& datagram, Port port, TimePoint now) {
  const auto& from = datagram.path.remote;
  if (!transport_.is_keyed() && !gate_.admits_rtcp(from)) return false;
  size_t size = 0;
  if (transport_.opener().open_rtcp(datagram.bytes, &size) != SrtpVerdict::kOk) return false;
  const bool good = inbox_.read(datagram.bytes.first(size), now);
  if (inbox_.said_goodbye()) take_goodbye();
  if (!good) return false;
  const bool learns = owner_.options.learn_address && !line_->mux && port == Port::kRtcp && !rtcp_learnt_;
  if (learns && gate_.may_learn(now) && gate_.current() && gate_.current()->with_port(from.port()) == from) {
    rtcp_learnt_ = true;
    set_remote(transport_.remote() ? std::optional(transport_.remote()->remote) : std::nullopt, from);
  }
  return true;
}

// Whoever knew the SSRC has heard the sender, or is it.
void RtpMedia::take_goodbye() {
  gate_.on_goodbye();
  if (owner_.options.events.on_goodbye) owner_.options.events.on_goodbye(video_);
}

// Where media went before nobody listens: a peer behind an address translation, or one that lied.
void RtpMedia::learn(const SocketAddress& from) {
  if (!owner_.options.learn_address || from.is_v6() != v6_) return;
  if (transport_.remote() && transport_.remote()->remote == from) return;
  const bool wraps = from.port() == 65'535;
  set_remote(from, line_->mux || wraps ? from : from.with_port(static_cast<uint16_t>(from.port() + 1)));
}

void RtpMedia::set_remote(const std::optional<SocketAddress>& media,
                          const std::optional<SocketAddress>& rtcp) {
  const auto before = transport_.remote();
  const bool was_open = transport_.target().open;
  const auto media_socket = sockets_[static_cast<size_t>(Port::kRtp)];
  const auto rtcp_socket = sockets_[static_cast<size_t>(Port::kRtcp)];
  const auto path = [](const std::optional<SocketAddress>& to, uint32_t socket) {
    return to ? std::optional(Path{.remote = *to, .socket = socket}) : std::nullopt;
  };
  transport_.set_remote(path(media, media_socket), path(rtcp, rtcp_socket != 0 ? rtcp_socket : media_socket));
  if (!was_open && transport_.target().open) consumers_.on_open();
  if (!media || before == transport_.remote()) return;
  if (owner_.options.events.on_remote_address)
    owner_.options.events.on_remote_address(video_, media->to_string());
}

}  // namespace kms::rtc
