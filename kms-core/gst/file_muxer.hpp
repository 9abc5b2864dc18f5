// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "kms-core/gst/file_sink.hpp"
#include "kms-core/gst/inlet.hpp"
#include "kms-core/gst/pipeline.hpp"

namespace kms::gst {

// What a pipeline is made of that writes one file: inlets ! (parsers) ! muxer ! file sink. Control loop.
class FileMuxer {
 public:
  struct Track {
    std::shared_ptr<Inlet> inlet;
    StreamInfo stream;  // what comes, as known now
    bool video = false;
    bool decoding_times = false;  // its buffers have them
  };
  struct Plan {
    std::string muxer;                                            // factory
    std::vector<std::pair<std::string, std::string>> properties;  // of the muxer, as in gst-launch
    std::vector<Track> tracks;
    int file = -1;  // open descriptor, taken over
  };
  // Fills an empty pipeline. `on_changed` runs on a streaming thread (post!) when a track's media changes
  // into something that the file cannot hold; from there on the track is left out. Errors: PLUGIN_MISSING.
  static Result<std::unique_ptr<FileMuxer>> build(Pipeline& pipeline, const Plan& plan,
                                                  const std::function<void()>& on_changed);

  explicit FileMuxer(std::shared_ptr<FileSink> sink) : sink_(std::move(sink)) {}  // use build()
  uint64_t size() const { return sink_->size(); }                                 // bytes; any thread

 private:
  std::shared_ptr<FileSink> sink_;
};

// The chain that makes frames of `stream` ready for a muxer of that factory; empty when they are.
std::string muxer_parser(const FileMuxer::Track& track, const std::string& muxer);

// Whether a file of some muxer may go on when a track's caps change so. What decoders find in the frames
// themselves (the size of VP8, VP9 and AV1 pictures) may change, what stands once in the file's head may not.
bool may_go_on(const GstCaps* before, const GstCaps* after);

}  // namespace kms::gst
