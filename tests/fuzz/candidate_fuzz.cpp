// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "kms-core/rtc/ice/remote_candidate.hpp"

namespace {

void require(bool truth) {
  if (!truth) std::abort();
}

}  // namespace

// What was read and is written again says the same.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace kms::rtc;
  const auto one = parse_candidate({reinterpret_cast<const char*>(data), size});
  if (!one.ok()) return 0;
  const auto text = "candidate:" + one->foundation + ' ' + std::to_string(one->component) + ' ' +
                    one->protocol + ' ' + std::to_string(one->priority) + ' ' + one->address + ' ' +
                    std::to_string(one->port) + " typ " + one->type;
  const auto again = parse_candidate(text);
  require(again.ok() && again->address == one->address && again->port == one->port);
  require(again->foundation == one->foundation && again->priority == one->priority &&
          again->type == one->type);
  return 0;
}
