// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/sctp_transport.hpp"

#include <utility>

#include "kms-core/rtc/sctp/sctp_core.hpp"

namespace kms::rtc {

SctpTransport::SctpTransport(std::shared_ptr<SctpThread> thread, SctpEvents events)
    : thread_(std::move(thread)), core_(std::make_shared<SctpCore>(thread_->loop(), std::move(events))) {}

SctpTransport::~SctpTransport() { core_->close(); }

void SctpTransport::start(const Terms& terms) {
  if (!std::exchange(started_, true)) core_->start(terms);
}

bool SctpTransport::on_packet(Bytes packet) { return core_->input(packet); }

Result<DataChannelRef> SctpTransport::open(DataChannelOptions options, DataChannelEvents events) {
  return core_->open(std::move(options), std::move(events));
}

void SctpTransport::set_reading(bool reading) { core_->set_reading(reading); }

void SctpTransport::end(std::string_view reason) { core_->end_telling(std::string(reason)); }

void SctpTransport::statistics(std::function<void(const SctpStatistics&)> done) const {
  core_->statistics(std::move(done));
}

Status DataChannel::send(DataMessage message) {
  const auto core = core_.lock();
  if (core) return core->send(record_, std::move(message));
  return error(StatusCode::kFailedPrecondition, "DATA_CHANNEL_CLOSED", "the data channel's peer is gone");
}

void DataChannel::close() {
  // Nothing more is taken.
  for (auto state : {DataChannelState::kConnecting, DataChannelState::kOpen})
    record_->state.compare_exchange_strong(state, DataChannelState::kClosing);
  if (const auto core = core_.lock()) core->close_channel(record_->number);
}

}  // namespace kms::rtc
