// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "kms-core/rtc/ice/ice_credentials.hpp"
#include "kms-core/rtc/ice/stun_writer.hpp"

namespace kms::rtc::test {

// A connectivity check as a full agent sends it to a lite one. `damage` may add attributes before the
// integrity is made.
struct Check {
  IceCredentials to;
  std::string from_ufrag = "peer";
  bool nominate = false;
  bool priority = true;
  bool integrity = true;
  bool fingerprint = true;
  bool controlling = true;
  std::string password = {};  // empty: the right one
  std::function<void(StunWriter&)> damage = {};
  StunTransaction transaction{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12};
};

inline std::vector<uint8_t> make_check(const Check& check) {
  std::vector<uint8_t> out(400);
  StunWriter writer(out, StunClass::kRequest, check.transaction);
  writer.add(stun::kUsername, check.to.ufrag + ':' + check.from_ufrag);
  if (check.priority) writer.add_u32(stun::kPriority, 0x6e0001ff);
  writer.add_u64(check.controlling ? stun::kIceControlling : stun::kIceControlled, 42);
  if (check.nominate) writer.add(stun::kUseCandidate, Bytes{});
  if (check.damage) check.damage(writer);
  if (check.integrity) writer.add_integrity(check.password.empty() ? check.to.password : check.password);
  if (check.fingerprint) writer.add_fingerprint();
  out.resize(writer.size());
  return out;
}

}  // namespace kms::rtc::test
