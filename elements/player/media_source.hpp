// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "kms-core/graph/element.hpp"
#include "kms-core/gst/ref.hpp"

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
