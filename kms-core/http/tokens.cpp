// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/tokens.hpp"

#include <glib.h>

#include <fstream>
#include <iterator>
#include <memory>
#include <sstream>

#include "kms-core/base/log.hpp"

namespace kms::http {
namespace {

std::string digest(const std::string& text) {
  const std::unique_ptr<gchar, decltype(&g_free)> sum(
      g_compute_checksum_for_data(G_CHECKSUM_SHA256, reinterpret_cast<const guchar*>(text.data()),
                                  text.size()),
      g_free);
  return sum.get();
}

// Digests have one length and tell nothing of how far two tokens are the same; all of both is looked at.
bool is_same(const std::string& one, const std::string& other) {
  unsigned char difference = 0;
  for (size_t i = 0; i < one.size(); ++i)
    difference = static_cast<unsigned char>(difference | (one[i] ^ other[i]));
  return difference == 0;
}

Status missing() {
  return error(StatusCode::kUnauthenticated, "TOKEN_MISSING", "send Authorization: Bearer with a token");
}

Status wrong() {
  return error(StatusCode::kUnauthenticated, "TOKEN_WRONG", "the token is none for this room");
}

// Empty: there is none of the scheme.
std::string token_of(const std::string& authorization) {
  constexpr size_t kScheme = 7;
  if (g_ascii_strncasecmp(authorization.c_str(), "Bearer ", kScheme) != 0) return {};
  const auto begin = authorization.find_first_not_of(' ', kScheme);
  return begin == std::string::npos ? "" : authorization.substr(begin);
}

Status look(const std::string& path, const std::string& room, const std::string& token) {
  std::ifstream file(path);
  const std::string text(std::istreambuf_iterator<char>(file), {});
  if (!file) {
    log::error("The tokens cannot be read", {{"file", path}});
    return error(StatusCode::kUnavailable, "TOKENS_UNREADABLE", "the server cannot check tokens now");
  }
  return has_token(text, room, token) ? ok() : wrong();
}

}  // namespace

bool has_token(const std::string& text, const std::string& room, const std::string& token) {
  const auto wanted = digest(token);
  bool found = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string first;
    std::string second;
    words >> first >> second;
    if (first.empty() || first.starts_with('#')) continue;
    const bool here = second.empty() || first == room;
    const bool same = is_same(digest(second.empty() ? first : second), wanted);
    found = found || (here && same);
  }
  return found;
}

void Tokens::check(const Claim& claim, Done done) {
  const auto& path = claim.publishes ? files_.publish : files_.watch;
  if (path.empty()) return done(ok());
  auto token = token_of(claim.authorization);
  if (token.empty()) return done(missing());
  workers_.run(
      [path, room = claim.room, token = std::move(token), post = post_, done = std::move(done)]() mutable {
        post([status = look(path, room, token), done = std::move(done)]() mutable { done(status); });
      });
}

}  // namespace kms::http
