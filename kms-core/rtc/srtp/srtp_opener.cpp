// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/srtp/srtp_opener.hpp"

#include <openssl/crypto.h>

#include <algorithm>
#include <cstring>
#include <utility>

#include "kms-core/rtc/wire/prefetch.hpp"

namespace kms::rtc {
namespace {

constexpr size_t kRtcpHeader = 8;
constexpr uint32_t kEncrypted = 0x80000000;

// RFC 3550 appendix A.1; backwards, what the replay window could not tell.
constexpr uint64_t kMaxDropout = 3000;
bool is_jump(uint64_t highest, uint64_t index) {
  return index > highest ? index - highest > kMaxDropout : highest - index >= ReplayWindow::kSize;
}

// GCM's three inputs beside the key.
struct GcmInput {
  const SrtpVector& iv;
  std::array<Bytes, 2> associated;  // the second may be empty
  Bytes sealed;                     // ciphertext and tag
};

bool open_gcm(EVP_CIPHER_CTX* context, const GcmInput& in, uint8_t* out) {
  int written = 0;
  std::array<uint8_t, 16> tag;
  const auto cipher = in.sealed.first(in.sealed.size() - tag.size());
  std::copy_n(in.sealed.end() - tag.size(), tag.size(), tag.begin());
  EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, in.iv.data());
  for (const auto& part : in.associated) {
    if (part.empty()) continue;
    EVP_DecryptUpdate(context, nullptr, &written, part.data(), static_cast<int>(part.size()));
  }
  EVP_DecryptUpdate(context, out, &written, cipher.data(), static_cast<int>(cipher.size()));
  EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_GCM_SET_TAG, 16, tag.data());
  return EVP_DecryptFinal_ex(context, out + cipher.size(), &written) > 0;
}

void apply_ctr(EVP_CIPHER_CTX* context, const SrtpVector& iv, Bytes in, uint8_t* out) {
  int written = 0;
  EVP_DecryptInit_ex(context, nullptr, nullptr, nullptr, iv.data());
  EVP_DecryptUpdate(context, out, &written, in.data(), static_cast<int>(in.size()));
}

CipherContext make_context(SrtpProfile profile, const SrtpSessionKeys& keys,
                           CipherContext (*make)(const uint8_t* key)) {
  const auto* key = keys.cipher.data();
  return profile == SrtpProfile::kAeadAes128Gcm ? make_gcm_context(key, CipherUse::kOpen) : make(key);
}

bool same_tag(const HmacSha1::Digest& digest, const uint8_t* tag, size_t size) {
  return CRYPTO_memcmp(digest.data(), tag, size) == 0;
}

}  // namespace

uint64_t estimate_srtp_index(uint64_t highest, uint16_t sequence) {
  const auto step = static_cast<int16_t>(sequence - static_cast<uint16_t>(highest));
  const int64_t index = static_cast<int64_t>(highest) + step;
  return index >= 0 ? static_cast<uint64_t>(index) : sequence;
}

SrtpOpener::Half::Half(const SrtpSessionKeys& keys, CipherContext context)
    : salt(keys.salt), hmac(keys.auth), cipher(std::move(context)) {}

SrtpOpener::SrtpOpener(SrtpProfile profile, const SrtpMasterKey& master)
    : SrtpOpener(profile, derive_srtp_keys(profile, master)) {}

SrtpOpener::SrtpOpener(SrtpProfile profile, const SrtpKeys& keys)
    : profile_(profile),
      rtp_(keys.rtp, make_context(profile, keys.rtp, make_ctr_context)),
      rtcp_(keys.rtcp, make_context(profile, keys.rtcp, make_block_context)) {}

void SrtpOpener::expect_rtcp() const {
  constexpr size_t kContext = 192;  // of OpenSSL's, which does not say its size
  prefetch(rtcp_.cipher.get(), kContext);
  rtcp_streams_.expect();
}

SrtpVerdict SrtpOpener::accept(SrtpStreams& streams, uint32_t ssrc, uint64_t index) {
  return streams.accept(ssrc, index) ? SrtpVerdict::kOk : SrtpVerdict::kTooManyStreams;
}

void SrtpOpener::retire(uint32_t ssrc) {
  if (profile_ == SrtpProfile::kNone) return rtp_streams_.forget(ssrc);
  rtp_streams_.retire(ssrc);
  rtcp_streams_.retire(ssrc);
}

SrtpVerdict SrtpOpener::open_rtp(Bytes packet, size_t header_size, uint8_t* payload, Rtp* out) {
  const size_t tag = tag_size(profile_);
  if (packet.size() < header_size + tag) return SrtpVerdict::kShort;
  if (profile_ == SrtpProfile::kNone) return open_rtp_clear(packet, header_size, payload, out);
  const uint32_t ssrc = load_u32(&packet[8]);
  const uint16_t sequence = load_u16(&packet[2]);
  const auto known = rtp_streams_.find(ssrc);
  out->index = known.highest ? estimate_srtp_index(*known.highest, sequence) : sequence;
  out->payload_size = packet.size() - header_size - tag;
  if (!known.is_new(out->index)) return SrtpVerdict::kReplayed;
  const bool authentic = profile_ == SrtpProfile::kAeadAes128Gcm
                             ? open_rtp_gcm(packet, header_size, payload, *out)
                             : open_rtp_ctr(packet, header_size, payload, *out);
  return authentic ? accept(rtp_streams_, ssrc, out->index) : SrtpVerdict::kForged;
}

