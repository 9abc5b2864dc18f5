// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <functional>
#include <map>
#include <span>
#include <vector>

#include "kms-core/rtc/plain/peer_addresses.hpp"
#include "kms-core/rtc/plain/rtp_line.hpp"
#include "kms-core/rtc/plain/rtp_writer.hpp"

namespace kms::rtc {

enum class RtcpMux : uint8_t { kWhereOffered, kNever, kRequired };

// What a peer of plain RTP may agree to.
struct RtpPolicy {
  std::vector<Codec> codecs = {};  // best first; empty: all, as the peer prefers
  // Of our offers; a secure one also lets nothing insecure be answered.
  RtpProfile profile = RtpProfile::kAvp;
  std::vector<SrtpProfile> suites = {};  // best first; empty: all, as the peer prefers
  RtcpMux mux = RtcpMux::kWhereOffered;
  PeerAddresses peers = PeerAddresses();  // that descriptions may name
};

// Which lines an offer of ours has; a line that was there before and is not wanted any more ends.
struct RtpOffer {
  bool audio = true;
  bool video = true;
  bool hold = false;
};

// What a description and its answer came to.
struct RtpAgreement {
  std::string sdp;                              // ours; empty when the peer answered
  std::array<std::optional<RtpLine>, 2> lines;  // sound, pictures; nothing: rejected, or ended
  std::vector<std::optional<bool>> order;  // per m-line: whether it is that of pictures; nothing: neither
};

// What waits to be sent, or is, to be taken where the peer has it and it is allowed; sound, pictures.
using RtpWanted = std::array<std::optional<CodecChoice>, 2>;

// Offers and answers of plain RTP (RFC 3264) with one line of sound and one of pictures at most. Remembers
// what must stay the same from one to the next: the order of m-lines, our keys, whether RTCP shares the port.
// Lives on the RTC thread.
class RtpNegotiation {
 public:
  // Gives where we receive, opening ports when it is asked for a line first. `mux`: on one port. `like`: the
  // peer's address, if it is known.
  using Ports =
      std::function<Result<RtpLocal>(bool video, bool mux, const std::optional<SocketAddress>& like)>;

  RtpNegotiation(uint64_t session, RtpPolicy policy, Ports ports)
      : session_(session), policy_(std::move(policy)), ports_(std::move(ports)) {}

  // A line that cannot be taken is rejected with port 0. Where none can, though the peer wants one: an error
  // with the first one's reason, SDP_NO_CODEC, SDP_PROFILE, SDP_RTCP_MUX, SDP_CRYPTO_... (see sdes.hpp),
  // SDP_ADDRESS, PORT_UNAVAILABLE.
  Result<RtpAgreement> answer(const std::string& offer, const RtpWanted& wanted = {});
  // Takes the place of an offer that has not been answered.
  Result<std::string> offer(const RtpOffer& wanted);
  // Reasons: NO_OFFER_PENDING, SDP_ANSWER_MISMATCH, SDP_PROFILE, and as answer().
  Result<RtpAgreement> accept(const std::string& answer);

 private:
  // An m-line that has been in any description: its place stays.
  struct Place {
    std::optional<bool> video;  // nothing: of no use to us
    MediaDescription shape;     // kind, protocol and a format, for a rejection
    bool ended = false;
  };

  Status take_places(const SessionDescription& offer);
  bool is_ours(size_t at, const MediaDescription& theirs) const;
  Result<RtpLine> negotiate(const MediaDescription& theirs, const RtpWanted& wanted);
  Status negotiate_keys(const MediaDescription& theirs, RtpLine& line);
  Result<MediaDescription> offered(bool video, bool hold);
  Result<std::string> offer_places(const RtpOffer& wanted);
  Result<RtpLine> read_answered(const MediaDescription& ours, const MediaDescription& theirs);
  std::string write(std::vector<MediaDescription> media);
  const SdesKey& own_key(bool video, SrtpProfile profile);
  void retire_keys(const RtpAgreement& agreed);
  std::vector<SrtpProfile> suites() const;

  uint64_t session_;
  RtpPolicy policy_;
  Ports ports_;
  uint64_t version_ = 0;
  std::vector<Place> places_;
  std::map<std::pair<bool, SrtpProfile>, SdesKey> own_keys_;
  std::array<std::optional<SrtpProfile>, 2> in_use_{};  // whose key sends
  std::array<bool, 2> mux_{};                           // agreed on
  std::optional<SessionDescription> pending_;
};

}  // namespace kms::rtc
