// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/config.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <fmt/ranges.h>
#include <yaml-cpp/yaml.h>

#include <algorithm>
#include <charconv>
#include <functional>
#include <map>
#include <set>

#include "kms-core/base/config_ice_servers.hpp"
#include "kms-core/base/config_storages.hpp"
#include "kms-core/base/host_port.hpp"
#include "kms-core/base/units.hpp"

namespace kms {
namespace {

using std::chrono::milliseconds;

// Puts a value into a Config; answers what is allowed when it cannot.
using Allowed = std::string;
using Setter = std::function<Allowed(const YAML::Node&)>;
using Setters = std::map<std::string, Setter>;

// A number out of int64_t's reach fails like any other text that is no number.
std::optional<uint64_t> to_number(const std::string& text) {
  uint64_t number = 0;
  const auto [end, failure] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool whole = failure == std::errc() && end == text.data() + text.size();
  return whole ? std::optional(number) : std::nullopt;
}

Setter count(unsigned& into, unsigned least, unsigned most) {
  return [&into, least, most](const YAML::Node& node) -> Allowed {
    const auto number = to_number(node.Scalar());
    if (!node.IsScalar() || !number || *number < least || *number > most) {
      return fmt::format("a whole number from {} to {}", least, most);
    }
    into = static_cast<unsigned>(*number);
    return {};
  };
}

Setter size(unsigned& into, unsigned least, unsigned most) {
  return [&into, least, most](const YAML::Node& node) -> Allowed {
    const auto bytes = parse_size(node.Scalar());
    if (!node.IsScalar() || !bytes || *bytes < least || *bytes > most) {
      return fmt::format("a size from {} to {} bytes, as 65536, 64KiB or 4MiB", least, most);
    }
    into = static_cast<unsigned>(*bytes);
    return {};
  };
}

Setter large_size(uint64_t& into, uint64_t least) {
  return [&into, least](const YAML::Node& node) -> Allowed {
    const auto bytes = parse_size(node.Scalar());
    if (!node.IsScalar() || !bytes || *bytes < least) {
      return fmt::format("a size of at least {} bytes, as 512MiB or 10GiB", least);
    }
    into = *bytes;
    return {};
  };
}

Setter duration(milliseconds& into, milliseconds least, milliseconds most) {
  return [&into, least, most](const YAML::Node& node) -> Allowed {
    const auto time = parse_duration(node.Scalar());
    if (!node.IsScalar() || !time || *time < least || *time > most) {
      return fmt::format("a duration from {}ms to {}ms, as 500ms, 30s, 10m or 2h", least.count(),
                         most.count());
    }
    into = *time;
    return {};
  };
}

Setter flag(bool& into) {
  return [&into](const YAML::Node& node) -> Allowed {
    if (!node.IsScalar() || (node.Scalar() != "true" && node.Scalar() != "false")) return "true or false";
    into = node.Scalar() == "true";
    return {};
  };
}

Setter one_of(std::string& into, std::vector<std::string> values) {
  return [&into, values = std::move(values)](const YAML::Node& node) -> Allowed {
    if (!node.IsScalar() || std::find(values.begin(), values.end(), node.Scalar()) == values.end()) {
      return fmt::format("one of {}", fmt::join(values, ", "));
    }
    into = node.Scalar();
    return {};
  };
}

Setter address(std::string& into) {
  return [&into](const YAML::Node& node) -> Allowed {
    if (!node.IsScalar() || !parse_host_port(node.Scalar()).ok()) {
      return "an address to listen on, as 127.0.0.1:8080, [::1]:8080 or localhost:0";
    }
    into = node.Scalar();
    return {};
  };
}

Setter list(std::vector<std::string>& into, bool (*valid)(const std::string&), const char* allowed) {
  return [&into, valid, allowed](const YAML::Node& node) -> Allowed {
    if (!node.IsSequence()) return fmt::format("a list of {}", allowed);
    std::vector<std::string> values;
    for (const auto& item : node) {
      if (!item.IsScalar() || !valid(item.Scalar())) return fmt::format("a list of {}", allowed);
      values.push_back(item.Scalar());
    }
    into = std::move(values);
    return {};
  };
}

bool is_folder(const std::string& text) {
  return text.starts_with("/") && (text + "/").find("/../") == std::string::npos;
}

Setter folder(std::string& into) {
  return [&into](const YAML::Node& node) -> Allowed {
    if (!node.IsScalar() || !is_folder(node.Scalar())) return "an absolute folder without \"..\"";
    into = node.Scalar();
    return {};
  };
}

bool is_cidr(const std::string& text) {
  const auto slash = text.find('/');
  if (slash == std::string::npos) return false;
  const auto bits = to_number(text.substr(slash + 1));
  const auto host = text.substr(0, slash);
  in6_addr address{};
  if (inet_pton(AF_INET, host.c_str(), &address) == 1) return bits && *bits <= 32;
  return inet_pton(AF_INET6, host.c_str(), &address) == 1 && bits && *bits <= 128;
}

bool is_ip_address(const std::string& text) {
  in6_addr address{};
  return inet_pton(AF_INET, text.c_str(), &address) == 1 || inet_pton(AF_INET6, text.c_str(), &address) == 1;
}

Setter ip_address(std::string& into) {
  return [&into](const YAML::Node& node) -> Allowed {
    if (!node.IsScalar() || !is_ip_address(node.Scalar()))
      return "an IP address, as 192.0.2.1 or 2001:db8::1";
    into = node.Scalar();
    return {};
  };
}

Setter file(std::string& into) {
  return [&into](const YAML::Node& node) -> Allowed {
    if (!node.IsScalar() || !node.Scalar().starts_with('/')) return "an absolute path";
    into = node.Scalar();
    return {};
  };
}

Setter port_range(unsigned& first, unsigned& last) {
  return [&first, &last](const YAML::Node& node) -> Allowed {
    const auto text = node.IsScalar() ? node.Scalar() : std::string();
    const auto dash = std::min(text.find('-'), text.size());
    const auto from = to_number(text.substr(0, dash));
    const auto to = dash < text.size() ? to_number(text.substr(dash + 1)) : std::nullopt;
    if (!from || !to || *from < 1024 || *to > 65'535 || *from >= *to) {
      return "two ports from 1024 to 65535, as 10000-19999";
    }
    first = static_cast<unsigned>(*from);
    last = static_cast<unsigned>(*to);
    return {};
  };
}

bool is_word(const std::string& text) {
  return !text.empty() && text.find_first_of(" \t\n!") == std::string::npos;
}

void add_rtc(Setters& keys, Config::Rtc& rtc) {
  keys["rtc.threads"] = count(rtc.threads, 0, 256);
  keys["rtc.port"] = count(rtc.port, 0, 65535);
  keys["rtc.announced"] = list(rtc.announced, is_ip_address, "IP addresses, as 192.0.2.1 or 2001:db8::1");
  keys["rtc.whip"] = flag(rtc.whip);
  keys["rtc.whep_waits"] = flag(rtc.whep_waits);
  keys["rtc.whip_tokens"] = file(rtc.whip_tokens);
  keys["rtc.whep_tokens"] = file(rtc.whep_tokens);
  keys["rtc.ice_servers"] = [&rtc](const YAML::Node& node) {
    return read_ice_servers(node, rtc.ice_servers);
  };
  keys["rtc.max_connecting"] = count(rtc.max_connecting, 1, 1'000'000);
  keys["rtc.certificate"] = file(rtc.certificate);
  keys["rtc.key"] = file(rtc.key);
  keys["rtc.engine"] = one_of(rtc.engine, {"auto", "openssl", "ipsec-mb"});
  keys["rtc.hold_receivers"] = count(rtc.hold_receivers, 1, 1'000'000);
  keys["rtc.hold_longest"] = duration(rtc.hold_longest, milliseconds(0), std::chrono::seconds(1));
  keys["rtc.max_padding"] = count(rtc.max_padding, 0, 255);
  keys["rtc.segment"] = flag(rtc.segment);
  keys["rtc.disconnected_after"] =
      duration(rtc.disconnected_after, std::chrono::seconds(1), std::chrono::hours(1));
  keys["rtc.failed_after"] = duration(rtc.failed_after, std::chrono::seconds(1), std::chrono::hours(1));
}

void add_rtp(Setters& keys, Config::Rtp& rtp) {
  keys["rtp.bind"] = ip_address(rtp.bind);
  keys["rtp.announced"] = ip_address(rtp.announced);
  keys["rtp.ports"] = port_range(rtp.first_port, rtp.last_port);
  keys["rtp.allow"] = list(rtp.allow, is_cidr, "CIDR ranges, as 239.1.0.0/16 or ff05::/16");
}

void add_player(Setters& keys, Config::Player& player) {
  using std::chrono::hours;
  keys["player.opening_deadline"] = duration(player.opening_deadline, milliseconds(100), hours(1));
  keys["player.stall_deadline"] = duration(player.stall_deadline, std::chrono::seconds(1), hours(1));
  keys["player.longest_gap"] = duration(player.longest_gap, milliseconds(100), hours(24));
  keys["player.key_frame_interval"] = duration(player.key_frame_interval, milliseconds(100), hours(1));
  keys["player.max_tracks"] = count(player.max_tracks, 2, 10'000);
  keys["player.resume_attempts"] = count(player.resume_attempts, 0, 1000);
}

void add_limits(Setters& keys, Config::Limits& limits) {
  constexpr unsigned kMany = 10'000'000;
  keys["limits.sessions"] = count(limits.sessions, 1, kMany);
  keys["limits.elements_per_session"] = count(limits.elements_per_session, 1, kMany);
  keys["limits.links_per_session"] = count(limits.links_per_session, 1, kMany);
  keys["limits.ports_per_hub"] = count(limits.ports_per_hub, 1, kMany);
  keys["limits.creates_per_second"] = count(limits.creates_per_second, 1, kMany);
  keys["limits.message_bytes"] = size(limits.message_bytes, 1024, 1U << 30);
  keys["limits.event_ring"] = count(limits.event_ring, 1, kMany);
  keys["limits.subscriber_queue"] = count(limits.subscriber_queue, 1, kMany);
  keys["limits.subscribers_per_session"] = count(limits.subscribers_per_session, 1, kMany);
  keys["limits.data_patience"] = duration(limits.data_patience, milliseconds(1), std::chrono::hours(1));
  keys["limits.subscriber_grace"] =
      duration(limits.subscriber_grace, milliseconds(1), std::chrono::hours(24));
  keys["limits.request_id_life"] = duration(limits.request_id_life, milliseconds(1), std::chrono::hours(24));
  keys["limits.request_ids"] = count(limits.request_ids, 1, kMany);
}

void add_uploads(Setters& keys, Config& config) {
  auto& uploads = config.uploads;
  const milliseconds longest = std::chrono::hours(24 * 30);
  keys["storages"] = [&config](const YAML::Node& node) { return read_storages(node, config.storages); };
  keys["uploads.allow"] =
      list(uploads.allow, is_upload_prefix,
           "beginnings of URLs with a whole path, as https://media.example.org/recordings/");
  keys["uploads.authorization"] = [&uploads](const YAML::Node& node) {
    return read_authorization(node, uploads.authorization);
  };
  keys["uploads.parallel"] = count(uploads.parallel, 1, 64);
  keys["uploads.part_bytes"] = size(uploads.part_bytes, 5U << 20, 1U << 30);
  keys["uploads.patience"] = duration(uploads.patience, milliseconds(1000), std::chrono::hours(1));
  keys["uploads.first_pause"] = duration(uploads.first_pause, milliseconds(10), std::chrono::hours(1));
  keys["uploads.longest_pause"] = duration(uploads.longest_pause, milliseconds(10), std::chrono::hours(24));
  keys["uploads.give_up"] = duration(uploads.give_up, milliseconds(0), longest);
  keys["spool.folder"] = [&config](const YAML::Node& node) -> Allowed {
    if (!node.IsScalar() || !is_folder(node.Scalar())) return "an absolute folder without \"..\"";
    config.spool.folder = node.Scalar();
    return {};
  };
  keys["spool.max_bytes"] = large_size(config.spool.max_bytes, 1U << 20);
}

Setters setters(Config& config) {
  using std::chrono::hours;
  Setters keys;
  keys["grpc_listen"] = address(config.grpc_listen);
  keys["http_listen"] = address(config.http_listen);
  keys["log_level"] = one_of(config.log_level, {"debug", "info", "warn", "error"});
  keys["drain_deadline"] = duration(config.drain_deadline, milliseconds(0), hours(24));
  keys["threads.control_loops"] = count(config.threads.control_loops, 1, 256);
  keys["threads.workers"] = count(config.threads.workers, 2, 4096);
  add_limits(keys, config.limits);
  keys["keepalive.time"] = duration(config.keepalive.time, milliseconds(100), hours(24));
  keys["keepalive.timeout"] = duration(config.keepalive.timeout, milliseconds(100), hours(24));
  keys["files.read"] = list(config.files.read, is_folder, "absolute folders without \"..\"");
  keys["files.write"] = list(config.files.write, is_folder, "absolute folders without \"..\"");
  keys["files.state"] = folder(config.files.state);
  keys["network.allow"] = list(config.network.allow, is_cidr, "CIDR ranges, as 127.0.0.0/8 or fd00::/8");
  keys["gstreamer_filter.allow"] =
      list(config.gstreamer_filter.allow, is_word, "GStreamer element names, as videobalance");
  add_uploads(keys, config);
  add_rtc(keys, config.rtc);
  add_rtp(keys, config.rtp);
  add_player(keys, config.player);
  keys["pipelines.state_deadline"] = duration(config.pipelines.state_deadline, milliseconds(100), hours(1));
  return keys;
}

Status fail(std::string_view reason, const YAML::Node& where, const std::string& text) {
  return error(StatusCode::kInvalidArgument, reason, fmt::format("line {}: {}", where.Mark().line + 1, text));
}

// Walks the file against the table of keys.
class Reader {
 public:
  explicit Reader(const Setters& keys) : keys_(keys) {}

  Status read_map(const YAML::Node& map, const std::string& prefix) {
    for (const auto& entry : map) {
      if (auto status = read_entry(entry.first, entry.second, prefix); !status.ok()) return status;
    }
    return ok();
  }

 private:
  Status read_entry(const YAML::Node& key, const YAML::Node& value, const std::string& prefix) {
    if (!key.IsScalar()) return fail("CONFIG_INVALID", key, "a key must be a word");
    const std::string path = prefix + key.Scalar();
    if (!seen_.insert(path).second)
      return fail("CONFIG_INVALID", key, fmt::format("\"{}\" stands twice", path));
    if (const auto known = keys_.find(path); known != keys_.end()) return set(known->second, path, value);
    if (!is_section(path)) return unknown(key, path, prefix);
    if (value.IsNull()) return ok();  // a section whose keys are all commented out
    if (!value.IsMap())
      return fail("CONFIG_INVALID", value, fmt::format("\"{}\" must have keys under it", path));
    return read_map(value, path + ".");
  }

  static Status set(const Setter& setter, const std::string& path, const YAML::Node& value) {
    const auto allowed = setter(value);
    if (allowed.empty()) return ok();
    const auto given =
        value.IsScalar() ? fmt::format("\"{}\"", value.Scalar()) : std::string("no such value");
    return fail("CONFIG_INVALID", value, fmt::format("\"{}\" is {}, but must be {}", path, given, allowed));
  }

  bool is_section(const std::string& path) const {
    const auto next = keys_.lower_bound(path + ".");
    return next != keys_.end() && next->first.starts_with(path + ".");
  }

  Status unknown(const YAML::Node& key, const std::string& path, const std::string& prefix) const {
    std::set<std::string> allowed;
    for (const auto& [name, setter] : keys_) {
      if (name.starts_with(prefix))
        allowed.insert(name.substr(prefix.size(), name.find('.', prefix.size()) - prefix.size()));
    }
    return fail("UNKNOWN_KEY", key,
                fmt::format("\"{}\" is no key; known here are {}", path, fmt::join(allowed, ", ")));
  }

  const Setters& keys_;
  std::set<std::string> seen_;
};

Status read_document(const YAML::Node& document, Config& config) {
  if (document.IsNull()) return ok();
  if (!document.IsMap()) return fail("CONFIG_INVALID", document, "the file must consist of keys and values");
  const auto keys = setters(config);
  return Reader(keys).read_map(document, "");
}

// yaml-cpp tells by exceptions; they end here.
Result<Config> parse_with(const std::function<YAML::Node()>& load) {
  try {
    Config config;
    if (auto status = read_document(load(), config); !status.ok()) return status;
    return config;
  } catch (const YAML::BadFile&) {
    return error(StatusCode::kNotFound, "CONFIG_UNREADABLE", "the file cannot be read");
  } catch (const YAML::Exception& failure) {
    return error(StatusCode::kInvalidArgument, "CONFIG_INVALID",
                 fmt::format("line {}: {}", failure.mark.line + 1, failure.msg));
  }
}

}  // namespace

Result<Config> parse_config(const std::string& yaml) {
  return parse_with([&] { return YAML::Load(yaml); });
}

Result<Config> load_config(const std::string& path) {
  auto loaded = parse_with([&] { return YAML::LoadFile(path); });
  if (loaded.ok()) return loaded;
  return error(loaded.status().code(), info_of(loaded.status()),
               fmt::format("{}: {}", path, message_of(loaded.status())));
}

std::vector<std::string> config_keys() {
  Config config;
  std::vector<std::string> keys;
  for (const auto& [key, setter] : setters(config)) keys.push_back(key);
  return keys;
}

}  // namespace kms
