// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/sctp_core.hpp"

#include <fmt/format.h>

#include <utility>

#include "kms-core/rtc/wire/utf8.hpp"

namespace kms::rtc {
namespace {

Bytes text_bytes(const std::string& text) {
  return {reinterpret_cast<const uint8_t*>(text.data()), text.size()};
}

Status invalid(const std::string& why) {
  return error(StatusCode::kInvalidArgument, "DATA_CHANNEL_INVALID", why);
}

Status check_text(std::string_view what, const std::string& text) {
  if (text.size() > kMaxDataLabel) {
    return invalid(fmt::format("the {} has {} bytes; {} are allowed", what, text.size(), kMaxDataLabel));
  }
  return is_utf8(text_bytes(text)) ? ok() : invalid(fmt::format("the {} is not UTF-8", what));
}

Status check(const DataChannelOptions& options) {
  if (const auto status = check_text("label", options.label); !status.ok()) return status;
  if (const auto status = check_text("protocol", options.protocol); !status.ok()) return status;
  if (options.max_retransmits && options.max_packet_lifetime_ms)
    return invalid("a bound for retransmissions and one for the lifetime exclude each other");
  if (options.negotiated_id && *options.negotiated_id >= kMaxDataStreams) {
    return invalid(
        fmt::format("stream {} is not there; 0 to {} are", *options.negotiated_id, kMaxDataStreams - 1));
  }
  return ok();
}

Status closed() {
  return error(StatusCode::kFailedPrecondition, "DATA_CHANNEL_CLOSED", "the data channel is closed");
}

}  // namespace

SctpCore::SctpCore(std::shared_ptr<EventLoop> loop, SctpEvents events, Make make)
    : loop_(std::move(loop)), make_(make), events_(std::move(events)) {}

template <typename Task>
bool SctpCore::post(Task task) {
  return loop_->post([self = shared_from_this(), task = std::move(task)]() mutable {
    if (auto* association = self->association()) task(*association);
  });
}

Association* SctpCore::association() {
  if (association_ || over_) return association_.get();
  auto made = make_(SctpThread::stack(), record_, *this);
  if (made.ok()) {
    association_ = std::move(*made);
  } else {
    failure_ = reason_of(made.status());
    on_state(SctpState::kClosed, failure_);
  }
  return association_.get();
}

void SctpCore::start(const SctpTransport::Terms& terms) {
  max_message_ = std::min(terms.max_message, kMaxDataMessage);
  post([terms](Association& association) {
    const auto status = association.start(terms.client, terms.peers_port);
    if (!status.ok()) association.end(reason_of(status));
  });
}

bool SctpCore::input(Bytes packet) {
  if (waiting_packets_.fetch_add(1) >= SctpTransport::kMaxWaitingPackets) {
    --waiting_packets_;
    ++dropped_packets_;
    return false;
  }
  return post([this, bytes = std::vector<uint8_t>(packet.begin(), packet.end())](Association& association) {
    --waiting_packets_;
    association.input(bytes);
  });
}

DataChannelRef SctpCore::channel_of(const ChannelRef& record) {
  return std::make_shared<DataChannel>(weak_from_this(), record);
}

Result<DataChannelRef> SctpCore::open(DataChannelOptions options, DataChannelEvents events) {
  if (const auto status = check(options); !status.ok()) return status;
  if (over_) return closed();
  if (channels_of_ours_.fetch_add(1) >= kMaxDataStreams) {
    --channels_of_ours_;
    return error(StatusCode::kResourceExhausted, "TOO_MANY_CHANNELS",
                 fmt::format("the peer has {} data channels, which is the most", kMaxDataStreams));
  }
  const auto record = std::make_shared<ChannelRecord>(++record_->last_number, std::move(options), false);
  auto channel = channel_of(record);
  const bool posted = loop_->post(
      [self = shared_from_this(), record, listened = Listened{channel, std::move(events)}]() mutable {
        self->add(record, std::move(listened));
      });
  return posted ? Result<DataChannelRef>(channel) : closed();
}

Status SctpCore::send(const ChannelRef& channel, DataMessage message) {
  const size_t size = message.bytes.size();
  const auto state = channel->state.load();
  if (over_ || state == DataChannelState::kClosing || state == DataChannelState::kClosed) return closed();
  if (size > max_message_) {
    return error(StatusCode::kInvalidArgument, "MESSAGE_TOO_LARGE",
                 fmt::format("the message has {} bytes; the peer takes {}", size, max_message_.load()));
  }
  if (message.text && !is_utf8(message.bytes))
    return error(StatusCode::kInvalidArgument, "MESSAGE_NOT_TEXT", "the text is not UTF-8");
  if (!record_->take_room(*channel, size)) {
    return error(StatusCode::kResourceExhausted, "DATA_BUFFER_FULL",
                 fmt::format("{} of {} bytes wait in the channel already, {} of {} in all of the peer's",
                             channel->room.taken(), ChannelRecord::kMostWaiting, record_->room.taken(),
                             AssociationRecord::kMostWaiting));
  }
  post([channel, message = std::move(message)](Association& association) mutable {
    association.send(channel, std::move(message));
  });
  return ok();
}

void SctpCore::close_channel(ChannelNumber number) {
  post([number](Association& association) { association.close(number); });
}

void SctpCore::set_reading(bool reading) {
  post([reading](Association& association) { association.set_reading(reading); });
}

void SctpCore::statistics(std::function<void(const SctpStatistics&)> done) {
  loop_->post([self = shared_from_this(), done = std::move(done)] { done(self->statistics_now()); });
}

void SctpCore::end_telling(std::string reason) {
  post([reason = std::move(reason)](Association& association) { association.end(reason); });
}

void SctpCore::close() {
  if (loop_->post([self = shared_from_this()] { self->end(); })) return;
  over_ = true;  // the thread is gone, and the association with it
}

}  // namespace kms::rtc
