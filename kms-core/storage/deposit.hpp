// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gio/gio.h>

#include <string>

#include "kms-core/base/address_policy.hpp"
#include "kms-core/base/config.hpp"
#include "kms-core/storage/target.hpp"
#include "kms-core/web/exchange.hpp"

namespace kms::storage {

// What a transfer needs besides the file.
struct Context {
  const Config& config;
  const AddressPolicy& policy;
  GCancellable* cancellable;
};

// A file that is to be stored.
struct Goods {
  std::string file;  // path
  std::string content_type;
  std::string progress;  // path of a file in which an interrupted transfer finds what is done already
};

// Puts a file where `uri` says. Blocks, as long as the storage takes bytes; on a thread with a GMainContext
// of its own as default. Errors: STORAGE_UNREACHABLE (a network fault, or the storage says that it cannot
// just now), STORAGE_REFUSED, STORAGE_FULL, URI_NOT_ALLOWED, INVALID_OPTIONS, WRITE_FAILED (the file is not
// there).
Status deposit(const std::string& uri, const Goods& goods, const Context& context);

// As above, for each kind of target.
Status deposit_http(const HttpTarget& target, const Goods& goods, const Context& context);
Status deposit_s3(const S3Target& target, const Goods& goods, const Context& context);

// OK for an answer that says "done", else why not.
Status judge(const web::Answer& answer, const std::string& uri);

// The first line of a file, without white space at its end; empty when there is none.
std::string secret_in(const std::string& path);

Status refused(const std::string& uri, std::string_view why);
Status unreachable(const std::string& uri, std::string_view why);

}  // namespace kms::storage
