// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "elements/player/media_source.hpp"
#include "kms-core/base/guard.hpp"

namespace kms::player {

// A file in one of the folders that the configuration allows.
class FileSource : public MediaSource {
 public:
  FileSource(graph::ElementHost& host, std::string uri) : host_(host), uri_(std::move(uri)) {}
  void open(Reply<gst::Ref<GstElement>> reply) override;

 private:
  graph::ElementHost& host_;
  const std::string uri_;
  Guard guard_;
};

}  // namespace kms::player
