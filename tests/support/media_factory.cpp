// SPDX-License-Identifier: Apache-2.0
#include "tests/support/media_factory.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <sstream>
#include <stdexcept>

#include "kms-core/gst/init.hpp"
#include "kms-core/gst/ref.hpp"

namespace kms::test {
namespace {

namespace fs = std::filesystem;

struct Folder {
  Folder() {
    std::string pattern = (fs::temp_directory_path() / "kms-media-XXXXXX").string();
    path = fs::canonical(mkdtemp(pattern.data())).string();
    fs::permissions(path, fs::perms(0755));
  }
  ~Folder() { fs::remove_all(path); }
  std::string path;
};

std::string filled_in(std::string text, const std::string& path) {
  const auto at = text.find("{}");
  return at == std::string::npos ? text : text.replace(at, 2, path);
}

void run_to_end(const std::string& text) {
  const auto pipeline = gst::Ref<GstElement>::sink(gst_parse_launch(text.c_str(), nullptr));
  if (!pipeline) throw std::runtime_error("no pipeline: " + text);
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const auto bus = gst::Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  const auto end = gst::Ref<GstMessage>::adopt(gst_bus_timed_pop_filtered(
      bus.get(), 60 * GST_SECOND, static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR)));
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  if (!end || GST_MESSAGE_TYPE(end.get()) != GST_MESSAGE_EOS) throw std::runtime_error("failed: " + text);
}

struct Recipe {
  const char* video;  // encoder, empty: none
  const char* audio;
  const char* muxer;
};

const std::map<std::string, Recipe> kRecipes{
    {".webm", {"vp8enc deadline=1 cpu-used=8 keyframe-max-dist=30", "opusenc", "webmmux"}},
    {".mkv", {"vp8enc deadline=1 cpu-used=8 keyframe-max-dist=30", "opusenc", "matroskamux"}},
    {".mp4",
     {"x264enc speed-preset=ultrafast bframes=2 key-int-max=30 ! h264parse", "avenc_aac ! aacparse",
      "mp4mux"}},
    {".ts",
     {"x264enc speed-preset=ultrafast key-int-max=30 ! h264parse", "avenc_aac ! aacparse", "mpegtsmux"}},
    {".ogg", {"theoraenc keyframe-force=30", "vorbisenc", "oggmux"}},
    {".wav", {"", "audioconvert", "wavenc"}}};

}  // namespace

const std::string& media_folder() {
  static const Folder folder;
  return folder.path;
}

std::string make_media(const std::string& name, const std::string& pipeline) {
  gst::init();
  const auto path = media_folder() + "/" + name;
  if (!fs::exists(path)) run_to_end(filled_in(pipeline, path));
  return path;
}

std::string make_clip(const std::string& name, unsigned seconds) {
  const auto& recipe = kRecipes.at(fs::path(name).extension().string());
  std::string video;
  if (*recipe.video != '\0') {
    video = fmt::format(
        "videotestsrc num-buffers={} ! video/x-raw,width=320,height=240,framerate=30/1 ! videoconvert ! {} ! "
        "queue ! mux. ",
        seconds * 30, recipe.video);
  }
  return make_media(name, fmt::format("{} {}audiotestsrc num-buffers={} samplesperbuffer=960 ! "
                                      "audio/x-raw,rate=48000,channels=2 ! audioconvert ! {} ! queue ! mux.",
                                      std::string(recipe.muxer) + " name=mux ! filesink location={}", video,
                                      seconds * 50, recipe.audio));
}

std::string cut_file(const std::string& path, const std::string& name, double share) {
  const auto content = read_file(path);
  return write_file(name,
                    content.substr(0, static_cast<size_t>(static_cast<double>(content.size()) * share)));
}

std::string read_file(const std::string& path) {
  std::ifstream in(path, std::ios::binary);
  std::stringstream all;
  all << in.rdbuf();
  return all.str();
}

std::string write_file(const std::string& name, const std::string& content) {
  const auto path = media_folder() + "/" + name;
  std::ofstream(path, std::ios::binary) << content;
  return path;
}

}  // namespace kms::test
