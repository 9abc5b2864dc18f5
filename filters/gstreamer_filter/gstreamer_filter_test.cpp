// SPDX-License-Identifier: Apache-2.0
#include "filters/gstreamer_filter/gstreamer_filter.hpp"

#include <gmock/gmock.h>

#include <algorithm>
#include <optional>

#include "kms-core/gst/init.hpp"
#include "tests/support/element_host.hpp"
#include "tests/support/feeder.hpp"
#include "tests/support/taker.hpp"

namespace kms::gstreamer_filter {
namespace {

using test::Feeder;

// A filter in a host of its own.
class FilterRig {
 public:
  explicit FilterRig(const std::string& bin, kms::v1::MediaKind kind = kms::v1::MEDIA_KIND_VIDEO,
                     Config config = {})
      : host_(std::move(config)) {
    gst::init();
    v1::GStreamerFilterOptions options;
    options.set_bin(bin);
    options.set_kind(kind);
    host_.on_loop([&] {
      auto made = GStreamerFilterElement::create(host_, options);
      status_ = made.status();
      if (made.ok()) element_ = std::move(*made);
    });
  }
  ~FilterRig() {
    if (!element_) return;
    static_cast<void>(host_.call([&](Done done) { element_->close(std::move(done)); }));
    host_.on_loop([&] { element_.reset(); });
  }

  const Status& status() const { return status_; }
  std::string reason() const { return reason_of(status_); }
  const test::FakeHost& host() const { return host_; }
  const graph::Ports& ports() const { return element_->ports(); }

  void link(const Feeder& feeder, const std::string& port, test::Taker& taker) {
    host_.on_loop([&] {
      const auto named = [&](const auto& p) { return p.name == port; };
      const auto& sinks = ports().sinks;
      const auto& sources = ports().sources;
      std::find_if(sinks.begin(), sinks.end(), named)->media->attach(feeder.fan_out(port));
      taker.inlet()->attach(std::find_if(sources.begin(), sources.end(), named)->media);
    });
  }
  std::string set(const std::string& element, const std::string& property, const std::string& value) {
    v1::SetPropertyRequest request;
    request.set_element(element);
    request.set_property(property);
    request.set_value(value);
    Status out;
    host_.on_loop([&] { out = static_cast<GStreamerFilterElement&>(*element_).set_property(request); });
    return out.ok() ? "" : reason_of(out);
  }

