// SPDX-License-Identifier: Apache-2.0
// Functions of this program come before those of shared libraries, also where another such library calls
// them.
#include "kms-core/rtc/sctp/played_usrsctp.hpp"

#include <dlfcn.h>
#include <sys/time.h>
#include <usrsctp.h>

#include <cerrno>
#include <ctime>
#include <utility>

namespace kms::rtc::test {
namespace {

std::chrono::microseconds played{};
SendFailure failing;

}  // namespace

void play_time(std::chrono::microseconds time) { played += time; }
void fail_sends(SendFailure failure) { failing = std::move(failure); }

}  // namespace kms::rtc::test

extern "C" {

int gettimeofday(timeval* now, void* /*zone*/) noexcept {
  timespec time{};
  clock_gettime(CLOCK_REALTIME, &time);
  const auto shown = std::chrono::seconds(time.tv_sec) + std::chrono::microseconds(time.tv_nsec / 1000) +
                     kms::rtc::test::played;
  now->tv_sec = static_cast<time_t>(shown.count() / 1'000'000);
  now->tv_usec = static_cast<suseconds_t>(shown.count() % 1'000'000);
  return 0;
}

ssize_t usrsctp_sendv(struct socket* socket, const void* data, size_t size, sockaddr* to, int count,
                      void* info, socklen_t info_size, unsigned int kind, int flags) {
  if (const int failure = kms::rtc::test::failing ? kms::rtc::test::failing() : 0; failure != 0) {
    errno = failure;
    return -1;
  }
  static const auto real = reinterpret_cast<decltype(&usrsctp_sendv)>(dlsym(RTLD_NEXT, "usrsctp_sendv"));
  return real(socket, data, size, to, count, info, info_size, kind, flags);
}

}  // extern "C"
