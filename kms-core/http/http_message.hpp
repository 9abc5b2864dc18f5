// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

namespace kms::http {

using Headers = std::map<std::string, std::string>;

struct Request {
  std::string method;  // "GET"
  std::string path;    // decoded, without the query
  std::string query;   // as sent, without '?'
  Headers headers;     // names in lower case
  std::string body;    // at most 1 MiB; larger ones were answered with 413 before any handler
};

struct Response {
  unsigned status = 200;
  std::string type = "text/plain; charset=utf-8";
  std::string body = {};
  Headers headers = {};
};

}  // namespace kms::http
