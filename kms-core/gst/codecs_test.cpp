// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/codecs.hpp"

#include <gtest/gtest.h>

#include "kms-core/gst/autoplug.hpp"
#include "kms-core/gst/init.hpp"
#include "kms-core/gst/ref.hpp"
#include "kms-core/gst/strip.hpp"

namespace kms::gst {
namespace {

class CodecsTest : public testing::Test {
 protected:
  CodecsTest() { init(); }
  static Ref<GstCaps> caps(const char* text) { return Ref<GstCaps>::adopt(gst_caps_from_string(text)); }
  static std::string codec(const char* text) {
    const auto found = codec_of(caps(text).get());
    return found.ok() ? *found : reason_of(found.status());
  }
  static Autoplug plug(const char* text, const char* from) {
    const auto factory = Ref<GstElementFactory>::adopt(gst_element_factory_find(from));
    return autoplug(caps(text).get(), factory.get());
  }
};

TEST_F(CodecsTest, NamesWhatCapsDescribe) {
  EXPECT_EQ(codec("video/x-h264,stream-format=avc"), "H264");
  EXPECT_EQ(codec("audio/x-opus"), "OPUS");
  EXPECT_EQ(codec("audio/mpeg,mpegversion=4"), "AAC");
  EXPECT_EQ(codec("audio/mpeg,mpegversion=1,layer=3"), "MP3");
  EXPECT_EQ(codec("video/mpeg,mpegversion=2"), "MPEG2");
  EXPECT_EQ(codec("video/x-raw,format=I420"), "");
  EXPECT_EQ(codec("audio/x-raw"), "");
  EXPECT_EQ(codec("video/x-dirac"), "CODEC_UNSUPPORTED");
}

TEST_F(CodecsTest, EveryCodecThatCanBeEncodedMakesAChainThatParses) {
  for (const auto* name : {"VP8", "VP9", "H264", "H265", "OPUS", "AAC", "FLAC", "PCMU", "PCMA"}) {
    ASSERT_TRUE(can_encode(name)) << name;
    const auto chain = parse_chain(*encoder_chain(name, 500000));
    EXPECT_TRUE(chain.ok()) << name << ": " << chain.status();
    const auto encoder = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(chain->get()), kEncoderName));
    EXPECT_TRUE(encoder) << name;
  }
}

// How many pictures an encoder has been given when its fifth comes out.
int given_for_five(const std::string& encoder) {
  struct Counts {
    int in = 0;
    int out = 0;
    int at_fifth = 0;
  } counts;
  const auto text =
      "videotestsrc num-buffers=60 name=from ! video/x-raw,width=160,height=120,format=I420 ! " + encoder +
      " ! fakesink name=to";
  const auto pipeline = Ref<GstElement>::sink(gst_parse_launch(text.c_str(), nullptr));
  const auto count = [&](const char* element, const char* pad, GstPadProbeCallback callback) {
    const auto found = Ref<GstElement>::adopt(gst_bin_get_by_name(GST_BIN(pipeline.get()), element));
    const auto at = Ref<GstPad>::adopt(gst_element_get_static_pad(found.get(), pad));
    gst_pad_add_probe(at.get(), GST_PAD_PROBE_TYPE_BUFFER, callback, &counts, nullptr);
  };
  count("from", "src", [](GstPad*, GstPadProbeInfo*, gpointer data) {
    ++static_cast<Counts*>(data)->in;
    return GST_PAD_PROBE_OK;
  });
  count("to", "sink", [](GstPad*, GstPadProbeInfo*, gpointer data) {
    auto& all = *static_cast<Counts*>(data);
    if (++all.out == 5) all.at_fifth = all.in;
    return GST_PAD_PROBE_OK;
  });
  gst_element_set_state(pipeline.get(), GST_STATE_PLAYING);
  const auto bus = Ref<GstBus>::adopt(gst_element_get_bus(pipeline.get()));
  const auto ends = static_cast<GstMessageType>(GST_MESSAGE_EOS | GST_MESSAGE_ERROR);
  auto* last = gst_bus_timed_pop_filtered(bus.get(), 30 * GST_SECOND, ends);
  EXPECT_TRUE(last && GST_MESSAGE_TYPE(last) == GST_MESSAGE_EOS);
  if (last) gst_message_unref(last);
  gst_element_set_state(pipeline.get(), GST_STATE_NULL);
  return counts.at_fifth;
}

