// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "kms-core/rtc/sctp/dcep.hpp"
#include "kms-core/rtc/wire/utf8.hpp"

namespace {

using namespace kms::rtc;

void require(bool truth) {
  if (!truth) std::abort();
}

bool is_text(const std::string& text) {
  return is_utf8({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto message = dcep::read({data, size});
  const auto* open = std::get_if<dcep::Open>(&message);
  if (!open) return 0;
  const auto& options = open->options;
  require(options.label.size() <= kMaxDataLabel && options.protocol.size() <= kMaxDataLabel);
  require(is_text(options.label) && is_text(options.protocol));
  require(!options.max_retransmits || !options.max_packet_lifetime_ms);
  const auto again = dcep::read(dcep::write_open(options));
  require(std::holds_alternative<dcep::Open>(again));
  require(std::get<dcep::Open>(again).options == options);
  return 0;
}
