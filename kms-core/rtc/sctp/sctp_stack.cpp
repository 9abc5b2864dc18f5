// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/sctp/sctp_stack.hpp"

#include <usrsctp.h>

#include <algorithm>
#include <utility>

#include "kms-core/rtc/sctp/data_channel_options.hpp"

namespace kms::rtc {
namespace {

void* pointer_of(uintptr_t number) { return reinterpret_cast<void*>(number); }

// What WebRTC has no use for is off; a stranger's packet for nobody is not answered.
void switch_off() {
  usrsctp_sysctl_set_sctp_blackhole(2);
  usrsctp_sysctl_set_sctp_ecn_enable(0);
  usrsctp_sysctl_set_sctp_asconf_enable(0);
  usrsctp_sysctl_set_sctp_auto_asconf(0);
  usrsctp_sysctl_set_sctp_auth_enable(0);
  usrsctp_sysctl_set_sctp_nrsack_enable(0);
  usrsctp_sysctl_set_sctp_pktdrop_enable(0);
}

// Times of the Internet of today, in milliseconds: RFC 9260's retransmit after a second at the earliest.
void set_times() {
  usrsctp_sysctl_set_sctp_rto_min_default(200);
  usrsctp_sysctl_set_sctp_rto_initial_default(500);
  usrsctp_sysctl_set_sctp_rto_max_default(10'000);
  usrsctp_sysctl_set_sctp_init_rto_max_default(5'000);
  usrsctp_sysctl_set_sctp_delayed_sack_time_default(20);
}

}  // namespace

SctpStack& SctpStack::get() {
  static SctpStack stack;
  return stack;
}

SctpStack::SctpStack() {
  const auto output = [](void* number, void* packet, size_t size, uint8_t, uint8_t) {
    get().output(reinterpret_cast<uintptr_t>(number), {static_cast<const uint8_t*>(packet), size});
    return 0;
  };
  usrsctp_init_nothreads(0, output, nullptr);
  switch_off();
  set_times();
  usrsctp_sysctl_set_sctp_initial_cwnd(10);
  // Pieces that a peer may have us keep before a message is whole; 256 KiB are 240 of the usual size.
  usrsctp_sysctl_set_sctp_max_chunks_on_queue(1024);
  usrsctp_sysctl_set_sctp_nr_incoming_streams_default(kMaxDataStreams);
  usrsctp_sysctl_set_sctp_nr_outgoing_streams_default(kMaxDataStreams);
}

void SctpStack::output(uintptr_t number, Bytes packet) const {
  const auto found = members_.find(number);
  if (found != members_.end()) found->second->on_output(packet);
}

uintptr_t SctpStack::add(Member& member) {
  if (members_.empty()) timers_ran_ = Clock::now();
  usrsctp_register_address(pointer_of(next_));
  members_[next_] = &member;
  return next_++;
}

void SctpStack::remove(uintptr_t number) {
  usrsctp_deregister_address(pointer_of(number));
  members_.erase(number);
}

void SctpStack::input(uintptr_t number, Bytes packet) {
  if (members_.contains(number)) usrsctp_conninput(pointer_of(number), packet.data(), packet.size(), 0);
}

void SctpStack::serve() {
  while (!ready_.empty()) {
    auto now = std::exchange(ready_, {});
    std::ranges::sort(now);
    now.erase(std::unique(now.begin(), now.end()), now.end());
    for (const auto number : now) {
      const auto found = members_.find(number);
      if (found != members_.end()) found->second->on_ready();
    }
  }
}

void SctpStack::run_timers(TimePoint now) {
  const auto passed = std::chrono::duration_cast<std::chrono::milliseconds>(now - timers_ran_);
  if (passed.count() <= 0) return;
  timers_ran_ += passed;
  usrsctp_handle_timers(static_cast<uint32_t>(passed.count()));
  ready_.insert(ready_.end(), ready_later_.begin(), ready_later_.end());
  ready_later_.clear();
}

}  // namespace kms::rtc
