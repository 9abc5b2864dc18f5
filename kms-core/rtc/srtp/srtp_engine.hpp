// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstring>
#include <memory>
#include <span>
#include <string_view>

#include "kms-core/rtc/srtp/session_keys.hpp"

namespace kms::rtc {

// One receiver's key for outgoing RTP, in the form the engine that made it wants.
class SrtpSealKey {
 public:
  virtual ~SrtpSealKey() = default;
  SrtpSealKey(const SrtpSealKey&) = delete;
  SrtpSealKey& operator=(const SrtpSealKey&) = delete;

  SrtpProfile profile() const { return profile_; }

 protected:
  explicit SrtpSealKey(SrtpProfile profile) : profile_(profile) {}

 private:
  SrtpProfile profile_;
};

// One packet to be protected. The header is in `packet` already; the payload is encrypted from where it lies,
// so that many receivers share one plaintext. kSealSlack bytes behind the packet are scratch.
struct SrtpSealJob {
  const SrtpSealKey* key;
  const uint8_t* payload;
  uint8_t* packet;
  uint32_t ssrc;
  uint16_t header_size;
  uint16_t payload_size;
  uint64_t index;  // 48 bits: roll-over counter and sequence number
};

// What kNone "protects" with.
class ClearKey final : public SrtpSealKey {
 public:
  ClearKey() : SrtpSealKey(SrtpProfile::kNone) {}
};

// The payload behind its header, as kNone leaves it.
inline void place_in_clear(const SrtpSealJob& job) {
  std::memmove(job.packet + job.header_size, job.payload, job.payload_size);
}

// Protects outgoing RTP, many packets of many receivers per call: one virtual call for a batch. Lives on one
// thread and uses only keys it made itself.
class SrtpEngine {
 public:
  static constexpr size_t kSealSlack = 32;

  virtual ~SrtpEngine() = default;

  virtual std::unique_ptr<SrtpSealKey> make_key(SrtpProfile profile, const SrtpSessionKeys& keys) = 0;
  // Afterwards each packet is header_size + payload_size + tag_size(profile) long.
  virtual void seal(std::span<const SrtpSealJob> jobs) = 0;
  virtual std::string_view name() const = 0;
};

enum class SrtpEngineChoice { kBest, kOpenSsl, kIpsecMb };

// kBest takes intel-ipsec-mb where the build and the processor have it. kIpsecMb is null where they do not.
std::unique_ptr<SrtpEngine> make_srtp_engine(SrtpEngineChoice choice);

}  // namespace kms::rtc
