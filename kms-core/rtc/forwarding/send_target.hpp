// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "kms-core/rtc/forwarding/traffic.hpp"
#include "kms-core/rtc/net/path.hpp"
#include "kms-core/rtc/srtp/srtp_engine.hpp"

namespace kms::rtc {

class SendEstimator;

// Where one peer's media goes and under which key; all its consumers share it. Has a fixed address while the
// peer lives.
struct SendTarget {
  std::unique_ptr<SrtpSealKey> key;
  Path path;
  bool open = false;  // DTLS has finished and the fingerprint was right
  // Of the peer's way, as long as consumers refer to this; null: packets get no transport-wide numbers.
  SendEstimator* estimator = nullptr;
  // All that was sent there, media included; counted by whoever sends, to whom all else is fixed.
  mutable Traffic sent = {};
};

}  // namespace kms::rtc
