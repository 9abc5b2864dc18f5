// SPDX-License-Identifier: Apache-2.0
#include <array>
#include <cstdlib>
#include <vector>

#include "kms-core/rtc/rtcp/nack_generator.hpp"
#include "kms-core/rtc/rtcp/nack_reader.hpp"
#include "kms-core/rtc/rtcp/rtcp_reader.hpp"
#include "kms-core/rtc/rtcp/rtcp_writer.hpp"
#include "kms-core/rtc/rtcp/transport_feedback_generator.hpp"
#include "kms-core/rtc/rtcp/transport_feedback_reader.hpp"

namespace {

using namespace kms::rtc;

void require(bool truth) {
  if (!truth) std::abort();
}

// What was asked for must be what is asked for when it is written again.
void nack_round_trip(const RtcpPacket& packet) {
  std::vector<uint16_t> sequences;
  NackReader reader(packet);
  while (const auto sequence = reader.next()) sequences.push_back(*sequence);
  if (sequences.empty()) return;
  std::vector<uint8_t> out(12 + 4 * sequences.size());
  RtcpWriter writer(out);
  require(writer.nack({1, 2}, sequences));
  NackReader again(*RtcpReader(Bytes(out).first(writer.size())).next());
  for (const auto sequence : sequences) require(again.next() == sequence);
  require(!again.next());
}

// A bitrate that was read is written and read again as it was; one beyond what can be written stays beyond.
void remb_round_trip(const RtcpPacket& packet) {
  const auto remb = read_remb(packet);
  if (!remb) return;
  require(remb->ssrc_count <= remb->ssrcs.size());
  std::array<uint8_t, 100> out;
  RtcpWriter writer(out);
  require(writer.remb(1, *remb));
  const auto again = read_remb(*RtcpReader(Bytes(out).first(writer.size())).next());
  require(again && again->ssrc_count == remb->ssrc_count && again->ssrcs == remb->ssrcs);
  const bool exact = remb->bitrate_bps <= uint64_t{0x3ffff} << 46;
  require(exact ? again->bitrate_bps == remb->bitrate_bps : again->bitrate_bps >= uint64_t{0x3ffff} << 46);
}

// Arrivals of any order through the generators: bounded, and readable again.
void replay_feedback(const RtcpPacket& packet) {
  auto feedback = TransportFeedbackReader::parse(packet);
  if (!feedback) return;
  TransportFeedbackGenerator generator;
  NackGenerator nacks;
  while (const auto status = feedback->next()) {
    if (!status->arrival) continue;
    const TimePoint at{std::chrono::microseconds(*status->arrival * 250)};
    generator.on_packet(status->sequence, at);
    nacks.on_packet(status->sequence, at);
    require(nacks.missing() <= NackGenerator::kMaxMissing);
  }
  std::array<uint8_t, 1500> out;
  while (const size_t size = generator.write({1, 2}, out)) {
    require(TransportFeedbackReader::parse(*RtcpReader(Bytes(out).first(size)).next()).has_value());
  }
  require(!generator.has_news());
}

void read_everything(const RtcpPacket& packet) {
  static_cast<void>(read_sender_info(packet));
  static_cast<void>(read_feedback_head(packet));
  static_cast<void>(is_pli(packet));
  for (size_t i = 0; i < 33; ++i) {
    static_cast<void>(read_report_block(packet, i));
    static_cast<void>(read_fir(packet, i));
    static_cast<void>(read_bye(packet, i));
    if (const auto name = read_cname(packet, i)) require(!std::string(name->cname).empty());
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  RtcpReader reader({data, size});
  while (const auto packet = reader.next()) {
    read_everything(*packet);
    nack_round_trip(*packet);
    remb_round_trip(*packet);
    replay_feedback(*packet);
  }
  return 0;
}
