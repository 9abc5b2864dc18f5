// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <thread>

#include "kms-core/graph/element.hpp"
#include "kms-core/web/glib.hpp"

namespace kms::webrtc_client {

// Something asked of other servers, on a thread of its own: they may take long, and nobody else is to wait
// for them. Control loop.
class WebCall {
 public:
  // `work` runs on that thread, which has a GMainContext of its own as default.
  WebCall(graph::ElementHost& host, std::function<void(GCancellable*)> work);
  ~WebCall();  // cancels it, and waits for nobody
  WebCall(const WebCall&) = delete;
  WebCall& operator=(const WebCall&) = delete;

 private:
  graph::ElementHost& host_;
  const std::shared_ptr<GCancellable> cancellable_;  // shared with the thread
  std::thread thread_;
};

}  // namespace kms::webrtc_client