 private:
  test::FakeHost host_;
  std::unique_ptr<graph::Element> element_;
  Status status_;
};

constexpr char kWhite[] =
    "videotestsrc pattern=white ! video/x-raw,format=I420,width=64,height=48,framerate=30/1 ! identity "
    "name=video";

constexpr char kBlack[] =
    "videotestsrc pattern=black ! video/x-raw,format=I420,width=320,height=240,framerate=30/1 ! identity "
    "name=video";

// Brightness of the first pixel, 16 (black) to 235 (white).
int luma(const test::Frame& frame) { return static_cast<uint8_t>(frame.first_bytes.at(0)); }

TEST(GStreamerFilter, ChangesThePictureAndObeysPropertiesWhileMediaRuns) {
  Feeder feeder(kWhite, Feeder::Pace::kRealTime);
  test::Taker taker("end");
  FilterRig rig("videobalance brightness=-1.0 name=light ! identity");
  ASSERT_TRUE(rig.status().ok()) << rig.status();
  rig.link(feeder, "video", taker);
  feeder.start();
  ASSERT_TRUE(taker.wait_frames(3));
  EXPECT_LT(luma(taker.frames().back()), 20);

  EXPECT_EQ(rig.set("light", "brightness", "0"), "");

  const auto count = taker.frames().size();
  ASSERT_TRUE(taker.wait_frames(count + 10));
  EXPECT_GT(luma(taker.frames().back()), 230);
}

TEST(GStreamerFilter, RunsSoundThroughWhenAsked) {
  Feeder feeder(
      "audiotestsrc num-buffers=20 wave=square ! audio/x-raw,format=S16LE,rate=44100 ! identity name=audio",
      Feeder::Pace::kUnpaced);
  test::Taker taker("end");
  FilterRig rig("volume volume=0", kms::v1::MEDIA_KIND_AUDIO);
  rig.link(feeder, "audio", taker);

  feeder.start();

  ASSERT_TRUE(taker.wait_end());
  EXPECT_EQ(taker.frames().size(), 20U);
  for (const auto& frame : taker.frames()) EXPECT_EQ(frame.first_bytes, std::string(8, '\0'));
}

TEST(GStreamerFilter, OtherMediaRunsPastIt) {
  const FilterRig rig("videobalance");

  const auto& ports = rig.ports();

  EXPECT_EQ(ports.sinks.at(0).name, "audio");
  EXPECT_EQ(ports.sinks.at(0).media, nullptr);
  EXPECT_EQ(ports.sources.at(0).reoffers, "audio");
  EXPECT_EQ(ports.sources.at(1).reoffers, "");
}

TEST(GStreamerFilter, TakesLongBinsWithCapsAndNames) {
  std::string bin = "videobalance name=first ! queue";
  for (int i = 0; i < 120; ++i) bin += " ! gamma gamma=1.01";
  EXPECT_TRUE(FilterRig(bin).status().ok());
  EXPECT_TRUE(FilterRig("videoscale ! video/x-raw, width=32, height=(int)24 ! videoflip method=rotate-180")
                  .status()
                  .ok());
}

TEST(GStreamerFilter, RefusesWhatIsNoTransform) {
  for (const std::string bin :
       {"filesrc location=/etc/passwd ! videobalance", "videobalance ! fakesink",
        "playbin uri=file:///etc/passwd", "decodebin",
        "videobalance ! tee name=t t. ! filesink location=/tmp/x", "fdsink", "appsrc", "x264enc",
        "videobalance ! ( videotestsrc ! identity )", "bin.( filesink )", "file:///etc/passwd ! videobalance",
        "shmsink socket-path=/tmp/x", "videobalance@evil", "videobalance;filesink",
        "videobalance ! \"filesink location=/tmp/x\"", "qtdemux"}) {
    EXPECT_EQ(FilterRig(bin).reason(), "ELEMENT_NOT_ALLOWED") << bin;
  }
}

TEST(GStreamerFilter, NamesTheElementItRefuses) {
  const FilterRig rig("videobalance ! tcpserversink ! gamma");

  EXPECT_EQ(info_of(rig.status()).metadata.at("element"), "tcpserversink");
}

TEST(GStreamerFilter, AnOperatorsListCountsButNeverLetsSourcesIn) {
  Config config;
  config.gstreamer_filter.allow = {"gamma", "filesrc", "no_such_element"};

  EXPECT_TRUE(FilterRig("gamma", kms::v1::MEDIA_KIND_VIDEO, config).status().ok());
  EXPECT_EQ(FilterRig("videobalance", kms::v1::MEDIA_KIND_VIDEO, config).reason(), "ELEMENT_NOT_ALLOWED");
  EXPECT_EQ(FilterRig("filesrc ! gamma", kms::v1::MEDIA_KIND_VIDEO, config).reason(), "ELEMENT_NOT_ALLOWED");
  EXPECT_EQ(FilterRig("no_such_element", kms::v1::MEDIA_KIND_VIDEO, config).reason(), "PLUGIN_MISSING");
}

TEST(GStreamerFilter, FilesOfPropertiesMustBeReadable) {
  Config config;
  config.gstreamer_filter.allow = {"gdkpixbufoverlay"};

  const FilterRig rig("gdkpixbufoverlay location=/etc/passwd", kms::v1::MEDIA_KIND_VIDEO, config);

  EXPECT_EQ(rig.reason(), "URI_NOT_ALLOWED");
}

TEST(GStreamerFilter, LetsNothingIntoABinThatWouldHoldItUpForEver) {
  EXPECT_EQ(FilterRig("identity sleep-time=4294967295").reason(), "PROPERTY_NOT_ALLOWED");
  FilterRig rig("identity name=still");
  EXPECT_EQ(rig.set("still", "sleep_time", "4294967295"), "PROPERTY_NOT_ALLOWED");
}

TEST(GStreamerFilter, AlsoChecksFilesThatAreSetLater) {
  Config config;
  config.files.read = {testing::TempDir()};
  config.gstreamer_filter.allow = {"gdkpixbufoverlay"};
  FilterRig rig("gdkpixbufoverlay", kms::v1::MEDIA_KIND_VIDEO, config);
  ASSERT_TRUE(rig.status().ok()) << rig.status();

  const auto set = [&](const std::string& property, const std::string& file) {
    return rig.set("gdkpixbufoverlay", property, file);
  };

  EXPECT_EQ(set("location", "/etc/passwd"), "URI_NOT_ALLOWED");
  EXPECT_EQ(set("GstGdkPixbufOverlay::location", "/etc/passwd"), "URI_NOT_ALLOWED");
  EXPECT_NE(set("location", "\"" + testing::TempDir() + "\\056\\056/etc/passwd\""), "");
  EXPECT_EQ(set("location", testing::TempDir() + "later.png"), "");
}

TEST(GStreamerFilter, EveryElementOfTheBuiltInListCanBeMade) {
  for (const auto& element : BinPolicy::built_in()) {
    const auto klass = gst::factory_class(element).value_or("not installed");
    const auto kind =
        klass.find("Audio") == std::string::npos ? kms::v1::MEDIA_KIND_VIDEO : kms::v1::MEDIA_KIND_AUDIO;
    const FilterRig rig(element, kind);
    EXPECT_TRUE(rig.status().ok()) << element << " (" << klass << "): " << rig.status();
  }
}

// The middle of the picture is what comes out: the text covers it.
TEST(GStreamerFilter, WritesTextIntoThePicture) {
  Feeder feeder(kBlack, Feeder::Pace::kRealTime);
  test::Taker taker("end");
  FilterRig rig(
      "identity ! textoverlay name=title font-desc=\"Sans Bold 48\" halignment=center valignment=center ! "
      "gamma ! "
      "videocrop left=158 right=158 top=118 bottom=118");
  ASSERT_TRUE(rig.status().ok()) << rig.status();
  rig.link(feeder, "video", taker);
  feeder.start();
  ASSERT_TRUE(taker.wait_frames(3));
  EXPECT_LT(luma(taker.frames().back()), 20);

  EXPECT_EQ(rig.set("title", "text", "\u2588\u2588\u2588\u2588"), "");

  EXPECT_TRUE(taker.wait_for([](const auto& frames) { return luma(frames.back()) > 200; }));
}

TEST(GStreamerFilter, WantsOneOpenEndOnEitherSide) {
  for (const std::string bin :
       {"", "   ", "videobalance ! ! gamma", "videobalance gamma", "videobalance brightness=x",
        "videobalance no-such=1", "videobalance ! video/x-raw,width=32 !"}) {
    EXPECT_EQ(FilterRig(bin).reason(), "INVALID_OPTIONS") << bin;
  }
  EXPECT_FALSE(FilterRig("videobalance ! video/x-raw, filesink").status().ok());
  EXPECT_EQ(FilterRig("gamma", kms::v1::MEDIA_KIND_DATA).reason(), "INVALID_OPTIONS");
}

TEST(GStreamerFilter, RefusesABinForOtherMediaThanItsKind) {
  for (const std::string bin : {"audioconvert", "identity ! volume"}) {
    EXPECT_EQ(FilterRig(bin).reason(), "INVALID_OPTIONS") << bin;
  }
  EXPECT_EQ(FilterRig("videobalance", kms::v1::MEDIA_KIND_AUDIO).reason(), "INVALID_OPTIONS");
}

TEST(GStreamerFilter, ChecksPropertiesThatAreSetLater) {
  FilterRig rig("videobalance ! gamma name=g");

  EXPECT_EQ(rig.set("videobalance", "saturation", "0.5"), "");
  EXPECT_EQ(rig.set("g", "no-such", "1"), "UNKNOWN_PROPERTY");
  EXPECT_EQ(rig.set("nobody", "gamma", "1"), "UNKNOWN_PROPERTY");
  EXPECT_EQ(rig.set("g", "gamma", "much"), "INVALID_VALUE");
  EXPECT_EQ(rig.set("g", "gamma", "5000"), "INVALID_VALUE");
}

TEST(GStreamerFilter, SaysWhenTheBinFails) {
  Feeder feeder(kWhite, Feeder::Pace::kRealTime);
  test::Taker taker("end");
  FilterRig rig("identity ! video/x-raw,width=32 ! identity");
  ASSERT_TRUE(rig.status().ok()) << rig.status();

  rig.link(feeder, "video", taker);
  feeder.start();

  EXPECT_TRUE(rig.host().wait_for("ElementError"));
}

}  // namespace
}  // namespace kms::gstreamer_filter
