// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/whip_replies.hpp"

#include <fmt/format.h>

#include <map>
#include <utility>

namespace kms::http {
namespace {

constexpr char kRetryAfter[] = "5";  // seconds

const char* methods_of(Resource resource) {
  return resource == Resource::kEndpoint ? "GET, HEAD, OPTIONS, POST" : "DELETE, GET, HEAD, OPTIONS, PATCH";
}

std::pair<std::string, std::string> accepted_by(Resource resource) {
  return resource == Resource::kEndpoint ? std::pair("Accept-Post", kSdpType)
                                         : std::pair("Accept-Patch", kFragmentType);
}

unsigned code_of(const Status& status) {
  static const std::map<std::string, unsigned> kByReason{
      {"INVALID_ID", 404},  // a room that cannot be
      {"SDP_TOO_LARGE", 413},
      {"NOTHING_TO_SEND", 422},
      {"TRACKS_REFUSED", 422},
  };
  static const std::map<StatusCode, unsigned> kByCode{
      {StatusCode::kInvalidArgument, 400},   {StatusCode::kUnauthenticated, 401},
      {StatusCode::kNotFound, 404},          {StatusCode::kFailedPrecondition, 409},
      {StatusCode::kResourceExhausted, 503}, {StatusCode::kUnavailable, 503},
      {StatusCode::kAborted, 503},
  };
  if (const auto found = kByReason.find(reason_of(status)); found != kByReason.end()) return found->second;
  const auto found = kByCode.find(status.code());
  return found == kByCode.end() ? 500 : found->second;
}

}  // namespace

Response whip_reply(unsigned status, std::string body, Headers more) {
  Headers headers{{"Access-Control-Allow-Origin", "*"},
                  {"Access-Control-Expose-Headers", "ETag, Link, Location, Retry-After"}};
  headers.merge(more);
  return {.status = status, .body = std::move(body), .headers = std::move(headers)};
}

Response refusal(const Status& status) {
  const auto code = code_of(status);
  Headers more;
  if (code == 503 || code == 409) more["Retry-After"] = kRetryAfter;
  if (code == 401) {
    const bool wrong = reason_of(status) == "TOKEN_WRONG";
    more["WWW-Authenticate"] =
        wrong ? "Bearer realm=\"kms\", error=\"invalid_token\"" : "Bearer realm=\"kms\"";
  }
  return whip_reply(code, fmt::format("{}: {}\n", reason_of(status), message_of(status)), std::move(more));
}

Response preflight(Resource resource) {
  return whip_reply(200, "",
                    {{"Access-Control-Allow-Methods", methods_of(resource)},
                     {"Access-Control-Allow-Headers", "Authorization, Content-Type, If-Match"},
                     {"Access-Control-Max-Age", "600"},
                     {"Allow", methods_of(resource)},
                     accepted_by(resource)});
}

Response wrong_method(Resource resource) {
  return whip_reply(405, fmt::format("only {}\n", methods_of(resource)), {{"Allow", methods_of(resource)}});
}

Response wrong_type(Resource resource) {
  const auto accepted = accepted_by(resource);
  return whip_reply(415, fmt::format("only {}\n", accepted.second), {accepted});
}

}  // namespace kms::http
