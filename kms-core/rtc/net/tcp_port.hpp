// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <unordered_map>

#include "kms-core/rtc/net/event_loop.hpp"
#include "kms-core/rtc/net/send_batch.hpp"
#include "kms-core/rtc/net/tcp_connection.hpp"

namespace kms::rtc {

// The TCP side of an RTC thread's port, for peers whose network lets no UDP through (ICE-TCP passive,
// RFC 6544). Lives on the RTC thread.
class TcpPort final : public TcpSink {
 public:
  static constexpr size_t kMaxConnections = 4096;
  // One that no peer has adopted by then is closed.
  static constexpr std::chrono::seconds kAdoptionTime{10};

  struct Handlers {
    std::function<void(const Datagram&)> on_packet;
    std::function<void(const Path&)> on_closed;
  };

  TcpPort(EventLoop& loop, Handlers handlers) : loop_(loop), handlers_(std::move(handlers)) {}
  ~TcpPort() override;

  // Before the loop runs, or on its thread.
  Status listen(UniqueFd listener);

  void send(uint32_t connection, Bytes packet) override;
  void adopt(uint32_t connection);
  void close(uint32_t connection);
  void close_unadopted(TimePoint now);

  size_t connections() const { return connections_.size(); }
  uint64_t dropped() const { return dropped_; }

 private:
  void accept(int listener);
  void on_event(uint32_t number, uint32_t events);
  bool read(TcpConnection& connection);
  void update_interest(const TcpConnection& connection);
  TcpConnection* find(uint32_t number);
  void end(uint32_t number);

  EventLoop& loop_;
  Handlers handlers_;
  std::vector<UniqueFd> listeners_;
  std::unordered_map<uint32_t, std::unique_ptr<TcpConnection>> connections_;
  uint32_t next_number_ = 1;
  uint64_t dropped_ = 0;
};

}  // namespace kms::rtc
