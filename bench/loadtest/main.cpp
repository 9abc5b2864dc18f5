// SPDX-License-Identifier: Apache-2.0
// kms-loadtest: a test from the command line. Exit codes: 0 done, 1 a bound was broken or nothing measured,
// 2 usage, 3 the tool could not begin.
#include <fmt/format.h>
#include <signal.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include "bench/loadtest/director.hpp"
#include "bench/loadtest/options.hpp"
#include "bench/loadtest/report.hpp"

namespace {

using kms::message_of;
using kms::reason_of;
using namespace kms::rtc;
using namespace kms::rtc::loadtest;

enum ExitCode { kDone = 0, kBroken = 1, kCannotBegin = 3 };

// Each participant has a socket and, while it joins or leaves, a connection.
void raise_descriptor_limit() {
  rlimit limit{};
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

// Before any thread, so that none of them is interrupted.
UniqueFd catch_signals() {
  sigset_t stop;
  sigemptyset(&stop);
  for (const int number : {SIGINT, SIGTERM}) sigaddset(&stop, number);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);
  return UniqueFd(signalfd(-1, &stop, SFD_CLOEXEC | SFD_NONBLOCK));
}

void show(const Progress& progress) { fmt::print(stderr, "{}\n", text_of(progress)); }

int test(const Settings& settings, const UniqueFd& signals) {
  auto director = Director::make(settings, settings.quiet ? Director::ShowProgress() : show);
  if (!director.ok()) {
    fmt::print(stderr, "kms-loadtest: {}: {}\n", reason_of(director.status()), message_of(director.status()));
    return kCannotBegin;
  }
  const auto on_signal = [&](uint32_t) {
    signalfd_siginfo which;
    if (::read(signals.get(), &which, sizeof which) > 0) (*director)->stop();
  };
  [[maybe_unused]] const auto status = (*director)->loop().watch(signals.get(), EPOLLIN, on_signal);
  const auto outcome = (*director)->run();
  fmt::print("{}", settings.json ? json_of(settings, outcome) + '\n' : text_of(settings, outcome));
  return broken_bounds(settings.bounds, outcome).empty() ? kDone : kBroken;
}

}  // namespace

int main(int argc, char** argv) {
  const auto line = read_command_line(argc, argv);
  if (line.exit_code) return *line.exit_code;
  raise_descriptor_limit();
  const auto signals = catch_signals();
  return test(line.settings, signals);
}
