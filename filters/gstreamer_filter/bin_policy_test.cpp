// SPDX-License-Identifier: Apache-2.0
#include "filters/gstreamer_filter/bin_policy.hpp"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "kms-core/gst/init.hpp"
#include "kms-core/gst/strip.hpp"

namespace kms::gstreamer_filter {
namespace {

// A folder that may be read, beside a file that may not.
class BinPolicyTest : public testing::Test {
 protected:
  BinPolicyTest() {
    gst::init();
    std::filesystem::create_directories(allowed_);
    for (const auto& file : {secret_, picture_}) std::ofstream(file) << "anything";
    config_.files.read = {allowed_};
    config_.gstreamer_filter.allow = {"gdkpixbufoverlay", "facedetect", "templatematch", "textoverlay",
                                      "videobalance",     "identity",   "queue",         "gamma"};
  }

  ~BinPolicyTest() override { std::filesystem::remove_all(root_); }

  std::string reason(const std::string& bin) const {
    const auto status = BinPolicy(config_).check(bin);
    return status.ok() ? "" : reason_of(status);
  }
  // Of what GStreamer makes of the text, whatever the look at the text itself says.
  std::string reason_made(const std::string& bin) const {
    const auto made = gst::parse_chain(bin);
    if (!made.ok()) return "NOT_PARSED";
    const auto status = BinPolicy(config_).check_properties(gst::changed_properties(*made));
    return status.ok() ? "" : reason_of(status);
  }

  const std::string root_ = testing::TempDir() + "bin-policy-" + std::to_string(getpid());
  const std::string allowed_ = root_ + "/allowed";
  const std::string secret_ = root_ + "/secret.png";
  const std::string picture_ = allowed_ + "/picture.png";
  Config config_;
};

TEST_F(BinPolicyTest, AllowsFilesOfAllowedFoldersWhateverThePropertyIsCalled) {
  EXPECT_EQ(reason("gdkpixbufoverlay location=" + picture_), "");
  EXPECT_EQ(reason("gdkpixbufoverlay location=\"" + picture_ + "\""), "");
  EXPECT_EQ(reason("facedetect profile=" + picture_), "");
  EXPECT_EQ(reason("templatematch template='" + picture_ + "'"), "");
}

TEST_F(BinPolicyTest, RefusesOtherFilesWhateverThePropertyIsCalled) {
  for (const std::string property :
       {"location", "profile", "template", "config_file_path", "config-file-path", "font-file", "datafile",
        "profile-palm", "model", "suburi", "nose-profile", "GstGdkPixbufOverlay..location"}) {
    EXPECT_EQ(reason_of(BinPolicy(config_).check_property(property, secret_)), "URI_NOT_ALLOWED") << property;
  }
  EXPECT_EQ(reason("facedetect profile=" + secret_), "URI_NOT_ALLOWED");
  EXPECT_EQ(reason("templatematch template=" + secret_), "URI_NOT_ALLOWED");
  EXPECT_EQ(reason("gdkpixbufoverlay location=" + allowed_ + "/../secret.png"), "URI_NOT_ALLOWED");
  EXPECT_NE(reason("gdkpixbufoverlay location=(string)" + secret_), "");
}

TEST_F(BinPolicyTest, RefusesWordsThatMeanSomethingElseToGStreamer) {
  for (const std::string& bin :
       {"gdkpixbufoverlay location=" + allowed_ + "/\\../secret.png",
        "gdkpixbufoverlay location=\\" + secret_,
        "gdkpixbufoverlay name=a\"b location=" + secret_ + " name=c\"",
        "gdkpixbufoverlay name=a'b location=" + secret_ + " name=c'",
        "gdkpixbufoverlay name=\"a\"b location=" + secret_ + " name=\"c\"",
        "gdkpixbufoverlay name=\"a location=" + secret_,
        "gamma ! video/x-raw,format=\"x ! gdkpixbufoverlay location=" + secret_ + "\"",
        std::string("textoverlay text=two\\ words")}) {
    EXPECT_EQ(reason(bin), "INVALID_OPTIONS") << bin;
  }
  EXPECT_EQ(reason("textoverlay text=\"it's ! noon\" ! gamma"), "");
}

TEST_F(BinPolicyTest, LooksAgainAtWhatGStreamerMadeOfTheText) {
  EXPECT_EQ(reason_made("gdkpixbufoverlay location=" + allowed_ + "/\\../secret.png"), "URI_NOT_ALLOWED");
  EXPECT_EQ(reason_made("gdkpixbufoverlay name=a\"b location=" + secret_ + " name=c\""), "URI_NOT_ALLOWED");
  EXPECT_EQ(reason_made("gamma ! gdkpixbufoverlay location = " + secret_), "URI_NOT_ALLOWED");
  EXPECT_EQ(reason_made("identity sleep_time = 1"), "PROPERTY_NOT_ALLOWED");
  EXPECT_EQ(reason_made("gdkpixbufoverlay location=" + picture_ + " offset-x=3 ! gamma ! identity"), "");
  EXPECT_EQ(reason_made("facedetect"), "") << "what an element is born with is no client's wish";
}

TEST_F(BinPolicyTest, RefusesASleepThatNothingInterrupts) {
  EXPECT_EQ(reason("identity sleep-time=4294967295"), "PROPERTY_NOT_ALLOWED");
  EXPECT_EQ(reason("gamma ! identity sleep_time=1"), "PROPERTY_NOT_ALLOWED");
  EXPECT_EQ(info_of(BinPolicy(config_).check_property("sleep-time", "1")).metadata.at("property"),
            "sleep-time");
}

TEST_F(BinPolicyTest, BoundsTheElementsAndThreadsOfABin) {
  const auto repeated = [](const std::string& element, size_t times) {
    std::string bin = element;
    for (size_t i = 1; i < times; ++i) bin += " ! " + element;
    return bin;
  };
  EXPECT_EQ(reason(repeated("gamma gamma=1.01", BinPolicy::kMostElements)), "");
  EXPECT_EQ(reason(repeated("gamma gamma=1.01", BinPolicy::kMostElements + 1)), "BIN_QUOTA");
  EXPECT_EQ(reason(repeated("queue", BinPolicy::kMostQueues)), "");
  EXPECT_EQ(reason(repeated("queue", BinPolicy::kMostQueues + 1)), "BIN_QUOTA");
  const auto status = BinPolicy(config_).check(repeated("video/x-raw", 500'000));
  EXPECT_EQ(reason_of(status), "BIN_QUOTA");
  EXPECT_EQ(info_of(status).metadata.at("quota"), std::to_string(BinPolicy::kMostElements));
  EXPECT_EQ(reason("textoverlay text=\"" + std::string(1'000'000, 'x') + "\""), "") << "a text may be long";
}

}  // namespace
}  // namespace kms::gstreamer_filter
