// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/rtc_thread.hpp"

#include <algorithm>
#include <utility>

#include "kms-core/base/thread_times.hpp"

namespace kms::rtc {
Result<std::unique_ptr<RtcThread>> RtcThread::create(const Options& options) {
  auto loop = EventLoop::create();
  if (!loop.ok()) return loop.status();
  auto port_options = options.port;
  port_options.quiet = options.quiet_longest.count() > 0;
  auto port = RtcPort::open(port_options);
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
      port_{port.number, {std::move(port.udp4), std::move(port.udp6)}, false},
      quiet_longest_(options.quiet_longest),
      reader_(options.quiet_longest.count() > 0, &own_addresses_),
      tcp_(*loop_, {[this](const Datagram& packet) { handler_->on_datagram(packet); },
                    [this](const Path& path) { handler_->on_tcp_closed(path); }}),
      out_({port_.udp[0].fd(), port_.udp[1].fd(), &tcp_, &own_addresses_}, options.segment),
      sockets_(*loop_, out_) {}

RtcThread::~RtcThread() { stop(); }

void RtcThread::start(PacketHandler& handler) {
  handler_ = &handler;
  for (size_t i = 0; i < port_.udp.size(); ++i) {
    watch(port_.udp[i].fd(), i);
    watch(port_.udp[i].quiet_fd(), i);
  }
  thread_ = std::thread([this] {
    name_thread(name_);
    loop_->run([this](TimePoint now) { return end_turn(now); });
  });
}

void RtcThread::stop() {
  if (!thread_.joinable()) return;
  loop_->stop();
  thread_.join();
}

// The descriptor, if it is one, is ours and new: that it cannot be watched would be a bug.
void RtcThread::watch(int fd, size_t inlet) {
  if (fd >= 0) loop_->watch(fd, EPOLLIN, [this, inlet](uint32_t) { read(inlet); }).IgnoreError();
}

void RtcThread::read(size_t inlet) {
  if (std::exchange(was_read_[inlet], true)) return;
  const bool both = reader_.read(port_.udp[inlet], *handler_, has_quiet());
  if (port_.udp[inlet].has_quiet() && !both) quiet_waits_ = true;
}

// Where nothing is quiet the quiet sockets are watched like the others: a late packet may still lie there.
void RtcThread::set_quiet(std::span<const uint32_t> ssrcs, const QuietRtcp& rtcp) {
  const bool same = std::equal(ssrcs.begin(), ssrcs.end(), quiet_.begin(), quiet_.end());
  if (same && rtcp == quiet_rtcp_) return;
  quiet_.assign(ssrcs.begin(), ssrcs.end());
  quiet_rtcp_ = rtcp;
  for (auto& inlet : port_.udp) {
    if (!inlet.steer(ssrcs, rtcp)) continue;
    loop_->change(inlet.quiet_fd(), has_quiet() ? 0u : 0u + EPOLLIN);
  }
}

void RtcThread::read_quiet(TimePoint now) {
  if (quiet_waits_ && now < quiet_due_) return;
  for (size_t i = 0; i < port_.udp.size(); ++i) {
    if (!was_read_[i] || quiet_waits_) reader_.read_quiet(port_.udp[i], *handler_);
  }
  quiet_due_ = now + quiet_longest_;
}

TimePoint RtcThread::end_turn(TimePoint now) {
  if (has_quiet()) read_quiet(now);
  was_read_ = {};
  quiet_waits_ = false;
  const auto next = handler_->on_turn_end(now);
  out_.flush();
  if (!has_quiet() || quiet_longest_.count() == 0) return next;
  return std::min(next, quiet_due_);
}

}  // namespace kms::rtc
