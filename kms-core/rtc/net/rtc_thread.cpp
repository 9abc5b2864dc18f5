// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/rtc_thread.hpp"

#include <pthread.h>

namespace kms::rtc {
namespace {

// At most this many batches per socket and turn, so that a flood leaves time for timers and the mailbox.
constexpr int kBatchesPerTurn = 16;

}  // namespace

Result<std::unique_ptr<RtcThread>> RtcThread::create(const Options& options) {
  auto loop = EventLoop::create();
  if (!loop.ok()) return loop.status();
  auto port = RtcPort::open(options.port);
  if (!port.ok()) return port.status();
  auto listeners = std::move(port->tcp);
  std::unique_ptr<RtcThread> thread(new RtcThread(std::move(*loop), std::move(*port), options));
  thread->port_.tcp = !listeners.empty();
  for (auto& listener : listeners) {
    if (const auto status = thread->tcp_.listen(std::move(listener)); !status.ok()) return status;
  }
  return thread;
}

RtcThread::RtcThread(std::unique_ptr<EventLoop> loop, RtcPort port, const Options& options)
    : name_(options.name.substr(0, 15)),
      loop_(std::move(loop)),
      port_{port.number, std::move(port.udp4), std::move(port.udp6), false},
      tcp_(*loop_, {[this](const Datagram& packet) { handler_->on_datagram(packet, Clock::now()); },
                    [this](const Path& path) { handler_->on_tcp_closed(path); }}),
      out_({port_.udp4.get(), port_.udp6.get(), &tcp_}, options.segment) {}

RtcThread::~RtcThread() { stop(); }

void RtcThread::start(PacketHandler& handler) {
  handler_ = &handler;
  for (const auto* socket : {&port_.udp4, &port_.udp6}) {
    const int fd = socket->get();
    if (!socket->valid()) continue;
    // The descriptor is ours and new: that it cannot be watched would be a bug.
    loop_->watch(fd, EPOLLIN, [this, fd](uint32_t) { drain(fd); }).IgnoreError();
  }
  thread_ = std::thread([this] {
    pthread_setname_np(pthread_self(), name_.c_str());
    loop_->run([this](TimePoint now) { return end_turn(now); });
  });
}

void RtcThread::stop() {
  if (!thread_.joinable()) return;
  loop_->stop();
  thread_.join();
}

void RtcThread::drain(int fd) {
  for (int batch = 0; batch < kBatchesPerTurn; ++batch) {
    const auto datagrams = buffers_.receive(fd);
    const auto now = Clock::now();
    for (const auto& datagram : datagrams) handler_->on_datagram(datagram, now);
    if (!buffers_.was_full()) return;
  }
}

TimePoint RtcThread::end_turn(TimePoint now) {
  const auto next = handler_->on_turn_end(now);
  out_.flush();
  return next;
}

}  // namespace kms::rtc
