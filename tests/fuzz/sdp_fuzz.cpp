// SPDX-License-Identifier: Apache-2.0
#include <cstdlib>

#include "kms-core/rtc/sdp/answerer.hpp"
#include "kms-core/rtc/sdp/offerer.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"
#include "kms-core/rtc/sdp/sdp_writer.hpp"

namespace {

using namespace kms::rtc;

void require(bool truth) {
  if (!truth) std::abort();
}

LocalSide local_side() {
  LocalSide local;
  local.ufrag = "ourufrag";
  local.password = "ourpasswordourpassword12";
  local.data = true;
  local.candidates = {"candidate:1 1 udp 1 192.0.2.1 5000 typ host"};
  return local;
}

// An answer of ours must be a good description, with a line for each offered one.
void answer_it(const SessionDescription& offer) {
  const LineWish wish{.accept = true, .receive = true, .send = SentTrack{"s", "t", "c", 1, 2}, .codecs = {}};
  const std::vector<LineWish> wishes(offer.media.size() / 2, wish);
  const auto answer = answer_offer(offer, local_side(), wishes);
  if (!answer.ok()) return;
  require(answer->lines.size() == offer.media.size());
  const auto parsed = parse_sdp(answer->sdp);
  require(parsed.ok() && parsed->media.size() == offer.media.size());
  require(read_answer(offer, *parsed).ok());
}

// As an answer to an offer of ours, made with the numbers that the text itself uses: a line comes of each, of
// a codec and a direction that were offered; and the offer is a good description.
void take_as_answer(const SessionDescription& answer) {
  OfferNumbers numbers;
  numbers.learn(answer);
  std::vector<OfferLine> lines;
  for (const auto& media : answer.media) {
    const bool audio = media.kind == MediaKind::kAudio;
    if (media.kind == MediaKind::kApplication) {
      lines.push_back({.kind = media.kind, .mid = media.mid});
      continue;
    }
    lines.push_back(
        {.kind = audio ? MediaKind::kAudio : MediaKind::kVideo,
         .mid = media.mid,
         .codecs = {{audio ? Codec::kOpus : Codec::kVp8, {}}, {audio ? Codec::kPcmu : Codec::kH264, {}}}});
  }
  const auto offer = make_offer(local_side(), lines, numbers);
  const auto result = read_answer(offer, answer);
  if (!result.ok()) return;
  require(result->lines.size() == offer.media.size());
  for (size_t i = 0; i < result->lines.size(); ++i) {
    const auto& line = result->lines[i];
    if (!line.accepted) continue;
    require((line.kind == MediaKind::kApplication) == (line.sctp_port != 0));
    if (line.kind == MediaKind::kApplication) continue;
    require(is_audio(line.codec.codec) == (offer.media[i].kind == MediaKind::kAudio));
    require(parse_sdp(write_sdp(offer)).ok());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto session = parse_sdp({reinterpret_cast<const char*>(data), size});
  if (!session.ok()) return 0;
  const auto text = write_sdp(*session);
  const auto again = parse_sdp(text);
  require(again.ok() && write_sdp(*again) == text);
  answer_it(*session);
  take_as_answer(*session);
  return 0;
}
