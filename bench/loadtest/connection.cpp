// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/connection.hpp"

#include <algorithm>

#include "kms-core/rtc/net/udp_socket.hpp"
#include "kms-core/rtc/rtp/packet_kind.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"

namespace kms::rtc::loadtest {
namespace {

// What a viewer gets of two hundred milliseconds, should the thread have no time for so long.
constexpr UdpOptions kSocket{.receive_buffer_bytes = 1 << 20, .send_buffer_bytes = 1 << 20, .stamps = true};

}  // namespace

Result<std::unique_ptr<Connection>> Connection::open(Workplace& place, User& user) {
  auto socket = open_udp(place.settings.bind, kSocket);
  if (!socket.ok()) return socket.status();
  std::unique_ptr<Connection> connection(new Connection(place, user, std::move(*socket)));
  const auto status = place.sockets.add(connection->socket_.get(), *connection);
  if (!status.ok()) return status;
  return connection;
}

Connection::Connection(Workplace& place, User& user, UniqueFd socket)
    : place_(place), user_(user), socket_(std::move(socket)) {}

Connection::~Connection() { place_.sockets.remove(socket_.get()); }

SocketAddress Connection::local() const { return place_.settings.own.with_port(local_port(socket_.get())); }

Status Connection::start(const Agreement& agreement, const IceCredentials& local, TimePoint now) {
  const auto& theirs = agreement.transport;
  auto dtls =
      DtlsTransport::create(place_.dtls,
                            {theirs.we_are_client ? DtlsRole::kClient : DtlsRole::kServer, theirs.fingerprint,
                             [this](Bytes bytes) { send_to(ice_->selected(), bytes); }},
                            now);
  if (!dtls.ok()) return dtls.status();
  dtls_ = std::move(*dtls);
  ice_.emplace(IceClient::Options{local,
                                  {theirs.ufrag, theirs.password},
                                  agreement.candidates,
                                  [this](const SocketAddress& to, Bytes bytes) { send_to(to, bytes); }},
               now);
  on_time(now);
  return ok();
}

bool Connection::is_selected(const SocketAddress& remote) const {
  return ice_ && ice_->state() == IceClient::State::kConnected && ice_->selected() == remote;
}

TimePoint Connection::deadline() const {
  if (failed_ || !ice_) return TimePoint::max();
  const bool handshaking = ice_->state() == IceClient::State::kConnected;
  return handshaking ? std::min(ice_->deadline(), dtls_->deadline()) : ice_->deadline();
}

void Connection::on_time(TimePoint now) {
  if (failed_ || !ice_) return;
  if (now >= ice_->deadline() && ice_->on_time(now)) after_ice(now);
  const bool handshaking = ice_->state() == IceClient::State::kConnected;
  if (handshaking && now >= dtls_->deadline() && dtls_->on_timer(now)) after_dtls(now);
}

void Connection::on_readable() {
  for (const auto& datagram : place_.reader.read(socket_.get())) on_datagram(datagram);
}

void Connection::on_datagram(const ArrivedDatagram& datagram) {
  if (failed_ || !ice_) return;
  const auto kind = packet_kind(datagram.bytes);
  if (kind == PacketKind::kStun) return on_stun(datagram);
  if (!is_selected(datagram.from)) return;
  if (kind == PacketKind::kDtls) return on_dtls(datagram);
  if (opener_ && kind != PacketKind::kUnknown) on_media(datagram);
}

void Connection::on_stun(const ArrivedDatagram& datagram) {
  const auto now = Clock::now();
  if (ice_->on_datagram(datagram.from, datagram.bytes, now)) after_ice(now);
}

void Connection::after_ice(TimePoint now) {
  if (ice_->state() == IceClient::State::kFailed) {
    const auto* why = opener_ ? "the server gives no consent any more" : "no candidate of the server answers";
    return fail(error(StatusCode::kUnavailable, "ICE_FAILED", why));
  }
  user_.on_nominated(now);
  dtls_->start(now);
}

void Connection::on_dtls(const ArrivedDatagram& datagram) {
  const auto now = Clock::now();
  if (dtls_->on_datagram(datagram.bytes, now)) after_dtls(now);
}

void Connection::after_dtls(TimePoint now) {
  if (dtls_->state() == DtlsState::kFailed) return fail(dtls_->failure());
  if (dtls_->state() == DtlsState::kClosed)
    return fail(error(StatusCode::kUnavailable, "CONNECTION_CLOSED", "the server has closed the connection"));
  if (dtls_->state() != DtlsState::kConnected || opener_) return;
  const auto& keys = *dtls_->keys();
  const auto ours = derive_srtp_keys(keys.profile, keys.send);
  profile_ = keys.profile;
  key_ = place_.engine.make_key(keys.profile, ours.rtp);
  sealer_.emplace(keys.profile, ours.rtcp);
  opener_.emplace(keys.profile, keys.receive);
  user_.on_connected(now);
}

void Connection::on_media(const ArrivedDatagram& datagram) {
  if (place_.happens(place_.settings.loss_down)) {
    ++place_.count(Count::kDroppedDown);
    return;
  }
  if (packet_kind(datagram.bytes) == PacketKind::kRtcp) return open_rtcp(datagram);
  open_rtp(datagram);
}

void Connection::open_rtp(const ArrivedDatagram& datagram) {
  const auto view = RtpView::parse_protected(datagram.bytes);
  if (!view) return;
  const auto header = view->header_size();
  auto& clear = place_.incoming;
  std::copy_n(datagram.bytes.data(), header, clear.data());
  SrtpOpener::Rtp rtp;
  if (opener_->open_rtp(datagram.bytes, header, clear.data() + header, &rtp) != SrtpVerdict::kOk) {
    ++place_.count(Count::kUnopened);
    return;
  }
  ++place_.count(Count::kReceivedPackets);
  place_.count(Count::kReceivedBytes) += datagram.bytes.size();
  user_.on_rtp(MutableBytes(clear).first(header + rtp.payload_size), datagram.arrived);
}

void Connection::open_rtcp(const ArrivedDatagram& datagram) {
  size_t size = 0;
  if (opener_->open_rtcp(datagram.bytes, &size) != SrtpVerdict::kOk) {
    ++place_.count(Count::kUnopened);
    return;
  }
  user_.on_rtcp(datagram.bytes.first(size), datagram.arrived);
}

void Connection::send_rtp(const PlainRtp& packet) {
  if (!opener_ || failed_) return;
  auto& out = place_.outgoing;
  std::copy_n(packet.bytes.data(), packet.header_size, out.data());
  const SrtpSealJob job{.key = key_.get(),
                        .payload = packet.bytes.data() + packet.header_size,
                        .packet = out.data(),
                        .ssrc = load_u32(&packet.bytes[8]),
                        .header_size = static_cast<uint16_t>(packet.header_size),
                        .payload_size = static_cast<uint16_t>(packet.bytes.size() - packet.header_size),
                        .index = packet.index};
  place_.engine.seal({&job, 1});
  const auto size = packet.bytes.size() + tag_size(profile_);
  ++place_.count(Count::kSentPackets);
  place_.count(Count::kSentBytes) += size;
  send_media(Bytes(out).first(size));
}

void Connection::send_rtcp(MutableBytes buffer, size_t size) {
  if (!opener_ || failed_ || size == 0) return;
  send_media(buffer.first(sealer_->seal(buffer, size)));
}

void Connection::send_media(Bytes datagram) {
  if (place_.happens(place_.settings.loss_up)) {
    ++place_.count(Count::kDroppedUp);
    return;
  }
  send_to(ice_->selected(), datagram);
}

void Connection::send_to(const SocketAddress& to, Bytes datagram) {
  const auto sent = ::sendto(socket_.get(), datagram.data(), datagram.size(), 0, to.data(), to.size());
  if (sent < 0) ++place_.count(Count::kNotSent);
}

void Connection::close() {
  if (dtls_ && opener_ && !failed_) dtls_->close();
}

void Connection::fail(const Status& why) {
  failed_ = true;
  user_.on_failed(why);
}

}  // namespace kms::rtc::loadtest
