// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/still_picture.hpp"

#include <fmt/format.h>
#include <gst/app/gstappsink.h>

#include <array>
#include <fstream>

#include "kms-core/gst/codecs.hpp"
#include "kms-core/gst/strip.hpp"

namespace kms::gst {
namespace {

constexpr GstClockTime kPatience = 5 * GST_SECOND;
constexpr uint32_t kBitrate = 4'000'000;
constexpr char kPlain[] = "videoconvert ! video/x-raw,format=I420";

Status no_picture(const std::string& path) {
  return error(StatusCode::kInvalidArgument, "NOT_MEDIA",
               fmt::format("{} is no PNG or JPEG picture of at most 8192 pixels each way", path));
}

// By what the file begins with; empty: neither.
std::string decoder_of(const std::string& path) {
  std::array<char, 4> head{};
  std::ifstream(path, std::ios::binary).read(head.data(), head.size());
  const std::string_view text(head.data(), head.size());
  if (text == "\x89PNG") return "pngdec";
  return text.starts_with("\xff\xd8\xff") ? "jpegdec" : "";
}

// Brought to NULL whatever happens.
class Run {
 public:
  explicit Run(Ref<GstElement> pipeline) : pipeline_(std::move(pipeline)) {
    gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
  }
  Run(const Run&) = delete;
  Run& operator=(const Run&) = delete;
  ~Run() { gst_element_set_state(pipeline_.get(), GST_STATE_NULL); }

 private:
  const Ref<GstElement> pipeline_;
};

}  // namespace

Result<StillPicture> encode_still(const StillAsked& asked) {
  const auto decoder = decoder_of(asked.path);
  if (decoder.empty()) return no_picture(asked.path);
  const auto encoder =
      asked.codec.empty() ? Result<std::string>(kPlain) : encoder_chain(asked.codec, kBitrate);
  if (!encoder.ok()) return encoder.status();
  const auto chain = parse_chain(fmt::format(
      "filesrc name=file ! {} ! video/x-raw,width=[1,8192],height=[1,8192] ! videoconvert ! "
      "videoscale add-borders=true ! video/x-raw,width={},height={},pixel-aspect-ratio=1/1 ! {} ! "
      "appsink name=frames sync=false max-buffers=1",
      decoder, asked.width, asked.height, *encoder));
  if (!chain.ok()) return chain.status();
  const auto pipeline = Ref<GstElement>::sink(gst_pipeline_new("still"));
  gst_bin_add(GST_BIN(pipeline.get()), chain->get());
  const auto file = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "file"));
  const auto frames = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), "frames"));
  g_object_set(file.get(), "location", asked.path.c_str(), nullptr);
  const Run run(pipeline);
  const auto sample =
      Ref<GstSample>::adopt(gst_app_sink_try_pull_sample(GST_APP_SINK(frames.get()), kPatience));
  if (!sample) return no_picture(asked.path);
  return StillPicture{Ref<GstBuffer>::share(gst_sample_get_buffer(sample.get())),
                      Ref<GstCaps>::share(gst_sample_get_caps(sample.get()))};
}

}  // namespace kms::gst
