// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <optional>
#include <vector>

#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc {

// Holds up a peer's request to reset streams (RFC 6525) until all that it has sent before is here. usrsctp
// 0.9.5 would take the request at once and wait itself; all data that comes meanwhile it then delivers as if
// it were ordered, which ends the association over what is not. Sees the packets of one association both
// ways.
class ResetGate {
 public:
  // What may go on of a packet of the peer's: all of it, unless a request in it is too early. Without a right
  // checksum where it is not the packet itself; until the next call.
  Bytes pass(Bytes packet);
  // A packet of ours: its SACK tells what is here. True: release() has something.
  bool note_sent(Bytes packet);
  // The request that was held, in a packet without a checksum, once its time has come; else empty.
  std::vector<uint8_t> release();

 private:
  bool is_early(Bytes chunk) const;
  void note_beginning(Bytes chunk);

  std::optional<uint32_t> here_;  // the last TSN up to which nothing is missing
  bool acknowledged_ = false;     // `here_` is by a SACK of ours
  std::vector<uint8_t> passed_;
  std::vector<uint8_t> held_;  // one, for a peer asks anew only when it has an answer
};

}  // namespace kms::rtc
