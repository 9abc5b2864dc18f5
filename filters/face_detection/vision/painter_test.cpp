// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/vision/painter.hpp"

#include <gtest/gtest.h>

#include <cstdlib>
#include <limits>
#include <set>

#include "filters/face_detection/vision/i420_picture.hpp"
#include "filters/face_detection/vision/png_file.hpp"

namespace kms::face_detection {
namespace {

constexpr std::array<std::uint8_t, 4> kRedPen{255, 0, 0, 255};
constexpr std::array<std::uint8_t, 4> kBlue{0, 0, 255, 255};
constexpr std::array<std::uint8_t, 4> kClear{0, 255, 0, 0};
constexpr std::array<std::uint8_t, 4> kHalfWhite{255, 255, 255, 128};

// Luma of pure colours in BT.601's limited range.
constexpr int kRedLuma = 81;
constexpr int kBlueLuma = 41;

std::unique_ptr<OverlayImage> image_of(std::array<std::uint8_t, 4> left, std::array<std::uint8_t, 4> right,
                                       int side = 64) {
  const TemporaryFile file("painted.png", png_of_two_halves(side, side, left, right));
  auto image = OverlayImage::load(file.path());
  EXPECT_TRUE(image.ok()) << image.status();
  return *std::move(image);
}

TEST(Painter, DrawsABoxInItsColourAndLeavesTheRest) {
  I420Picture picture(320, 240, 16);
  Painter painter;

  painter.draw_box(picture.frame(), {0.25, 0.25, 0.5, 0.5}, {255, 0, 0});

  EXPECT_EQ(picture.at(0, 80, 60), kRedLuma);
  EXPECT_EQ(picture.at(0, 239, 179), kRedLuma);
  EXPECT_EQ(picture.at(1, 40, 30), 90);
  EXPECT_EQ(picture.at(2, 40, 30), 240);
  EXPECT_EQ(picture.at(0, 160, 120), 128);
  EXPECT_EQ(picture.at(0, 79, 60), 128);
  EXPECT_EQ(picture.at(0, 240, 100), 128);
  EXPECT_TRUE(picture.guards_intact());
}

TEST(Painter, DrawsALargerFacesBoxThicker) {
  const auto thickness = [](double size) {
    I420Picture picture(1280, 720);
    Painter().draw_box(picture.frame(), {0.1, 0.1, size, size}, {255, 0, 0});
    int pixels = 0;
    while (picture.at(0, 640 * static_cast<int>(size) + 140, 72 + pixels) == kRedLuma) {
      ++pixels;
    }
    return pixels;
  };

  EXPECT_EQ(thickness(0.05), 2);
  EXPECT_GT(thickness(0.6), 10);
}

TEST(Painter, BlurLeavesAFewGreyValuesOnly) {
  I420Picture picture(320, 240);
  for (int i = 0; i < 320 * 240; ++i) {
    picture.frame().planes[0].data[i] = static_cast<std::uint8_t>((i % 320) / 4 % 2 == 0 ? 16 : 235);
  }

  Painter().blur(picture.frame(), {0.25, 0.25, 0.5, 0.5});

  EXPECT_EQ(picture.at(0, 0, 0), 16);
  for (int column = 82; column < 238; ++column) {
    EXPECT_NEAR(picture.at(0, column, 120), 125, 6) << column;
  }
}

TEST(Painter, LaysTheImageOverTheFace) {
  I420Picture picture(320, 240);
  const auto image = image_of(kRedPen, kBlue);

  Painter().draw_image(picture.frame(), {0.25, 0.25, 0.5, 0.5}, *image, {});

  EXPECT_NEAR(picture.at(0, 100, 120), kRedLuma, 1);
  EXPECT_NEAR(picture.at(2, 50, 60), 240, 1);
  EXPECT_NEAR(picture.at(0, 220, 120), kBlueLuma, 1);
  EXPECT_NEAR(picture.at(1, 110, 60), 240, 1);
  EXPECT_EQ(picture.at(0, 70, 120), 128);
  EXPECT_EQ(picture.at(0, 160, 50), 128);
}

TEST(Painter, PlacesTheImageRelativeToTheFace) {
  I420Picture picture(400, 400);
  const auto image = image_of(kRedPen, kRed);

  // A hat: above the face, half a face wider, half as high. Pixels 75 to 225 across, 0 to 50 down.
  Painter().draw_image(picture.frame(), {0.25, 0.25, 0.25, 0.25}, *image,
                       {.offset_x = -0.25, .offset_y = -1, .width = 1.5, .height = 0.5});

  EXPECT_NEAR(picture.at(0, 80, 5), kRedLuma, 1);
  EXPECT_NEAR(picture.at(0, 220, 45), kRedLuma, 1);
  EXPECT_EQ(picture.at(0, 70, 25), 128);
  EXPECT_EQ(picture.at(0, 230, 25), 128);
  EXPECT_EQ(picture.at(0, 150, 55), 128);
}

TEST(Painter, HeedsTheImagesAlpha) {
  I420Picture picture(320, 240);
  picture.fill(16, 128, 128);
  const auto image = image_of(kClear, kHalfWhite);

  Painter().draw_image(picture.frame(), {0, 0, 1, 1}, *image, {});

  EXPECT_EQ(picture.at(0, 80, 120), 16);
  EXPECT_NEAR(picture.at(0, 240, 120), 126, 2);
  EXPECT_NEAR(picture.at(1, 120, 60), 128, 1);
}

TEST(Painter, ScalesALargeImageDownWithoutLosingItsMiddle) {
  I420Picture picture(64, 64);
  const auto image = image_of(kRedPen, kBlue, 1024);

  Painter().draw_image(picture.frame(), {0.25, 0.25, 0.5, 0.5}, *image, {});

  EXPECT_NEAR(picture.at(0, 22, 32), kRedLuma, 1);
  EXPECT_NEAR(picture.at(0, 42, 32), kBlueLuma, 1);
}

TEST(Painter, UsesTheFramesColourMatrix) {
  I420Picture picture(64, 64);
  Frame frame = picture.frame();
  frame.matrix = ColourMatrix::kBt709;

  Painter().draw_box(frame, {0.25, 0.25, 0.5, 0.5}, {255, 0, 0});

  EXPECT_EQ(picture.at(0, 16, 16), 63);
}

// Every kind of painting with every awkward box on frames of awkward sizes: nothing is written outside the
// planes.
TEST(Painter, StaysInsideTheFrame) {
  const auto image = image_of(kRedPen, kHalfWhite);
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const Box boxes[] = {{-0.5, -0.5, 1, 1}, {0.9, 0.9, 0.5, 0.5},  {-9, -9, 20, 20}, {2, 2, 1, 1},
                       {0, 0, 1e-9, 1e-9}, {-1e30, 0, 2e30, 0.5}, {nan, 0, 1, 1},   {0.5, 0.5, -1, 0.2}};
  Painter painter;
  for (const auto& [width, height] : {std::pair{1, 1}, {3, 5}, {31, 17}, {64, 64}, {2, 101}}) {
    I420Picture picture(width, height, 7);
    for (const Box& box : boxes) {
      painter.draw_box(picture.frame(), box, {});
      painter.blur(picture.frame(), box);
      painter.draw_image(picture.frame(), box, *image, {.offset_x = 0.3, .width = 1.7});
    }
    EXPECT_TRUE(picture.guards_intact()) << width << "x" << height;
  }
}

TEST(Painter, PaintsTheLastRowAndColumnOfOddFrames) {
  I420Picture picture(33, 17, 5);
  const auto image = image_of(kRedPen, kRed);

  Painter().draw_image(picture.frame(), {-0.2, -0.2, 1.4, 1.4}, *image, {});

  EXPECT_NEAR(picture.at(0, 32, 16), kRedLuma, 1);
  EXPECT_NEAR(picture.at(2, 16, 8), 240, 1);
}

}  // namespace
}  // namespace kms::face_detection
