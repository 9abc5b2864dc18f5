// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>

#include "kms-core/web/checked_address.hpp"

namespace kms::web {

struct Request {
  std::string method;
  std::string uri;                             // http or https, encoded as it is sent
  std::map<std::string, std::string> headers;  // Content-Length and Host come by themselves
  std::string content_type;
  std::string bytes;                  // what is sent,
  std::string file;                   // or the file that is sent as a whole
  std::chrono::seconds patience{30};  // in which the server may take or send not a single byte
};

struct Answer {
  unsigned code = 0;
  std::string etag;
  std::string location;                             // whole URI, where it redirects to
  std::string body;                                 // its first 64 KiB
  std::multimap<std::string, std::string> headers;  // names in lower case
};

// Sends one request and reads the answer, whatever it is; follows no redirection. The host's addresses are
// looked up once, every one of them is checked, and only they are connected to. Blocks; the thread has a
// GMainContext of its own as default. Errors: URI_NOT_ALLOWED, STORAGE_UNREACHABLE.
Result<Answer> exchange(const Request& request, const AddressPolicy& policy, GCancellable* cancellable);

}  // namespace kms::web
