// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/dtls/openssl.hpp"

#include <openssl/err.h>

#include <array>

namespace kms::rtc::openssl {

std::string take_error_text() {
  const auto code = ERR_get_error();
  ERR_clear_error();
  if (code == 0) return "no details";
  std::array<char, 256> text{};
  ERR_error_string_n(code, text.data(), text.size());
  return text.data();
}

Status failure(std::string_view reason, std::string_view what) {
  return error(StatusCode::kInternal, reason, std::string(what) + ": " + take_error_text());
}

}  // namespace kms::rtc::openssl
