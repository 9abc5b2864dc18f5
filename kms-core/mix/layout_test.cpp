// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/layout.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace kms::mix {
namespace {

using Kind = Layout::Kind;

constexpr Size kPicture{1280, 720};

std::vector<Shown> people(size_t count, double aspect = 16.0 / 9) {
  std::vector<Shown> out;
  for (size_t i = 0; i < count; ++i) out.push_back({"p" + std::to_string(i), aspect});
  return out;
}

bool inside(const Rect& area, const Size& size) {
  return area.x >= 0 && area.y >= 0 && area.x + area.width <= size.width &&
         area.y + area.height <= size.height;
}

bool overlap(const Rect& a, const Rect& b) {
  return a.x < b.x + b.width && b.x < a.x + a.width && a.y < b.y + b.height && b.y < a.y + a.height;
}

void expect_apart(const std::vector<Cell>& cells, const Size& size) {
  for (size_t i = 0; i < cells.size(); ++i) {
    const auto& area = cells[i].area;
    EXPECT_TRUE(inside(area, size)) << cells[i].input;
    EXPECT_EQ((area.x | area.y | area.width | area.height) & 1, 0) << cells[i].input;
    for (size_t j = 0; j < i; ++j) EXPECT_FALSE(overlap(area, cells[j].area)) << i << " and " << j;
  }
}

TEST(Layout, APictureAloneHasAllOfIt) {
  const auto cells = arrange({}, kPicture, people(1), "");
  ASSERT_EQ(cells.size(), 1U);
  EXPECT_EQ(cells[0].area, (Rect{0, 0, 1280, 720}));
}

TEST(Layout, NobodyMeansNoCells) {
  for (const auto kind :
       {Kind::kGrid, Kind::kSpeaker, Kind::kSideBySide, Kind::kPictureInPicture, Kind::kCustom})
    EXPECT_TRUE(arrange({.kind = kind}, kPicture, {}, "who").empty());
}

TEST(Layout, AGridHasOneCellForEachInTheirOrder) {
  for (const size_t count : {2, 3, 5, 9, 16, 37, 100}) {
    const auto cells = arrange({.spacing = count < 40 ? 8 : 0}, kPicture, people(count), "");
    ASSERT_EQ(cells.size(), count);
    for (size_t i = 0; i < count; ++i) EXPECT_EQ(cells[i].input, "p" + std::to_string(i));
    expect_apart(cells, kPicture);
  }
}

TEST(Layout, NineWidePicturesAreThreeByThree) {
  const auto cells = arrange({}, kPicture, people(9), "");
  ASSERT_EQ(cells.size(), 9U);
  EXPECT_EQ(cells[0].area.width, 426);
  EXPECT_EQ(cells[0].area.height, 240);
  EXPECT_EQ(cells[8].area.y, 480);
}

TEST(Layout, TallPicturesStandInOneRow) {
  const auto cells = arrange({}, kPicture, people(3, 9.0 / 16), "");
  ASSERT_EQ(cells.size(), 3U);
  for (const auto& cell : cells) EXPECT_EQ(cell.area.height, 720);
}

TEST(Layout, ARowThatIsNotFullIsInTheMiddle) {
  const auto cells = arrange({}, kPicture, people(5), "");
  ASSERT_EQ(cells.size(), 5U);
  const auto& last = cells[4].area;
  const auto& before = cells[3].area;
  EXPECT_EQ(before.y, last.y);
  EXPECT_NEAR(before.x, kPicture.width - last.x - last.width, 4);
}

TEST(Layout, WhoSpeaksIsLargeAndTheOthersAreInAStrip) {
  const auto cells = arrange({.kind = Kind::kSpeaker, .most_small = 3}, kPicture, people(6), "p2");

  ASSERT_EQ(cells.size(), 4U);
  EXPECT_EQ(cells[0].input, "p2");
  EXPECT_EQ(cells[0].area.height, 576);
  EXPECT_EQ(cells[1].input, "p0");
  EXPECT_EQ(cells[1].area.height, 144);
  EXPECT_EQ(cells[1].area.y, 576);
  expect_apart(cells, kPicture);
}

TEST(Layout, AStripMayBeOnEachSide) {
  for (const auto side :
       {Layout::Side::kTop, Layout::Side::kLeft, Layout::Side::kRight, Layout::Side::kBottom}) {
    const auto cells = arrange({.kind = Kind::kSpeaker, .side = side}, kPicture, people(4), "");
    ASSERT_EQ(cells.size(), 4U);
    expect_apart(cells, kPicture);
    EXPECT_EQ(cells[1].area.y == 0,
              side != Layout::Side::kBottom && side != Layout::Side::kLeft && side != Layout::Side::kRight);
  }
}

TEST(Layout, TheMainOneIsTheChosenOneOrWhoSpeaksOrTheFirst) {
  const auto main_of = [](const std::string& chosen, const std::string& speaker) {
    return arrange({.kind = Kind::kSpeaker, .main = chosen}, kPicture, people(3), speaker)[0].input;
  };
  EXPECT_EQ(main_of("p1", "p2"), "p1");
  EXPECT_EQ(main_of("gone", "p2"), "p2");
  EXPECT_EQ(main_of("", "gone"), "p0");
}

TEST(Layout, SideBySideIsOneRowOfEqualCells) {
  const auto cells = arrange({.kind = Kind::kSideBySide}, kPicture, people(2), "");
  ASSERT_EQ(cells.size(), 2U);
  EXPECT_EQ(cells[0].area, (Rect{0, 0, 640, 720}));
  EXPECT_EQ(cells[1].area, (Rect{640, 0, 640, 720}));
}

TEST(Layout, SmallPicturesLieInTheCornerAskedForInFrontOfTheLargeOne) {
  const auto small = [](Layout::Corner corner) {
    return arrange({.kind = Kind::kPictureInPicture, .spacing = 10, .share = 0.25, .corner = corner},
                   kPicture, people(3), "");
  };
  const auto cells = small(Layout::Corner::kBottomRight);
  ASSERT_EQ(cells.size(), 3U);
  EXPECT_EQ(cells[0].area, (Rect{0, 0, 1280, 720}));
  EXPECT_EQ(cells[1].area, (Rect{950, 530, 320, 180}));
  EXPECT_EQ(cells[2].area, (Rect{620, 530, 320, 180}));
  EXPECT_GT(cells[1].z, cells[0].z);
  EXPECT_EQ(small(Layout::Corner::kTopLeft)[1].area, (Rect{10, 10, 320, 180}));
}

TEST(Layout, CellsOfOnesOwnComeFromBackToFrontAtEvenPlaces) {
  const Layout layout{.kind = Kind::kCustom,
                      .cells = {{.input = "front", .area = {101, 51, 201, 101}, .z = 5},
                                {.input = "back", .area = {0, 0, 640, 360}},
                                {.input = "also back", .area = {0, 0, 640, 360}}}};
  const auto cells = arrange(layout, kPicture, {}, "");
  ASSERT_EQ(cells.size(), 3U);
  EXPECT_EQ(cells[0].input, "back");
  EXPECT_EQ(cells[1].input, "also back");
  EXPECT_EQ(cells[2].area, (Rect{100, 50, 200, 100}));
}

TEST(Layout, WhatHasNoRoomIsLeftOut) {
  EXPECT_TRUE(arrange({}, {16, 16}, people(2000), "").empty());
  EXPECT_TRUE(arrange({.kind = Kind::kSideBySide}, {16, 16}, people(100), "").empty());
}

Status with_cell(const Cell& cell) { return check({.kind = Kind::kCustom, .cells = {cell}}, kPicture); }

TEST(Layout, SaysHowLargeEachPictureIsSeen) {
  const std::vector<Shown> inputs{{"wide", 2.0}, {"tall", 0.5}, {"unseen", 1.0}};
  const auto size_of = [&](const std::string& name, Fit fit, Rect area, int border = 0) {
    return sizes_in({{.input = name, .area = area, .look = {.fit = fit, .border = border}}}, inputs).at(name);
  };
  EXPECT_EQ(size_of("wide", Fit::kFit, {0, 0, 400, 400}), (Size{400, 200}));
  EXPECT_EQ(size_of("tall", Fit::kFit, {0, 0, 400, 400}), (Size{200, 400}));
  EXPECT_EQ(size_of("wide", Fit::kCrop, {0, 0, 400, 400}), (Size{800, 400})) << "what is cut off counts";
  EXPECT_EQ(size_of("tall", Fit::kCrop, {0, 0, 400, 400}), (Size{400, 800}));
  EXPECT_EQ(size_of("wide", Fit::kFit, {0, 0, 400, 400}, 50), (Size{300, 150}));

  const auto twice = sizes_in({{.input = "wide", .area = {0, 0, 100, 50}},
                               {.input = "wide", .area = {0, 0, 640, 320}},
                               {.input = "tall", .area = {0, 0, 640, 360}, .opacity = 0},
                               {.input = "nobody", .area = {0, 0, 640, 360}}},
                              inputs);
  EXPECT_EQ(twice, (std::map<std::string, Size>{{"wide", {640, 320}}}));
}

TEST(Layout, PixelsOfAnyShapeHaveASize) {
  const std::vector<Shown> inputs{{"line", 1e9}, {"post", 1e-9}};
  for (const auto fit : {Fit::kFit, Fit::kCrop}) {
    for (const auto& input : inputs) {
      const auto sizes =
          sizes_in({{.input = input.name, .area = {0, 0, 640, 360}, .look = {.fit = fit}}}, inputs);
      const auto size = sizes.at(input.name);
      EXPECT_TRUE(size.width >= 1 && size.height >= 1 && size.width <= 65'535 && size.height <= 65'535);
    }
  }
}

TEST(Layout, CellsMustLieWithinThePicture) {
  EXPECT_TRUE(with_cell({.input = "a", .area = {0, 0, 1280, 720}}).ok());
  constexpr int kMost = std::numeric_limits<int>::max();
  for (const Rect area :
       {Rect{-2, 0, 100, 100}, Rect{1200, 0, 100, 100}, Rect{0, 700, 100, 100}, Rect{0, 0, 0, 100},
        Rect{0, 0, 100, -5}, Rect{kMost, kMost, kMost, kMost}, Rect{2, 0, kMost, 2}}) {
    const auto refused = with_cell({.input = "a", .area = area});
    EXPECT_EQ(reason_of(refused), "LAYOUT_INVALID") << area.x << "," << area.y;
    EXPECT_THAT(message_of(refused), testing::HasSubstr("cells[0]"));
  }
}

TEST(Layout, OverlappingCellsAreFine) {
  EXPECT_TRUE(
      check({.kind = Kind::kCustom,
             .cells = {{.input = "a", .area = {0, 0, 640, 360}}, {.input = "b", .area = {8, 8, 640, 360}}}},
            kPicture)
          .ok());
}

TEST(Layout, NumbersOutOfRangeAreRefused) {
  const Rect area{0, 0, 100, 100};
  EXPECT_FALSE(with_cell({.input = "", .area = area}).ok());
  EXPECT_FALSE(with_cell({.input = "a", .area = area, .opacity = 1.5}).ok());
  EXPECT_FALSE(with_cell({.input = "a", .area = area, .opacity = std::nan("")}).ok());
  EXPECT_FALSE(with_cell({.input = "a", .area = area, .look = {.border = 40}}).ok());
  EXPECT_FALSE(check({.spacing = -1}, kPicture).ok());
  EXPECT_FALSE(check({.spacing = 200}, kPicture).ok());
  EXPECT_FALSE(check({.share = 0.9}, kPicture).ok());
  EXPECT_FALSE(check({.share = std::nan("")}, kPicture).ok());
  EXPECT_FALSE(check({.most_small = 1000}, kPicture).ok());
  EXPECT_FALSE(check({.cells = std::vector<Cell>(300, {.input = "a", .area = area})}, kPicture).ok());
}

}  // namespace
}  // namespace kms::mix
