// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "elements/webrtc_client/words/answer.hpp"
#include "kms-core/rtc/local_source.hpp"
#include "kms-core/rtc/rtp/rtp_view.hpp"

namespace kms::webrtc_client {

// Packets of one kind that a server sends, on their way into the RTP plane. A source there lives on over
// connections as long as the codec stays; its time stamps go on where another stream takes the first one's
// place. Of pictures nothing goes on after a loss until the next key frame.
class LineReceiver {
 public:
  struct Tell {
    // On threads of GStreamer's: packets of another codec than that of the source come.
    std::function<void(rtc::Codec)> on_codec;
    // Nothing good comes before a key frame. At most twice a second, on threads of GStreamer's.
    std::function<void()> on_key_frame_wanted;
  };
  explicit LineReceiver(Tell tell) : tell_(std::move(tell)) {}

  // Control loop. What was agreed on; before its packets.
  void expect(const AgreedLine& line);
  // Where packets of `codec` go from now on; null: nowhere.
  void open(rtc::Codec codec, std::unique_ptr<rtc::LocalSource> source);
  // Of the source; null: there is none.
  rtc::SourceRef source() const;
  // The parameters that were agreed on for a codec, as in a=fmtp.
  std::string parameters_of(rtc::Codec codec) const;

  // A thread of GStreamer's.
  void take(GstBuffer* packet);

 private:
  std::optional<rtc::Codec> codec_of(uint8_t payload_type) const;
  bool goes_on(const rtc::RtpView& packet);
  uint32_t timestamp_of(const rtc::RtpView& packet, rtc::TimePoint captured);
  void ask(rtc::TimePoint now);

  const Tell tell_;
  mutable std::mutex mutex_;  // held for single calls of the source
  std::vector<AgreedFormat> formats_;
  rtc::Codec codec_ = rtc::Codec::kOpus;
  std::unique_ptr<rtc::LocalSource> source_;
  std::optional<uint32_t> ssrc_;           // of the stream that comes
  std::optional<uint16_t> next_sequence_;  // in it
  bool broken_ = false;                    // until a key frame
  std::optional<rtc::TimePoint> asked_;    // for one
  uint32_t shift_ = 0;                     // of time stamps
  uint32_t last_timestamp_ = 0;            // of ours
  std::optional<rtc::TimePoint> last_captured_;
};

}  // namespace kms::webrtc_client
