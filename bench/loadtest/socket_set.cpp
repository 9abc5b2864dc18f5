// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/socket_set.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <cstring>

namespace kms::rtc::loadtest {
namespace {

constexpr int kMostRounds = 8;  // then other work has its turn

Status no_room() {
  return error(StatusCode::kResourceExhausted, "NO_DESCRIPTOR",
               fmt::format("the kernel watches no more sockets: {}", std::strerror(errno)));
}

}  // namespace

Result<SocketSet> SocketSet::create() {
  UniqueFd epoll(epoll_create1(EPOLL_CLOEXEC));
  if (!epoll.valid()) return no_room();
  return SocketSet(std::move(epoll));
}

Status SocketSet::add(int fd, Reader& reader) {
  epoll_event event{.events = EPOLLIN, .data = {.ptr = &reader}};
  return epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) == 0 ? ok() : no_room();
}

void SocketSet::remove(int fd) { epoll_ctl(epoll_.get(), EPOLL_CTL_DEL, fd, nullptr); }

void SocketSet::poll() {
  for (int round = 0; round < kMostRounds; ++round) {
    const int count = epoll_wait(epoll_.get(), events_.data(), static_cast<int>(events_.size()), 0);
    for (int i = 0; i < count; ++i)
      static_cast<Reader*>(events_[static_cast<size_t>(i)].data.ptr)->on_readable();
    if (count < static_cast<int>(events_.size())) return;
  }
}

}  // namespace kms::rtc::loadtest
