// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_watch.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

namespace kms::rtc {
namespace {

IceTransportState ice_of(const PeerTransport& transport) {
  switch (transport.ice_state()) {
    case IceState::kConnected:
      return IceTransportState::kConnected;
    case IceState::kDisconnected:
      return IceTransportState::kDisconnected;
    case IceState::kFailed:
      return IceTransportState::kFailed;
    default:
      return transport.has_remote() ? IceTransportState::kChecking : IceTransportState::kNew;
  }
}

DtlsTransportState dtls_of(const PeerTransport& transport) {
  if (!transport.dtls() || !transport.dtls_started()) return DtlsTransportState::kNew;
  switch (transport.dtls()->state()) {
    case DtlsState::kConnected:
      return DtlsTransportState::kConnected;
    case DtlsState::kClosed:
      return DtlsTransportState::kClosed;
    case DtlsState::kFailed:
      return DtlsTransportState::kFailed;
    default:
      return DtlsTransportState::kConnecting;
  }
}

std::string address_text(const TransportAddress& address) {
  const auto ip = address.ip_text();
  return ip.find(':') == std::string::npos ? fmt::format("{}:{}", ip, address.port)
                                           : fmt::format("[{}]:{}", ip, address.port);
}

}  // namespace

void PeerWatch::look_at(const PeerTransport& transport, TimePoint now) {
  ice_.now = ice_of(transport);
  tell_ice(now);
  tell_dtls(dtls_of(transport));
  const auto& path = transport.target().path;
  if (path == path_ || transport.paths().empty()) return;
  path_ = path;
  pair_.now = pair_of(path);
  ++pair_changes_;
  tell_pair(now);
}

void PeerWatch::tick(TimePoint now) {
  tell_ice(now);
  tell_pair(now);
  tell_state(now);
}

// The socket has all of the machine's addresses: ours is the one that was announced first for such a path.
std::string PeerWatch::pair_of(const Path& path) const {
  const auto remote = transport_address_of(path);
  const auto local = std::ranges::find_if(announced_, [&](const TransportAddress& address) {
    return address.protocol == remote.protocol && address.ip_bytes().size() == remote.ip_bytes().size();
  });
  return fmt::format("{} {} {}", path.is_tcp() ? "tcp" : "udp",
                     local == announced_.end() ? "-" : address_text(*local), address_text(remote));
}

bool PeerWatch::tell(PeerState state, const std::string& reason, TimePoint now) {
  if (state == std::exchange(state_.now, state)) return false;
  reason_ = reason;
  tell_state(now);
  return true;
}

void PeerWatch::tell_state(TimePoint now) {
  const bool final = state_.now == PeerState::kFailed || state_.now == PeerState::kClosed;
  if (state_.is_due(now, final) && events_.on_state) events_.on_state(state_.now, reason_);
}

void PeerWatch::tell_ice(TimePoint now) {
  const bool final = ice_.now == IceTransportState::kFailed || ice_.now == IceTransportState::kClosed;
  if (ice_.is_due(now, final) && events_.on_ice_state) events_.on_ice_state(ice_.now);
}

void PeerWatch::tell_pair(TimePoint now) {
  if (pair_.is_due(now) && events_.on_selected_pair) events_.on_selected_pair(pair_.now);
}

void PeerWatch::tell_dtls(DtlsTransportState state) {
  if (state == std::exchange(dtls_, state)) return;
  if (events_.on_dtls_state) events_.on_dtls_state(state);
}

void PeerWatch::close() {
  ice_.now = IceTransportState::kClosed;
  tell_ice({});
  tell_dtls(DtlsTransportState::kClosed);
}

}  // namespace kms::rtc
