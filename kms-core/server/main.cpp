// SPDX-License-Identifier: Apache-2.0
// kms-server: reads its configuration, serves until it is told to stop, drains. Exit codes:
// docs/configuration.md.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "kms-core/base/log.hpp"
#include "kms-core/server/application.hpp"
#include "kms-core/server/stop_signal.hpp"

namespace {

enum ExitCode { kDrained = 0, kNotDrained = 1, kUsage = 2, kCannotListen = 3 };

constexpr char kName[] = "kms-server " KMS_VERSION;

struct Flags {
  std::string config;
  std::string grpc;
  std::string http;
};

kms::Result<kms::Config> configure(const Flags& flags) {
  auto config = flags.config.empty() ? kms::Config() : kms::load_config(flags.config);
  if (!config.ok()) return config;
  if (!flags.grpc.empty()) config->grpc_listen = flags.grpc;
  if (!flags.http.empty()) config->http_listen = flags.http;
  return config;
}

void set_log_level(const std::string& name) {
  using kms::log::Level;
  static const std::map<std::string, Level> kLevels = {
      {"debug", Level::kDebug}, {"info", Level::kInfo}, {"warn", Level::kWarn}, {"error", Level::kError}};
  kms::log::set_level(kLevels.at(name));
}

int complain(const kms::Status& status, ExitCode code) {
  fmt::print(stderr, "kms-server: {}: {}\n", kms::reason_of(status), kms::message_of(status));
  return code;
}

// True when every session was closed, and every call into media came back, in time.
bool drain(kms::server::Application& application, kms::server::StopSignal& stop,
           std::chrono::milliseconds deadline) {
  using Woken = kms::server::StopSignal::Woken;
  const auto end = std::chrono::steady_clock::now() + deadline;
  kms::log::info("draining: no new sessions, recordings are being finished",
                 {{"deadline_ms", deadline.count()}});
  application.drain([&stop] { stop.notify(); });
  return stop.wait_until(end) == Woken::kNotified;
}

int serve(const kms::Config& config) {
  set_log_level(config.log_level);
  kms::server::StopSignal stop;
  auto application = kms::server::Application::start(config);
  if (!application.ok()) {
    const auto code = application.status().code();
    const bool bad_config =
        code == kms::StatusCode::kInvalidArgument || kms::reason_of(application.status()) == "SPOOL_UNUSABLE";
    return complain(application.status(), bad_config ? kUsage : kCannotListen);
  }
  fmt::print("{} grpc={} http={}\n", kName, (*application)->grpc_address(), (*application)->http_address());
  std::fflush(stdout);
  (void)stop.wait();
  if (drain(**application, stop, config.drain_deadline)) return kDrained;
  kms::log::error("leaving before everything was closed", {{"deadline_ms", config.drain_deadline.count()}});
  std::_Exit(kNotDrained);  // what did not close in time cannot be waited for
}

}  // namespace

int main(int argc, char** argv) {
  Flags flags;
  CLI::App app("A programmable media server. See docs/configuration.md.", "kms-server");
  app.add_option("--config", flags.config, "YAML file; without it the defaults apply")->option_text("FILE");
  app.add_option("--grpc", flags.grpc, "where the gRPC API listens; port 0 takes a free one")
      ->option_text("HOST:PORT");
  app.add_option("--http", flags.http, "where HTTP listens; port 0 takes a free one")
      ->option_text("HOST:PORT");
  app.set_version_flag("--version", kName);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& failure) {
    return app.exit(failure) == 0 ? kDrained : kUsage;
  }
  const auto config = configure(flags);
  if (!config.ok()) return complain(config.status(), kUsage);
  return serve(*config);
}
