// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/demuxer.hpp"

#include <gtest/gtest.h>

#include "kms-core/gst/init.hpp"
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

}  // namespace
}  // namespace kms::gst
