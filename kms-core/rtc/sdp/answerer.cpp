// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sdp/answerer.hpp"

#include <algorithm>

#include "kms-core/rtc/sdp/data_line.hpp"
#include "kms-core/rtc/sdp/line_writer.hpp"
#include "kms-core/rtc/sdp/offer_check.hpp"
#include "kms-core/rtc/sdp/sdp_error.hpp"
#include "kms-core/rtc/sdp/sdp_writer.hpp"

namespace kms::rtc {
namespace {

const PayloadFormat* choose_payload(const MediaDescription& offered, const LineWish& wish) {
  const bool audio = offered.kind == MediaKind::kAudio;
  const auto is_known = [&](const PayloadFormat& payload) {
    const auto codec = codec_of(payload);
    return codec && is_audio(*codec) == audio && matches(payload, {*codec, {}});
  };
  for (const auto& choice : wish.preferred) {
    for (const auto& payload : offered.payloads) {
      if (is_known(payload) && matches(payload, choice)) return &payload;
    }
  }
  for (const auto& payload : offered.payloads) {
    const auto fits = [&](const CodecChoice& choice) { return matches(payload, choice); };
    if (!is_known(payload)) continue;
    if (wish.codecs.empty() || std::ranges::any_of(wish.codecs, fits)) return &payload;
  }
  return nullptr;
}

// Encodings are told apart by their rid, which comes in a header extension.
std::vector<std::string> received_rids(const MediaDescription& offered, const NegotiatedLine& line) {
  std::vector<std::string> rids;
  if (!receives(line.direction) || line.extensions.id_of(ExtensionKind::kRid) == 0) return rids;
  for (const auto& id : offered.simulcast_send) {
    const auto rid = std::ranges::find(offered.rids, id, &RidEntry::id);
    const auto& types = rid->payload_types;
    if (types.empty() || std::ranges::find(types, line.payload_type) != types.end()) rids.push_back(id);
  }
  return rids;
}

class Answerer {
 public:
  Answerer(const SessionDescription& offer, const LocalSide& local) : offer_(offer), local_(local) {}

  Negotiation run(std::span<const LineWish> wishes);

 private:
  bool is_on_our_transport(const MediaDescription& offered) const;
  bool takes_data(const MediaDescription& offered, const LineWish& wish) const;
  NegotiatedLine negotiate(const MediaDescription& offered, const LineWish& wish) const;
  DtlsSetup our_setup() const;
  void take_transport();
  void add(const MediaDescription& offered, const LineWish& wish);

  const SessionDescription& offer_;
  const LocalSide& local_;
  SessionDescription answer_;
  Negotiation result_;
};

bool Answerer::is_on_our_transport(const MediaDescription& offered) const {
  const auto& bundle = offer_.bundle;
  if (bundle.empty()) return &offered == transport_line(offer_, local_.data);
  return std::ranges::find(bundle, offered.mid) != bundle.end();
}

// One association is enough for all data channels.
bool Answerer::takes_data(const MediaDescription& offered, const LineWish& wish) const {
  const auto is_taken = [](const NegotiatedLine& line) {
    return line.accepted && line.kind == MediaKind::kApplication;
  };
  return local_.data && wish.accept && is_data_line(offered) && is_on_our_transport(offered) &&
         std::ranges::none_of(result_.lines, is_taken);
}

NegotiatedLine Answerer::negotiate(const MediaDescription& offered, const LineWish& wish) const {
  if (takes_data(offered, wish)) return read_data_line(offered);
  const auto* payload = choose_payload(offered, wish);
  if (!payload || !wish.accept || !is_acceptable(offered) || !is_on_our_transport(offered)) {
    NegotiatedLine rejected;
    rejected.kind = offered.kind;
    rejected.mid = offered.mid;
    return rejected;
  }
  auto line = read_line(offered, *payload, local_.extensions);
  line.direction =
      direction_of(wish.send && receives(offered.direction), wish.receive && sends(offered.direction));
  line.rids = received_rids(offered, line);
  return line;
}

// The answer must choose; an offer without a=setup means active (RFC 4145 section 4.1).
DtlsSetup Answerer::our_setup() const {
  const auto theirs = transport_line(offer_, local_.data)->transport.setup;
  if (theirs == DtlsSetup::kPassive) return DtlsSetup::kActive;
  const bool free = theirs == DtlsSetup::kActPass;
  return free && local_.setup == DtlsSetup::kActive ? DtlsSetup::kActive : DtlsSetup::kPassive;
}

void Answerer::take_transport() {
  const auto& theirs = transport_line(offer_, local_.data)->transport;
  result_.has_transport = true;
  result_.transport = {theirs.ufrag, theirs.password, *theirs.fingerprint, our_setup() == DtlsSetup::kActive};
}

void Answerer::add(const MediaDescription& offered, const LineWish& wish) {
  auto line = negotiate(offered, wish);
  if (!line.accepted) {
    answer_.media.push_back(rejected_line(offered));
  } else {
    const bool first = !result_.has_transport;
    if (first) take_transport();
    const bool is_data = line.kind == MediaKind::kApplication;
    auto media = is_data ? data_line(offered, line.mid, local_) : accepted_line(offered, line, local_);
    media.transport.setup = our_setup();
    if (!first) {
      media.candidates.clear();
      media.end_of_candidates = false;
    }
    if (sends(line.direction)) write_track(*wish.send, line, media);
    if (!offer_.bundle.empty()) answer_.bundle.push_back(line.mid);
    answer_.media.push_back(std::move(media));
  }
  result_.lines.push_back(std::move(line));
}

Negotiation Answerer::run(std::span<const LineWish> wishes) {
  answer_.session_id = local_.session_id;
  answer_.version = local_.version;
  answer_.ice_lite = true;
  answer_.extmap_allow_mixed = offer_.extmap_allow_mixed;
  for (size_t i = 0; i < offer_.media.size(); ++i)
    add(offer_.media[i], i < wishes.size() ? wishes[i] : LineWish{});
  limit_video(local_.max_receive_bps, answer_);
  result_.sdp = write_sdp(answer_);
  return std::move(result_);
}

}  // namespace

Result<Negotiation> answer_offer(const SessionDescription& offer, const LocalSide& local,
                                 std::span<const LineWish> wishes) {
  if (const auto status = check_description(offer); !status.ok()) return status;
  if (offer.ice_lite) {
    return sdp_error(
        0, "SDP_PEER_ICE_LITE",
        "a=ice-lite, as kms has it itself: nobody would check the path; is it a description of kms that "
        "was handed back?");
  }
  return Answerer(offer, local).run(wishes);
}

}  // namespace kms::rtc
