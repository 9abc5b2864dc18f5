// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <thread>

#include "kms-core/rtc/net/event_loop.hpp"
#include "kms-core/rtc/net/packet_handler.hpp"
#include "kms-core/rtc/net/peer_sockets.hpp"
#include "kms-core/rtc/net/rtc_port.hpp"
#include "kms-core/rtc/net/send_batch.hpp"
#include "kms-core/rtc/net/tcp_port.hpp"
#include "kms-core/rtc/net/udp_reader.hpp"

namespace kms::rtc {

// One thread of the RTP plane: an event loop, a port for all its peers, and one batched flush per wake-up.
class RtcThread {
 public:
  struct Options {
    RtcPortOptions port;
    bool segment = true;  // UDP_SEGMENT
    std::string name;     // of the thread, at most 15 characters
    // How long packets that wake nobody may lie before they are looked at; 0: each wakes the thread.
    std::chrono::milliseconds quiet_longest{0};
  };

  static Result<std::unique_ptr<RtcThread>> create(const Options& options);
  ~RtcThread();

  // Starts the thread; `handler` outlives stop().
  void start(PacketHandler& handler);
  // Runs what was posted before, then ends the thread. Not on the thread itself.
  void stop();

  // Any thread.
  bool post(EventLoop::Task task) { return loop_->post(std::move(task)); }
  void wake() { loop_->wake(); }
  uint16_t port() const { return port_.number; }

  // On the thread.
  SendBatch& out() { return out_; }
  TcpPort& tcp() { return tcp_; }
  PeerSockets& sockets() { return sockets_; }
  uint64_t oversized() const { return reader_.oversized(); }
  // RTP packets with these SSRCs wake the thread only if they have the marker bit, and such RTCP does not:
  // they are read when something else wakes it, and in time. Replaces what was said before.
  void set_quiet(std::span<const uint32_t> ssrcs, const QuietRtcp& rtcp);

 private:
  struct Ports {
    uint16_t number;
    std::array<UdpInlet, 2> udp;  // IPv4, IPv6
    bool tcp;
  };

  RtcThread(std::unique_ptr<EventLoop> loop, RtcPort port, const Options& options);
  void watch(int fd, size_t inlet);
  void read(size_t inlet);
  bool has_quiet() const { return quiet_rtcp_.any() || !quiet_.empty(); }
  void read_quiet(TimePoint now);
  TimePoint end_turn(TimePoint now);

  std::string name_;
  std::unique_ptr<EventLoop> loop_;
  Ports port_;
  const std::chrono::milliseconds quiet_longest_;
  OwnAddresses own_addresses_;
  UdpReader reader_;
  std::vector<uint32_t> quiet_;
  QuietRtcp quiet_rtcp_;
  TimePoint quiet_due_{};           // what is quiet is read by then
  std::array<bool, 2> was_read_{};  // in this turn
  bool quiet_waits_ = false;        // in this turn, for one that has more to do
  TcpPort tcp_;
  SendBatch out_;
  PeerSockets sockets_;
  PacketHandler* handler_ = nullptr;
  std::thread thread_;
};

}  // namespace kms::rtc
