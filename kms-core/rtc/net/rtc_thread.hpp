// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <thread>

#include "kms-core/rtc/net/event_loop.hpp"
#include "kms-core/rtc/net/rtc_port.hpp"
#include "kms-core/rtc/net/send_batch.hpp"
#include "kms-core/rtc/net/tcp_port.hpp"

namespace kms::rtc {

// What an RTC thread does with its packets. All calls come on that thread.
class PacketHandler {
 public:
  virtual ~PacketHandler() = default;
  virtual void on_datagram(const Datagram& datagram, TimePoint arrived) = 0;
  virtual void on_tcp_closed(const Path& path) = 0;
  // Once per wake-up, after the sockets have been drained and before what was queued is sent. Gives the time
  // of the next wake-up at the latest.
  virtual TimePoint on_turn_end(TimePoint now) = 0;
};

// One thread of the RTP plane: an event loop, a port for all its peers, and one batched flush per wake-up.
class RtcThread {
 public:
  struct Options {
    RtcPortOptions port;
    bool segment = true;  // UDP_SEGMENT
    std::string name;     // of the thread, at most 15 characters
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
  bool is_current() const { return std::this_thread::get_id() == thread_.get_id(); }
  uint16_t port() const { return port_.number; }
  bool has_ipv6() const { return port_.udp6.valid(); }
  bool has_tcp() const { return port_.tcp; }

  // On the thread.
  SendBatch& out() { return out_; }
  TcpPort& tcp() { return tcp_; }
  uint64_t oversized() const { return buffers_.oversized(); }

 private:
  struct Ports {
    uint16_t number;
    UniqueFd udp4;
    UniqueFd udp6;
    bool tcp;
  };

  RtcThread(std::unique_ptr<EventLoop> loop, RtcPort port, const Options& options);
  void drain(int fd);
  TimePoint end_turn(TimePoint now);

  std::string name_;
  std::unique_ptr<EventLoop> loop_;
  Ports port_;
  ReceiveBuffers buffers_;
  TcpPort tcp_;
  SendBatch out_;
  PacketHandler* handler_ = nullptr;
  std::thread thread_;
};

}  // namespace kms::rtc
