// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "elements/webrtc_client/settings.hpp"
#include "elements/webrtc_client/signalling.hpp"
#include "elements/webrtc_client/web_call.hpp"
#include "elements/webrtc_client/words/answer.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/gst/pipeline.hpp"
#include "kms-core/gst/webrtc_bin.hpp"

namespace kms::webrtc_client {

// One try to connect with a server and, when it succeeds, the connection until it is lost. Control loop.
class Connection {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    // The peer is the one that the answer promised. Once.
    virtual void connected(const Agreement& agreement) = 0;
    // Not made, or lost; nothing comes after it. Errors as in the proto, PIPELINE_STUCK.
    virtual void lost(const Status& why) = 0;
  };
  struct Plan {
    std::vector<gst::WebRtcBin::Line> lines;  // what is offered, in order
    // Packets of RTP that the server sends, once it is known to be the one; on threads of GStreamer's.
    std::function<void(bool video, GstBuffer* packet)> on_packet = [](bool, GstBuffer*) {};
  };
  Connection(graph::ElementHost& host, std::shared_ptr<const Settings> settings, Plan plan,
             Listener& listener);
  ~Connection();

  // Says goodbye and lets everything go; the listener hears nothing more. Answers when the pipeline is down
  // and the server has been told, or after three seconds.
  void close(Done done);

  // While connected.
  gst::WebRtcBin& bin() { return *bin_; }
  gst::Pipeline& pipeline() { return *pipeline_; }
  void want_key_frame();

 private:
  struct Verdict;
  template <typename Work>
  auto posted(Work work);

  void resolve();
  void run(const Result<std::vector<std::string>>& servers);
  gst::WebRtcBin::Handlers handlers();
  void ask_for_offer();
  void offer_made(const Result<std::string>& offer);
  void asked(const Result<Welcome>& welcome);
  void welcomed(const Result<Welcome>& welcome);
  void take_answer(const Agreement& agreement, const std::vector<std::string>& servers);
  void state_changed(gst::WebRtcBin::State state);
  void begin_watch();
  void watch();
  void over(const Status& why);
  void over(StatusCode code, const char* reason, const std::string& why);
  void say_goodbye();
  void left(const Status& status);

  graph::ElementHost& host_;
  const std::shared_ptr<const Settings> settings_;
  const Plan plan_;
  Listener* listener_;  // null: nothing more is told
  std::shared_ptr<gst::WebRtcBin> bin_;
  std::unique_ptr<gst::Pipeline> pipeline_;
  std::unique_ptr<WebCall> call_;
  std::string offer_;
  std::string resource_;
  Agreement agreement_;
  const std::shared_ptr<Verdict> verdict_;  // shared with GStreamer's threads
  bool asking_ = false;
  bool answered_ = false;
  bool connected_ = false;
  uint64_t received_ = 0;  // when it was last looked
  uint64_t sent_ = 0;
  std::chrono::milliseconds quiet_for_{};
  Loop::Timer deadline_;
  Loop::Timer gathering_;
  Loop::Timer watch_;
  // Of close():
  Done closing_;
  unsigned leaving_ = 0;  // answers that are waited for
  Status outcome_ = ok();
  Guard goodbye_;
  Guard guard_;
};

}  // namespace kms::webrtc_client
