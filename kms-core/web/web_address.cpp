// SPDX-License-Identifier: Apache-2.0
#include "kms-core/web/web_address.hpp"

#include <string_view>
#include <utility>

namespace kms::web {

Uri parse_web_address(const std::string& text) {
  Uri uri(g_uri_parse(text.c_str(), kUriFlags, nullptr));
  const bool web = uri && (std::string_view(g_uri_get_scheme(uri.get())) == "http" ||
                           std::string_view(g_uri_get_scheme(uri.get())) == "https");
  const bool whole = web && g_uri_get_host(uri.get()) != nullptr && *g_uri_get_host(uri.get()) != '\0';
  return whole ? std::move(uri) : nullptr;
}

uint16_t port_of(GUri* uri) {
  const auto port = g_uri_get_port(uri);
  if (port > 0) return static_cast<uint16_t>(port);
  return std::string_view(g_uri_get_scheme(uri)) == "https" ? 443 : 80;
}

}  // namespace kms::web
