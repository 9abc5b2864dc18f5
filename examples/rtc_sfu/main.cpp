// SPDX-License-Identifier: Apache-2.0
// A forwarding server in fifty lines: http://127.0.0.1:8080/ publishes a camera, a second page watches it.
#include <fmt/format.h>
#include <signal.h>

#include <fstream>
#include <iterator>

#include "examples/rtc_sfu/whip_door.hpp"

namespace {

std::string read_file(const char* path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int fail(const kms::Status& status) {
  fmt::print(stderr, "{}: {}\n", kms::reason_of(status), kms::message_of(status));
  return 1;
}

}  // namespace

// rtc_sfu [listen address]
int main(int argc, char** argv) {
  sigset_t stop;
  sigemptyset(&stop);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&stop, signal);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);  // before any thread

  const auto server = kms::rtc::Server::start({.threads = 1, .announced = {"127.0.0.1"}});
  if (!server.ok()) return fail(server.status());
  kms::sfu::WhipDoor door(**server);
  const auto http = kms::http::HttpServer::start(argc > 1 ? argv[1] : "127.0.0.1:8080");
  if (!http.ok()) return fail(http.status());
  door.open(**http);
  (*http)->route(
      "/", [](const auto&, auto answer) { answer({.type = "text/html", .body = read_file(RTC_SFU_PAGE)}); });
  (*http)->route("/statistics", [&](const auto&, auto answer) {
    const auto all = (*server)->statistics();
    static constexpr char kText[] = R"({{"peers":{},"packets_in":{},"media_out":{}}})";
    answer(
        {.type = "application/json", .body = fmt::format(kText, all.peers, all.packets_in, all.media_out)});
  });
  fmt::print("http://{}/ engine {}\n", (*http)->address(), (*server)->engine());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&stop, &signal);
}
