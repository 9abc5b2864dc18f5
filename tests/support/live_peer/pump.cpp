// SPDX-License-Identifier: Apache-2.0
#include "tests/support/live_peer/pump.hpp"

#include <fmt/format.h>
#include <gst/app/gstappsink.h>
#include <gst/app/gstappsrc.h>

#include <stdexcept>

#include "kms-core/gst/init.hpp"
#include "kms-core/gst/ref.hpp"

namespace kms::test {
namespace {

using gst::Ref;

Ref<GstElement> parse(const std::string& caps, const std::string& chain) {
  gst::init();
  const auto text = fmt::format(
      "appsrc name=in format=time max-bytes=0 caps=\"{}\" ! {} ! appsink name=out sync=false max-buffers=0",
      caps, chain);
  auto* pipeline = gst_parse_launch(text.c_str(), nullptr);
  if (pipeline == nullptr) throw std::runtime_error("no pipeline: " + text);
  return Ref<GstElement>::sink(pipeline);
}

Ref<GstElement> part(const Ref<GstElement>& pipeline, const char* name) {
  return Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), name));
}

void push(GstAppSrc* in, const Chunk& chunk) {
  if (chunk.bytes.empty()) return;
  auto* buffer = gst_buffer_new_memdup(chunk.bytes.data(), chunk.bytes.size());
  GST_BUFFER_PTS(buffer) = static_cast<GstClockTime>(chunk.pts.count());
  gst_app_src_push_buffer(in, buffer);  // takes it over
}

Chunk chunk_of(GstBuffer* buffer) {
  Chunk chunk;
  chunk.pts = std::chrono::nanoseconds(static_cast<int64_t>(GST_BUFFER_PTS(buffer)));
  chunk.bytes.resize(gst_buffer_get_size(buffer));
  gst_buffer_extract(buffer, 0, chunk.bytes.data(), chunk.bytes.size());
  return chunk;
}

}  // namespace

std::vector<Chunk> pump(const std::string& caps, const std::string& chain, const std::vector<Chunk>& in) {
  const auto pipeline = parse(caps, chain);
  const auto source = part(pipeline, "in"), sink = part(pipeline, "out");
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  for (const auto& chunk : in) push(GST_APP_SRC(source.get()), chunk);
  gst_app_src_end_of_stream(GST_APP_SRC(source.get()));
  std::vector<Chunk> out;
  constexpr GstClockTime kLongest = 60 * GST_SECOND;
  while (true) {
    const auto sample =
        Ref<GstSample>::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(sink.get()), kLongest));
    if (!sample) break;
    out.push_back(chunk_of(gst_sample_get_buffer(sample.get())));
  }
  const bool finished = gst_app_sink_is_eos(GST_APP_SINK(sink.get())) != FALSE;
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  if (!finished) throw std::runtime_error("failed: " + chain);
  return out;
}

}  // namespace kms::test
