// SPDX-License-Identifier: Apache-2.0
#include "elements/composite/composite_options.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kms-core/graph/catalog.hpp"

namespace kms::composite {
namespace {

using mix::Layout;

constexpr mix::Color kMostColor = 0xffffff;

int pixels(uint32_t value) { return static_cast<int>(std::min(value, 1U << 30)); }
double share(double asked) { return asked == 0 ? Layout().share : asked; }
int most(uint32_t asked) { return asked == 0 ? Layout().most_small : pixels(asked); }

mix::Look look_of(const v1::Look& look) {
  mix::Look out;
  out.fit = look.fit() == v1::FIT_CROP ? mix::Fit::kCrop : mix::Fit::kFit;
  out.border = pixels(look.border());
  if (look.has_border_color()) out.border_color = look.border_color();
  out.label = look.label();
  return out;
}

void take(const v1::Speaker& asked, Layout& out) {
  out.kind = Layout::Kind::kSpeaker;
  out.main = asked.main();
  out.share = share(asked.strip_share());
  out.most_small = most(asked.most_in_strip());
  switch (asked.side()) {
    case v1::SIDE_TOP:
      out.side = Layout::Side::kTop;
      break;
    case v1::SIDE_LEFT:
      out.side = Layout::Side::kLeft;
      break;
    case v1::SIDE_RIGHT:
      out.side = Layout::Side::kRight;
      break;
    default:
      out.side = Layout::Side::kBottom;
  }
}

void take(const v1::PictureInPicture& asked, Layout& out) {
  out.kind = Layout::Kind::kPictureInPicture;
  out.main = asked.main();
  out.share = share(asked.small_share());
  out.most_small = most(asked.most_small());
  switch (asked.corner()) {
    case v1::CORNER_BOTTOM_LEFT:
      out.corner = Layout::Corner::kBottomLeft;
      break;
    case v1::CORNER_TOP_RIGHT:
      out.corner = Layout::Corner::kTopRight;
      break;
    case v1::CORNER_TOP_LEFT:
      out.corner = Layout::Corner::kTopLeft;
      break;
    default:
      out.corner = Layout::Corner::kBottomRight;
  }
}

void take(const v1::Custom& asked, Layout& out) {
  out.kind = Layout::Kind::kCustom;
  for (const auto& cell : asked.cells()) {
    out.cells.push_back({.input = cell.port_id(),
                         .area = {cell.x(), cell.y(), cell.width(), cell.height()},
                         .look = look_of(cell.look()),
                         .z = cell.z(),
                         .opacity = cell.has_opacity() ? cell.opacity() : 1});
  }
}

Status check_colors(const v1::Layout& layout) {
  const auto check = [](const v1::Look& look) {
    return read_color("look.border_color", look.border_color()).status();
  };
  auto status = check(layout.look());
  for (const auto& cell : layout.custom().cells()) status.Update(check(cell.look()));
  return status;
}

Status take(const char* field, uint32_t value, std::pair<uint32_t, uint32_t> range, int& into) {
  if (value == 0) return ok();
  if (value < range.first || value > range.second || value % 2 != 0) {
    return graph::invalid_option(
        field, fmt::format("{} is not allowed; an even number, {} to {}", value, range.first, range.second));
  }
  into = static_cast<int>(value);
  return ok();
}

Status take_rate(uint32_t value, unsigned& into) {
  if (value > 60) {
    return graph::invalid_option("frames_per_second", fmt::format("{} is not allowed; 1 to 60", value));
  }
  if (value != 0) into = value;
  return ok();
}

Status take_patience(const v1::CompositeOptions& options, std::chrono::nanoseconds& into) {
  into = std::chrono::seconds(5);
  if (!options.has_placeholder_after()) return ok();
  const auto& asked = options.placeholder_after();
  const bool plain = asked.seconds() >= 0 && asked.seconds() <= 3600 && asked.nanos() >= 0;
  if (plain) into = std::chrono::seconds(asked.seconds()) + std::chrono::nanoseconds(asked.nanos());
  if (plain && into >= std::chrono::milliseconds(100) && into <= std::chrono::hours(1)) return ok();
  return graph::invalid_option("placeholder_after", fmt::format("{}.{:09} s is not allowed; 0.1 s to an hour",
                                                                asked.seconds(), asked.nanos()));
}

}  // namespace

Result<mix::Color> read_color(const char* field, uint32_t color) {
  if (color <= kMostColor) return color;
  return graph::invalid_option(field, fmt::format("{:#x} is not allowed; 0 to 0xffffff", color));
}

Result<Layout> read(const v1::Layout& layout, const mix::Size& picture) {
  if (auto status = check_colors(layout); !status.ok()) return status;
  Layout out;
  out.look = look_of(layout.look());
  out.spacing = pixels(layout.spacing());
  if (layout.has_side_by_side()) out.kind = Layout::Kind::kSideBySide;
  if (layout.has_speaker()) take(layout.speaker(), out);
  if (layout.has_picture_in_picture()) take(layout.picture_in_picture(), out);
  if (layout.has_custom()) take(layout.custom(), out);
  if (auto status = mix::check(out, picture); !status.ok()) return status;
  return out;
}

Result<Settings> read(const v1::CompositeOptions& options) {
  Settings out;
  for (const auto& status :
       {take("width", options.width(), {16, 4096}, out.picture.size.width),
        take("height", options.height(), {16, 4096}, out.picture.size.height),
        take_rate(options.frames_per_second(), out.picture.frames), take_patience(options, out.patience)}) {
    if (!status.ok()) return status;
  }
  auto sound = mix::read(options.sound(), 0);
  if (!sound.ok()) return sound.status();
  out.sound = *sound;
  auto layout = read(options.layout(), out.picture.size);
  if (!layout.ok()) return layout.status();
  out.layout = *std::move(layout);
  return out;
}

}  // namespace kms::composite
