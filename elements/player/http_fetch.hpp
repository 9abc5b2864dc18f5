// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <libsoup/soup.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "elements/player/checked_address.hpp"

namespace kms::player {

// One GET of a part of a resource, through at most five redirections, each of whose hosts is checked. Blocks;
// lives on one thread, which has a GMainContext of its own as default.
class HttpFetch {
 public:
  struct Request {
    std::string uri;
    uint64_t offset = 0;       // bytes
    unsigned patience_s = 10;  // without a byte, then it fails
    // As an earlier answer said them: the rest of another resource is no answer.
    std::string validator = {};
    std::optional<uint64_t> size = {};
  };
  // Errors: URI_NOT_ALLOWED, NOT_FOUND, UNREADABLE.
  static Result<std::unique_ptr<HttpFetch>> get(const Request& request, const AddressPolicy& policy,
                                                GCancellable* cancellable);

  const std::string& uri() const { return uri_; }         // after redirections
  std::optional<uint64_t> size() const { return size_; }  // of the whole resource
  bool seekable() const { return seekable_; }
  const std::string& validator() const { return validator_; }

  // Bytes read; 0 at the end. Errors: UNREADABLE, TRUNCATED.
  Result<size_t> read(void* into, size_t size, GCancellable* cancellable);

 private:
  HttpFetch() = default;
  Status send(const Request& request, const AddressPolicy& policy, GCancellable* cancellable);
  Status take_answer(const Request& request);
  Status take_part(const Request& request);
  std::optional<std::string> redirection(const std::string& from) const;

  Object<SoupSession> session_;
  Object<SoupMessage> message_;
  Object<GInputStream> body_;
  std::optional<uint64_t> size_;
  std::optional<uint64_t> left_;  // bytes announced and not read
  std::string validator_;
  bool seekable_ = false;
  std::string uri_;
};

// Whether the same request may succeed later: a connection that was cut, a server that stalled or is
// overloaded.
bool may_pass(const Status& status);

// Errors: INVALID_OPTIONS, URI_NOT_ALLOWED (for addresses in numbers; names are looked up when it is opened).
Status check_http_uri(const std::string& uri, const AddressPolicy& policy);

}  // namespace kms::player
