// SPDX-License-Identifier: Apache-2.0
// Key frames of H.265 that are no beginning by themselves.
#include <gtest/gtest.h>

#include <vector>

#include "elements/recorder/recorder_rig.hpp"
#include "elements/recorder/splice.hpp"
#include "kms-core/gst/fan_out.hpp"

namespace kms::recorder {
namespace {

constexpr GstClockTime kPicture = GST_SECOND / 30;
constexpr unsigned kTrail = 1;
constexpr unsigned kRasl = 9;
constexpr unsigned kBla = 17;
constexpr unsigned kCra = 21;
constexpr unsigned kSps = 33;

using Units = std::vector<std::string>;

unsigned type_of(const std::string& unit) { return static_cast<unsigned char>(unit[0]) >> 1U & 0x3fU; }

// Of a byte stream: what lies between its start codes.
Units units_of(const std::string& stream) {
  Units out;
  const std::string code("\0\0\1", 3);
  for (auto at = stream.find(code); at != std::string::npos;) {
    const auto next = stream.find(code, at + 3);
    auto unit = stream.substr(at + 3, next == std::string::npos ? next : next - at - 3);
    while (!unit.empty() && unit.back() == '\0') unit.pop_back();
    out.push_back(unit);
    at = next;
  }
  return out;
}

gst::Ref<GstBuffer> buffer_of(const std::string& bytes) {
  auto* buffer = gst_buffer_new_allocate(nullptr, bytes.size(), nullptr);
  gst_buffer_fill(buffer, 0, bytes.data(), bytes.size());
  return gst::Ref<GstBuffer>::adopt(buffer);
}

// Pictures of a real encoder that begins with an IDR picture and makes every 15th a CRA picture; each has the
// parameter sets before it.
class Pictures {
 public:
  Pictures() {
    const auto path = test::make_media(
        "pictures.h265",
        "videotestsrc num-buffers=90 ! video/x-raw,format=I420,width=160,height=120,framerate=30/1 ! x265enc "
        "speed-preset=ultrafast tune=zerolatency key-int-max=15 ! video/x-h265,stream-format=byte-stream ! "
        "filesink location={}");
    for (const auto& unit : units_of(test::read_file(path))) {
      if (type_of(unit) >= kSps - 1 && type_of(unit) <= kSps + 1 && all_.empty())
        sets_ += std::string(3, '\0') + '\1' + unit;
      if (type_of(unit) < kSps - 1) all_.push_back(unit);
    }
  }
  unsigned type(size_t number) const { return type_of(all_[number]); }
  void push(gst::FanOut& to, size_t from, size_t count, GstClockTime time) const {
    for (size_t i = from; i < from + count; ++i, time += kPicture) {
      auto buffer = buffer_of(sets_ + std::string(3, '\0') + '\1' + all_[i]);
      GST_BUFFER_PTS(buffer.get()) = GST_BUFFER_DTS(buffer.get()) = time;
      if (type(i) < 16) GST_BUFFER_FLAG_SET(buffer.get(), GST_BUFFER_FLAG_DELTA_UNIT);
      to.push(std::move(buffer));
    }
  }

