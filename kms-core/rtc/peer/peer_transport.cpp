// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_transport.hpp"

#include <algorithm>
#include <utility>

namespace kms::rtc {

TransportAddress transport_address_of(const Path& path) {
  const auto protocol = path.is_tcp() ? IpProtocol::kTcp : IpProtocol::kUdp;
  return TransportAddress::of(path.remote.ip_bytes(), path.remote.port(), protocol)
      .value_or(TransportAddress{});
}

PeerTransport::PeerTransport(const DtlsContext& dtls, SealedSender& sender, const SilenceLimits& limits,
                             TimePoint now)
    : context_(dtls), sender_(sender), ice_(IceCredentials::make(), now, limits) {}

PeerTransport::~PeerTransport() { close(); }

Status PeerTransport::set_remote(const Fingerprint& fingerprint, DtlsRole role, TimePoint now) {
  const auto send = [this](Bytes bytes) {
    target_.sent.add(bytes.size());
    sender_.send_raw(target_.path, bytes);
  };
  const auto take = [this](Bytes data) {
    if (data_taker_) data_taker_(data);
  };
  auto made = DtlsTransport::create(context_, {role, fingerprint, send, take}, now);
  if (!made.ok()) return made.status();
  dtls_ = std::move(*made);
  if (role == DtlsRole::kClient) early_.reset();  // nothing to begin with
  if (ice_.selected()) start_dtls(now);
  return ok();
}

bool PeerTransport::keep_early(Bytes datagram, const Path& from) {
  if (datagram.size() > DtlsTransport::kMaxDatagram) return false;
  early_ = Early{{datagram.begin(), datagram.end()}, from};
  return true;
}

PeerTransport::Change PeerTransport::take_early(TimePoint now) {
  const auto early = std::exchange(early_, std::nullopt);
  return early ? on_dtls(early->datagram, early->from, now) : Change{};
}

void PeerTransport::expect_checks(TimePoint now) {
  if (!std::exchange(expected_, true)) ice_.begin(now);
}

void PeerTransport::start_dtls(TimePoint now) {
  if (!dtls_ || dtls_started_) return;
  dtls_started_ = true;
  dtls_->start(now);
}

PeerTransport::Change PeerTransport::on_stun(const StunMessage& message, const Path& from, TimePoint now) {
  std::array<uint8_t, IceAgent::kMaxReplySize> reply;
  const auto outcome = ice_.on_message(message, transport_address_of(from), now, reply);
  sender_.send_raw(from, Bytes(reply).first(outcome.reply_size));
  Change change;
  change.refused = outcome.refused();
  change.state = outcome.state_changed;
  if (outcome.path_added) {
    paths_.push_back(from);
    change.path_added = from;
  }
  if (outcome.path_removed) {
    const auto gone = std::find_if(paths_.begin(), paths_.end(), [&](const Path& path) {
      return transport_address_of(path) == *outcome.path_removed;
    });
    if (gone != paths_.end()) {
      change.path_removed = *gone;
      paths_.erase(gone);
    }
  }
  change.selected = outcome.path_selected;
  if (outcome.path_selected) {
    target_.path = from;
    start_dtls(now);
  } else if (outcome.verdict == IceVerdict::kAnswered && message.use_candidate() && from == target_.path) {
    target_.path = from;  // perhaps by another address of ours
  }
  if (change.state || outcome.path_selected) update_open();
  return change;
}

PeerTransport::Change PeerTransport::on_dtls(Bytes datagram, const Path& from, TimePoint now) {
  Change change;
  const auto address = transport_address_of(from);
  change.refused = !ice_.is_valid(address) || (!dtls_ && !keep_early(datagram, from));
  if (change.refused || !dtls_) return change;
  change.selected = ice_.follow(address);
  if (change.selected || (!ice_.is_nominated() && from == target_.path)) target_.path = from;
  const auto dropped = dtls_->dropped();
  if (dtls_->on_datagram(datagram, now)) change.state = follow_dtls();
  change.refused = dtls_->dropped() != dropped;
  return change;
}

PeerTransport::Change PeerTransport::on_timer(TimePoint now) {
  Change change;
  change.state = expected_ && ice_.on_timer(now);
  if (change.state) update_open();
  if (dtls_ && now >= dtls_->deadline() && dtls_->on_timer(now)) change.state = follow_dtls();
  return change;
}

bool PeerTransport::follow_dtls() {
  if (dtls_->state() == DtlsState::kConnected) open(*dtls_->keys());
  update_open();
  return true;
}

void PeerTransport::update_open() {
  const bool alive = ice_.state() != IceState::kFailed && ice_.selected();
  target_.open = dtls_ && dtls_->state() == DtlsState::kConnected && alive;
}

void PeerTransport::open(const DtlsSrtpKeys& keys) {
  const auto ours = derive_srtp_keys(keys.profile, keys.send);
  target_.key = sender_.engine().make_key(keys.profile, ours.rtp);
  sealer_.emplace(keys.profile, ours.rtcp);
  opener_.emplace(keys.profile, keys.receive);
}

PeerTransport::Change PeerTransport::remove_path(const Path& path, TimePoint now) {
  const auto outcome = ice_.remove_path(transport_address_of(path), now);
  std::erase(paths_, path);
  const auto selected = std::ranges::find_if(
      paths_, [&](const Path& other) { return ice_.selected() == transport_address_of(other); });
  Change change;
  change.selected = selected != paths_.end() && target_.path != *selected;
  if (change.selected) target_.path = *selected;
  update_open();
  change.state = outcome.state_changed;
  return change;
}

void PeerTransport::send_rtcp(MutableBytes buffer, size_t size) {
  if (!target_.open) return;
  const size_t sealed = sealer_->seal(buffer, size);
  target_.sent.add(sealed);
  sender_.send_raw(target_.path, buffer.first(sealed));
}

void PeerTransport::send_data(Bytes data) {
  if (target_.open) dtls_->send(data);
}

void PeerTransport::close() {
  if (dtls_ && ice_.selected()) dtls_->close();
  target_.open = false;
}

}  // namespace kms::rtc
