// SPDX-License-Identifier: Apache-2.0
// A forwarding server in fifty lines: http://127.0.0.1:8080/ publishes a camera, a second page watches it.
//   rtc_sfu [http port] [rtc port] [rtc threads] [best|openssl] [page]
#include <glib-unix.h>

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

gboolean quit(gpointer loop) {
  g_main_loop_quit(static_cast<GMainLoop*>(loop));
  return G_SOURCE_REMOVE;
}

int fail(const kms::Status& status) {
  std::fprintf(stderr, "%s: %s\n", kms::reason_of(status).c_str(), kms::message_of(status).c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  const std::vector<std::string> args(argv, argv + argc);
  const auto arg = [&](size_t at, const char* fallback) { return at < args.size() ? args[at] : fallback; };

  kms::rtc::ServerOptions options;
  options.port = static_cast<uint16_t>(std::stoi(arg(2, "0")));
  options.threads = static_cast<size_t>(std::stoi(arg(3, "1")));
  options.announced = {"127.0.0.1"};
  if (getenv("NOPAD")) options.hold.max_padding = 0;
  if (arg(4, "best") == "openssl") options.engine = kms::rtc::SrtpEngineChoice::kOpenSsl;
  const auto server = kms::rtc::Server::start(options);
  if (!server.ok()) return fail(server.status());

  kms::http::WhipOptions whip;
  whip.port = static_cast<uint16_t>(std::stoi(arg(1, "8080")));
  whip.page = read_file(arg(5, "examples/rtc_sfu/page.html"));
  auto door = kms::http::WhipDoor::open(g_main_context_default(), **server, whip);
  if (!door.ok()) return fail(door.status());
  std::printf("http://127.0.0.1:%u/ engine %s\n", (*door)->port(), std::string((*server)->engine()).c_str());
  std::fflush(stdout);

  GMainLoop* loop = g_main_loop_new(nullptr, FALSE);
  for (const int signal : {SIGINT, SIGTERM}) g_unix_signal_add(signal, quit, loop);
  g_main_loop_run(loop);
  g_main_loop_unref(loop);
  door->reset();
}