SrtpVerdict SrtpOpener::open_rtp_clear(Bytes packet, size_t header_size, uint8_t* payload, Rtp* out) {
  const uint32_t ssrc = load_u32(&packet[8]);
  const uint16_t sequence = load_u16(&packet[2]);
  const auto known = rtp_streams_.find(ssrc);
  *out = {known.highest ? estimate_srtp_index(*known.highest, sequence) : sequence,
          packet.size() - header_size, false};
  if (known.highest && is_jump(*known.highest, out->index)) {
    const auto index = follow_jump(ssrc, *known.highest, sequence);
    if (index == 0) return SrtpVerdict::kReplayed;
    out->index = index;
    out->restarted = true;
  }
  if (!known.is_new(out->index)) return SrtpVerdict::kReplayed;
  std::memcpy(payload, packet.data() + header_size, out->payload_size);
  return accept(rtp_streams_, ssrc, out->index);
}

// The index of a packet that begins the stream anew, 0 for one that stands alone: two in sequence prove it.
uint64_t SrtpOpener::follow_jump(uint32_t ssrc, uint64_t highest, uint16_t sequence) {
  const bool proved = jump_.ssrc == ssrc && jump_.next == sequence;
  jump_ = {ssrc, static_cast<uint16_t>(sequence + 1)};
  if (!proved) return 0;
  jump_ = {};
  return ((highest >> 16) + 2) << 16 | sequence;
}

bool SrtpOpener::open_rtp_gcm(Bytes packet, size_t header_size, uint8_t* payload, const Rtp& rtp) {
  const auto iv = gcm_nonce(rtp_.salt, load_u32(&packet[8]), rtp.index);
  return open_gcm(rtp_.cipher.get(), {iv, {packet.first(header_size), {}}, packet.subspan(header_size)},
                  payload);
}

bool SrtpOpener::open_rtp_ctr(Bytes packet, size_t header_size, uint8_t* payload, const Rtp& rtp) {
  const auto covered = packet.first(header_size + rtp.payload_size);
  const auto digest = rtp_.hmac.sum(covered, static_cast<uint32_t>(rtp.index >> 16));
  if (!same_tag(digest, covered.data() + covered.size(), tag_size(profile_))) return false;
  const auto iv = counter_block(rtp_.salt, load_u32(&packet[8]), rtp.index);
  apply_ctr(rtp_.cipher.get(), iv, covered.subspan(header_size), payload);
  return true;
}

SrtpVerdict SrtpOpener::open_rtcp(MutableBytes packet, size_t* size) {
  if (profile_ == SrtpProfile::kNone) {
    *size = packet.size();
    return packet.size() < kRtcpHeader ? SrtpVerdict::kShort : SrtpVerdict::kOk;
  }
  const size_t tag = rtcp_tag_size(profile_);
  if (packet.size() < kRtcpHeader + kSrtcpIndexSize + tag) return SrtpVerdict::kShort;
  const bool gcm = profile_ == SrtpProfile::kAeadAes128Gcm;
  *size = packet.size() - kSrtcpIndexSize - tag;
  // The index word follows GCM's tag, and precedes the tag of HMAC.
  const uint32_t word = load_u32(&packet[gcm ? *size + tag : *size]);
  const uint32_t ssrc = load_u32(&packet[4]);
  const uint64_t index = word & ~kEncrypted;
  if (!rtcp_streams_.find(ssrc).is_new(index)) return SrtpVerdict::kReplayed;
  const bool authentic = gcm ? open_rtcp_gcm(packet, *size, word) : open_rtcp_ctr(packet, *size, word);
  return authentic ? accept(rtcp_streams_, ssrc, index) : SrtpVerdict::kForged;
}

// An unencrypted SRTCP packet (E bit clear) is never sent by a peer of ours: it counts as forged.
bool SrtpOpener::open_rtcp_gcm(MutableBytes packet, size_t size, uint32_t index_word) {
  if ((index_word & kEncrypted) == 0) return false;
  const auto iv = gcm_nonce(rtcp_.salt, load_u32(&packet[4]), index_word & ~kEncrypted);
  const Bytes head = packet.first(kRtcpHeader);
  const Bytes word = packet.last(kSrtcpIndexSize);
  const Bytes sealed = packet.subspan(kRtcpHeader, size - kRtcpHeader + kMaxSrtpTag);
  return open_gcm(rtcp_.cipher.get(), {iv, {head, word}, sealed}, packet.data() + kRtcpHeader);
}

bool SrtpOpener::open_rtcp_ctr(MutableBytes packet, size_t size, uint32_t index_word) {
  if ((index_word & kEncrypted) == 0) return false;
  const auto covered = packet.first(size + kSrtcpIndexSize);
  const auto digest = rtcp_.hmac.sum(covered);
  if (!same_tag(digest, covered.data() + covered.size(), rtcp_tag_size(profile_))) return false;
  const auto iv = counter_block(rtcp_.salt, load_u32(&packet[4]), index_word & ~kEncrypted);
  const auto body = packet.subspan(kRtcpHeader, size - kRtcpHeader);
  apply_counter_blocks(rtcp_.cipher.get(), iv, body);
  return true;
}

}  // namespace kms::rtc
