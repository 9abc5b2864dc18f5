// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <chrono>
#include <functional>
#include <memory>
#include <string>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/stream_info.hpp"

namespace kms::gst {

// Live sources of a container's bytes, each an element with one pad "src". Addresses are numeric: these
// elements would look names up by themselves. Errors: PLUGIN_MISSING.

struct RtmpAsked {
  std::string address;  // IP address
  uint16_t port = 1935;
  std::string path;  // "/application/stream", with a query perhaps
  std::string user;
  std::string password;
  std::chrono::seconds patience{5};
};
Result<Ref<GstElement>> rtmp_source(const RtmpAsked& asked);

struct SrtAsked {
  std::string address;  // IP address: to call, or of this machine to be called at
  uint16_t port = 0;
  bool listen = false;
  std::string stream_id;
  std::string passphrase;  // empty: not encrypted
  std::chrono::milliseconds latency{200};
  // Who may call, by IP address; on a thread of SRT's.
  std::function<bool(const std::string&)> may_call;
};
Result<Ref<GstElement>> srt_source(const SrtAsked& asked);

// Notes when an element has last given something. Any thread.
class FlowMeter {
 public:
  static std::shared_ptr<FlowMeter> watch(const Ref<GstElement>& source);
  GstClockTime last() const { return last_; }  // media clock; at first when it began to watch
  bool flowed() const { return flowed_; }

 private:
  std::atomic<GstClockTime> last_ = media_now();
  std::atomic<bool> flowed_ = false;
};

}  // namespace kms::gst
