// SPDX-License-Identifier: Apache-2.0
#include "elements/player/words/rtsp_auth.hpp"

#include <fmt/format.h>
#include <glib.h>

#include <map>
#include <memory>
#include <string_view>

namespace kms::player {
namespace {

using Text = std::unique_ptr<char, decltype(&g_free)>;

std::string lower_text(std::string_view text) {
  const Text low(g_ascii_strdown(text.data(), static_cast<gssize>(text.size())), g_free);
  return low.get();
}

// A value: a word, or a string in quotes with escapes. Taken off `text`.
std::string take_value(std::string_view& text) {
  std::string value;
  if (!text.starts_with('"')) {
    const auto end = std::min(text.find_first_of(", \t"), text.size());
    value = text.substr(0, end);
    text.remove_prefix(end);
    return value;
  }
  text.remove_prefix(1);
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
    value += text.front();
    text.remove_prefix(1);
  }
  if (!text.empty()) text.remove_prefix(1);
  return value;
}

// key=value, key="value", ...
std::map<std::string, std::string> parameters_of(std::string_view text) {
  std::map<std::string, std::string> found;
  for (;;) {
    const auto begin = text.find_first_not_of(", \t");
    if (begin == std::string_view::npos) return found;
    text.remove_prefix(begin);
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) return found;
    const auto key = lower_text(text.substr(0, equals));
    text.remove_prefix(equals + 1);
    found[key] = take_value(text);
  }
}

std::string quoted(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c >= 0 && c < ' ') continue;  // would end the header
    out += c;
  }
  return out + '"';
}

std::string hash(bool sha256, const std::string& text) {
  const Text sum(g_compute_checksum_for_string(sha256 ? G_CHECKSUM_SHA256 : G_CHECKSUM_MD5, text.c_str(),
                                               static_cast<gssize>(text.size())),
                 g_free);
  return sum.get();
}

}  // namespace

bool RtspAuth::challenge(const std::vector<std::string>& challenges) {
  if (!has_credentials()) return false;
  scheme_ = Scheme::kNone;
  for (const auto& text : challenges) {
    const auto space = text.find(' ');
    const auto name = lower_text(std::string_view(text).substr(0, space));
    auto values =
        parameters_of(space == std::string::npos ? std::string_view() : std::string_view(text).substr(space));
    const auto algorithm = lower_text(values["algorithm"]);
    const bool sha256 = algorithm == "sha-256";
    const bool known = algorithm.empty() || algorithm == "md5" || sha256;
    const bool better = scheme_ != Scheme::kDigest || (sha256 && !sha256_);
    if (name == "digest" && known && better) {
      scheme_ = Scheme::kDigest;
      realm_ = values["realm"];
      nonce_ = values["nonce"];
      opaque_ = values["opaque"];
      quality_ = values["qop"].find("auth") != std::string::npos;
      sha256_ = sha256;
      count_ = 0;
    } else if (name == "basic" && scheme_ == Scheme::kNone) {
      scheme_ = Scheme::kBasic;
    }
  }
  return scheme_ != Scheme::kNone;
}

std::optional<std::string> RtspAuth::authorization(const std::string& method, const std::string& uri) {
  if (scheme_ == Scheme::kNone) return std::nullopt;
  if (scheme_ == Scheme::kDigest) return digest(method, uri);
  const auto pair = user_ + ":" + password_;
  const Text encoded(g_base64_encode(reinterpret_cast<const guchar*>(pair.data()), pair.size()), g_free);
  return fmt::format("Basic {}", encoded.get());
}

std::string RtspAuth::digest(const std::string& method, const std::string& uri) {
  const auto secret = hash(sha256_, fmt::format("{}:{}:{}", user_, realm_, password_));
  const auto request = hash(sha256_, method + ":" + uri);
  auto out = fmt::format("Digest username={}, realm={}, nonce={}, uri={}", quoted(user_), quoted(realm_),
                         quoted(nonce_), quoted(uri));
  if (sha256_) out += ", algorithm=SHA-256";
  if (!opaque_.empty()) out += ", opaque=" + quoted(opaque_);
  if (!quality_) {
    return out + fmt::format(", response=\"{}\"", hash(sha256_, secret + ":" + nonce_ + ":" + request));
  }
  const auto count = fmt::format("{:08x}", ++count_);
  const auto once = fmt::format("{:08x}{:08x}", g_random_int(), g_random_int());
  const auto answer = hash(sha256_, fmt::format("{}:{}:{}:{}:auth:{}", secret, nonce_, count, once, request));
  return out + fmt::format(", qop=auth, nc={}, cnonce=\"{}\", response=\"{}\"", count, once, answer);
}

}  // namespace kms::player
