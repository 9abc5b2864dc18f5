// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kms-core/bridge/gst_to_rtp.hpp"
#include "kms-core/bridge/rtp_to_gst.hpp"
#include "kms-core/graph/planner.hpp"
#include "kms-core/graph/producer.hpp"
#include "kms-core/graph/rungs.hpp"
#include "kms-core/graph/transcoder.hpp"

namespace kms::graph {

// What runs between source ports and their takers: bridges from and to the RTP plane, decoders and encoders;
// one per source port and form, shared by all takers, gone with the last of them. Control loop.
class Conversions {
 public:
  struct Owner {
    std::function<gst::Pipeline&()> processing;  // where they live
    rtc::Server& rtc;
  };
  using Key = std::pair<PortRef, std::string>;  // source port, what it does in words

  // Where the media of a way comes from: one of the two planes, or the data.
  struct Supply {
    std::shared_ptr<gst::FanOut> media = {};
    std::shared_ptr<gst::FanOut> raw = {};  // where `media` is encoded here: what it was before
    rtc::SourceRef packets = {};
    rtc::DataSourceRef data = {};
    std::vector<Key> through = {};
  };

  explicit Conversions(Owner owner) : owner_(std::move(owner)) {}

  // Makes what is missing on the way. `cname`: see rtc::LocalSourceOptions. Errors: CODEC_UNSUPPORTED,
  // PLUGIN_MISSING.
  Result<Supply> supply(const Producer& from, const Way& way, const std::string& cname);
  // Whether packets of the port were taken to the media plane; they may have ended since.
  bool depayloads(const PortRef& source) const { return depayloaders_.contains(source); }
  // The ports whose packets are taken to the media plane and come in several encodings.
  std::vector<PortRef> simulcast() const;
  // The size of pictures that suffices for all who take those of such a port; zeros: the largest.
  void want(const PortRef& source, const rtc::PictureSize& size);
  // Ends all but what was supplied since the last time.
  void end_unused(const Slots& slots);

  struct Running {
    Key key;
    const Transcoder* transcoder;
  };
  std::vector<Running> transcoders() const;
  struct RunningBridge {
    Key key;
    Format from;
    Format to;
    bridge::RtpToGst::Stats stats;
  };
  std::vector<RunningBridge> bridges() const;

 private:
  struct Depayloader {
    rtc::SourceRef source;
    std::string codec;
    std::unique_ptr<bridge::RtpToGst> bridge;
    bool ended = false;
  };
  struct Payloader {
    std::string codec;
    std::unique_ptr<bridge::GstToRtp> bridge;
    std::unique_ptr<Rungs> rungs = {};  // of pictures that are encoded here
  };
  Status depayload(const Producer& from, const Way& way, Supply& supply);
  Status transcode(const Producer& from, const Way& step, Supply& supply);
  Status payload(const Producer& from, const Way& way, const std::string& cname, Supply& supply);
  Result<Payloader> make_payloader(const Producer& from, const Way& way, const std::string& cname,
                                   const Supply& supply);
  Result<std::unique_ptr<Rungs>> make_rungs(const Producer& from, bridge::GstToRtp::Options to,
                                            const Supply& supply);
  void end_payloaders(const Slots& slots);
  Result<std::unique_ptr<bridge::RtpToGst>> make_depayloader(const Producer& from);
  Result<std::unique_ptr<Transcoder>> make_transcoder(const Producer& from, const Way& step);

  const Owner owner_;
  std::set<Key> used_;
  std::map<PortRef, Depayloader> depayloaders_;
  std::map<Key, std::unique_ptr<Transcoder>> transcoders_;
  std::map<Key, Payloader> payloaders_;
};

}  // namespace kms::graph
