// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/peer_channels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "elements/webrtc/data_messages.hpp"
#include "kms-core/base/config.hpp"

namespace kms::webrtc {

PeerChannels::PeerChannels(graph::ElementHost& host)
    : host_(host), board_(std::make_shared<ChannelBoard>(board_events())) {}

template <typename Given, typename Handler>
std::function<void(const Given&)> PeerChannels::on_loop(Handler handler) {
  auto guarded = guard_.wrap(std::move(handler));
  return [loop = &host_.loop(), guarded](const Given& given) {
    loop->post([guarded, given]() mutable { guarded(given); });
  };
}

ChannelBoard::Events PeerChannels::board_events() {
  return {.on_state = on_loop<v1::DataChannelStateChanged>([this](const auto& event) { host_.emit(event); }),
          .on_drained = on_loop<v1::DataChannelDrained>([this](const auto& event) { host_.emit(event); }),
          .on_high = on_loop<std::shared_ptr<DataFeed>>([this](const auto& feed) { wait_for(feed); })};
}

std::function<rtc::DataChannelEvents(const rtc::DataChannelRef&)> PeerChannels::on_data_channel() const {
  return [board = board_, heard = events()](const rtc::DataChannelRef& channel) {
    board->change(channel, rtc::DataChannelState::kOpen, "");
    return heard;
  };
}

rtc::DataChannelEvents PeerChannels::events() const {
  return {.on_state = [board = board_](const auto& channel, auto state,
                                       auto reason) { board->change(channel, state, reason); },
          .on_message = [board = board_](const auto& channel,
                                         auto message) { board->receive(channel, std::move(message)); },
          .on_drained = [board = board_](const auto& channel) { board->drain(channel); }};
}

v1::CreateDataChannelResponse PeerChannels::created(const rtc::DataChannelRef& channel) const {
  board_->announce(channel);
  v1::CreateDataChannelResponse response;
  *response.mutable_channel() = to_proto(*channel);
  return response;
}

v1::ListDataChannelsResponse PeerChannels::list() const {
  v1::ListDataChannelsResponse response;
  const auto channels = board_->channels();
  for (const auto& channel : channels) *response.add_channels() = to_proto(*channel);
  return response;
}

Result<rtc::DataChannelRef> PeerChannels::find(rtc::ChannelNumber number) const {
  auto channel = board_->find(number);
  if (channel) return channel;
  return error(StatusCode::kNotFound, "DATA_CHANNEL_NOT_FOUND",
               fmt::format("there is no data channel {}, or no longer", number));
}

Result<v1::SendDataResponse> PeerChannels::send(const v1::SendDataRequest& request) const {
  const auto channel = find(request.channel());
  if (!channel.ok()) return channel.status();
  auto message = to_message(request);
  if (!message.ok()) return message.status();
  if (const auto status = (*channel)->send(*std::move(message)); !status.ok()) return status;
  v1::SendDataResponse response;
  response.set_buffered_amount((*channel)->buffered());
  return response;
}

Status PeerChannels::close(rtc::ChannelNumber number) const {
  const auto channel = find(number);
  if (!channel.ok()) return channel.status();
  (*channel)->close();
  return ok();
}

Result<std::shared_ptr<DataFeed>> PeerChannels::receive(rtc::Peer& peer) {
  const auto feed = std::make_shared<DataFeed>(DataFeed::Limits());
  const size_t most = host_.config().limits.subscribers_per_session;
  if (!board_->add(feed, most)) {
    return error(StatusCode::kResourceExhausted,
                 ErrorInfo{"SUBSCRIBER_QUOTA", {}, {{"quota", std::to_string(most)}}},
                 fmt::format("{} streams read the data of this endpoint, and no more may", most));
  }
  peer_ = &peer;
  feed->on_low(
      [loop = &host_.loop(), told = guard_.wrap([this] { update_reading(); })] { loop->post(told); });
  return feed;
}

void PeerChannels::wait_for(const std::shared_ptr<DataFeed>& feed) {
  if (!feed->is_high()) return;
  patience_[feed] = host_.loop().after(host_.config().limits.data_patience, [this, feed] {
    if (feed->is_high()) feed->end(DataFeed::too_slow());
    update_reading();
  });
  update_reading();
}

void PeerChannels::update_reading() {
  std::erase_if(patience_, [](const auto& entry) { return !entry.first->is_high(); });
  const bool reading = patience_.empty();
  if (peer_ && reading != std::exchange(reading_, reading)) peer_->set_data_reading(reading);
}

void PeerChannels::end() {
  peer_ = nullptr;
  patience_.clear();
  const auto left = board_->channels();
  for (const auto& channel : left) board_->change(channel, rtc::DataChannelState::kClosed, "PEER_CLOSED");
  board_->end();
}

}  // namespace kms::webrtc
