// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/health.hpp"

#include <utility>

namespace kms::http {
namespace {

Response health(const Request& request, const std::function<bool()>& serving) {
  if (request.path != "/healthz") return {.status = 404, .body = "not found\n"};
  if (request.method != "GET" && request.method != "HEAD") {
    return {.status = 405, .body = "only GET\n", .headers = {{"Allow", "GET, HEAD"}}};
  }
  if (!serving()) return {.status = 503, .body = "draining\n"};
  return {.body = "ok\n"};
}

}  // namespace

void add_health(HttpServer& server, std::function<bool()> serving) {
  server.route("/healthz", [serving = std::move(serving)](const Request& request, HttpServer::Answer answer) {
    answer(health(request, serving));
  });
}

}  // namespace kms::http