TEST_F(CodecsTest, EncodersOfPicturesHoldNoneBack) {
  for (const auto* name : {"VP8", "VP9", "H264", "H265"})
    EXPECT_LE(given_for_five(*encoder_chain(name, 500000)), 6) << name;
}

TEST_F(CodecsTest, EveryCodecThatCanBeDecodedMakesAChainThatParses) {
  for (const auto* name :
       {"VP8", "VP9", "H264", "H265", "THEORA", "JPEG", "OPUS", "AAC", "MP3", "VORBIS", "FLAC"}) {
    ASSERT_TRUE(can_decode(name)) << name;
    EXPECT_TRUE(parse_chain(*decoder_chain(name)).ok()) << name;
    EXPECT_TRUE(parse_chain(*decoder_chain(name, CameAs::kPackets)).ok()) << name;
  }
}

TEST_F(CodecsTest, SaysWhatItCannotDo) {
  EXPECT_EQ(reason_of(decoder_chain("DIRAC").status()), "CODEC_UNSUPPORTED");
  EXPECT_EQ(reason_of(encoder_chain("VORBIS", 64000).status()), "CODEC_UNSUPPORTED");
  EXPECT_FALSE(can_encode("THEORA"));
  EXPECT_FALSE(can_decode("DIRAC"));
}

TEST_F(CodecsTest, FramesThatADemuxerCompletedNeedNoParser) {
  EXPECT_EQ(plug("video/x-h264,stream-format=avc,codec_data=(buffer)01", "qtdemux"), Autoplug::kTake);
  EXPECT_EQ(plug("video/x-vp8,width=64,height=48", "matroskademux"), Autoplug::kTake);
  EXPECT_EQ(plug("audio/x-opus,channel-mapping-family=0", "matroskademux"), Autoplug::kTake);
  EXPECT_EQ(plug("audio/mpeg,mpegversion=4,codec_data=(buffer)01", "qtdemux"), Autoplug::kTake);
}

TEST_F(CodecsTest, FramesThatADemuxerDidNotCompleteGoThroughAParser) {
  EXPECT_EQ(plug("video/x-h264,stream-format=byte-stream", "tsdemux"), Autoplug::kGoOn);
  EXPECT_EQ(plug("audio/mpeg,mpegversion=4,stream-format=adts", "tsdemux"), Autoplug::kGoOn);
  EXPECT_EQ(plug("video/quicktime", "typefind"), Autoplug::kGoOn);
}

TEST_F(CodecsTest, PlaylistsAreMetAndNotFollowed) {
  for (const auto* type : {"application/x-hls", "application/dash+xml", "application/vnd.ms-sstr+xml",
                           "application/sdp", "text/uri-list"}) {
    EXPECT_EQ(plug(type, "typefind"), Autoplug::kPlaylist) << type;
  }
}

TEST_F(CodecsTest, NothingIsPluggedThatOpensSomethingItself) {
  for (const auto* name : {"hlsdemux", "hlsdemux2", "dashdemux", "dashdemux2", "mssdemux", "sdpdemux",
                           "urisourcebin", "filesrc", "decodebin", "avdec_h264"}) {
    const auto factory = Ref<GstElementFactory>::adopt(gst_element_factory_find(name));
    EXPECT_TRUE(!factory || !may_autoplug(factory.get())) << name;
  }
  const auto demuxer = Ref<GstElementFactory>::adopt(gst_element_factory_find("qtdemux"));
  EXPECT_TRUE(may_autoplug(demuxer.get()));
}

}  // namespace
}  // namespace kms::gst
