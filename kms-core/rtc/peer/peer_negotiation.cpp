// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/peer_negotiation.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kms-core/rtc/peer/waiting_sources.hpp"
#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"
#include "kms-core/rtc/sdp/sdp_text.hpp"

namespace kms::rtc {
namespace {

SourceRef source_on(const PeerConsumers& consumers, const std::string& mid) {
  const auto found = std::ranges::find_if(
      consumers.slots(), [&](const PeerConsumers::Slot& slot) { return slot.line.mid == mid && !slot.gone; });
  return found == consumers.slots().end() ? nullptr : found->source;
}

void add_receive(const NegotiatedLine& line, std::vector<ReceiveLine>& to) {
  ReceiveLine receive{
      line.mid,  "",        line.codec.codec, line.codec.parameters, line.payload_type, line.rtx_payload_type,
      line.nack, line.ssrc, line.rtx_ssrc,    line.extensions};
  receive.red_payload_type = line.red_payload_type;
  if (line.rids.empty()) to.push_back(receive);
  for (const auto& rid : line.rids) {
    receive.rid = rid;
    receive.ssrc = receive.rtx_ssrc = 0;
    to.push_back(receive);
  }
}

SendLine send_line(const NegotiatedLine& line, const SentTrack& track) {
  auto extensions = line.extensions;
  if (!line.transport_cc) extensions.remove(ExtensionKind::kTransportSequence);
  return {line.mid,
          line.codec.codec,
          line.codec.parameters,
          line.payload_type,
          line.rtx_payload_type,
          track.ssrc,
          line.rtx_payload_type != 0 ? track.rtx_ssrc : 0,
          extensions,
          extensions.id_of(ExtensionKind::kTransportSequence) != 0,
          line.red_payload_type};
}

LineState state_of(const NegotiatedLine& line) {
  LineState state;
  state.mid = line.mid;
  state.video = line.kind == MediaKind::kVideo;
  state.data = line.kind == MediaKind::kApplication;
  state.accepted = line.accepted;
  state.sends = line.accepted && sends(line.direction);
  state.receives = line.accepted && receives(line.direction);
  state.codec = line.codec.codec;
  state.parameters = line.codec.parameters;
  return state;
}

// RFC 8830: a token of 64 characters at most, of a source that may be named as its element is.
std::string stream_name(std::string_view cname) {
  constexpr size_t kMost = 64;
  std::string name(cname.substr(cname.size() - std::min(cname.size(), kMost)));
  for (char& c : name) {
    if (!is_token({&c, 1})) c = '-';
  }
  return name;
}

}  // namespace

Result<ReadOffer> PeerNegotiation::read(const std::string& offer) const {
  auto parsed = parse_sdp(offer);
  if (!parsed.ok()) return parsed.status();
  if (const auto status = check_description(*parsed); !status.ok()) return status;
  if (outline_) {
    if (const auto status = check_follows(*outline_, *parsed); !status.ok()) return status;
  }
  if (const auto status = check_peer(*parsed); !status.ok()) return status;
  ReadOffer read{std::move(*parsed), false};
  const auto* line = transport_line(read.description, options_.data);
  read.restarts_ice = transport_ && line && line->transport.ufrag != transport_->ufrag;
  return read;
}

Status PeerNegotiation::check_peer(const SessionDescription& theirs) const {
  const auto* line = transport_line(theirs, options_.data);
  if (!transport_ || !line || line->transport.fingerprint == transport_->fingerprint) return ok();
  return sdp_error(
      line->line, "SDP_FINGERPRINT_CHANGED",
      "the certificate is not that of this connection: a new RTCPeerConnection needs an endpoint of its own");
}

SentTrack& PeerNegotiation::track_of(const std::string& mid) {
  auto& track = tracks_[mid];
  if (track.ssrc != 0) return track;
  const auto name = Peer::cname_of(peer_);
  track = {name, fmt::format("{}-{}", name, mid), name, 0, 0};
  if (spare_tracks_.empty()) {
    track.ssrc = ssrcs_.next();
    track.rtx_ssrc = ssrcs_.next();
    return track;
  }
  track.ssrc = spare_tracks_.back().ssrc;
  track.rtx_ssrc = spare_tracks_.back().rtx_ssrc;
  spare_tracks_.pop_back();
  return track;
}

// An m-line may be used again under another mid as often as the peer likes: what the former one sent under
// goes on there, so that what is kept is bounded by the number of m-lines.
void PeerNegotiation::retire_tracks() {
  std::erase_if(tracks_, [this](const auto& entry) {
    const auto has = [&](const auto& lines) {
      return std::ranges::any_of(lines, [&](const auto& line) { return line.mid == entry.first; });
    };
    if (has(lines_) || (pending_ && has(pending_->media))) return false;
    spare_tracks_.push_back(entry.second);
    return true;
  });
}

void PeerNegotiation::name_track(SentTrack& track, const SourceRef& source) const {
  if (!source) return;
  track.cname = source->cname();
  track.stream_id = stream_name(track.cname);
}

bool PeerNegotiation::allows(const SourceTrack& source) const {
  return options_.codecs.empty() ||
         std::ranges::find(options_.codecs, source.codec()) != options_.codecs.end();
}

std::vector<CodecChoice> PeerNegotiation::allowed(MediaKind kind) const {
  std::vector<CodecChoice> choices;
  for (const auto codec : options_.codecs) {
    if (is_audio(codec) == (kind == MediaKind::kAudio)) choices.push_back({codec, {}});
  }
  return choices;
}

std::vector<LineWish> PeerNegotiation::wishes(const SessionDescription& offer,
                                              const PeerConsumers& consumers) {
  auto waiting = consumers.waiting();
  std::vector<LineWish> all;
  for (size_t i = 0; i < offer.media.size(); ++i) {
    const auto& media = offer.media[i];
    auto& wish = all.emplace_back();
    if (media.kind == MediaKind::kApplication) continue;
    wish.codecs = allowed(media.kind);
    // With a list that has none of this kind, none may be spoken.
    wish.accept = options_.codecs.empty() || !wish.codecs.empty();
    // What the peer sends already goes on as it is.
    if (i < lines_.size() && receives(lines_[i].direction)) wish.preferred.push_back(lines_[i].codec);
    const auto asked = asked_.find(media.mid);
    const bool is_asked = asked != asked_.end();
    if (is_asked) wish.accept = wish.accept && (!asked->second.stopped || is_parked(media.mid));
    if (is_asked) wish.receive = asked->second.receive;
    const bool may_send = !is_asked || asked->second.send;
    if (may_send && receives(media.direction) && media.is_active()) {
      auto& track = track_of(media.mid);
      auto source = source_on(consumers, media.mid);
      if (!source) source = take_waiting(waiting, media.kind, media.mid);
      name_track(track, source);
      if (source && allows(*source)) wish.preferred.push_back({source->codec(), source->parameters()});
      wish.send = track;
    }
    wish.preferred.insert(wish.preferred.end(), wish.codecs.begin(), wish.codecs.end());
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

// Without the lines that one side has rejected: their places are free for others.
Outline PeerNegotiation::agreed_outline(const SessionDescription& offer, const Negotiation& agreed) {
  auto outline = outline_of(offer);
  for (size_t i = 0; i < agreed.lines.size(); ++i) {
    if (agreed.lines[i].accepted) continue;
    outline[i].port = 0;
    outline[i].bundle_only = false;
  }
  return outline;
}

Result<Agreement> PeerNegotiation::answer(const ReadOffer& offer, LocalSide local,
                                          const PeerConsumers& consumers) {
  local.session_id = peer_;
  local.version = version_ + 1;
  local.max_receive_bps = options_.max_receive_bps;
  local.data = options_.data;
  retire_tracks();
  auto agreed = answer_offer(offer.description, local, wishes(offer.description, consumers));
  if (!agreed.ok()) return agreed.status();
  if (const auto status = count_streams(offer.description, *agreed); !status.ok()) return status;
  ++version_;
  pending_.reset();
  outline_ = agreed_outline(offer.description, *agreed);
  numbers_.learn(offer.description);
  return commit(std::move(*agreed));
}

Result<bool> PeerNegotiation::take_credentials(const IceCredentials& theirs) {
  if (!transport_) {
    return error(StatusCode::kFailedPrecondition, "NOT_NEGOTIATED",
                 "credentials belong to a description, and no m-line has been agreed on");
  }
  if (theirs.ufrag == transport_->ufrag) return false;
  transport_->ufrag = theirs.ufrag;
  transport_->password = theirs.password;
  return true;
}

const NegotiatedLine* PeerNegotiation::line_in_use(const std::string& mid) const {
  const auto found = std::ranges::find_if(
      lines_, [&](const NegotiatedLine& line) { return line.accepted && line.mid == mid; });
  return found == lines_.end() ? nullptr : &*found;
}

Agreement PeerNegotiation::commit(Negotiation agreed) {
  if (agreed.has_transport) transport_ = agreed.transport;
  Agreement out{std::move(agreed.sdp), transport_, {}, {}, {}, {}};
  reduced_size_ = true;
  lines_ = std::move(agreed.lines);
  for (const auto& line : lines_) {
    out.lines.push_back(state_of(line));
    if (is_parked(line.mid)) {
      out.lines.back().accepted = out.lines.back().sends = out.lines.back().receives = false;
      continue;
    }
    if (line.accepted && line.kind == MediaKind::kApplication) {
      out.data = {line.sctp_port, line.max_message_size};
      continue;
    }
    if (line.accepted && !line.reduced_size) reduced_size_ = false;
    if (receives(line.direction)) add_receive(line, out.receive);
    if (line.accepted && !receives(line.direction)) out.paused.push_back(line.mid);
    if (sends(line.direction)) out.send.push_back(send_line(line, track_of(line.mid)));
  }
  std::erase_if(asked_, [this](const auto& entry) { return line_in_use(entry.first) == nullptr; });
  return out;
}

}  // namespace kms::rtc
