// SPDX-License-Identifier: Apache-2.0
#include "tests/support/taker.hpp"

#include <algorithm>
#include <string_view>

#include "kms-core/gst/init.hpp"
#include "kms-core/gst/strip.hpp"

namespace kms::test {
namespace {

Frame frame_of(GstBuffer* buffer) {
  Frame frame{};
  frame.pts = GST_BUFFER_PTS(buffer);
  frame.dts = GST_BUFFER_DTS(buffer);
  frame.duration = GST_BUFFER_DURATION(buffer);
  frame.came = gst::media_now();
  frame.bytes = gst_buffer_get_size(buffer);
  frame.key = !GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DELTA_UNIT);
  frame.decode_only = GST_BUFFER_FLAG_IS_SET(buffer, GST_BUFFER_FLAG_DECODE_ONLY);
  frame.first_bytes.resize(std::min<size_t>(frame.bytes, 8));
  gst_buffer_extract(buffer, 0, frame.first_bytes.data(), frame.first_bytes.size());
  GstMapInfo map;
  if (gst_buffer_map(buffer, &map, GST_MAP_READ) != FALSE) {
    frame.digest = std::hash<std::string_view>()({reinterpret_cast<const char*>(map.data), map.size});
    gst_buffer_unmap(buffer, &map);
  }
  return frame;
}

}  // namespace

GstClockTime latest(const std::vector<Frame>& frames) {
  GstClockTime most = 0;
  for (const auto& frame : frames) most = std::max(most, frame.came - std::min(frame.came, frame.pts));
  return most;
}

Taker::Taker(const std::string& name, Options options)
    : options_((gst::init(), std::move(options))),
      pipeline_(gst::Ref<GstElement>::sink(gst_pipeline_new(name.c_str()))),
      inlet_(gst::Inlet::create(name + "-in", options_.group)),
      end_(gst::Outlet::create(name + "-end")) {
  if (options_.direct) inlet_->set_direct();
  auto chain = gst::parse_chain(options_.chain).value();
  gst_bin_add_many(GST_BIN(pipeline_.get()), inlet_->element(), chain.get(), end_->element(), nullptr);
  gst_element_link_many(inlet_->element(), chain.get(), end_->element(), nullptr);
  const auto pad = gst::Ref<GstPad>::adopt(gst_element_get_static_pad(end_->element(), "sink"));
  watch(pad.get());
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

Taker::~Taker() {
  inlet_->detach();
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

void Taker::restart() {
  gst_element_set_state(pipeline_.get(), GST_STATE_READY);
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

void Taker::watch(GstPad* pad) {
  const auto on_buffer = [](GstPad*, GstPadProbeInfo* info, gpointer self) {
    auto* taker = static_cast<Taker*>(self);
    taker->options_.before_frame();
    const auto frame = frame_of(GST_PAD_PROBE_INFO_BUFFER(info));
    taker->seen_.change([&](Seen& seen) { seen.frames.push_back(frame); });
    return GST_PAD_PROBE_OK;
  };
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_BUFFER, on_buffer, this, nullptr);
  const auto on_event = [](GstPad*, GstPadProbeInfo* info, gpointer self) {
    auto* taker = static_cast<Taker*>(self);
    auto* event = GST_PAD_PROBE_INFO_EVENT(info);
    taker->seen_.change([&](Seen& seen) {
      if (GST_EVENT_TYPE(event) == GST_EVENT_EOS) ++seen.ends;
      if (GST_EVENT_TYPE(event) != GST_EVENT_CAPS) return;
      GstCaps* caps = nullptr;
      gst_event_parse_caps(event, &caps);
      const std::unique_ptr<char, decltype(&g_free)> text(gst_caps_to_string(caps), g_free);
      seen.caps = text.get();
    });
    return GST_PAD_PROBE_OK;
  };
  gst_pad_add_probe(pad, GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM, on_event, this, nullptr);
}

bool Taker::wait_frames(size_t count) const {
  return seen_.wait([count](const Seen& seen) { return seen.frames.size() >= count; });
}

bool Taker::wait_for(const std::function<bool(const std::vector<Frame>&)>& fits) const {
  return seen_.wait([&](const Seen& seen) { return fits(seen.frames); });
}

bool Taker::wait_end(size_t count) const {
  return seen_.wait([count](const Seen& seen) { return seen.ends >= count; });
}

}  // namespace kms::test
