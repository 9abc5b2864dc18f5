// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/udp_inlet.hpp"

#include <linux/filter.h>

#include <algorithm>
#include <vector>

#include "kms-core/rtc/rtcp/rtcp_types.hpp"

namespace kms::rtc {
namespace {

// What the program answers: the place of a socket in the order in which they were bound.
constexpr uint32_t kLoud = 0;
constexpr uint32_t kQuiet = 1;

constexpr sock_filter load(uint16_t width, uint32_t at) {
  return {static_cast<uint16_t>(BPF_LD | width | BPF_ABS), 0, 0, at};
}
constexpr sock_filter answer(uint32_t socket) { return {BPF_RET | BPF_K, 0, 0, socket}; }

// With the packet type loaded, as the rest finds it too. SRTCP leaves its first eight bytes in the clear.
void add_feedback(std::vector<sock_filter>& program) {
  program.insert(program.end(), {
                                    {BPF_JMP | BPF_JEQ | BPF_K, 0, 5, rtcp::kTransportFeedback},
                                    load(BPF_B, 0),
                                    {BPF_ALU | BPF_AND | BPF_K, 0, 0, 0x1f},
                                    {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, rtcp::kTransportCc},
                                    answer(kQuiet),
                                    answer(kLoud),
                                });
}

void add_reports(std::vector<sock_filter>& program) {
  program.insert(program.end(), {
                                    {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, rtcp::kSenderReport},
                                    {BPF_JMP | BPF_JEQ | BPF_K, 0, 1, rtcp::kReceiverReport},
                                    answer(kQuiet),
                                });
}

// Runs on the UDP payload. A load behind its end answers 0, the loud socket.
std::vector<sock_filter> make_program(std::span<const uint32_t> ssrcs, const QuietRtcp& rtcp) {
  std::vector<sock_filter> program{
      load(BPF_B, 0),
      {BPF_ALU | BPF_AND | BPF_K, 0, 0, 0xc0},
      {BPF_JMP | BPF_JEQ | BPF_K, 1, 0, 0x80},  // RTP, version 2
      answer(kLoud),
      load(BPF_B, 1),
  };
  if (rtcp.reports) add_reports(program);
  if (rtcp.feedback) add_feedback(program);
  program.insert(program.end(),
                 {
                     {BPF_JMP | BPF_JSET | BPF_K, 0, 1, 0x80},  // the marker bit; all other RTCP has it
                     answer(kLoud),
                     load(BPF_W, 8),
                 });
  for (const auto ssrc : ssrcs) {
    program.push_back({BPF_JMP | BPF_JEQ | BPF_K, 0, 1, ssrc});
    program.push_back(answer(kQuiet));
  }
  program.push_back(answer(kLoud));
  return program;
}

bool attach(int fd, std::span<const uint32_t> ssrcs, const QuietRtcp& rtcp) {
  auto program = make_program(ssrcs.first(std::min(ssrcs.size(), UdpInlet::kMaxQuietStreams)), rtcp);
  const sock_fprog handle{static_cast<uint16_t>(program.size()), program.data()};
  return setsockopt(fd, SOL_SOCKET, SO_ATTACH_REUSEPORT_CBPF, &handle, sizeof handle) == 0;
}

}  // namespace

// Sockets that share a port would share it with anyone's who asks for that: the first, exclusive one proves
// that nobody has it. The program must stand before the second socket does, or packets would be spread.
Result<UdpInlet> UdpInlet::open(const SocketAddress& local, const UdpOptions& options, bool with_quiet) {
  UdpInlet inlet;
  auto exclusive = open_udp(local, options);
  if (!exclusive.ok()) return exclusive.status();
  if (!with_quiet) {
    inlet.fd_ = std::move(*exclusive);
    return inlet;
  }
  const auto address = local.with_port(local_port(exclusive->get()));
  *exclusive = UniqueFd();
  UdpOptions sharing = options;
  sharing.shares_port = true;
  auto loud = open_udp(address, sharing);
  if (!loud.ok()) return loud.status();
  inlet.fd_ = std::move(*loud);
  if (!attach(inlet.fd(), {}, {})) return inlet;
  sharing.stamps = true;
  auto quiet = open_udp(address, sharing);
  if (quiet.ok()) inlet.quiet_ = std::move(*quiet);
  return inlet;
}

bool UdpInlet::steer(std::span<const uint32_t> ssrcs, const QuietRtcp& rtcp) {
  return has_quiet() && attach(fd(), ssrcs, rtcp);
}

}  // namespace kms::rtc
