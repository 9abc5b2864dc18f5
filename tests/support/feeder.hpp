// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "kms-core/gst/outlet.hpp"
#include "kms-core/gst/pacer.hpp"
#include "kms-core/gst/ref.hpp"

namespace kms::test {

// Media for links, from a gst-launch pipeline: what its elements named "audio" and "video" give (they are
// identities without anything behind them) goes into fan-outs, as from a player. The test's thread.
class Feeder {
 public:
  enum class Pace { kUnpaced, kRealTime };
  Feeder(const std::string& pipeline, Pace pace);
  ~Feeder();
  Feeder(const Feeder&) = delete;
  Feeder& operator=(const Feeder&) = delete;

  void start();
  // All sources end now: what they gave is followed by the end of stream.
  void end();

  // Null when the pipeline has no element of that name.
  std::shared_ptr<gst::FanOut> fan_out(const std::string& name) const;

 private:
  std::shared_ptr<gst::Outlet> add_outlet(const std::string& name);

  const std::shared_ptr<gst::Pacer> pacer_;
  gst::Ref<GstElement> pipeline_;
  std::shared_ptr<gst::Outlet> audio_;
  std::shared_ptr<gst::Outlet> video_;
};

// Pipeline for a Feeder: takes a file apart without decoding. `demuxer` is "qtdemux" or "matroskademux".
std::string demuxed(const std::string& path, const std::string& demuxer);

}  // namespace kms::test
