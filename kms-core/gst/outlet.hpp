// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "kms-core/gst/fan_out.hpp"
#include "kms-core/gst/gate.hpp"
#include "kms-core/gst/hidden_times.hpp"
#include "kms-core/gst/pacer.hpp"
#include "kms-core/gst/ref.hpp"

namespace kms::gst {

class SteadySound;

// Where media leaves a strip of GStreamer elements into a FanOut; with a Pacer, at its time. Always answers
// OK upstream: what happens behind it never reaches the source. Streaming thread; made on the control loop.
class Outlet {
 public:
  // `fan_out`: one that lives on while outlets come and go (a player's port); by default an own one.
  static std::shared_ptr<Outlet> create(const std::string& name, std::shared_ptr<Pacer> pacer = nullptr,
                                        std::shared_ptr<FanOut> fan_out = nullptr);
  Outlet(const Outlet&) = delete;
  Outlet& operator=(const Outlet&) = delete;

  // The GStreamer element, with one sink pad "sink". It keeps this object alive; add it to a bin at once.
  GstElement* element() const { return element_; }
  const std::shared_ptr<FanOut>& fan_out() const { return fan_out_; }

  // True: end of stream is told by on_end() only and not handed on (a player that loops). Default false.
  void hold_end(bool hold) { hold_end_ = hold; }
  // With a pacer: until the gate is open nothing is let go, and the fan-out, which is another's, hears
  // nothing. Before the first buffer.
  void hold_at(std::shared_ptr<Gate> gate) { gate_ = std::move(gate); }
  // The fan-out is another's from now on. Its stream has ended. Control loop.
  void retire() { retired_ = true; }
  // Lets nothing more through and nobody wait in here, for good. Call before the source is stopped: a
  // demuxer's thread may bring the pad up once more meanwhile, and would wait for a clock that stands.
  // Control loop.
  void close();
  // Encoded sound is left out while the media does not play at a speed of 1. Before the first buffer.
  void mute_at_other_speeds() { mutes_ = true; }
  // Handler runs on the streaming thread (post!).
  void on_end(std::function<void()> handler) { on_end_ = std::move(handler); }

  // What not to hand on. Before the first buffer.
  void hide(std::shared_ptr<const HiddenTimes> hidden) { hidden_ = std::move(hidden); }

  // Gives sound the media's time back. Before the first buffer.
  void steady(std::shared_ptr<const SteadySound> sound) { steady_ = std::move(sound); }

  // With a pacer; any thread. Stream time in nanoseconds: where the source stands, and where the media that
  // was let go ends. GST_CLOCK_TIME_NONE before the first buffer, and after a flush.
  GstClockTime position() const { return position_; }
  GstClockTime end() const { return end_; }
  // Where the stream begins; GST_CLOCK_TIME_NONE before its first buffer, and if it was flushed before that.
  GstClockTime first() const { return first_; }
  // All of the stream was let go; false again after a flush.
  bool ended() const { return ended_; }

  // Sends an event towards the source; takes the reference. False: refused. Can block (a seek): on a worker.
  bool send_upstream(GstEvent* event);

  // The GStreamer element only.
  GstFlowReturn chain(Ref<GstBuffer> buffer);
  void event(GstEvent* event);
  void set_flushing(bool flushing);

 private:
  Outlet(std::shared_ptr<Pacer> pacer, std::shared_ptr<FanOut> fan_out);
  void new_segment(GstEvent* event);
  void new_caps(GstEvent* event);
  void new_orientation(GstEvent* event);
  void tell_stream();
  bool has_turn() const { return !retired_ && (!gate_ || gate_->is_open()); }
  void gap(GstEvent* event);
  void end_of_stream();
  void flushed();
  Pacer::Moment moment_of(GstBuffer* buffer);
  GstFlowReturn let_go(Ref<GstBuffer> buffer);
  void bring_to_speed(GstBuffer* buffer) const;
  GstClockTime stream_time(GstClockTimeDiff shown) const;
  void note_beginning(GstBuffer* buffer);
  void note_position(const Pacer::Moment& moment);
  GstClockTime keep_apart(GstClockTime media);
  void keep_decoding_order(GstBuffer* buffer);
  void ask_for_key_unit();

  GstElement* element_ = nullptr;  // owns us
  Ref<GstPad> pad_;
  const std::shared_ptr<FanOut> fan_out_;
  const std::shared_ptr<Pacer> pacer_;
  std::shared_ptr<const HiddenTimes> hidden_;
  std::shared_ptr<const SteadySound> steady_;
  std::function<void()> on_end_;
  std::shared_ptr<Gate> gate_;
  std::atomic<bool> retired_ = false;
  bool mutes_ = false;
  std::atomic<bool> hold_end_ = false;
  std::atomic<bool> flushing_ = false;
  std::atomic<bool> closed_ = false;
  std::atomic<bool> ended_ = false;
  std::atomic<GstClockTime> position_ = GST_CLOCK_TIME_NONE;
  std::atomic<GstClockTime> end_ = GST_CLOCK_TIME_NONE;
  std::atomic<GstClockTime> first_ = GST_CLOCK_TIME_NONE;
  // Streaming thread:
  GstClockTimeDiff start_ = 0;                     // of the segment
  double rate_ = 1;                                // still to be applied to time stamps
  double speed_ = 1;                               // of running time through the media
  GstClockTimeDiff shift_ = 0;                     // from time stamp to running time
  GstClockTimeDiff stream_shift_ = 0;              // from running time, times speed, to stream time
  GstClockTimeDiff last_shown_ = 0;                // running time
  GstClockTime last_dts_ = 0;                      // media time
  GstClockTime last_media_ = GST_CLOCK_TIME_NONE;  // by the pacer
  GstClockTime last_apart_ = 0;                    // and what was made of it
  Ref<GstCaps> caps_;
  std::string orientation_;
  bool encoded_video_ = false;
  bool begins_ = true;   // nothing came, and nobody sought
  bool untold_ = false;  // the stream, as the gate is shut
  bool unpaced_ = false;
};

}  // namespace kms::gst
