// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>

#include "kms-core/http/http_server.hpp"

namespace kms::http {

// GET /healthz: 200 "ok" while `serving`, else 503 "draining". `serving` is called on the server's loop.
void add_health(HttpServer& server, std::function<bool()> serving);

}  // namespace kms::http
