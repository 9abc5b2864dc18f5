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
  // At most this part of the process' descriptors as well: others need some.
  static constexpr size_t kDescriptorShare = 4;
  // One that no peer has adopted by then is closed.
  static constexpr std::chrono::seconds kAdoptionTime{10};

  struct Handlers {
    std::function<void(const Datagram&)> on_packet;
    std::function<void(const Path&)> on_closed;
  };

  TcpPort(EventLoop& loop, Handlers handlers);
  ~TcpPort() override;

  // Before the loop runs, or on its thread.
  Status listen(UniqueFd listener);

  bool send(uint32_t connection, Bytes packet) override;
  void adopt(uint32_t connection);
  void close(uint32_t connection);
  // To be called now and then while needs_ticks(): ends what no peer adopted, and listens again if it had to
  // stop.
  void tick(TimePoint now);
  bool needs_ticks() const { return !connections_.empty() || paused_; }

  size_t connections() const { return connections_.size(); }

 private:
  void accept(int listener);
  void add(UniqueFd fd, const SocketAddress& remote);
  void pause();
  void close_unadopted(TimePoint now);
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
  size_t limit_;
  bool paused_ = false;
};

}  // namespace kms::rtc
