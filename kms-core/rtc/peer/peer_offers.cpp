// SPDX-License-Identifier: Apache-2.0
// The part of PeerNegotiation that makes offers of ours.
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "kms-core/rtc/peer/peer_negotiation.hpp"
#include "kms-core/rtc/peer/waiting_sources.hpp"
#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_lines.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"
#include "kms-core/rtc/sdp/sdp_writer.hpp"

namespace kms::rtc {
namespace {

// What every browser speaks, best first.
constexpr std::array kUsualAudio{Codec::kOpus, Codec::kPcmu, Codec::kPcma};
constexpr std::array kUsualVideo{Codec::kVp8, Codec::kH264};

CodecChoice usual(Codec codec) { return {codec, std::string(usual_parameters(codec))}; }

// A mid that none of `lines` has.
std::string next_mid(std::span<const OfferLine> lines) {
  size_t number = lines.size();
  const auto is_taken = [&] {
    return std::ranges::any_of(lines,
                               [&](const OfferLine& line) { return line.mid == std::to_string(number); });
  };
  while (is_taken()) ++number;
  return std::to_string(number);
}

// Nothing if there is none of that kind.
OfferLine* line_with(std::span<OfferLine> lines, const std::string& mid, MediaKind kind) {
  const auto found = std::ranges::find_if(
      lines, [&](const OfferLine& line) { return !mid.empty() && line.mid == mid && line.kind == kind; });
  return found == lines.end() ? nullptr : &*found;
}

bool has_data(std::span<const OfferLine> lines) {
  return std::ranges::any_of(
      lines, [](const OfferLine& line) { return line.kind == MediaKind::kApplication && !line.ended; });
}

}  // namespace

std::vector<CodecChoice> PeerNegotiation::offered(MediaKind kind, const SourceRef& source) const {
  std::vector<CodecChoice> choices;
  if (source && allows(*source)) choices.push_back({source->codec(), source->parameters()});
  const auto add = [&](Codec codec) {
    const bool known = std::ranges::find(choices, codec, &CodecChoice::codec) != choices.end();
    if (!known && is_audio(codec) == (kind == MediaKind::kAudio)) choices.push_back(usual(codec));
  };
  for (const auto codec : options_.codecs) add(codec);
  if (!options_.codecs.empty()) return choices;
  for (const auto codec : kUsualAudio) add(codec);
  for (const auto codec : kUsualVideo) add(codec);
  return choices;
}

OfferLine PeerNegotiation::line_again(size_t index) const {
  const auto& agreed = lines_[index];
  OfferLine line;
  line.kind = agreed.kind;
  line.mid = agreed.mid;
  line.direction = agreed.direction;
  line.ended = !agreed.accepted;
  if (const auto asked = asked_.find(agreed.mid); asked != asked_.end()) {
    line.direction = direction_of(asked->second.send, asked->second.receive);
    line.ended = line.ended || (asked->second.stopped && !is_parked(agreed.mid));
  }
  line.outline = outline_->at(index).description();
  line.outline->mid = agreed.mid;
  if (agreed.accepted) line.as = agreed;
  return line;
}

OfferLine PeerNegotiation::new_line(const WantedLine& wanted, std::span<const OfferLine> before,
                                    std::vector<PeerConsumers::Slot>& waiting) {
  OfferLine line;
  line.kind = wanted.video ? MediaKind::kVideo : MediaKind::kAudio;
  line.mid = next_mid(before);
  if (wanted.data) {
    line.kind = MediaKind::kApplication;
    line.direction = Direction::kInactive;
    return line;
  }
  line.direction = direction_of(wanted.send, wanted.receive);
  SourceRef source;
  if (wanted.send) {
    source = take_waiting(waiting, line.kind, line.mid);
    name_track(track_of(line.mid), source);
  }
  line.codecs = offered(line.kind, source);
  return line;
}

Status PeerNegotiation::check_wanted(const std::vector<WantedLine>& wanted) const {
  for (const auto& one : wanted) {
    if (one.mid.empty() && !one.stopped) continue;
    const auto* line = line_in_use(one.mid);
    const auto kind = one.video ? MediaKind::kVideo : MediaKind::kAudio;
    if (line && !one.data && line->kind == kind) continue;
    return error(StatusCode::kInvalidArgument, ErrorInfo{"INVALID_OPTIONS", {}, {{"field", "lines"}}},
                 "no m-line of sound or pictures in use has the mid " + quoted(one.mid) + " and that kind");
  }
  return ok();
}

std::string PeerNegotiation::parked() const {
  const auto first = std::ranges::find_if(lines_, &NegotiatedLine::accepted);
  if (first == lines_.end()) return {};
  const auto asked = asked_.find(first->mid);
  return asked != asked_.end() && asked->second.stopped ? first->mid : std::string();
}

// A new line of its kind takes its place, under its mid.
void PeerNegotiation::unpark(OfferLine& line, const WantedLine& wanted,
                             std::vector<PeerConsumers::Slot>& waiting) {
  auto& asked = asked_[line.mid] = wanted;
  asked.mid = line.mid;
  line.direction = direction_of(wanted.send, wanted.receive);
  if (wanted.send) name_track(track_of(line.mid), take_waiting(waiting, line.kind, line.mid));
}

// An m-line that was rejected is used again (RFC 9429 section 5.2.2), or descriptions would grow for ever.
void PeerNegotiation::add_line(OfferLine line, std::vector<OfferLine>& lines) const {
  for (size_t i = 0; i < lines_.size(); ++i) {
    if (lines_[i].accepted || !lines[i].ended) continue;
    lines[i] = std::move(line);
    return;
  }
  lines.push_back(std::move(line));
}

Result<std::string> PeerNegotiation::offer(const std::vector<WantedLine>& wanted, LocalSide local,
                                           const PeerConsumers& consumers) {
  if (pending_) {
    return error(StatusCode::kFailedPrecondition, "OFFER_PENDING",
                 "the offer before has not been answered yet");
  }
  if (const auto status = check_wanted(wanted); !status.ok()) return status;
  retire_tracks();
  auto free = parked();  // not what is stopped just now: its port has to end first
  for (const auto& one : wanted) {
    if (one.mid.empty()) continue;
    auto& asked = asked_[one.mid] = one;  // whatever becomes of the offer (RFC 9429 section 4.2.1)
    asked.send = asked.send && !one.stopped;
    asked.receive = asked.receive && !one.stopped;
  }
  if (!is_parked(free)) free.clear();  // it has just been asked for by its mid
  auto waiting = consumers.waiting();
  std::vector<OfferLine> lines;
  for (size_t i = 0; i < lines_.size(); ++i) lines.push_back(line_again(i));
  for (const auto& one : wanted) {
    if (!one.mid.empty() || (one.data && has_data(lines))) continue;
    auto* place =
        one.data ? nullptr : line_with(lines, free, one.video ? MediaKind::kVideo : MediaKind::kAudio);
    if (!place) {
      add_line(new_line(one, lines, waiting), lines);
      continue;
    }
    unpark(*place, one, waiting);
    free.clear();
  }
  if (lines.empty()) {
    return error(StatusCode::kInvalidArgument, "NO_LINES",
                 "an offer needs an m-line, of sound, pictures or data");
  }
  if (lines.size() > sdp_limits::kMedia) {
    return error(StatusCode::kInvalidArgument, ErrorInfo{"INVALID_OPTIONS", {}, {{"field", "lines"}}},
                 fmt::format("an offer has at most {} m-lines", sdp_limits::kMedia));
  }
  for (auto& line : lines) {
    if (sends(line.direction) && !line.ended) line.send = track_of(line.mid);
  }
  local.session_id = peer_;
  local.version = ++version_;
  local.max_receive_bps = options_.max_receive_bps;
  pending_ = make_offer(local, lines, numbers_);
  return write_sdp(*pending_);
}

Status PeerNegotiation::withdraw() {
  if (pending_) {
    pending_.reset();
    return ok();
  }
  return error(StatusCode::kFailedPrecondition, "NO_OFFER_PENDING", "there is no offer to be taken back");
}

Result<Agreement> PeerNegotiation::accept(const std::string& answer) {
  if (!pending_) {
    return error(StatusCode::kFailedPrecondition, "NO_OFFER_PENDING", "there is no offer to be answered");
  }
  auto theirs = parse_sdp(answer);
  if (!theirs.ok()) return theirs.status();
  if (theirs->ice_lite) {
    return sdp_error(
        0, "SDP_PEER_ICE_LITE",
        "a=ice-lite, as kms has it itself: nobody would check the path; is it a description of kms that "
        "was handed back?");
  }
  auto agreed = read_answer(*pending_, *theirs);
  if (!agreed.ok()) return agreed.status();
  if (const auto status = check_peer(*theirs); !status.ok()) return status;
  if (const auto status = count_streams(*theirs, *agreed); !status.ok()) return status;
  outline_ = agreed_outline(*pending_, *agreed);
  pending_.reset();
  return commit(std::move(*agreed));
}

}  // namespace kms::rtc
