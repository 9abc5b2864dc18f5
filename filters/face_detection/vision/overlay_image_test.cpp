// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/overlay_image.hpp"

#include <gtest/gtest.h>

#include "filters/face_detection/vision/png_file.hpp"

namespace kms::face_detection {
namespace {

constexpr std::array<std::uint8_t, 4> kRed{255, 0, 0, 255};

std::string reason_of_loading(const std::string& content) {
  const TemporaryFile file("overlay.png", content);
  return reason_of(OverlayImage::load(file.path()).status());
}

TEST(OverlayImage, LoadsAPng) {
  const TemporaryFile file("overlay.png", png_of_two_halves(40, 30, kRed, kRed));

  const auto image = OverlayImage::load(file.path());

  ASSERT_TRUE(image.ok()) << image.status();
  EXPECT_EQ((*image)->width(), 40);
  EXPECT_EQ((*image)->height(), 30);
}

TEST(OverlayImage, SaysThatTheFileIsNotThere) {
  const auto image = OverlayImage::load("/nowhere/hat.png");

  EXPECT_EQ(reason_of(image.status()), "IMAGE_NOT_FOUND");
  EXPECT_NE(message_of(image.status()).find("/nowhere/hat.png"), std::string::npos);
}

TEST(OverlayImage, RefusesWhatIsNoPng) {
  EXPECT_EQ(reason_of_loading(""), "IMAGE_INVALID");
  EXPECT_EQ(reason_of_loading("GIF89a and some more bytes that follow"), "IMAGE_INVALID");
  EXPECT_EQ(reason_of(OverlayImage::load("/").status()), "IMAGE_INVALID");
}

TEST(OverlayImage, RefusesADamagedPng) {
  EXPECT_EQ(reason_of_loading(png_of_two_halves(200, 200, kRed, kRed).substr(0, 60)), "IMAGE_INVALID");
}

TEST(OverlayImage, RefusesAPngThatClaimsToBeHuge) {
  std::string png = png_of_two_halves(40, 30, kRed, kRed);
  png[16] = 0x7F;  // the first byte of the width

  EXPECT_EQ(reason_of_loading(png), "IMAGE_INVALID");
}

}  // namespace
}  // namespace kms::face_detection
