// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>

#include "kms-core/gst/push_source.hpp"
#include "kms-core/rtc/tap.hpp"

namespace kms::webrtc_client {

// Packets of a source of the RTP plane, as they go to a peer of webrtcbin's: under its SSRC and payload type,
// and with sequence numbers and time stamps that go on when another source takes the first one's place.
class PacketFeed : public std::enable_shared_from_this<PacketFeed> {
 public:
  struct Stream {
    uint32_t ssrc = 0;
    uint8_t payload_type = 0;
    uint32_t clock_rate = 0;
  };
  explicit PacketFeed(const Stream& stream) : stream_(stream) {}

  // The element that gives them. Once; before take().
  std::shared_ptr<gst::PushSource> make_source(const gst::Ref<GstCaps>& caps);
  // Control loop. Null: from nothing.
  void take(rtc::Server& rtc, const rtc::SourceRef& source);

  // Any thread.
  uint64_t packets() const { return packets_; }
  uint64_t bytes() const { return bytes_; }  // of payload

 private:
  // What of a source's numbers is added to make ours.
  struct Shift {
    uint64_t index = 0;
    uint32_t timestamp = 0;
  };
  gst::Ref<GstBuffer> next();
  gst::Ref<GstBuffer> made_of(const rtc::Packet& packet);
  void join(const rtc::Packet& first);
  void want_key_frame();

  const Stream stream_;
  std::weak_ptr<gst::PushSource> source_;
  std::mutex mutex_;
  std::unique_ptr<rtc::Tap> tap_;   // guarded by mutex_
  std::optional<Shift> shift_;      // guarded by mutex_; nothing: the source has sent nothing yet
  uint64_t last_index_ = 0;         // guarded by mutex_; of ours
  uint32_t last_timestamp_ = 0;     // guarded by mutex_
  rtc::TimePoint last_captured_{};  // guarded by mutex_
  bool begun_ = false;              // guarded by mutex_
  std::atomic<uint64_t> packets_ = 0;
  std::atomic<uint64_t> bytes_ = 0;
};

}  // namespace kms::webrtc_client
