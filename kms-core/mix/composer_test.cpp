// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/composer.hpp"

#include <gtest/gtest.h>

#include <algorithm>

#include "kms-core/gst/init.hpp"
#include "kms-core/mix/test_pictures.hpp"
#include "kms-core/mix/text.hpp"

namespace kms::mix {
namespace {

using std::chrono::seconds;
using test::picture;
using test::Seen;
using test::seen_at;
using test::shot;

constexpr Size kSize{640, 360};
constexpr GstClockTime kNow = 100 * GST_SECOND;

// A composer and what it draws.
class Stage {
 public:
  Stage() { gst::init(); }

  const PictureView& draw(Scene scene, GstClockTime now = kNow) {
    composer_.compose(std::make_shared<const Scene>(std::move(scene)), now, picture_.canvas());
    view_ = picture_.view();
    return view_;
  }
  const PictureView& draw(const std::shared_ptr<const Scene>& scene, GstClockTime now) {
    composer_.compose(scene, now, picture_.canvas());
    view_ = picture_.view();
    return view_;
  }

 private:
  Composer composer_{kSize};
  Picture picture_{kSize};
  PictureView view_;
};

Scene one(std::shared_ptr<const LatestPicture> picture, const Cell& cell) {
  Scene scene;
  scene.inputs = {{"a", std::move(picture), nullptr}};
  scene.layout = {.kind = Layout::Kind::kCustom, .cells = {cell}};
  scene.background = 0xffffff;
  return scene;
}

TEST(Composer, ShowsEveryoneInHisCellOfTheGrid) {
  Stage stage;
  Scene scene;
  scene.inputs = {{"red", picture({320, 180}, Seen::kRed, kNow), nullptr},
                  {"green", picture({1280, 720}, Seen::kGreen, kNow), nullptr},
                  {"blue", picture({64, 36}, Seen::kBlue, kNow), nullptr},
                  {"white", picture({640, 360}, Seen::kWhite, kNow), nullptr}};

  const auto& view = stage.draw(std::move(scene));

  EXPECT_EQ(seen_at(view, 160, 90), Seen::kRed);
  EXPECT_EQ(seen_at(view, 480, 90), Seen::kGreen);
  EXPECT_EQ(seen_at(view, 160, 270), Seen::kBlue);
  EXPECT_EQ(seen_at(view, 480, 270), Seen::kWhite);
  for (const auto& [x, y] : {std::pair{2, 2}, {636, 2}, {2, 356}, {636, 356}})
    EXPECT_NE(seen_at(view, x, y), Seen::kOther) << x << "," << y;
}

TEST(Composer, WithoutInputsThereIsTheBackground) {
  Stage stage;
  Scene scene;
  scene.background = test::color_of(Seen::kBlue);
  EXPECT_EQ(seen_at(stage.draw(std::move(scene)), 320, 180), Seen::kBlue);
}

TEST(Composer, AnImageIsTheBackgroundWhenItHasThePicturesSize) {
  Stage stage;
  Scene scene;
  auto image = std::make_shared<Picture>(kSize);
  Drawing::fill(image->canvas(), {0, 0, 640, 360}, test::color_of(Seen::kGreen));
  scene.image = std::move(image);
  EXPECT_EQ(seen_at(stage.draw(std::move(scene)), 600, 300), Seen::kGreen);
}

TEST(Composer, AFittedPictureLeavesBackgroundAndACroppedOneDoesNot) {
  Stage stage;
  const Cell cell{.input = "a", .area = {0, 0, 640, 360}};
  const auto tall = picture({360, 640}, Seen::kRed, kNow);

  const auto fitted = stage.draw(one(tall, cell));
  EXPECT_EQ(seen_at(fitted, 20, 180), Seen::kWhite);
  EXPECT_EQ(seen_at(fitted, 320, 4), Seen::kRed);
  EXPECT_EQ(seen_at(fitted, 620, 180), Seen::kWhite);

  auto cropping = cell;
  cropping.look.fit = Fit::kCrop;
  const auto cropped = stage.draw(one(tall, cropping));
  for (const int x : {2, 320, 636}) EXPECT_EQ(seen_at(cropped, x, 180), Seen::kRed) << x;
}

TEST(Composer, CroppingCutsOffBothSidesAlike) {
  Stage stage;
  auto wide = std::make_shared<LatestPicture>();
  wide->put(shot({640, 180}, Seen::kBlue, Seen::kRed, kNow));
  const Cell cell{.input = "a", .area = {160, 0, 320, 360}, .look = {.fit = Fit::kCrop}};

  const auto& view = stage.draw(one(wide, cell));

  EXPECT_EQ(seen_at(view, 170, 180), Seen::kRed);
  EXPECT_EQ(seen_at(view, 310, 180), Seen::kRed);
  EXPECT_EQ(seen_at(view, 330, 180), Seen::kBlue);
  EXPECT_EQ(seen_at(view, 140, 180), Seen::kWhite);
}

TEST(Composer, PixelsThatAreNotSquareKeepTheirShape) {
  Stage stage;
  auto narrow = shot({720, 576}, Seen::kRed, Seen::kRed, kNow);
  auto info = *narrow.info;
  info.par_n = 16;
  info.par_d = 15;  // 4:3 in all
  narrow.info = std::make_shared<GstVideoInfo>(info);
  auto latest = std::make_shared<LatestPicture>();
  latest->put(std::move(narrow));

  const auto& view = stage.draw(one(latest, {.input = "a", .area = {0, 0, 640, 360}}));

  EXPECT_EQ(seen_at(view, 84, 180), Seen::kRed);  // 480 wide, in the middle
  EXPECT_EQ(seen_at(view, 76, 180), Seen::kWhite);
}

TEST(Composer, PixelsAreAsWideAsTheyMayBe) {
  Stage stage;
  for (const auto& [wide, high] : {std::pair{65'535, 1}, {1, 65'535}}) {
    auto thin = shot(wide > high ? Size{8192, 2} : Size{2, 8192}, Seen::kRed, Seen::kRed, kNow);
    auto info = *thin.info;
    info.par_n = wide;
    info.par_d = high;
    thin.info = std::make_shared<GstVideoInfo>(info);
    auto latest = std::make_shared<LatestPicture>();
    latest->put(std::move(thin));

    const auto& view = stage.draw(one(latest, {.input = "a", .area = {0, 0, 640, 360}}));

    const auto at = [&](int along) {
      return wide > high ? seen_at(view, along * 640 / 100, 179) : seen_at(view, 319, along * 360 / 100);
    };
    for (const int along : {1, 50, 98})
      EXPECT_EQ(at(along), Seen::kRed) << wide << ":" << high << " " << along;
    EXPECT_EQ(seen_at(view, 20, 20), Seen::kWhite);
  }
}

TEST(Composer, PicturesThatLieAreTurned) {
  const Cell cell{.input = "a", .area = {0, 0, 640, 360}, .look = {.fit = Fit::kCrop}};
  const auto turned = [&](const Turn& turn) {
    Stage stage;
    auto latest = std::make_shared<LatestPicture>();
    auto lying = shot({640, 640}, Seen::kBlue, Seen::kRed, kNow);
    lying.turn = turn;
    latest->put(std::move(lying));
    const auto view = stage.draw(one(latest, cell));
    return std::pair{seen_at(view, 20, 100), seen_at(view, 620, 300)};
  };
  EXPECT_EQ(turned({}), (std::pair{Seen::kRed, Seen::kBlue}));
  EXPECT_EQ(turned({.degrees = 180}), (std::pair{Seen::kBlue, Seen::kRed}));
  EXPECT_EQ(turned({.mirrored = true}), (std::pair{Seen::kBlue, Seen::kRed}));
  EXPECT_EQ(turned({.mirrored = true, .degrees = 180}), (std::pair{Seen::kRed, Seen::kBlue}));
  EXPECT_EQ(turned({.degrees = 90}), (std::pair{Seen::kRed, Seen::kBlue}));   // what was left is above
  EXPECT_EQ(turned({.degrees = 270}), (std::pair{Seen::kBlue, Seen::kRed}));  // what was left is below
}

TEST(Composer, ATurnedPictureHasItsSidesSwapped) {
  Stage stage;
  auto latest = std::make_shared<LatestPicture>();
  auto lying = shot({640, 360}, Seen::kRed, Seen::kRed, kNow);
  lying.turn = {.degrees = 90};
  latest->put(std::move(lying));

  const auto& view = stage.draw(one(latest, {.input = "a", .area = {0, 0, 640, 360}}));

  EXPECT_EQ(seen_at(view, 100, 180), Seen::kWhite);
  EXPECT_EQ(seen_at(view, 320, 180), Seen::kRed);
}

TEST(Composer, HigherCellsAreInFrontAndMayBeSeenThrough) {
  Stage stage;
  Scene scene;
  scene.inputs = {{"front", picture({320, 180}, Seen::kWhite, kNow), nullptr},
                  {"back", picture({320, 180}, Seen::kBlack, kNow), nullptr}};
  scene.layout = {.kind = Layout::Kind::kCustom,
                  .cells = {{.input = "front", .area = {0, 0, 320, 180}, .z = 1, .opacity = 0.5},
                            {.input = "front", .area = {320, 180, 320, 180}, .z = 1},
                            {.input = "back", .area = {0, 0, 640, 360}}}};

  const auto& view = stage.draw(std::move(scene));

  EXPECT_NEAR(view.planes[0][90 * view.strides[0] + 160], (16 + 235) / 2, 3);
  EXPECT_EQ(seen_at(view, 480, 270), Seen::kWhite);
  EXPECT_EQ(seen_at(view, 480, 90), Seen::kBlack);
}

TEST(Composer, BordersLieInsideOfTheCell) {
  Stage stage;
  const Cell cell{.input = "a",
                  .area = {100, 100, 160, 90},
                  .look = {.fit = Fit::kCrop, .border = 6, .border_color = test::color_of(Seen::kGreen)}};

  const auto& view = stage.draw(one(picture({320, 180}, Seen::kRed, kNow), cell));

  EXPECT_EQ(seen_at(view, 102, 140), Seen::kGreen);
  EXPECT_EQ(seen_at(view, 257, 140), Seen::kGreen);
  EXPECT_EQ(seen_at(view, 180, 187), Seen::kGreen);
  EXPECT_EQ(seen_at(view, 108, 140), Seen::kRed);
  EXPECT_EQ(seen_at(view, 97, 140), Seen::kWhite);
}

TEST(Composer, AFrozenInputShowsItsLastPictureAndThenAPlaceholder) {
  Stage stage;
  auto scene = one(picture({640, 360}, Seen::kRed, kNow), {.input = "a", .area = {0, 0, 640, 360}});
  scene.patience = seconds(3);
  const auto same = std::make_shared<const Scene>(std::move(scene));

  EXPECT_EQ(seen_at(stage.draw(same, kNow + 2 * GST_SECOND), 320, 180), Seen::kRed);
  EXPECT_EQ(seen_at(stage.draw(same, kNow + 4 * GST_SECOND), 320, 180), Seen::kOther);
}

TEST(Composer, APlaceholderHasTheNameOfItsInput) {
  Stage stage;
  const auto plate =
      std::make_shared<NamePlate>(NamePlate{text_mask("Zoë 王", 24, 600), text_mask("Zoë 王", 60, 600)});
  ASSERT_FALSE(plate->large.cover.empty());
  Scene scene;
  scene.inputs = {{"a", nullptr, plate}};

  const auto view = stage.draw(std::move(scene));

  int bright = 0;
  for (int y = 140; y < 220; ++y)
    bright += static_cast<int>(std::count_if(view.planes[0] + y * view.strides[0] + 200,
                                             view.planes[0] + y * view.strides[0] + 440,
                                             [](uint8_t luma) { return luma > 200; }));
  EXPECT_GT(bright, 200);
}

TEST(Composer, ALabelIsInTheLeftLowerCorner) {
  Stage stage;
  Scene scene;
  const auto plate = std::make_shared<NamePlate>(NamePlate{text_mask("Ada", 20, 300), {}});
  scene.inputs = {{"a", picture({640, 360}, Seen::kRed, kNow), plate}};
  scene.layout.look.label = true;

  const auto view = stage.draw(std::move(scene));

  EXPECT_EQ(seen_at(view, 1, 357), Seen::kBlack);
  EXPECT_EQ(seen_at(view, 1, 320), Seen::kRed);
  EXPECT_EQ(seen_at(view, 200, 357), Seen::kRed);
}

TEST(Composer, ALayoutForInputsThatAreNotThereIsEmptyUntilTheyCome) {
  Stage stage;
  auto scene = one(picture({640, 360}, Seen::kRed, kNow), {.input = "later", .area = {0, 0, 640, 360}});
  auto later = scene;
  later.inputs[0].name = "later";
  EXPECT_EQ(seen_at(stage.draw(std::move(scene)), 320, 180), Seen::kWhite);
  EXPECT_EQ(seen_at(stage.draw(std::move(later)), 320, 180), Seen::kRed);
}

TEST(Composer, AHundredInputsAndGiantPicturesAreDrawn) {
  Stage stage;
  Scene scene;
  const auto giant = picture({7680, 4320}, Seen::kGreen, kNow);
  for (int i = 0; i < 100; ++i) scene.inputs.push_back({std::to_string(i), giant, nullptr});

  const auto& view = stage.draw(std::move(scene));

  int green = 0;
  for (int x = 32; x < 640; x += 64) {
    for (int y = 18; y < 360; y += 36) green += seen_at(view, x, y) == Seen::kGreen ? 1 : 0;
  }
  EXPECT_EQ(green, 100);
}

TEST(Composer, PicturesOfOddAndTinySizesAreDrawn) {
  for (const Size size : {Size{1, 1}, Size{3, 5}, Size{2, 641}, Size{1279, 719}}) {
    Stage stage;
    for (const auto fit : {Fit::kFit, Fit::kCrop}) {
      for (const int degrees : {0, 90}) {
        auto latest = std::make_shared<LatestPicture>();
        auto small = shot(size, Seen::kBlue, Seen::kBlue, kNow);
        small.turn.degrees = degrees;
        latest->put(std::move(small));
        const auto& view =
            stage.draw(one(latest, {.input = "a", .area = {20, 20, 600, 300}, .look = {.fit = fit}}));
        EXPECT_EQ(seen_at(view, 318, 169), Seen::kBlue) << size.width << "x" << size.height;
      }
    }
  }
}

}  // namespace
}  // namespace kms::mix
