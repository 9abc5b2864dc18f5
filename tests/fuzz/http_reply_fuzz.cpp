// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "bench/loadtest/http_reply.hpp"

namespace {

using namespace kms::rtc::loadtest;

void require(bool truth) {
  if (!truth) std::abort();
}

}  // namespace

// What is whole stays so when more comes, and when the connection ends it is either whole or wrong.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto so_far = read_http_reply(text, false);
  const auto at_the_end = read_http_reply(text, true);
  require(!at_the_end.ok() || *at_the_end);
  if (!so_far.ok() || !*so_far) return 0;
  require(at_the_end.ok());
  const auto& reply = **so_far;
  require(reply.status >= 200 && reply.status <= 999);
  require(reply.body.size() <= size && reply.body == (*at_the_end)->body);
  const auto with_more = read_http_reply(std::string(text) + "more", false);
  require(with_more.ok() && *with_more && (*with_more)->body == reply.body);
  return 0;
}
