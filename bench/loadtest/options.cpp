// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/options.hpp"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <fstream>
#include <iterator>

#include "kms-core/rtc/net/unique_fd.hpp"

namespace kms::rtc::loadtest {
namespace {

// Sizes and shares of the bit rate of simulcast layers, highest first.
struct LayerShape {
  const char* rid;
  uint16_t width;
  uint16_t height;
  double share;
};
constexpr LayerShape kLayers[] = {{"f", 1280, 720, 1.0}, {"h", 640, 360, 0.33}, {"q", 320, 180, 0.1}};

// As they are written; Settings are what comes of them.
struct Flags {
  std::string url = "http://127.0.0.1:8080";
  std::string whip;
  std::string whep;
  bool no_publishers = false;
  bool no_audio = false;
  bool no_video = false;
  bool no_transport_cc = false;
  std::string srtp = "any";
  std::string bind;
  uint32_t simulcast = 1;
  double bitrate_kbps = 1500;
  double frames_per_second = 30;
  double key_interval = 4;
  std::vector<std::string> clips;
  double loss_up = 0;
  double loss_down = 0;
  double warm_up = 2;
  double duration = 15;
  double patience = 15;
};

void add_server(CLI::App& app, Flags& flags, Settings& settings) {
  app.add_option("--url", flags.url, "kms-server's HTTP door: /whip/{room} and /whep/{room} are there")
      ->capture_default_str();
  app.add_option("--whip", flags.whip, "where to publish, with {room}, on another server");
  app.add_option("--whep", flags.whep, "where to watch, with {room}, on another server");
  app.add_option("--token", settings.token, "bearer token of each request");
  app.add_option("--bind", flags.bind, "own address of media; default: any that leads to the server");
  app.add_option("--server-pid", settings.server_pid, "process whose CPU is measured")
      ->check(CLI::PositiveNumber);
}

void add_people(CLI::App& app, Flags& flags, Settings& settings) {
  app.add_option("--rooms", settings.rooms, "each with one publisher")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--viewers", settings.viewers_per_room, "of each room")
      ->check(CLI::Range(0, 100000))
      ->capture_default_str();
  app.add_option("--room-prefix", settings.room_prefix, "of the rooms' names, before their number")
      ->capture_default_str();
  app.add_flag("--no-publishers", flags.no_publishers, "only watch what others publish");
  app.add_option("--parallel", settings.parallel, "that join at a time")
      ->check(CLI::Range(1, 10000))
      ->capture_default_str();
  app.add_option("--churn", settings.churn_per_minute, "viewers that leave in a minute, and others that come")
      ->check(CLI::NonNegativeNumber);
  app.add_option("--republish", settings.republish_per_minute, "publishers that are replaced in a minute")
      ->check(CLI::NonNegativeNumber);
}

void add_media(CLI::App& app, Flags& flags, Settings& settings) {
  app.add_option("--simulcast", flags.simulcast, "layers of the pictures")
      ->check(CLI::Range(1, 3))
      ->capture_default_str();
  app.add_option("--bitrate", flags.bitrate_kbps, "kbit/s of the highest layer")
      ->check(CLI::Range(10, 100000))
      ->capture_default_str();
  app.add_option("--fps", flags.frames_per_second, "frames per second")
      ->check(CLI::Range(1, 240))
      ->capture_default_str();
  app.add_option("--key-interval", flags.key_interval, "seconds between key frames")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  app.add_option("--clip", flags.clips, "VP8 in IVF that is sent instead, one per layer, lowest first")
      ->check(CLI::ExistingFile);
  app.add_flag("--no-audio", flags.no_audio, "pictures only");
  app.add_flag("--no-video", flags.no_video, "sound only");
  app.add_flag("--no-transport-cc", flags.no_transport_cc, "no feedback for congestion control, either way");
  app.add_option("--srtp", flags.srtp, "what is offered")
      ->check(CLI::IsMember({"any", "gcm", "cm"}))
      ->capture_default_str();
  app.add_option("--loss-up", flags.loss_up, "percent of media that does not reach the server")
      ->check(CLI::Range(0.0, 100.0));
  app.add_option("--loss-down", flags.loss_down, "percent that does not reach publishers and viewers")
      ->check(CLI::Range(0.0, 100.0));
  app.add_option("--seed", settings.seed, "of what is lost and who leaves")->capture_default_str();
}

void add_run(CLI::App& app, Flags& flags, Settings& settings) {
  app.add_option("--duration", flags.duration, "seconds that are measured")
      ->check(CLI::Range(0.1, 86400.0))
      ->capture_default_str();
  app.add_option("--warm-up", flags.warm_up, "seconds before that, once all have joined")
      ->check(CLI::Range(0.0, 3600.0))
      ->capture_default_str();
  app.add_option("--patience", flags.patience, "seconds that joining may take")
      ->check(CLI::Range(0.1, 600.0))
      ->capture_default_str();
  app.add_option("--threads", settings.threads, "of this tool")
      ->check(CLI::Range(1, 64))
      ->capture_default_str();
  app.add_option("--max-loss", settings.bounds.loss, "percent that may be lost after repair");
  app.add_option("--max-setup", settings.bounds.setup_ms, "milliseconds that the slowest may take to join");
  app.add_option("--max-latency", settings.bounds.latency_ms, "milliseconds of pictures (99 %)");
  app.add_option("--max-failures", settings.bounds.failures, "participants that may fail or be lost");
  app.add_flag("--json", settings.json, "the outcome as one line of JSON");
  app.add_flag("--quiet", settings.quiet, "no progress on stderr");
}

Duration duration_of(double value) {
  return std::chrono::duration_cast<Duration>(std::chrono::duration<double>(value));
}

Status read_targets(const Flags& flags, Settings& settings) {
  if (!flags.no_publishers) {
    auto whip = HttpTarget::parse(flags.whip.empty() ? flags.url + "/whip/{room}" : flags.whip);
    if (!whip.ok()) return whip.status();
    settings.whip = std::move(*whip);
  }
  if (settings.viewers_per_room > 0) {
    auto whep = HttpTarget::parse(flags.whep.empty() ? flags.url + "/whep/{room}" : flags.whep);
    if (!whep.ok()) return whep.status();
    settings.whep = std::move(*whep);
  }
  if (settings.whip || settings.whep) return ok();
  return error(StatusCode::kInvalidArgument, "NOBODY", "there are neither publishers nor viewers");
}

// Nothing is sent for this: the kernel says which address it would send from.
Result<SocketAddress> address_towards(const SocketAddress& server) {
  const UniqueFd fd(::socket(server.data()->sa_family, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  SocketAddress own;
  socklen_t size = SocketAddress::kCapacity;
  const bool known =
      ::connect(fd.get(), server.data(), server.size()) == 0 && getsockname(fd.get(), own.data(), &size) == 0;
  if (!known) return error(StatusCode::kUnavailable, "NO_ROUTE", "no way leads to " + server.to_string());
  return own.with_port(0);
}

Result<Clip> read_clip(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  const std::vector<char> bytes{std::istreambuf_iterator<char>(file), {}};
  auto clip = read_ivf({reinterpret_cast<const uint8_t*>(bytes.data()), bytes.size()});
  if (!clip.ok())
    return error(StatusCode::kInvalidArgument, reason_of(clip.status()),
                 path + ": " + message_of(clip.status()));
  return clip;
}

Status make_layers(const Flags& flags, Settings& settings) {
  const auto count = flags.clips.empty() ? flags.simulcast : flags.clips.size();
  if (count > std::size(kLayers))
    return error(StatusCode::kInvalidArgument, "CLIP_INVALID", "more than three clips");
  for (size_t i = 0; i < count; ++i) {
    const auto& shape = kLayers[count - 1 - i];
    Layer layer{count > 1 ? shape.rid : "", {}};
    if (flags.clips.empty()) {
      layer.clip = made_clip({.width = shape.width,
                              .height = shape.height,
                              .frames_per_second = flags.frames_per_second,
                              .bitrate_bps = flags.bitrate_kbps * 1000 * shape.share,
                              .seconds = flags.key_interval});
    } else {
      auto clip = read_clip(flags.clips[i]);
      if (!clip.ok()) return clip.status();
      layer.clip = std::move(*clip);
    }
    settings.layers.push_back(std::move(layer));
  }
  return ok();
}

Status complete(const Flags& flags, Settings& settings) {
  if (const auto status = read_targets(flags, settings); !status.ok()) return status;
  const auto& server = settings.whip ? settings.whip->address : settings.whep->address;
  const auto own = flags.bind.empty() ? address_towards(server) : SocketAddress::parse(flags.bind, 0);
  if (!own.ok()) return own.status();
  settings.own = *own;
  // Media may take another way than HTTP, so that the kernel chooses the address for each datagram.
  settings.bind = flags.bind.empty() ? *SocketAddress::parse(own->is_v6() ? "::" : "0.0.0.0", 0) : *own;
  settings.audio = !flags.no_audio;
  settings.video = !flags.no_video;
  settings.transport_cc = !flags.no_transport_cc;
  settings.loss_up = flags.loss_up / 100;
  settings.loss_down = flags.loss_down / 100;
  settings.warm_up = duration_of(flags.warm_up);
  settings.duration = duration_of(flags.duration);
  settings.patience = duration_of(flags.patience);
  if (flags.srtp == "gcm") settings.profiles = {SrtpProfile::kAeadAes128Gcm};
  if (flags.srtp == "cm") settings.profiles = {SrtpProfile::kAesCm128HmacSha1_80};
  return make_layers(flags, settings);
}

}  // namespace

CommandLine read_command_line(int argc, const char* const* argv) {
  CommandLine line;
  Flags flags;
  CLI::App app("Publishers and viewers against a WHIP and WHEP server: loss, latency, set-up times.",
               "kms-loadtest");
  add_server(app, flags, line.settings);
  add_people(app, flags, line.settings);
  add_media(app, flags, line.settings);
  add_run(app, flags, line.settings);
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& problem) {
    line.exit_code = app.exit(problem) == 0 ? 0 : kUsage;
    return line;
  }
  if (const auto status = complete(flags, line.settings); !status.ok()) {
    fmt::print(stderr, "kms-loadtest: {}: {}\n", reason_of(status), message_of(status));
    line.exit_code = kUsage;
  }
  return line;
}

}  // namespace kms::rtc::loadtest
