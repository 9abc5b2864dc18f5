// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "tests/support/own_ports.hpp"
#include "tests/support/server_process.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {

// GStreamer's RTSP server with one live camera, as a child that can be killed and started again on its port.
class RtspServer {
 public:
  struct Options {
    std::string launch;            // its pipeline, with payloaders pay0, pay1
    std::string credentials = {};  // "user:password" (Digest) or "user:password:basic"; empty: for anybody
    std::string transport = {};    // "tcp" or "udp" alone; empty: both
    std::string certificate = {};  // a PEM file with a key and a certificate: it speaks TLS alone
  };
  explicit RtspServer(Options options) : options_(std::move(options)) { start(); }

  // With user and password, if any were given, in it.
  std::string uri(const std::string& credentials = {}) const {
    return (options_.certificate.empty() ? "rtsp://" : "rtsps://") +
           (credentials.empty() ? "" : credentials + "@") + "127.0.0.1:" + port_ + "/cam";
  }
  const std::string& port() const { return port_; }

  // Gone, as by a pulled plug.
  void kill() { process_.reset(); }
  void start() {
    EXPECT_TRUE(eventually([this] { return begin(); })) << "the RTSP server does not come up";
  }
  // Another picture, say, from the next start() on.
  void show(const std::string& launch) { options_.launch = launch; }

 private:
  // False: somebody else has its port.
  bool begin() {
    process_ = std::make_unique<ChildProcess>(
        std::vector<std::string>{KMS_RTSP_SERVER, port_, options_.launch, options_.credentials,
                                 options_.transport, options_.certificate},
        "");
    return process_->read_line().starts_with("ready ");
  }

  Options options_;
  const OwnPorts own_;
  std::string port_ = std::to_string(own_.first());
  std::unique_ptr<ChildProcess> process_;
};

// A camera of one colour (0xAARRGGBB) with a tone: 320x240 at 25 frames a second, a key frame a second.
inline std::string camera(const std::string& video, const std::string& audio,
                          const std::string& colour = "0xffc02020") {
  return "( videotestsrc is-live=true pattern=solid-color foreground-color=" + colour +
         " ! video/x-raw,width=320,height=240,framerate=25/1 ! " + video +
         (audio.empty() ? "" : " audiotestsrc is-live=true samplesperbuffer=960 ! " + audio) + " )";
}
inline constexpr char kCameraH264[] =
    "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=25 ! video/x-h264,profile=main ! "
    "rtph264pay name=pay0 pt=96";
inline constexpr char kCameraAac[] = "avenc_aac ! rtpmp4gpay name=pay1 pt=97";

}  // namespace kms::test
