// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/strip.hpp"

#include <gtest/gtest.h>

#include "kms-core/gst/codecs.hpp"
#include "kms-core/gst/init.hpp"
#include "tests/support/element_host.hpp"
#include "tests/support/taker.hpp"

namespace kms::gst {
namespace {

class StripTest : public testing::Test {
 protected:
  StripTest() { init(); }
  static std::string failure_of(const std::string& chain) {
    const auto strip = Strip::create("strip", chain);
    return strip.ok() ? "none" : reason_of(strip.status());
  }
};

Ref<GstBuffer> picture(unsigned number) {
  auto* buffer = gst_buffer_new_allocate(nullptr, 64 * 48 * 3 / 2, nullptr);
  gst_buffer_memset(buffer, 0, static_cast<guint8>(number * 10), 64 * 48 * 3 / 2);
  GST_BUFFER_PTS(buffer) = GST_SECOND + number * 40 * GST_MSECOND;
  GST_BUFFER_DURATION(buffer) = 40 * GST_MSECOND;
  return Ref<GstBuffer>::adopt(buffer);
}

TEST_F(StripTest, SaysWhatIsWrongWithAChain) {
  EXPECT_EQ(failure_of("nosuchelement"), "PLUGIN_MISSING");
  EXPECT_EQ(failure_of("videoconvert ! !"), "INVALID_OPTIONS");
  EXPECT_EQ(failure_of("videotestsrc"), "INVALID_OPTIONS");
  EXPECT_EQ(failure_of("fakesink"), "INVALID_OPTIONS");
  EXPECT_EQ(failure_of("videoconvert nosuchproperty=1"), "INVALID_OPTIONS");
  EXPECT_EQ(failure_of(""), "none");
}

TEST_F(StripTest, NamesThePluginThatIsMissing) {
  const auto strip = Strip::create("strip", "videoconvert ! nosuchelement");
  EXPECT_EQ(info_of(strip.status()).metadata.at("plugin"), "nosuchelement");
}

TEST_F(StripTest, RefusesPartsThatDoNotFitEachOther) {
  const auto reason_for = [](const Elements& parts) {
    const auto strip = Strip::create("strip", parts);
    return strip.ok() ? "none" : reason_of(strip.status());
  };
  const auto part = [](const std::string& chain) { return *parse_chain(chain); };
  const auto make = [](const std::string& factory) { return *make_element(factory); };
  EXPECT_EQ(reason_for({make("videoconvert"), part("gamma ! videobalance"), make("videoconvert")}), "none");
  EXPECT_EQ(reason_for({make("videoconvert"), make("audioconvert")}), "INVALID_OPTIONS");
  EXPECT_EQ(reason_for({make("videoconvert"), part("identity ! audioconvert")}), "INVALID_OPTIONS");
  EXPECT_EQ(reason_for({part("audioconvert ! identity"), make("videoconvert")}), "INVALID_OPTIONS");
  EXPECT_EQ(reason_for({make("videotestsrc"), make("videoconvert")}), "INVALID_OPTIONS");
  EXPECT_EQ(reason_for({make("videoconvert"), make("fakesink")}), "INVALID_OPTIONS");
}

TEST_F(StripTest, FindsAnElementByItsName) {
  const auto strip = Strip::create("strip", "videoconvert name=here ! videoscale").value();
  EXPECT_TRUE(strip->find("here"));
  EXPECT_FALSE(strip->find("there"));
}

TEST_F(StripTest, EncodesAndDecodesKeepingTimePaceAndEnd) {
  test::FakeHost host;
  const auto encode = Strip::create("encode", *encoder_chain("VP8", 500000)).value();
  const auto decode = Strip::create("decode", *decoder_chain("VP8")).value();
  auto source = std::make_shared<FanOut>();
  test::Taker taker("taker");
  host.on_loop([&] {
    host.processing().add(encode->bin());
    host.processing().add(decode->bin());
    taker.inlet()->attach(decode->fan_out());
    decode->inlet()->attach(encode->fan_out());
    encode->inlet()->attach(source);
  });

  source->stream({Ref<GstCaps>::adopt(gst_caps_from_string(
                      "video/x-raw,format=I420,width=64,height=48,framerate=25/1,pixel-aspect-ratio=1/1")),
                  true});
  for (unsigned i = 0; i < 20; ++i) source->push(picture(i));
  source->end();

  ASSERT_TRUE(taker.wait_end());
  const auto frames = taker.frames();
  ASSERT_EQ(frames.size(), 20U);
  for (unsigned i = 0; i < 20; ++i) EXPECT_EQ(frames[i].pts, GST_SECOND + i * 40 * GST_MSECOND);
  EXPECT_TRUE(decode->fan_out()->info().unpaced);
  test::Watched<bool> gone;
  host.on_loop([&] {
    host.processing().remove(encode->bin(), [](const Status&) {});
    host.processing().remove(decode->bin(),
                             [&](const Status&) { gone.change([](bool& value) { value = true; }); });
  });
  EXPECT_TRUE(gone.wait([](bool value) { return value; }));
}

TEST_F(StripTest, HandsOnNothingThatIsToBeDecodedOnly) {
  test::FakeHost host;
  const auto strip = Strip::create("strip", "").value();
  auto source = std::make_shared<FanOut>();
  test::Taker taker("taker");
  host.on_loop([&] {
    host.processing().add(strip->bin());
    taker.inlet()->attach(strip->fan_out());
    strip->inlet()->attach(source);
  });
  source->stream({Ref<GstCaps>::adopt(gst_caps_from_string("video/x-vp8,width=64,height=48")), true});
  for (unsigned i = 0; i < 6; ++i) {
    auto buffer = picture(i);
    if (i < 3) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DECODE_ONLY);
    source->push(std::move(buffer));
  }
  source->end();

  ASSERT_TRUE(taker.wait_end());
  EXPECT_EQ(taker.frames().size(), 3U);
  EXPECT_EQ(taker.frames().front().pts, GST_SECOND + 120 * GST_MSECOND);
}

}  // namespace
}  // namespace kms::gst
