// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/data_messages.hpp"

#include <fmt/format.h>

#include <limits>
#include <string>

namespace kms::webrtc {
namespace {

v1::DataChannelState api_state(rtc::DataChannelState state) {
  switch (state) {
    case rtc::DataChannelState::kConnecting:
      return v1::DATA_CHANNEL_STATE_CONNECTING;
    case rtc::DataChannelState::kOpen:
      return v1::DATA_CHANNEL_STATE_OPEN;
    case rtc::DataChannelState::kClosing:
      return v1::DATA_CHANNEL_STATE_CLOSING;
    case rtc::DataChannelState::kClosed:
      return v1::DATA_CHANNEL_STATE_CLOSED;
  }
  return v1::DATA_CHANNEL_STATE_UNSPECIFIED;
}

v1::SctpTransportState api_state(rtc::SctpState state) {
  switch (state) {
    case rtc::SctpState::kNew:
      return v1::SCTP_TRANSPORT_STATE_NEW;
    case rtc::SctpState::kConnecting:
      return v1::SCTP_TRANSPORT_STATE_CONNECTING;
    case rtc::SctpState::kConnected:
      return v1::SCTP_TRANSPORT_STATE_CONNECTED;
    case rtc::SctpState::kClosed:
      return v1::SCTP_TRANSPORT_STATE_CLOSED;
  }
  return v1::SCTP_TRANSPORT_STATE_UNSPECIFIED;
}

void fill_channel(const rtc::DataChannel& channel, v1::DataChannelStats& out) {
  const auto& counters = channel.counters();
  *out.mutable_channel() = to_proto(channel);
  out.set_messages_sent(counters.messages_sent);
  out.set_bytes_sent(counters.bytes_sent);
  out.set_messages_received(counters.messages_received);
  out.set_bytes_received(counters.bytes_received);
  out.set_buffered_amount(counters.buffered);
}

Result<uint16_t> small(std::string_view field, uint32_t value) {
  if (value <= std::numeric_limits<uint16_t>::max()) return static_cast<uint16_t>(value);
  return error(StatusCode::kInvalidArgument,
               ErrorInfo{"DATA_CHANNEL_INVALID", {}, {{"field", std::string(field)}}},
               fmt::format("{} is {}; 0 to 65535 are allowed", field, value));
}

// Where a field is set: its value, in 16 bits.
Status take(bool has, std::string_view field, uint32_t value, std::optional<uint16_t>& out) {
  if (!has) return ok();
  const auto taken = small(field, value);
  if (!taken.ok()) return taken.status();
  out = *taken;
  return ok();
}

}  // namespace

v1::DataChannel to_proto(const rtc::DataChannel& channel) { return to_proto(channel, channel.state()); }

v1::DataChannel to_proto(const rtc::DataChannel& channel, rtc::DataChannelState state) {
  const auto& options = channel.options();
  v1::DataChannel out;
  out.set_number(channel.number());
  out.set_label(options.label);
  out.set_protocol(options.protocol);
  out.set_unordered(!options.ordered);
  if (options.max_retransmits) out.set_max_retransmits(*options.max_retransmits);
  if (options.max_packet_lifetime_ms) out.set_max_packet_life_time(*options.max_packet_lifetime_ms);
  out.set_negotiated(options.negotiated_id.has_value());
  if (const int stream = channel.stream(); stream >= 0) out.set_id(static_cast<uint32_t>(stream));
  out.set_state(api_state(state));
  out.set_opened_by_peer(channel.opened_by_peer());
  return out;
}

void add_to(v1::GetRtcStatsResponse& response, const rtc::SctpStatistics& statistics) {
  auto& sctp = *response.mutable_sctp_transport();
  sctp.set_state(api_state(statistics.state));
  sctp.set_smoothed_round_trip_time(statistics.figures.round_trip_time_s);
  sctp.set_congestion_window(statistics.figures.congestion_window);
  sctp.set_receiver_window(statistics.figures.receiver_window);
  sctp.set_unack_data(statistics.figures.unacknowledged);
  sctp.set_dropped_packets(statistics.dropped_packets);
  sctp.set_stray_messages(statistics.strays);
  sctp.set_malformed_messages(statistics.malformed);
  for (const auto& channel : statistics.channels) fill_channel(*channel, *response.add_data_channels());
}

v1::ReceiveDataResponse received(const rtc::DataChannel& channel, rtc::DataMessage message) {
  v1::ReceiveDataResponse out;
  auto& to = *out.mutable_message();
  to.set_channel(channel.number());
  auto* bytes = message.text ? to.mutable_text() : to.mutable_binary();
  bytes->assign(message.bytes.begin(), message.bytes.end());
  return out;
}

Result<rtc::DataChannelOptions> channel_options(const v1::CreateDataChannelRequest& request) {
  rtc::DataChannelOptions out{
      .label = request.label(), .protocol = request.protocol(), .ordered = !request.unordered()};
  auto status =
      take(request.has_max_retransmits(), "max_retransmits", request.max_retransmits(), out.max_retransmits);
  if (!status.ok()) return status;
  status = take(request.has_max_packet_life_time(), "max_packet_life_time", request.max_packet_life_time(),
                out.max_packet_lifetime_ms);
  if (!status.ok()) return status;
  status = take(request.has_negotiated_id(), "negotiated_id", request.negotiated_id(), out.negotiated_id);
  if (!status.ok()) return status;
  return out;
}

Result<rtc::DataMessage> to_message(const v1::SendDataRequest& request) {
  const bool is_text = request.data_case() == v1::SendDataRequest::kText;
  if (!is_text && request.data_case() != v1::SendDataRequest::kBinary) {
    return error(StatusCode::kInvalidArgument, "MESSAGE_EMPTY",
                 "neither text nor binary is set; an empty message has one of them set to nothing");
  }
  const auto& bytes = is_text ? request.text() : request.binary();
  return rtc::DataMessage{is_text, {bytes.begin(), bytes.end()}};
}

}  // namespace kms::webrtc
