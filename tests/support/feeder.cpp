// SPDX-License-Identifier: Apache-2.0
#include "tests/support/feeder.hpp"

#include <fmt/format.h>

#include <stdexcept>

#include "kms-core/gst/init.hpp"

namespace kms::test {
namespace {

gst::Ref<GstElement> parse(const std::string& pipeline) {
  gst::init();
  auto* parsed = gst_parse_launch(pipeline.c_str(), nullptr);
  if (parsed == nullptr) throw std::runtime_error("no pipeline: " + pipeline);
  return gst::Ref<GstElement>::sink(parsed);
}

}  // namespace

Feeder::Feeder(const std::string& pipeline, Pace pace)
    : pacer_(std::make_shared<gst::Pacer>(pace == Pace::kUnpaced)), pipeline_(parse(pipeline)) {
  audio_ = add_outlet("audio");
  video_ = add_outlet("video");
}

std::shared_ptr<gst::Outlet> Feeder::add_outlet(const std::string& name) {
  const auto end = gst::Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline_.get()), name.c_str()));
  if (!end) return nullptr;
  auto outlet = gst::Outlet::create(name + "-out", pacer_);
  gst_bin_add(GST_BIN(pipeline_.get()), outlet->element());
  gst_element_link(end.get(), outlet->element());
  return outlet;
}

Feeder::~Feeder() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

void Feeder::start() { gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING); }

void Feeder::end() { gst_element_send_event(pipeline_.get(), gst_event_new_eos()); }

std::shared_ptr<gst::FanOut> Feeder::fan_out(const std::string& name) const {
  const auto& outlet = name == "audio" ? audio_ : video_;
  return outlet ? outlet->fan_out() : nullptr;
}

std::string demuxed(const std::string& path, const std::string& demuxer) {
  return fmt::format(
      "filesrc location={} ! {} name=demux  demux.video_0 ! queue ! identity silent=true name=video  "
      "demux.audio_0 ! queue ! identity silent=true name=audio",
      path, demuxer);
}

}  // namespace kms::test
