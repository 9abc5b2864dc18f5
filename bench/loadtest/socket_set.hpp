// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <sys/epoll.h>

#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/net/unique_fd.hpp"

namespace kms::rtc::loadtest {

// Sockets that are looked at in turns. Nobody sleeps on them: where sender and receiver share a machine,
// waking the receiver would be charged to the sender, which is the server under test.
class SocketSet {
 public:
  class Reader {
   public:
    virtual void on_readable() = 0;  // must not remove any socket; called again while there is something

   protected:
    ~Reader() = default;
  };

  static Result<SocketSet> create();

  Status add(int fd, Reader& reader);
  void remove(int fd);
  // Calls the readers of all sockets that have something.
  void poll();

 private:
  explicit SocketSet(UniqueFd epoll) : epoll_(std::move(epoll)), events_(256) {}

  UniqueFd epoll_;
  std::vector<epoll_event> events_;
};

}  // namespace kms::rtc::loadtest
