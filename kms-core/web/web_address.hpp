// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libsoup/soup.h>

#include <cstdint>
#include <string>

#include "kms-core/web/glib.hpp"

namespace kms::web {

constexpr auto kUriFlags = static_cast<GUriFlags>(SOUP_HTTP_URI_FLAGS);

// http(s)://host[:port]/path (RFC 9110, section 4.2); null for anything else.
Uri parse_web_address(const std::string& text);

// The scheme's own where none is given.
uint16_t port_of(GUri* uri);

}  // namespace kms::web
