// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kms-core/gst/outlet.hpp"
#include "kms-core/gst/track_bin.hpp"

namespace kms::gst {

// RTP and RTCP packets of one sender, handed in by its owner's thread, become encoded frames: jitter buffers,
// lip sync by the sender's reports, depayloaders. Packets go in on the thread that has them; behind the
// jitter buffers GStreamer has a thread per stream. Time stamps are media time: the arrival, smoothed.
class RtpReceiver : public TrackBin, public std::enable_shared_from_this<RtpReceiver> {
 public:
  struct Stream {
    Ref<GstCaps> caps;  // application/x-rtp, fixed
    std::string chain;  // from RTP to encoded frames, in gst-launch syntax
    std::shared_ptr<Outlet> outlet;
    bool video = false;
    size_t line = 0;  // its place among the tracks that are told
  };
  struct Parts {
    std::vector<Stream> streams;
    std::chrono::milliseconds latency{200};  // that a late packet is waited for
    // What is to be sent to the sender (RTCP) of a stream; on threads of GStreamer's.
    std::function<void(unsigned stream, std::string packet)> send;
  };
  // Errors: PLUGIN_MISSING, CODEC_UNSUPPORTED.
  static Result<std::shared_ptr<RtpReceiver>> create(const std::string& name, const Parts& parts);

  // The owner's thread, once the pipeline runs; never waits. What comes before is lost.
  enum class Kind { kRtp, kRtcp };
  void put(unsigned stream, Kind kind, const void* packet, size_t size);
  // From now on media that nobody took in time is lost (a pause). Before, it waits: those who take it are
  // being made ready.
  void keep_to_latency();
  // The sender said goodbye, or is to be taken as if: all streams end.
  void end();
  // Tells the tracks although some have sent nothing yet; nothing when they were told already.
  void tell_tracks();

  const Ref<GstElement>& bin() const override { return bin_; }
  void on_tracks(std::function<void(const Tracks&)> handler) override { on_tracks_ = std::move(handler); }
  std::function<Status()> seek(const Target& target) const override;

 private:
  struct Line;
  RtpReceiver() = default;
  Status build(const std::string& name, const Parts& parts);
  Status add(const Stream& stream);
  void connect(unsigned stream);
  void link(GstPad* pad);
  GstCaps* caps_of(unsigned session, unsigned type) const;
  void saw_caps(unsigned stream, GstCaps* caps);
  void begin(GstPad* pad, unsigned stream, Kind kind) const;

  Ref<GstElement> bin_;
  Ref<GstElement> rtp_;
  std::function<void(unsigned, std::string)> send_;
  std::vector<std::unique_ptr<Line>> lines_;  // fixed once made
  std::mutex mutex_;
  bool told_ = false;  // guarded by mutex_
  std::function<void(const Tracks&)> on_tracks_;
};

}  // namespace kms::gst
