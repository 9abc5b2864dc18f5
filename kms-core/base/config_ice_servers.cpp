// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/config_ice_servers.hpp"

#include <algorithm>

namespace kms {
namespace {

// What stands in a header between brackets or quotes without being escaped.
bool is_plain(const std::string& text) {
  constexpr std::string_view kOthers = "\"\\<>,";
  return !text.empty() && text.size() <= 256 && std::all_of(text.begin(), text.end(), [&](char c) {
    return c > ' ' && c < '\x7f' && kOthers.find(c) == std::string_view::npos;
  });
}

bool has_scheme(const std::string& url, std::initializer_list<std::string_view> schemes) {
  return std::any_of(schemes.begin(), schemes.end(),
                     [&](auto scheme) { return url.starts_with(scheme) && url.size() > scheme.size(); });
}

std::string* field_of(Config::IceServer& server, const std::string& key) {
  if (key == "url") return &server.url;
  if (key == "username") return &server.username;
  return key == "credential" ? &server.credential : nullptr;
}

bool read_server(const YAML::Node& node, Config::IceServer& into) {
  if (!node.IsMap()) return false;
  for (const auto& entry : node) {
    auto* field = entry.first.IsScalar() ? field_of(into, entry.first.Scalar()) : nullptr;
    if (field == nullptr || !entry.second.IsScalar() || !is_plain(entry.second.Scalar())) return false;
    *field = entry.second.Scalar();
  }
  const bool has_both = !into.username.empty() && !into.credential.empty();
  if (has_scheme(into.url, {"turn:", "turns:"})) return has_both;
  return has_scheme(into.url, {"stun:", "stuns:"}) && into.username.empty() && into.credential.empty();
}

}  // namespace

std::string read_ice_servers(const YAML::Node& node, std::vector<Config::IceServer>& into) {
  constexpr size_t kMost = 16;
  bool good = node.IsSequence() && node.size() <= kMost;
  for (size_t i = 0; good && i < node.size(); ++i) good = read_server(node[i], into.emplace_back());
  if (good) return {};
  return "a list of at most 16 {url: stun:host[:port]} or {url: turn:host[:port][?transport=...], username, "
         "credential}, without blanks, quotes, commas and angle brackets";
}

}  // namespace kms
