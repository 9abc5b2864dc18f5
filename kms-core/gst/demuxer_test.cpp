// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/demuxer.hpp"

#include <gtest/gtest.h>

#include <future>

#include "kms-core/gst/init.hpp"
#include "kms-core/gst/paused_demuxer.hpp"
#include "tests/support/media_factory.hpp"
#include "tests/support/taker.hpp"

namespace kms::gst {
namespace {

using test::Taker;

// With and without a queue per track.
class DemuxerTest : public testing::TestWithParam<bool> {};

// A bin starts its elements in no given order. Here its turn for the outlets never comes.
TEST_P(DemuxerTest, BringsUpWhatItLeadsTo) {
  init();
  const auto audio = Outlet::create("audio");
  const auto video = Outlet::create("video");
  Taker sound("sound");
  Taker pictures("pictures");
  sound.inlet()->attach(audio->fan_out());
  pictures.inlet()->attach(video->fan_out());
  const auto demuxer = *Demuxer::create("it", {.source = file_source(test::make_clip("clip.ogg", 2)),
                                               .lines = {{audio, false}, {video, true}},
                                               .queued = GetParam()});
  gst_element_set_locked_state(audio->element(), TRUE);
  gst_element_set_locked_state(video->element(), TRUE);
  const auto pipeline = Ref<GstElement>::sink(gst_pipeline_new("pipeline"));
  gst_bin_add(GST_BIN(pipeline.get()), demuxer->bin().get());

  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);

  EXPECT_TRUE(sound.wait_end());
  EXPECT_TRUE(pictures.wait_end());
  EXPECT_EQ(pictures.frames().size(), 58U);
  gst_element_set_locked_state(audio->element(), FALSE);
  gst_element_set_locked_state(video->element(), FALSE);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

INSTANTIATE_TEST_SUITE_P(Queues, DemuxerTest, testing::Bool());

// The parser reads by itself, on a thread that may get no processor before its first frame has come.
TEST(PausedDemuxer, IsNoneThatOnlyTakesNotesOffBeforeAParserThatReads) {
  init();
  const auto path = test::make_media("noted.mp3",
                                     "audiotestsrc num-buffers=200 ! audioconvert ! lamemp3enc ! id3v2mux ! "
                                     "filesink location={}");
  const auto pipeline = Ref<GstElement>::sink(gst_pipeline_new("pipeline"));
  const auto source = file_source(path);
  auto* parse = gst_element_factory_make("parsebin", nullptr);
  gst_bin_add_many(GST_BIN(pipeline.get()), source.get(), parse, nullptr);
  gst_element_link(source.get(), parse);
  struct Seen {
    GstBin* bin;
    std::promise<bool> paused;
  } seen{GST_BIN(pipeline.get()), {}};
  const auto look = +[](GstElement*, GstPad*, gpointer data) {  // on the parser's thread
    auto& [bin, paused] = *static_cast<Seen*>(data);
    paused.set_value(
        test::eventually([&bin = bin] { return has_paused_demuxer(bin); }, std::chrono::milliseconds(300)));
  };
  g_signal_connect(parse, "pad-added", G_CALLBACK(look), &seen);

  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);

  EXPECT_FALSE(seen.paused.get_future().get());
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
}

}  // namespace
}  // namespace kms::gst
