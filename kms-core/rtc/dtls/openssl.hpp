// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <openssl/ssl.h>

#include <memory>
#include <string>

#include "kms-core/base/status.hpp"

// Ownership of OpenSSL's objects, for kms-core/rtc/dtls only.
namespace kms::rtc::openssl {

struct Free {
  void operator()(SSL_CTX* object) const { SSL_CTX_free(object); }
  void operator()(SSL* object) const { SSL_free(object); }
  void operator()(X509* object) const { X509_free(object); }
  void operator()(EVP_PKEY* object) const { EVP_PKEY_free(object); }
  void operator()(BIO* object) const { BIO_free(object); }
  void operator()(BIO_METHOD* object) const { BIO_meth_free(object); }
};
template <typename T>
using Ptr = std::unique_ptr<T, Free>;

// A failed Status: `what` and OpenSSL's own words for the first error of this thread's queue, which is
// emptied.
Status failure(std::string_view reason, std::string_view what);
std::string take_error_text();

}  // namespace kms::rtc::openssl
