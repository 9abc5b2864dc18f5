// SPDX-License-Identifier: Apache-2.0
// For tests: a fan-out by a real socket, one or more of its receivers with a narrow way, and the time as the
// test says.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <numeric>

#include "kms-core/rtc/bandwidth/send_estimator.hpp"
#include "kms-core/rtc/forwarding/fanout.hpp"
#include "kms-core/rtc/forwarding/packet_pool.hpp"
#include "kms-core/rtc/forwarding/test_layers.hpp"
#include "kms-core/rtc/net/udp_socket.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/srtp/srtp_test_support.hpp"

namespace kms::rtc::test {

using namespace std::chrono_literals;
using test::Buffer;

inline constexpr ConsumerId kViewer = 1;
inline constexpr ConsumerId kOther = 2;
inline constexpr auto kProfile = SrtpProfile::kAeadAes128Gcm;
inline constexpr double kWay = 1'000'000;  // bit/s
inline constexpr uint16_t kSize = 1000;    // of a packet; it takes the way some 8 ms

inline std::vector<uint64_t> range(uint64_t begin, uint64_t end) {
  std::vector<uint64_t> all(end - begin);
  std::iota(all.begin(), all.end(), begin);
  return all;
}

class Pacing : public ::testing::Test {
 protected:
  Pacing() {
    std::mt19937 random{5};
    const auto master = test::random_master(kProfile, random);
    target_.key = engine_->make_key(kProfile, derive_srtp_keys(kProfile, master).rtp);
    target_.path = {*SocketAddress::parse("127.0.0.1", local_port(in_.get())), Path::kUdp};
    target_.open = true;
    target_.estimator = &estimator_;
    opener_ = std::make_unique<SrtpOpener>(kProfile, master);
    estimator_.pacer().set_rate(kWay);
    sender_.set_now(now_);
  }

  ConsumerSettings settings(ConsumerId id = kViewer) const {
    ConsumerSettings settings;
    settings.target = &target_;
    settings.ssrc = 70 + static_cast<uint32_t>(id);
    settings.payload_type = 96;
    settings.rtx_ssrc = 80 + static_cast<uint32_t>(id);
    settings.rtx_payload_type = 97;
    settings.extensions.set(ExtensionKind::kTransportSequence, 5);
    settings.position.next = 1000;
    return settings;
  }
  // A frame of a source; `first` is the index of its first packet. Its time stamp is the same.
  std::vector<PacketRef> frame(uint64_t first, size_t packets, bool key_frame = true) {
    std::vector<PacketRef> all;
    for (uint64_t index = first; index < first + packets; ++index) {
      auto& made = all.emplace_back(pool_.acquire());
      made->index = index;
      made->timestamp = static_cast<uint32_t>(first);
      made->arrived = now_;
      made->starts_key_frame = key_frame && index == first;
      made->marker = index + 1 == first + packets;
      made->payload_size = made->media_size = kSize;
    }
    return all;
  }
  void send(const std::vector<PacketRef>& packets) { send(packets, fanout_); }
  void send(const std::vector<PacketRef>& packets, Fanout& through) {
    through.on_packets(packets);
    pass(0ms);
  }
  // As the thread's turns do.
  void pass(Duration time) {
    for (const auto end = now_ + time; now_ <= end;) {
      sender_.set_now(now_);
      next_ = waiting_.send(now_);
      sender_.flush();
      if (next_ > end) break;
      now_ = next_;
    }
    now_ = std::max(now_, last_ += time);
    sender_.set_now(now_);
  }
  bool is_waiting() const { return next_ != TimePoint::max(); }

  // Sequence numbers on an SSRC, as they came since the last call.
  std::vector<uint64_t> take(ConsumerId id = kViewer) {
    read();
    std::vector<uint64_t> all;
    for (const auto& [ssrc, sequence] : came_) {
      if (ssrc == 70 + id) all.push_back(sequence);
    }
    came_.clear();
    return all;
  }
  // Loopback: what was sent is there.
  void read() {
    Buffer bytes(2048);
    for (ssize_t size; (size = recv(in_.get(), bytes.data(), bytes.size(), MSG_DONTWAIT)) > 0;) {
      const Buffer sealed(bytes.begin(), bytes.begin() + size);
      const auto view = *RtpView::parse_protected(sealed);
      came_.emplace_back(view.ssrc(), view.sequence());
      check(sealed, view);
    }
  }
  void check(const Buffer& sealed, const RtpView& view) {
    if (!checker_ || view.payload_type() != 96) return;
    Buffer clear(sealed);
    SrtpOpener::Rtp rtp;
    const auto head = view.header_size();
    ASSERT_EQ(opener_->open_rtp(sealed, head, &clear[head], &rtp), SrtpVerdict::kOk);
    clear.resize(head + rtp.payload_size);
    const auto opened = *RtpView::parse(clear);
    checker_->take(rtp.index, opened.timestamp(), opened.marker(), opened.payload());
  }

  std::unique_ptr<SrtpEngine> engine_ = make_srtp_engine(SrtpEngineChoice::kOpenSsl);
  UniqueFd in_ = std::move(*open_udp(*SocketAddress::parse("127.0.0.1", 0), {}));
  UniqueFd out_ = std::move(*open_udp(*SocketAddress::parse("0.0.0.0", 0), {}));
  SendEstimator estimator_;
  SendTarget target_;
  std::unique_ptr<SrtpOpener> opener_;
  PacketPool pool_{4096};
  SendBatch batch_{{out_.get(), -1, nullptr}, true};
  SealedSender sender_{*engine_, batch_};
  WaitingConsumers waiting_;
  FanoutOptions options_{true, 1024, 90'000, Codec::kVp8};
  Fanout fanout_{sender_, options_, &waiting_};
  std::optional<LayerChecker> checker_;
  std::vector<std::pair<uint32_t, uint16_t>> came_;  // SSRCs and sequence numbers
  TimePoint now_ = Clock::now();
  TimePoint last_ = now_;
  TimePoint next_ = TimePoint::max();
};

}  // namespace kms::rtc::test
