// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <variant>

#include "kms-core/base/config.hpp"
#include "kms-core/base/status.hpp"

namespace kms::storage {

// An object of an S3-compatible storage.
struct S3Target {
  std::string storage;  // its name in the configuration
  std::string bucket;
  std::string key;  // not encoded
};

// Something that HTTP PUT makes.
struct HttpTarget {
  std::string uri;
};

using Target = std::variant<S3Target, HttpTarget>;

// Whether a URI has a scheme of what is uploaded: s3, http or https.
bool is_remote(const std::string& uri);

// URI_NOT_ALLOWED: there is no spool.
Status no_spool(const std::string& uri);

// Where a URI leads: s3://storage/bucket/key, where the configuration has the storage and lists the bucket,
// or an http(s) URI under one of uploads.allow. Errors: INVALID_OPTIONS (no such form), URI_NOT_ALLOWED.
Result<Target> resolve(const std::string& uri, const Config& config);

}  // namespace kms::storage
