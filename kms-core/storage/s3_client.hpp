// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>

#include "kms-core/storage/deposit.hpp"

namespace kms::storage {

// Signed requests about one object. Blocks; one thread.
class S3Client {
 public:
  S3Client(S3Target target, const Context& context);

  struct Call {
    std::string method;
    std::map<std::string, std::string> query;
    std::string content_type;
    std::string bytes;
  };
  // The answer, whatever it is. Takes over the bytes: a part is in memory once. Errors: STORAGE_REFUSED
  // (there is no secret key), those of web::exchange().
  Result<web::Answer> send(Call call) const;

  const std::string& uri() const { return uri_; }

 private:
  Result<std::string> secret_key() const;

  const S3Target target_;
  const Context& context_;
  const Config::Storage& storage_;
  const std::string uri_;  // s3://...
};

// The text of the first element of that name in an S3 answer; empty when there is none.
std::string xml_text(const std::string& xml, const std::string& element);

}  // namespace kms::storage
