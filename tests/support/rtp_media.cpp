// SPDX-License-Identifier: Apache-2.0
#include "tests/support/rtp_media.hpp"

#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>
#include <gst/video/video.h>

#include <stdexcept>

#include "kms-core/gst/init.hpp"

namespace kms::test {
namespace {

constexpr size_t kHeader = 12;  // without contributing sources and extensions

gst::Ref<GstElement> launch(const std::string& text) {
  gst::init();
  GError* failure = nullptr;
  auto* made = gst_parse_launch(text.c_str(), &failure);
  if (failure != nullptr) throw std::runtime_error(failure->message);
  return gst::Ref<GstElement>::sink(made);
}

gst::Ref<GstElement> find(const gst::Ref<GstElement>& pipeline, const char* name) {
  return gst::Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), name));
}

std::vector<uint8_t> bytes_of(GstSample* sample) {
  auto* buffer = gst_sample_get_buffer(sample);
  std::vector<uint8_t> out(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, out.data(), out.size());
  return out;
}

std::optional<std::vector<uint8_t>> pull(const gst::Ref<GstElement>& sink) {
  auto* sample = gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), 0);
  if (sample == nullptr) return std::nullopt;
  auto bytes = bytes_of(sample);
  gst_sample_unref(sample);
  return bytes;
}

}  // namespace

RtpMaker::RtpMaker(const std::string& chain)
    : pipeline_(launch(chain + " ! appsink name=out sync=false max-buffers=0")),
      sink_(find(pipeline_, "out")) {
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

RtpMaker::~RtpMaker() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

std::optional<RtpContent> RtpMaker::next() {
  const auto packet = pull(sink_);
  if (!packet) return std::nullopt;
  const auto& bytes = *packet;
  RtpContent out;
  out.marker = (bytes.at(1) & 0x80) != 0;
  for (size_t i = 4; i < 8; ++i) out.timestamp = out.timestamp << 8 | bytes.at(i);
  out.payload.assign(bytes.begin() + kHeader, bytes.end());
  return out;
}

void RtpMaker::make_key_frame() {
  gst_element_send_event(sink_.get(),
                         gst_video_event_new_upstream_force_key_unit(GST_CLOCK_TIME_NONE, TRUE, 0));
}

RtpPlayer::RtpPlayer(const std::string& caps, const std::string& chain)
    : pipeline_(launch("appsrc name=in format=time is-live=true do-timestamp=true caps=\"application/x-rtp," +
                       caps + "\" ! " + chain + " ! appsink name=out sync=false max-buffers=0")),
      source_(find(pipeline_, "in")),
      sink_(find(pipeline_, "out")) {
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

RtpPlayer::~RtpPlayer() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

void RtpPlayer::put(const std::vector<uint8_t>& packet) {
  auto* buffer = gst_buffer_new_allocate(nullptr, packet.size(), nullptr);
  gst_buffer_fill(buffer, 0, packet.data(), packet.size());
  gst_app_src_push_buffer(GST_APP_SRC(source_.get()), buffer);
}

std::vector<std::vector<uint8_t>> RtpPlayer::take() {
  std::vector<std::vector<uint8_t>> out;
  while (auto frame = pull(sink_)) out.push_back(*std::move(frame));
  return out;
}

}  // namespace kms::test
