// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_data.hpp"

#include <utility>

#include "kms-core/rtc/peer/worker.hpp"

namespace kms::rtc {

static_assert(SctpSocket::kMaxPacket + DtlsTransport::kMaxOverhead <= DtlsTransport::kMaxDatagram);

Status PeerData::make() {
  if (transport_) return ok();
  if (closed_) return error(StatusCode::kFailedPrecondition, "PEER_CLOSED", "the peer is closed");
  auto thread = worker_.sctp_thread();
  if (!thread.ok()) return thread.status();
  SctpEvents events;
  events.on_channel = on_channel_;
  events.send = [door = worker_.door(), peer = peer_](std::vector<uint8_t> packet) {
    door->post([peer, packet = std::move(packet)](Worker& here) {
      if (auto* session = here.peer(peer)) session->send_data(packet);
    });
  };
  transport_ = std::make_unique<SctpTransport>(std::move(*thread), std::move(events));
  transport_->set_reading(reading_);
  return ok();
}

void PeerData::agree(const std::optional<Agreement::Data>& data) {
  if (agreed_ && !data) end("");
  agreed_ = data;
  start();
}

void PeerData::begin(bool client) {
  client_ = client;
  start();
}

void PeerData::start() {
  if (!agreed_ || !client_ || !make().ok()) return;
  const bool any = agreed_->max_message_size == 0;
  transport_->start({.client = *client_,
                     .peers_port = agreed_->port,
                     .max_message = any ? kMaxDataMessage : agreed_->max_message_size});
}

void PeerData::end(std::string_view reason) {
  if (transport_) transport_->end(reason);
  transport_.reset();
}

void PeerData::close() {
  closed_ = true;
  end("PEER_CLOSED");
}

void PeerData::on_data(Bytes packet) {
  if (transport_) transport_->on_packet(packet);
}

Result<DataChannelRef> PeerData::open(DataChannelOptions options, DataChannelEvents events) {
  if (!is_wanted())
    return error(StatusCode::kFailedPrecondition, "NO_DATA_CHANNELS",
                 "the peer was made without data channels");
  if (const auto status = make(); !status.ok()) return status;
  return transport_->open(std::move(options), std::move(events));
}

void PeerData::set_reading(bool reading) {
  reading_ = reading;
  if (transport_) transport_->set_reading(reading);
}

void PeerData::statistics(std::function<void(Result<SctpStatistics>)> done) const {
  if (!transport_) return done(SctpStatistics());
  transport_->statistics(std::move(done));
}

}  // namespace kms::rtc
