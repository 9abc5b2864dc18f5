// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_negotiation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kms-core/rtc/sdp/offer_check.hpp"
#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"

namespace kms::rtc {
namespace {

// The next source that waits for this line; nothing if none does. Each is given once.
SourceRef take_waiting(std::vector<PeerConsumers::Slot>& waiting, MediaKind kind, const std::string& mid) {
  const auto next = [&](bool choosy) {
    return std::ranges::find_if(waiting, [&](const PeerConsumers::Slot& wish) {
      if (wish.choosy != choosy || (choosy && wish.line.mid != mid)) return false;
      return wish.source->is_video() == (kind == MediaKind::kVideo);
    });
  };
  auto found = next(true);
  if (found == waiting.end()) found = next(false);
  if (found == waiting.end()) return nullptr;
  auto source = found->source;
  waiting.erase(found);
  return source;
}

SourceRef source_on(const PeerConsumers& consumers, const std::string& mid) {
  const auto found = std::ranges::find_if(
      consumers.slots(), [&](const PeerConsumers::Slot& slot) { return slot.line.mid == mid; });
  return found == consumers.slots().end() ? nullptr : found->source;
}

void add_receive(const NegotiatedLine& line, std::vector<ReceiveLine>& to) {
  ReceiveLine receive{
      line.mid,  "",        line.codec.codec, line.codec.parameters, line.payload_type, line.rtx_payload_type,
      line.nack, line.ssrc, line.rtx_ssrc,    line.extensions};
  if (line.rids.empty()) to.push_back(receive);
  for (const auto& rid : line.rids) {
    receive.rid = rid;
    receive.ssrc = receive.rtx_ssrc = 0;
    to.push_back(receive);
  }
}

SendLine send_line(const NegotiatedLine& line, const SentTrack& track) {
  return {line.mid,
          line.codec.codec,
          line.codec.parameters,
          line.payload_type,
          line.rtx_payload_type,
          track.ssrc,
          line.rtx_payload_type != 0 ? track.rtx_ssrc : 0,
          line.extensions};
}

}  // namespace

Result<ReadOffer> PeerNegotiation::read(const std::string& offer) const {
  auto parsed = parse_sdp(offer);
  if (!parsed.ok()) return parsed.status();
  if (const auto status = check_description(*parsed); !status.ok()) return status;
  if (last_offer_) {
    if (const auto status = check_follows(*last_offer_, *parsed); !status.ok()) return status;
  }
  ReadOffer read{std::move(*parsed), false};
  const auto* line = transport_line(read.description);
  if (!transport_ || !line) return read;
  read.restarts_ice = line->transport.ufrag != transport_->ufrag;
  if (line->transport.fingerprint != transport_->fingerprint) {
    return sdp_error(line->line, "SDP_FINGERPRINT_CHANGED",
                     "the certificate of a running session stays: open a new one");
  }
  return read;
}

SentTrack& PeerNegotiation::track_of(const std::string& mid) {
  auto& track = tracks_[mid];
  if (track.ssrc != 0) return track;
  const auto name = Peer::cname_of(peer_);
  track = {name, fmt::format("{}-{}", name, mid), name, ssrcs_.next(), ssrcs_.next()};
  return track;
}

std::vector<LineWish> PeerNegotiation::wishes(const SessionDescription& offer,
                                              const PeerConsumers& consumers) {
  auto waiting = consumers.waiting();
  std::vector<LineWish> all;
  for (const auto& media : offer.media) {
    auto& wish = all.emplace_back();
    if (!receives(media.direction) || !media.is_active()) continue;
    auto& track = track_of(media.mid);
    auto source = source_on(consumers, media.mid);
    if (!source) source = take_waiting(waiting, media.kind, media.mid);
    if (source) {
      track.stream_id = track.cname = source->cname();
      wish.codecs = {{source->codec(), source->parameters()}};
    }
    wish.send = track;
  }
  return all;
}

// Those of a line that pauses stay: it may go on.
Status PeerNegotiation::count_streams(const SessionDescription& theirs, const Negotiation& agreed) {
  std::map<std::string, size_t> streams;
  size_t all = 0;
  for (size_t i = 0; i < agreed.lines.size(); ++i) {
    const auto& line = agreed.lines[i];
    if (!line.accepted) continue;
    const auto before = streams_.find(line.mid);
    size_t here = before == streams_.end() ? 0 : before->second;
    if (receives(line.direction)) here = std::max<size_t>(1, line.rids.size());
    streams[line.mid] = here;
    all += here;
    if (all <= kMaxStreams) continue;
    return sdp_error(
        theirs.media[i].line, "SDP_TOO_MANY_STREAMS",
        fmt::format("with this m-line the peer would send {} streams, allowed are {}", all, kMaxStreams));
  }
  streams_ = std::move(streams);
  return ok();
}

Result<Agreement> PeerNegotiation::answer(const ReadOffer& offer, LocalSide local,
                                          const PeerConsumers& consumers) {
  local.session_id = peer_;
  local.version = version_ + 1;
  auto agreed = answer_offer(offer.description, local, wishes(offer.description, consumers));
  if (!agreed.ok()) return agreed.status();
  if (const auto status = count_streams(offer.description, *agreed); !status.ok()) return status;
  ++version_;
  last_offer_ = outline_of(offer.description);
  if (agreed->has_transport) transport_ = agreed->transport;
  Agreement out{std::move(agreed->sdp), transport_, {}, {}, {}};
  for (const auto& line : agreed->lines) {
    if (receives(line.direction)) add_receive(line, out.receive);
    if (line.accepted && !receives(line.direction)) out.paused.push_back(line.mid);
    if (sends(line.direction)) out.send.push_back(send_line(line, track_of(line.mid)));
  }
  return out;
}

}  // namespace kms::rtc
