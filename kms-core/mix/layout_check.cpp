// SPDX-License-Identifier: Apache-2.0
// What a layout may say.
#include <fmt/format.h>

#include "kms-core/mix/layout.hpp"

namespace kms::mix {
namespace {

constexpr size_t kMostCells = 256;
constexpr int kMostSmall = 64;

Status invalid(const std::string& what) {
  return error(StatusCode::kInvalidArgument, "LAYOUT_INVALID", what);
}

Status check_border(int border, const Rect& area, const std::string& where) {
  const int most = std::min(area.width, area.height) / 4;
  if (border >= 0 && border <= most) return ok();
  return invalid(
      fmt::format("{}border is {} pixels; 0 to {} here, a quarter of the shorter side", where, border, most));
}

Status check_inside(const Rect& area, const Size& picture, const std::string& where) {
  const auto beyond = [](int from, int length, int most) { return from < 0 || length > most - from; };
  if (area.width < 2 || area.height < 2)
    return invalid(fmt::format("{}is {}x{} pixels; at least 2x2", where, area.width, area.height));
  if (beyond(area.x, area.width, picture.width) || beyond(area.y, area.height, picture.height)) {
    return invalid(fmt::format("{}is {}x{} pixels at {},{} and does not lie within the picture of {}x{}",
                               where, area.width, area.height, area.x, area.y, picture.width,
                               picture.height));
  }
  return ok();
}

Status check_cell(const Cell& cell, const Size& picture, size_t index) {
  const auto where = fmt::format("cells[{}] ", index);
  if (cell.input.empty()) return invalid(where + "names no input");
  if (auto status = check_inside(cell.area, picture, where); !status.ok()) return status;
  if (!(cell.opacity >= 0 && cell.opacity <= 1))
    return invalid(fmt::format("{}has opacity {}; 0 to 1", where, cell.opacity));
  return check_border(cell.look.border, cell.area, where);
}

}  // namespace

Status check(const Layout& layout, const Size& picture) {
  if (layout.cells.size() > kMostCells)
    return invalid(fmt::format("{} cells; at most {}", layout.cells.size(), kMostCells));
  for (size_t i = 0; i < layout.cells.size(); ++i) {
    if (auto status = check_cell(layout.cells[i], picture, i); !status.ok()) return status;
  }
  const int widest = std::min(picture.width, picture.height) / 8;
  if (layout.spacing < 0 || layout.spacing > widest)
    return invalid(fmt::format("spacing is {} pixels; 0 to {} in this picture", layout.spacing, widest));
  if (!(layout.share >= 0.05 && layout.share <= 0.5))
    return invalid(fmt::format("share is {}; 0.05 to 0.5", layout.share));
  if (layout.most_small < 0 || layout.most_small > kMostSmall)
    return invalid(fmt::format("most_small is {}; 0 to {}", layout.most_small, kMostSmall));
  return check_border(layout.look.border, {0, 0, picture.width, picture.height}, "");
}

}  // namespace kms::mix
