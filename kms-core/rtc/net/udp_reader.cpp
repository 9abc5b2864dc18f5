// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/udp_reader.hpp"

#include <algorithm>

namespace kms::rtc {
namespace {

// At most this many batches per inlet and turn, so that a flood leaves time for timers and the mailbox.
constexpr int kBatchesPerTurn = 16;

constexpr size_t kRtpHeader = 12;

bool same_stream(Bytes a, Bytes b) {
  return a.size() >= kRtpHeader && b.size() >= kRtpHeader && load_u32(&a[8]) == load_u32(&b[8]);
}

bool precedes(Bytes a, Bytes b) {
  return same_stream(a, b) && static_cast<int16_t>(load_u16(&b[2]) - load_u16(&a[2])) > 0;
}

// How many quiet packets were sent before `loud`: up to the last one of its stream with a lower number.
size_t sent_before(const Datagram& loud, std::span<const Datagram> quiet) {
  size_t count = quiet.size();
  while (count > 0 && !precedes(quiet[count - 1].bytes, loud.bytes)) --count;
  return count;
}

// RFC 5761 section 4.
bool is_rtcp(Bytes bytes) {
  return bytes.size() >= 2 && bytes[0] >> 6 == 2 && bytes[1] >= 192 && bytes[1] <= 223;
}

bool is_rtcp_alone(std::span<const Datagram> datagrams) {
  const auto is = [](const Datagram& datagram) { return is_rtcp(datagram.bytes); };
  return !datagrams.empty() && std::all_of(datagrams.begin(), datagrams.end(), is);
}

}  // namespace

UdpReader::UdpReader(bool quiet, OwnAddresses* own_addresses) : loud_(own_addresses) {
  if (quiet) quiet_.emplace(own_addresses);
}

// The quiet socket is read second: whatever was sent before a packet of the loud one is there by then.
bool UdpReader::read(const UdpInlet& inlet, PacketHandler& handler, bool quiet_may_wait) {
  bool both = false;
  for (int batch = 0; batch < kBatchesPerTurn; ++batch) {
    const auto loud = loud_.receive(inlet.fd());
    both = both || (inlet.has_quiet() && !(quiet_may_wait && is_rtcp_alone(loud)));
    hand_on(loud, both ? quiet_->receive(inlet.quiet_fd()) : std::span<const Datagram>{}, handler);
    if (!loud_.was_full() && !(both && quiet_->was_full())) break;
  }
  return both;
}

void UdpReader::read_quiet(const UdpInlet& inlet, PacketHandler& handler) {
  for (int batch = 0; inlet.has_quiet() && batch < kBatchesPerTurn; ++batch) {
    hand_on({}, quiet_->receive(inlet.quiet_fd()), handler);
    if (!quiet_->was_full()) return;
  }
}

void UdpReader::hand_on(std::span<const Datagram> loud, std::span<const Datagram> quiet,
                        PacketHandler& handler) {
  if (quiet.size() > 1) handler.expect(quiet);
  size_t done = 0;
  const auto hand_on_quiet = [&](size_t count) {
    for (; count > 0; --count, ++done) handler.on_datagram(quiet[done]);
  };
  for (const auto& datagram : loud) {
    hand_on_quiet(sent_before(datagram, quiet.subspan(done)));
    handler.on_datagram(datagram);
  }
  hand_on_quiet(quiet.size() - done);
}

uint64_t UdpReader::oversized() const { return loud_.oversized() + (quiet_ ? quiet_->oversized() : 0); }

}  // namespace kms::rtc
