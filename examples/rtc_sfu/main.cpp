// SPDX-License-Identifier: Apache-2.0
// A forwarding server in fifty lines: http://127.0.0.1:8080/ publishes a camera, a second page watches it.
//   rtc_sfu [listen address] [rtc port] [rtc threads] [best|openssl] [most padding] [page]
#include <fmt/format.h>
#include <signal.h>

#include <cstdio>
#include <fstream>
#include <iterator>
#include <vector>

#include "kms-core/http/whip_door.hpp"

namespace {

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

int fail(const kms::Status& status) {
  std::fprintf(stderr, "%s: %s\n", kms::reason_of(status).c_str(), kms::message_of(status).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv, argv + argc);
  const auto arg = [&](size_t at, const char* fallback) { return at < args.size() ? args[at] : fallback; };
  sigset_t stop;
  sigemptyset(&stop);
  for (const int signal : {SIGINT, SIGTERM}) sigaddset(&stop, signal);
  pthread_sigmask(SIG_BLOCK, &stop, nullptr);  // before any thread

  kms::rtc::ServerOptions options;
  options.port = static_cast<uint16_t>(std::stoi(arg(2, "0")));
  options.threads = static_cast<size_t>(std::stoi(arg(3, "1")));
  options.announced = {"127.0.0.1"};
  options.hold.max_padding = static_cast<uint8_t>(std::stoi(arg(5, "64")));
  if (arg(4, "best") == "openssl") options.engine = kms::rtc::SrtpEngineChoice::kOpenSsl;
  const auto server = kms::rtc::Server::start(options);
  if (!server.ok()) return fail(server.status());

  kms::http::WhipDoor door(**server);
  const auto http = kms::http::HttpServer::start(arg(1, "127.0.0.1:8080"));
  if (!http.ok()) return fail(http.status());
  door.open(**http);
  (*http)->route("/", [page = read_file(arg(6, "examples/rtc_sfu/page.html"))](const auto&, auto answer) {
    answer({.type = "text/html", .body = page});
  });
  (*http)->route("/statistics", [&rtc = **server](const auto&, auto answer) {
    const auto all = rtc.statistics();
    answer({.type = "application/json",
            .body = fmt::format(R"({{"peers":{},"packets_in":{},"packets_out":{},"media_out":{}}})",
                                all.peers, all.packets_in, all.packets_out, all.media_out)});
  });
  std::printf("http://%s/ engine %s\n", (*http)->address().c_str(), std::string((*server)->engine()).c_str());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&stop, &signal);
  const auto sent = (*server)->statistics();
  std::printf("%zu packets in %zu messages\n", size_t{sent.packets_out}, size_t{sent.messages_out});
}
