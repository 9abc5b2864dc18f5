// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/peer_channels.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <string>
#include <utility>

#include "elements/webrtc/data_messages.hpp"
#include "kms-core/base/config.hpp"

namespace kms::webrtc {
namespace {

bool found_no_room(const Status& status) { return reason_of(status) == "DATA_BUFFER_FULL"; }

}  // namespace

PeerChannels::PeerChannels(graph::ElementHost& host)
    : host_(host), board_(std::make_shared<ChannelBoard>(board_events())) {
  board_->source()->set_holders(holders());
}

template <typename Given, typename Handler>
std::function<void(const Given&)> PeerChannels::on_loop(Handler handler) {
  auto guarded = guard_.wrap(std::move(handler));
  return [loop = &host_.loop(), guarded](const Given& given) {
    loop->post([guarded, given]() mutable { guarded(given); });
  };
}

// Links find a channel full all the time; of its room only who was refused needs to hear.
ChannelBoard::Events PeerChannels::board_events() {
  return {.on_state = on_loop<v1::DataChannelStateChanged>([this](const auto& event) {
            host_.emit(event);
            if (event.channel().state() < v1::DATA_CHANNEL_STATE_CLOSING) return;
            refused_.erase(event.channel().number());
            serve_senders(event.channel().number());
          }),
          .on_drained = on_loop<v1::DataChannelDrained>([this](const auto& event) {
            if (refused_.erase(event.channel()) > 0) host_.emit(event);
            serve_senders(event.channel());
          }),
          .on_high = on_loop<std::shared_ptr<DataFeed>>([this](const auto& feed) {
            hold(
                feed.get(), [feed] { return feed->is_high(); }, [feed] { feed->end(DataFeed::too_slow()); });
          })};
}

rtc::DataSource::Holders PeerChannels::holders() {
  return {.on_full = on_loop<rtc::DataSource::TakerRef>([this](const auto& taker) {
            hold(
                taker.get(), [taker] { return taker->is_full(); }, [taker] { taker->give_up(); });
          }),
          .on_room = [loop = &host_.loop(), told = guard_.wrap([this] { update_reading(); })] {
            loop->post(told);
          }};
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

Result<v1::SendDataResponse> PeerChannels::try_send(const v1::SendDataRequest& request) const {
  const auto channel = find(request.channel());
  if (!channel.ok()) return channel.status();
  auto message = to_message(request);
  if (!message.ok()) return message.status();
  if (const auto status = (*channel)->send(*std::move(message)); !status.ok()) return status;
  v1::SendDataResponse response;
  response.set_buffered_amount((*channel)->buffered());
  return response;
}

Result<v1::SendDataResponse> PeerChannels::send(const v1::SendDataRequest& request) {
  auto sent = try_send(request);
  if (found_no_room(sent.status())) refused_.insert(request.channel());
  return sent;
}

void PeerChannels::send_when_room(const v1::SendDataRequest& request, IsGone is_gone, Done done) {
  if (is_gone()) return;
  const auto status = try_send(request).status();
  std::erase_if(senders_, [](const Sender& sender) { return sender.is_gone(); });
  if (!found_no_room(status) || senders_.size() >= kMostSenders) return done(status);
  senders_.push_back({request, std::move(is_gone), std::move(done)});
}

void PeerChannels::serve_senders(rtc::ChannelNumber number) {
  for (auto& [request, is_gone, done] : std::exchange(senders_, {})) {
    if (request.channel() == number) {
      send_when_room(request, std::move(is_gone), std::move(done));
    } else {
      senders_.push_back({std::move(request), std::move(is_gone), std::move(done)});
    }
  }
}

Status PeerChannels::close(rtc::ChannelNumber number) const {
  const auto channel = find(number);
  if (!channel.ok()) return channel.status();
  (*channel)->close();
  return ok();
}

DataPorts PeerChannels::ports(rtc::Peer& peer) {
  peer_ = &peer;
  taker_ = std::make_shared<DataPortTaker>([this](const auto& source) { return make_mirror(source); });
  return {
      .source = {.name = "data",
                 .kind = kms::v1::MEDIA_KIND_DATA,
                 .offers = {graph::raw()},
                 .data = board_->source()},
      .sink = {.name = "data", .kind = kms::v1::MEDIA_KIND_DATA, .accepts = {graph::raw()}, .data = taker_}};
}

// A message that needs a channel comes on the SCTP thread; opening one is the loop's business.
std::shared_ptr<ChannelMirror> PeerChannels::make_mirror(const rtc::DataSourceRef& source) {
  auto mirror = std::make_shared<std::weak_ptr<ChannelMirror>>();
  const auto made = std::make_shared<ChannelMirror>(
      board_, on_loop<rtc::DataChannelOptions>([this, mirror](const rtc::DataChannelOptions& options) {
        if (const auto asks = mirror->lock()) open(options, asks);
      }),
      source);
  *mirror = made;
  board_->tell_room_to(made);
  return made;
}

void PeerChannels::open(const rtc::DataChannelOptions& options,
                        const std::shared_ptr<ChannelMirror>& mirror) {
  if (!peer_) return mirror->refused(options);
  peer_->open_data_channel(options, events(),
                           [board = board_, mirror, options](const Result<rtc::DataChannelRef>& channel) {
                             if (!channel.ok()) return mirror->refused(options);
                             board->announce(*channel);
                             mirror->opened(*channel);
                           });
}

Result<std::shared_ptr<DataFeed>> PeerChannels::receive() {
  const auto feed = std::make_shared<DataFeed>(DataFeed::Limits());
  const size_t most = host_.config().limits.subscribers_per_session;
  if (!board_->add(feed, most)) {
    return error(StatusCode::kResourceExhausted,
                 ErrorInfo{"SUBSCRIBER_QUOTA", {}, {{"quota", std::to_string(most)}}},
                 fmt::format("{} streams read the data of this endpoint, and no more may", most));
  }
  feed->on_low(
      [loop = &host_.loop(), told = guard_.wrap([this] { update_reading(); })] { loop->post(told); });
  return feed;
}

void PeerChannels::hold(const void* whom, const std::function<bool()>& is_full,
                        const std::function<void()>& give_up) {
  if (!is_full()) return;
  held_[whom] = {is_full, host_.loop().after(host_.config().limits.data_patience, [this, is_full, give_up] {
                   if (is_full()) give_up();
                   update_reading();
                 })};
  update_reading();
}

void PeerChannels::update_reading() {
  std::erase_if(held_, [](const auto& entry) { return !entry.second.is_full(); });
  const bool reading = held_.empty();
  if (peer_ && reading != std::exchange(reading_, reading)) peer_->set_data_reading(reading);
}

void PeerChannels::end() {
  peer_ = nullptr;
  if (taker_) taker_->end();
  held_.clear();
  for (auto& [request, is_gone, done] : std::exchange(senders_, {}))
    done(error(StatusCode::kFailedPrecondition, "PEER_CLOSED", "the peer is gone"));
  const auto left = board_->channels();
  for (const auto& channel : left) board_->change(channel, rtc::DataChannelState::kClosed, "PEER_CLOSED");
  board_->end();
}

}  // namespace kms::webrtc
