// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdlib>

#include "kms-core/rtc/ice/ice_agent.hpp"

namespace {

using namespace kms::rtc;

// The credentials that the corpus is signed with, so that the fuzzer gets behind the integrity check.
const IceCredentials kLocal{"ufrag123", "passwordpasswordpassword"};

void require(bool truth) {
  if (!truth) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto message = StunMessage::parse({data, size});
  if (!message) return 0;
  IceAgent agent(kLocal, TimePoint{});
  std::array<uint8_t, IceAgent::kMaxReplySize> reply;
  const auto from = *TransportAddress::parse("2001:db8::1", 7);
  const auto outcome = agent.on_message(*message, from, TimePoint{}, reply);
  require(outcome.reply_size <= reply.size());
  require(outcome.path_added == message->integrity_matches(kLocal.password) || !outcome.path_added);
  if (outcome.reply_size > 0) require(StunMessage::parse(Bytes(reply).first(outcome.reply_size)).has_value());
  static_cast<void>(message->mapped_address());
  static_cast<void>(message->error_code());
  return 0;
}
