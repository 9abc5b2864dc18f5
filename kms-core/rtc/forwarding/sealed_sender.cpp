// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/forwarding/sealed_sender.hpp"

#include <cstring>

namespace kms::rtc {

static_assert(SendBatch::kSlack >= SrtpEngine::kSealSlack);

SealedSender::SealedSender(SrtpEngine& engine, SendBatch& batch) : engine_(engine), batch_(batch) {
  jobs_.reserve(SendBatch::kPackets);
  pinned_.reserve(SendBatch::kPackets);
}

uint8_t* SealedSender::next_packet() {
  if (batch_.full()) flush();
  return batch_.next();
}

bool SealedSender::fits(const SendTarget& target, const OutgoingRtp& rtp, size_t payload_size) {
  return rtp.header_size + payload_size + tag_size(target.key->profile()) <= SendBatch::kMaxPacket;
}

void SealedSender::send(const SendTarget& target, const OutgoingRtp& rtp, const PacketRef& packet) {
  if (!fits(target, rtp, packet->payload_size)) return;
  add(target, rtp, packet->payload());
  pinned_.push_back(packet);
}

void SealedSender::send_in_place(const SendTarget& target, const OutgoingRtp& rtp, size_t payload_size) {
  if (fits(target, rtp, payload_size)) add(target, rtp, {batch_.next() + rtp.header_size, payload_size});
}

void SealedSender::add(const SendTarget& target, const OutgoingRtp& rtp, Bytes payload) {
  const size_t size = rtp.header_size + payload.size() + tag_size(target.key->profile());
  target.sent.add(size);
  auto* at = batch_.add(target.path, size);
  jobs_.push_back({target.key.get(), payload.data(), at, rtp.ssrc, rtp.header_size,
                   static_cast<uint16_t>(payload.size()), rtp.index});
}

void SealedSender::send_raw(const Path& path, Bytes packet) {
  if (packet.size() > SendBatch::kMaxPacket || packet.empty()) return;
  next_packet();
  std::memcpy(batch_.add(path, packet.size()), packet.data(), packet.size());
}

void SealedSender::flush() {
  engine_.seal(jobs_);
  media_ += jobs_.size();
  jobs_.clear();
  pinned_.clear();
  batch_.flush();
}

}  // namespace kms::rtc
