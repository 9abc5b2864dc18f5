// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/rtp_format.hpp"

namespace kms::gst {

class Pipeline;

// A webrtcbin that makes one offer and takes one answer: kms as a client of another WebRTC server. All lines
// share one transport. It does not look whether the peer's certificate is the one that the answer promised
// (GStreamer 1.22 does not either): on_certificate is told it, and until its owner is satisfied nothing may
// be sent. Made on the control loop; handlers run on threads of GStreamer's (post!).
class WebRtcBin : public std::enable_shared_from_this<WebRtcBin> {
 public:
  enum class State { kNew, kConnecting, kConnected, kDisconnected, kFailed, kClosed };
  struct Line {
    std::vector<RtpFormat> formats;  // best first
    bool receives = false;           // false: it sends
  };
  struct Options {
    std::vector<Line> lines;        // in order; at most one of each kind that receives
    std::string stun = {};          // "stun://192.0.2.1:3478"; empty: none
    std::vector<std::string> turn;  // "turn://user:password@192.0.2.1:3478?transport=udp"
    bool relay_only = false;
    std::vector<std::string> addresses = {};  // of this machine; empty: all but loopback
    std::chrono::milliseconds latency{100};   // that a missing packet is waited for
  };
  struct Handlers {
    // The offer with all its candidates.
    std::function<void(const Result<std::string>&)> on_offer;
    std::function<void(const Status&)> on_answer_taken;
    std::function<void(State)> on_state;
    // During the DTLS handshake, before there are keys: the peer's certificate, PEM.
    std::function<void(const std::string&)> on_certificate;
    // The peer said goodbye (DTLS close_notify).
    std::function<void()> on_goodbye;
    // Of lines that receive: a packet of RTP, in order. What comes before the certificate was good is here
    // too.
    std::function<void(bool video, GstBuffer* packet)> on_packet = {};
  };
  // Errors: PLUGIN_MISSING.
  static Result<std::shared_ptr<WebRtcBin>> create(const std::string& name, const Options& options,
                                                   Handlers handlers);
  ~WebRtcBin() = default;
  WebRtcBin(const WebRtcBin&) = delete;
  WebRtcBin& operator=(const WebRtcBin&) = delete;

  // To be put into a Pipeline, all of them.
  std::vector<Ref<GstElement>> elements() const;

  // Once its pipeline runs. On a worker: webrtcbin may be busy.
  void make_offer();
  // Gathering takes too long: the offer is told with the candidates there are. On a worker.
  void offer_now();
  // Another TURN server, after the offer too. On a worker.
  void add_turn(const std::string& uri);
  // Only text that was checked: webrtcbin takes the process down for some of what a peer may write. On a
  // worker.
  void take_answer(const std::string& sdp);
  // Waits until what these have begun is done, two seconds at most: webrtcbin never frees what it makes while
  // it is being stopped. On a worker.
  void settle();

  // What a source of packets for a line has to be; under this SSRC alone.
  uint32_t ssrc(size_t line) const { return pads_.at(line).ssrc; }
  Ref<GstCaps> caps(size_t line, const RtpFormat& format) const;
  // Lets packets into a line, after the answer: those of the pad "src" of a source, which is put into the
  // pipeline. Control loop.
  void send(Pipeline& pipeline, size_t line, const Ref<GstElement>& source) const;

  // Asks the peer for a key frame. On a worker.
  void want_key_frame();

  // Packets of the peer's that came so far: media, reports, handshake. Any thread.
  uint64_t received() const { return received_; }
  // Packets of media of ours. Any thread.
  uint64_t sent() const { return sent_; }

 protected:
  explicit WebRtcBin(Handlers handlers) : handlers_(std::move(handlers)) {}

 private:
  struct Pad {
    Ref<GstPad> pad;
    uint32_t ssrc = 0;
  };
  struct Pending {
    std::mutex mutex;
    std::condition_variable changed;
    int count = 0;
  };
  Status build(const std::string& name, const Options& options);
  std::shared_ptr<void> begin_work() const;
  void set_agent(const Options& options);
  void add_line(const Line& line);
  void add_sender(const Line& line);
  void add_receiver(const Line& line);
  void take_track(GstPad* pad);
  void listen_to_states();
  void look_at(GstElement* part);
  void count(GstPad* pad, std::atomic<uint64_t> WebRtcBin::*counter);
  void tell_certificate(GstElement* decoder);
  void offer_made(GstPromise* promise);
  void end_candidates();
  void tell_offer();

  const Handlers handlers_;
  const std::shared_ptr<Pending> pending_ = std::make_shared<Pending>();  // shared with what is under way
  Ref<GstElement> element_;
  std::vector<Pad> pads_;     // of lines that send, in order
  Ref<GstElement> sinks_[2];  // sound, pictures: of lines that receive
  std::atomic<bool> told_offer_ = false;
  std::atomic<uint64_t> received_ = 0;
  std::atomic<uint64_t> sent_ = 0;
};

}  // namespace kms::gst
