// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rtc/net/udp_socket.hpp"

namespace kms::rtc {

// What of RTCP need not be read at once, by the packet that a datagram begins with.
struct QuietRtcp {
  bool feedback = false;  // transport-cc
  bool reports = false;   // SR and RR; where feedback stands alone (RFC 5506), they ask for nothing

  bool any() const { return feedback || reports; }
  bool operator==(const QuietRtcp&) const = default;
};

// Where an RTC thread takes in UDP of one address family: a socket that wakes it, and a quiet one on the same
// port for packets that need not, because they will wait for the end of their frame anyway, or only say how
// others have arrived, or report on a second. A wake-up costs more than everything else that is done for such
// a packet. The kernel sorts them by a filter program (SO_ATTACH_REUSEPORT_CBPF); where it cannot, there is
// no quiet socket.
class UdpInlet {
 public:
  // More streams than this are not sorted out.
  static constexpr size_t kMaxQuietStreams = 512;

  UdpInlet() = default;
  // Fails with PORT_UNAVAILABLE if anyone has the port, who may be another of these.
  static Result<UdpInlet> open(const SocketAddress& local, const UdpOptions& options, bool with_quiet);

  bool valid() const { return fd_.valid(); }
  bool has_quiet() const { return quiet_.valid(); }
  int fd() const { return fd_.get(); }
  int quiet_fd() const { return quiet_.get(); }

  // From now on the quiet socket gets RTP packets without marker bit from these SSRCs, and this RTCP, and
  // nothing else. False if the kernel refuses; then nothing has changed.
  bool steer(std::span<const uint32_t> ssrcs, const QuietRtcp& rtcp);

 private:
  UniqueFd fd_;
  UniqueFd quiet_;
};

}  // namespace kms::rtc