 private:
  std::string sets_;
  Units all_;
};

std::shared_ptr<gst::FanOut> source_of_h265() {
  auto out = std::make_shared<gst::FanOut>();
  out->stream({gst::Ref<GstCaps>::adopt(gst_caps_from_string(
                   "video/x-h265,stream-format=byte-stream,alignment=au,width=160,height=120")),
               true});
  return out;
}

// Its pictures have the numbers of some that a decoder still has of the source before.
TEST(H265, ASourceInPlaceOfAnotherMayBeginInTheMiddle) {
  RecorderRig rig("other-source.mp4", whole_clip());
  const Pictures pictures;
  ASSERT_EQ(pictures.type(30), kCra);
  const auto first = source_of_h265();
  const auto second = source_of_h265();

  rig.link(first, "video");
  pictures.push(*first, 0, 33, 0);
  rig.link(second, "video");
  pictures.push(*second, 30, 40, 33 * kPicture);
  second->end();

  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  EXPECT_EQ(rig.recording().recording().video_frames(), 73U);
  EXPECT_EQ(test::decoded_frames(rig.path(), 'v'), 73);
}

// Each part is what its numbers say, although some pictures before a cut refer to what is before it.
TEST(H265, PartsOfOpenGroupsOfPicturesHaveNoneThatCannotBeDecoded) {
  const auto clip = test::make_media(
      "open.mkv",
      "videotestsrc num-buffers=120 ! video/x-raw,format=I420,width=160,height=120,framerate=30/1 ! x265enc "
      "speed-preset=ultrafast key-int-max=30 option-string=bframes=3:b-adapt=0:open-gop=1 ! h265parse ! "
      "matroskamux ! filesink "
      "location={}");
  auto options = whole_clip();
  options.mutable_split_duration()->set_seconds(1);
  RecorderRig rig("open.mp4", options);
  test::Feeder feeder("filesrc location=" + clip + " ! matroskademux ! identity silent=true name=video",
                      test::Feeder::Pace::kUnpaced);
  rig.link(feeder, "video");
  feeder.start();

  ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  const auto recording = rig.recording().recording();
  ASSERT_GE(recording.parts_size(), 3);
  EXPECT_GE(recording.video_frames(), 120U - 2U * static_cast<unsigned>(recording.parts_size()));
  for (const auto& part : recording.parts()) {
    const auto path = rig.part(static_cast<int>(part.number()));
    EXPECT_EQ(test::decoded_frames(path, 'v'), static_cast<int>(part.video_frames())) << path;
    const auto shown = test::packets_of(path, 'v');
    EXPECT_EQ(std::count_if(shown.begin(), shown.end(), [](const auto& each) { return each.pts < 0.001; }),
              1);
  }
}

class SpliceTest : public testing::Test {
 protected:
  SpliceTest() { gst::init(); }
  static gst::TrackFormat h265(char last_of_length = '\xff') {
    gst::TrackFormat out{.codec = "H265", .video = true};
    out.setup = std::string(21, '\0') + last_of_length;
    return out;
  }
  static std::string unit(unsigned type) {
    return std::string("\0\0\0\3", 4) + static_cast<char>(type << 1U) + "\1x";
  }
  static gst::Frame frame(const std::string& bytes, bool key, bool anew = false) {
    gst::Frame out;
    out.data = buffer_of(bytes);
    out.key = key;
    out.anew = anew;
    return out;
  }
  static std::string bytes_of(const gst::Frame& frame) {
    std::string out(gst_buffer_get_size(frame.data.get()), '\0');
    gst_buffer_extract(frame.data.get(), 0, out.data(), out.size());
    return out;
  }
  // Whether it passes.
  bool pass(const std::string& bytes, bool key, bool anew = false) {
    auto each = frame(bytes, key, anew);
    return splice_.pass(each, false);
  }

  Splice splice_{h265()};
};

TEST_F(SpliceTest, AllSlicesOfAKeyFrameSayThatTheLinkIsBroken) {
  auto key = frame(unit(kSps) + unit(kCra) + unit(kCra), true, true);
  const auto before = key.data;

  EXPECT_TRUE(splice_.pass(key, false));

  EXPECT_EQ(bytes_of(key), unit(kSps) + unit(kBla) + unit(kBla));
  EXPECT_NE(key.data.get(), before.get()) << "others have it too";
}

TEST_F(SpliceTest, TheBeginningOfAFileStaysAsItIs) {
  auto key = frame(unit(kCra), true, true);
  EXPECT_TRUE(splice_.pass(key, true));
  EXPECT_EQ(bytes_of(key), unit(kCra));
  EXPECT_FALSE(pass(unit(kRasl), false));
}

TEST_F(SpliceTest, WhatRefersToBeforeABrokenLinkIsLeftOutUntilTheNextKeyFrame) {
  EXPECT_TRUE(pass(unit(kCra), true));
  EXPECT_TRUE(pass(unit(kRasl), false));
  EXPECT_TRUE(pass(unit(kCra), true, true));
  EXPECT_FALSE(pass(unit(kRasl - 1), false));
  EXPECT_FALSE(pass(unit(kRasl), false));
  EXPECT_TRUE(pass(unit(kTrail), false));
  EXPECT_TRUE(pass(unit(kCra), true));
  EXPECT_TRUE(pass(unit(kRasl), false));
}

TEST_F(SpliceTest, BrokenUnitsAndOtherCodecsPass) {
  for (const auto& bytes : {std::string(), std::string("\0\0", 2), std::string("\xff\xff\xff\xff\x2a", 5),
                            std::string("\0\0\0\0", 4), std::string("\0\0\0\1", 4)}) {
    EXPECT_TRUE(pass(bytes, true, true));
    EXPECT_TRUE(pass(bytes, false));
  }
  Splice other({.codec = "VP8", .video = true});
  auto key = frame(unit(kCra), true, true);
  EXPECT_TRUE(other.pass(key, false));
  EXPECT_EQ(bytes_of(key), unit(kCra));
}

}  // namespace
}  // namespace kms::recorder
