// SPDX-License-Identifier: Apache-2.0
// kms-relay: the relay for programs that a test cannot link: Chromium, ffmpeg. Says "relay=127.0.0.1:PORT",
// then takes orders from standard input, one a line, until that ends: "up WEATHER", "down WEATHER", "both
// WEATHER", "counts".
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <cstdio>
#include <iostream>

#include "tests/support/relay/relay.hpp"

namespace {

using kms::test::Relay;

std::string text_of(const kms::test::WayCounts& counts) {
  return fmt::format(R"({{"taken":{},"lost":{},"overflowed":{},"duplicated":{},"reordered":{},"waited":{}}})",
                     counts.taken, counts.lost, counts.overflowed, counts.duplicated, counts.reordered,
                     counts.waited);
}

std::string text_of(const Relay::Counts& counts) {
  return fmt::format(R"({{"up":{},"down":{},"clients":{}}})", text_of(counts.up), text_of(counts.down),
                     counts.clients);
}

std::string obey(Relay& relay, std::string_view order) {
  const auto word = order.substr(0, order.find(' '));
  if (word == "counts") return text_of(relay.counts());
  if (word != "up" && word != "down" && word != "both") return "unknown order";
  const auto weather = kms::test::parse_weather(order.substr(std::min(order.size(), word.size() + 1)));
  if (!weather.ok()) return kms::message_of(weather.status());
  if (word != "down") relay.set(Relay::Direction::kUp, *weather);
  if (word != "up") relay.set(Relay::Direction::kDown, *weather);
  return "ok";
}

int serve(const Relay::Options& options) {
  const auto relay = Relay::start(options);
  if (!relay.ok()) {
    fmt::print(stderr, "kms-relay: {}\n", kms::message_of(relay.status()));
    return 1;
  }
  fmt::print("relay={}\n", (*relay)->address().to_string());
  std::fflush(stdout);
  for (std::string order; std::getline(std::cin, order);) {
    fmt::print("{}\n", obey(**relay, order));
    std::fflush(stdout);
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app("A UDP relay on loopback with a bad line, for tests.", "kms-relay");
  std::string target_ip = "127.0.0.1", up, down;
  uint16_t target_port = 0;
  Relay::Options options;
  app.add_option("--target-ip", target_ip, "where datagrams go to: address");
  app.add_option("--target-port", target_port, "and port")->required();
  app.add_option("--port", options.port, "where they come in; 0: any free one");
  app.add_option("--seed", options.seed, "runs with the same one decide alike");
  app.add_option("--up", up, "weather to the target: loss=0.05,delay=20ms,jitter=5ms,rate=2000000, ...");
  app.add_option("--down", down, "weather from the target");
  CLI11_PARSE(app, argc, argv);
  const auto target = kms::rtc::SocketAddress::parse(target_ip, target_port);
  const auto upwards = kms::test::parse_weather(up), downwards = kms::test::parse_weather(down);
  for (const auto& status : {target.status(), upwards.status(), downwards.status()}) {
    if (status.ok()) continue;
    fmt::print(stderr, "kms-relay: {}\n", kms::message_of(status));
    return 2;
  }
  options.target = *target;
  options.up = *upwards;
  options.down = *downwards;
  return serve(options);
}
