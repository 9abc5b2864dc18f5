// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/net/event_loop.hpp"

#include <fmt/format.h>
#include <sys/eventfd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace kms::rtc {
namespace {

constexpr size_t kEventsPerTurn = 64;

timespec to_timespec(Duration left) {
  const auto whole = std::max<int64_t>(0, std::chrono::duration_cast<std::chrono::nanoseconds>(left).count());
  return {whole / 1'000'000'000, whole % 1'000'000'000};
}

}  // namespace

Result<std::unique_ptr<EventLoop>> EventLoop::create() {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  UniqueFd event(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  if (!epoll.valid() || !event.valid()) {
    return error(StatusCode::kResourceExhausted, "NO_EVENT_LOOP",
                 fmt::format("the kernel gave no descriptor for an event loop: {}", std::strerror(errno)));
  }
  std::unique_ptr<EventLoop> loop(new EventLoop(std::move(epoll), std::move(event)));
  auto* event_fd = &loop->event_;
  const auto status = loop->watch(event_fd->get(), EPOLLIN, [event_fd](uint32_t) {
    uint64_t count = 0;
    [[maybe_unused]] const auto size = ::read(event_fd->get(), &count, sizeof count);
  });
  if (!status.ok()) return status;
  return loop;
}

EventLoop::EventLoop(UniqueFd epoll, UniqueFd event)
    : epoll_(std::move(epoll)), event_(std::move(event)), events_(kEventsPerTurn) {}

bool EventLoop::post(Task task) {
  {
    const std::lock_guard lock(mutex_);
    if (closed_) return false;
    mailbox_.push_back(std::move(task));
  }
  wake();
  return true;
}

void EventLoop::wake() {
  pending_ = true;
  if (!asleep_.exchange(false)) return;
  const uint64_t one = 1;
  [[maybe_unused]] const auto size = ::write(event_.get(), &one, sizeof one);
}

void EventLoop::stop() {
  stopping_ = true;
  wake();
}

Status EventLoop::watch(int fd, uint32_t events, FdHandler handler) {
  epoll_event event{.events = events, .data = {.fd = fd}};
  if (epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) {
    return error(StatusCode::kInternal, "WATCH_FAILED",
                 fmt::format("descriptor {} cannot be watched: {}", fd, std::strerror(errno)));
  }
  handlers_[fd] = std::make_shared<FdHandler>(std::move(handler));
  return ok();
}

void EventLoop::change(int fd, uint32_t events) {
  epoll_event event{.events = events, .data = {.fd = fd}};
  epoll_ctl(epoll_.get(), EPOLL_CTL_MOD, fd, &event);
}

void EventLoop::unwatch(int fd) {
  epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr);
  handlers_.erase(fd);
}

void EventLoop::run(const TurnEnd& turn_end) {
  auto until = turn_end(Clock::now());
  while (!stopping_) {
    sleep_until(until);
    run_mailbox();
    until = turn_end(Clock::now());
  }
  {
    const std::lock_guard lock(mutex_);
    closed_ = true;
  }
  run_mailbox();
}

// asleep_ is raised before pending_ is read and wake() does it the other way round, so that one of the two
// sees the other.
void EventLoop::sleep_until(TimePoint until) {
  asleep_ = true;
  const auto left = pending_ ? Duration::zero() : until - Clock::now();
  const auto timeout = to_timespec(left);
  const bool forever = until == TimePoint::max() && !pending_;
  const int count = epoll_pwait2(epoll_.get(), events_.data(), static_cast<int>(events_.size()),
                                 forever ? nullptr : &timeout, nullptr);
  asleep_ = false;
  pending_ = false;
  dispatch(count);
}

void EventLoop::dispatch(int count) {
  for (int i = 0; i < count; ++i) {
    const auto& event = events_[static_cast<size_t>(i)];
    const auto found = handlers_.find(event.data.fd);
    if (found == handlers_.end()) continue;
    const auto keep = found->second;  // the handler may unwatch itself
    (*keep)(event.events);
  }
}

void EventLoop::run_mailbox() {
  {
    const std::lock_guard lock(mutex_);
    running_.swap(mailbox_);
  }
  for (auto& task : running_) task();
  running_.clear();
}

}  // namespace kms::rtc
