// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <algorithm>
#include <chrono>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "elements/recorder/recorder.hpp"
#include "kms-core/gst/init.hpp"
#include "tests/support/element_host.hpp"
#include "tests/support/feeder.hpp"
#include "tests/support/media_factory.hpp"
#include "tests/support/media_probe.hpp"
#include "tests/support/waiting.hpp"

namespace kms::recorder {

// For tests: one recorder in a host of its own, fed by hand. The test's thread.
class RecorderRig {
 public:
  explicit RecorderRig(const std::string& file, v1::RecorderOptions options = {},
                       std::chrono::milliseconds state_deadline = std::chrono::seconds(10))
      : path_(test::media_folder() + "/" + file), host_(config(state_deadline)) {
    gst::init();
    options.set_uri("file://" + path_);
    host_.on_loop([&] {
      auto made = RecorderElement::create(host_, options);
      status_ = made.status();
      if (made.ok()) element_ = std::move(*made);
    });
  }
  ~RecorderRig() {
    if (element_) static_cast<void>(close());
  }

  const Status& status() const { return status_; }  // of creation
  const std::string& path() const { return path_; }
  // Where a part's file is.
  std::string part(int number) const {
    const auto point = path_.rfind('.');
    return number == 1 ? path_ : path_.substr(0, point) + "-" + std::to_string(number) + path_.substr(point);
  }
  const test::FakeHost& host() const { return host_; }
  WorkerPool& workers() { return host_.workers(); }
  // Waits until no worker has anything to do, and the loop neither.
  void wait_idle() {
    std::promise<void> idle;
    workers().when_idle([&] { idle.set_value(); });
    idle.get_future().wait();
    host_.on_loop([] {});
  }

  void link(const test::Feeder& feeder, const std::string& port) {
    host_.on_loop([&] {
      const auto& sink = sink_of(port);
      sink.media->attach(feeder.fan_out(port));
      recorder().sink_linked(sink, true);
    });
  }
  void link(const test::Feeder& feeder) {
    link(feeder, "audio");
    link(feeder, "video");
  }
  void unlink(const std::string& port) {
    host_.on_loop([&] {
      sink_of(port).media->detach();
      recorder().sink_linked(sink_of(port), false);
    });
  }
  // Sound and pictures of a file from their beginning to their end; another may follow.
  void take_whole(const std::string& clip, const std::string& demuxer) {
    test::Feeder feeder(test::demuxed(clip, demuxer), test::Feeder::Pace::kUnpaced);
    link(feeder);
    feeder.start();
    ASSERT_TRUE(wait_source_end("audio") && wait_source_end("video"));
    unlink("audio");
    unlink("video");
  }

  // A command, on the loop.
  Status command(Status (RecorderElement::*what)()) {
    Status out;
    host_.on_loop([&] { out = (recorder().*what)(); });
    return out;
  }
  // A port under one name takes from a fan-out under another.
  void link(const std::shared_ptr<gst::FanOut>& source, const std::string& port) {
    host_.on_loop([&] {
      const auto& sink = sink_of(port);
      sink.media->attach(source);
      recorder().sink_linked(sink, true);
    });
  }

  Status record() {
    Status out;
    host_.on_loop([&] { out = recorder().record(); });
    return out;
  }
  Result<v1::Recording> stop() {
    auto out = std::make_shared<v1::Recording>();
    const auto status = host_.call([&](Done done) {
      recorder().stop([out, done = std::move(done)](Result<v1::StopResponse> answer) mutable {
        if (answer.ok()) *out = answer->recording();
        done(answer.status());
      });
    });
    if (!status.ok()) return status;
    return *out;
  }
  v1::GetRecordingResponse recording() {
    v1::GetRecordingResponse out;
    host_.on_loop([&] { out = recorder().recording(); });
    return out;
  }
  bool wait_video_frames(uint64_t count) {
    return test::eventually([&] { return recording().recording().video_frames() >= count; });
  }
  bool wait_audio_frames(uint64_t count) {
    return test::eventually([&] { return recording().recording().audio_frames() >= count; });
  }
  bool wait_source_end(const std::string& port) {
    return test::eventually([&] { return sink_of(port).media->ended(); });
  }
  uint64_t dropped() {
    uint64_t out = 0;
    host_.on_loop([&] {
      for (const auto& sink : element_->ports().sinks) out += sink.media->stats().dropped;
    });
    return out;
  }
  // `before` runs on the loop just before.
  Status close(const std::function<void()>& before = [] {}) {
    const auto status = host_.call([&](Done done) {
      before();
      element_->close(std::move(done));
    });
    host_.on_loop([&] { element_.reset(); });
    return status;
  }
  graph::Formats accepts(const std::string& port) { return sink_of(port).accepts; }

 private:
  RecorderElement& recorder() { return static_cast<RecorderElement&>(*element_); }
  const graph::SinkPort& sink_of(const std::string& port) {
    const auto& sinks = element_->ports().sinks;
    return *std::find_if(sinks.begin(), sinks.end(), [&](const auto& sink) { return sink.name == port; });
  }

  static Config config(std::chrono::milliseconds state_deadline) {
    Config out;
    out.files.write = {test::media_folder()};
    out.pipelines.state_deadline = state_deadline;
    return out;
  }

  const std::string path_;
  test::FakeHost host_;
  std::unique_ptr<graph::Element> element_;
  Status status_;
};

// Live pictures (VP8, 160x120 at 30 a second, a key frame every half second unless asked for) and sound
// (Opus).
inline std::string live_clip() {
  return "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1 ! vp8enc deadline=1 "
         "cpu-used=8 keyframe-max-dist=15 ! identity name=video  audiotestsrc is-live=true "
         "samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 ! opusenc ! identity name=audio";
}

// The same in H.264, with a key frame every twenty seconds unless asked for.
inline std::string live_h264() {
  return "videotestsrc is-live=true ! video/x-raw,width=160,height=120,framerate=30/1 ! x264enc "
         "speed-preset=ultrafast tune=zerolatency key-int-max=600 ! h264parse ! identity name=video  "
         "audiotestsrc is-live=true samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=2 ! audioconvert "
         "! "
         "opusenc ! identity name=audio";
}

// What the container of a file holds.
inline std::string live_for(const std::string& file) {
  return file.ends_with(".mp4") ? live_h264() : live_clip();
}

// Options of a recorder that begins by itself.
inline v1::RecorderOptions beginning() {
  v1::RecorderOptions options;
  options.set_autostart(true);
  return options;
}

// Options of a recorder that begins by itself and ends with its sources.
inline v1::RecorderOptions whole_clip() {
  v1::RecorderOptions options;
  options.set_autostart(true);
  options.set_stop_on_end_of_stream(true);
  return options;
}

}  // namespace kms::recorder
