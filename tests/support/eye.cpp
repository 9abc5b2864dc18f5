// SPDX-License-Identifier: Apache-2.0
#include "tests/support/eye.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdlib>

#include "kms-core/gst/init.hpp"
#include "kms-core/gst/raw_sink.hpp"
#include "kms-core/gst/strip.hpp"

namespace kms::test {

constexpr int kNear = 60;

bool Sight::is(int x, int y, uint32_t color) const {
  if (x >= width || y >= height) return false;
  const auto* pixel = &rgb[static_cast<size_t>(4 * (y * width + x))];
  for (int i = 0; i < 3; ++i) {
    if (std::abs(pixel[i] - static_cast<int>(color >> (16 - 8 * i) & 0xff)) > kNear) return false;
  }
  return true;
}

std::string Sight::at(int x, int y) const {
  if (x >= width || y >= height) return "outside";
  const auto* pixel = &rgb[static_cast<size_t>(4 * (y * width + x))];
  return fmt::format("{:02x}{:02x}{:02x}", pixel[0], pixel[1], pixel[2]);
}

Eye::Eye(const std::string& name, const std::string& chain)
    : pipeline_((gst::init(), gst::Ref<GstElement>::sink(gst_pipeline_new(name.c_str())))),
      inlet_(gst::Inlet::create(name + "-in")) {
  const auto new_caps = [this](const GstCaps* caps) {
    const auto* structure = gst_caps_get_structure(caps, 0);
    gst_structure_get_int(structure, "width", &width_);
    gst_structure_get_int(structure, "height", &height_);
  };
  const auto sink =
      gst::RawSink::create(name + "-out", "video/x-raw,format=RGBx",
                           {.on_stream = [](bool) {},
                            .on_caps = new_caps,
                            .on_turned = {},
                            .on_buffer = [this](const gst::Ref<GstBuffer>& buffer) { take(buffer.get()); }});
  auto parts = gst::parse_chain((chain.empty() ? "" : chain + " ! ") + "videoconvert").value();
  gst_bin_add_many(GST_BIN(pipeline_.get()), inlet_->element(), parts.get(), sink->element(), nullptr);
  gst_element_link_many(inlet_->element(), parts.get(), sink->element(), nullptr);
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

Eye::~Eye() {
  inlet_->detach();
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

void Eye::take(GstBuffer* buffer) {
  Sight sight{width_, height_, std::vector<uint8_t>(gst_buffer_get_size(buffer)), GST_BUFFER_PTS(buffer)};
  gst_buffer_extract(buffer, 0, sight.rgb.data(), sight.rgb.size());
  seen_.change([&](Seen& seen) {
    const auto now = gst::media_now();
    seen.times.push_back(sight.pts);
    seen.late.push_back(now - std::min(now, sight.pts));
    seen.last = std::move(sight);
  });
}

GstClockTime Eye::latest(size_t from) const {
  const auto late = seen_.copy().late;
  GstClockTime most = 0;
  for (size_t i = from; i < late.size(); ++i) most = std::max(most, late[i]);
  return most;
}

bool Eye::sees(const std::function<bool(const Sight&)>& fits) const {
  return seen_.wait([&](const Seen& seen) { return !seen.last.rgb.empty() && fits(seen.last); });
}

bool Eye::watch(size_t pictures) const {
  const auto before = seen_.copy().times.size();
  return seen_.wait([&](const Seen& seen) { return seen.times.size() >= before + pictures; });
}

}  // namespace kms::test
