// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "kms-core/graph/element.hpp"
#include "kms-core/gst/outlet.hpp"
#include "kms-core/gst/ref.hpp"
#include "kms-core/gst/track_bin.hpp"

namespace kms::player {

// What a player reads: one opening of a URI. Control loop.
class MediaSource {
 public:
  virtual ~MediaSource() = default;
  MediaSource(const MediaSource&) = delete;
  MediaSource& operator=(const MediaSource&) = delete;

  // Opens it, elsewhere; answers with a GStreamer element that has one pad "src". Once. No answer after the
  // source was destroyed. Errors: URI_NOT_ALLOWED, NOT_FOUND, UNREADABLE, NOT_MEDIA (empty).
  virtual void open(Reply<gst::Ref<GstElement>> reply) = 0;

  // What comes as tracks already needs no demuxer: the element that open() answered with is null then, and
  // this makes the bin that takes its place. Null: a demuxer is needed.
  virtual Result<std::shared_ptr<gst::TrackBin>> tracks_to(const std::vector<gst::TrackLine>&) {
    return std::shared_ptr<gst::TrackBin>();
  }
  // The pipeline runs: media may come.
  virtual void flow() {}

  // Its end is a loss, as there is none to be expected of such media.
  virtual bool endless(const gst::TrackBin::Tracks&) const { return false; }
  // When it has last given something, on the media clock; nothing: it notices by itself that nothing comes.
  virtual std::optional<GstClockTime> last_data() const { return std::nullopt; }

  // What fails while it is read and GStreamer does not know of.
  virtual void on_error(std::function<void(const Status&)> /*handler*/) {}

 protected:
  MediaSource() = default;
};

// Errors: INVALID_OPTIONS, URI_NOT_ALLOWED (as far as it can be told without asking the network).
Status check_uri(const Config& config, const std::string& uri);

// `uri` passed check_uri(); it is checked again, in depth, when it is opened.
std::unique_ptr<MediaSource> make_source(graph::ElementHost& host, const std::string& uri);

}  // namespace kms::player
