// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/layout.hpp"

#include <algorithm>
#include <cmath>

namespace kms::mix {
namespace {

using Inputs = std::vector<Shown>;

int even_pixels(double pixels) { return static_cast<int>(pixels) & ~1; }

// As much of a cell as a picture of this aspect covers.
double covered(double width, double height, double aspect) {
  return std::min(width, height * aspect) * std::min(height, width / aspect);
}

struct Grid {
  int columns = 1;
  int rows = 1;
  int width = 0;  // of a cell
  int height = 0;
};

Grid grid_of(int columns, size_t count, const Rect& area, int spacing) {
  const int rows =
      static_cast<int>((count + static_cast<size_t>(columns) - 1) / static_cast<size_t>(columns));
  return {columns, rows, even_pixels((area.width - spacing * (columns + 1)) / columns),
          even_pixels((area.height - spacing * (rows + 1)) / rows)};
}

// The one in which the pictures are largest; of equal ones the widest.
Grid best_grid(const Inputs& inputs, const Rect& area, int spacing) {
  Grid best;
  double most = -1;
  for (int columns = 1; columns <= static_cast<int>(inputs.size()); ++columns) {
    const auto grid = grid_of(columns, inputs.size(), area, spacing);
    double sum = 0;
    for (const auto& input : inputs) sum += covered(grid.width, grid.height, input.aspect);
    if (grid.width < 2 || grid.height < 2 || sum < 0.99 * most) continue;
    most = sum;
    best = grid;
  }
  return best;
}

struct Place {
  const Grid& grid;
  const Rect& area;
  int spacing;
  size_t count;
};

// A row that is not full, and what rounding leaves over, is in the middle.
Rect area_at(const Place& at, size_t index) {
  const auto columns = static_cast<size_t>(at.grid.columns);
  const auto row = index / columns;
  const auto in_row = std::min(columns, at.count - row * columns);
  const auto step_x = at.grid.width + at.spacing;
  const auto step_y = at.grid.height + at.spacing;
  const auto used_x = static_cast<int>(in_row) * step_x - at.spacing;
  const auto used_y = at.grid.rows * step_y - at.spacing;
  const auto column = static_cast<int>(index % columns);
  return {
      at.area.x + even_pixels((at.area.width - used_x) / 2) + even_pixels(column * step_x),
      at.area.y + even_pixels((at.area.height - used_y) / 2) + even_pixels(static_cast<int>(row) * step_y),
      at.grid.width, at.grid.height};
}

void add_grid(std::vector<Cell>& out, const Layout& layout, const Inputs& inputs, const Rect& area) {
  const auto grid = best_grid(inputs, area, layout.spacing);
  if (grid.width < 2 || grid.height < 2) return;
  const Place at{grid, area, layout.spacing, inputs.size()};
  for (size_t i = 0; i < inputs.size(); ++i) {
    out.push_back({.input = inputs[i].name, .area = area_at(at, i), .look = layout.look});
  }
}

void add_line(std::vector<Cell>& out, const Layout& layout, const Inputs& inputs, const Rect& area) {
  const bool across = area.width >= area.height;
  const int columns = across ? static_cast<int>(inputs.size()) : 1;
  const auto grid = grid_of(columns, inputs.size(), area, layout.spacing);
  if (grid.width < 2 || grid.height < 2) return;
  const Place at{grid, area, layout.spacing, inputs.size()};
  for (size_t i = 0; i < inputs.size(); ++i) {
    out.push_back({.input = inputs[i].name, .area = area_at(at, i), .look = layout.look});
  }
}

// The large one goes to the front of the list, the others stay in their order.
Inputs main_first(Inputs inputs, const std::string& wanted, const std::string& speaker) {
  const auto find = [&](const std::string& name) {
    return std::find_if(inputs.begin(), inputs.end(), [&](const Shown& input) { return input.name == name; });
  };
  auto main = find(wanted);
  if (main == inputs.end()) main = find(speaker);
  if (main != inputs.end()) std::rotate(inputs.begin(), main, main + 1);
  return inputs;
}

Inputs small_ones(const Inputs& inputs, int most) {
  const auto count = std::min(inputs.size() - 1, static_cast<size_t>(most));
  return {inputs.begin() + 1, inputs.begin() + 1 + static_cast<ptrdiff_t>(count)};
}

struct Split {
  Rect main;
  Rect strip;
};

Split split(const Layout& layout, const Size& size) {
  const int across = even_pixels(size.height * layout.share);  // of a strip above or below
  const int along = even_pixels(size.width * layout.share);
  switch (layout.side) {
    case Layout::Side::kBottom:
      return {{0, 0, size.width, size.height - across}, {0, size.height - across, size.width, across}};
    case Layout::Side::kTop:
      return {{0, across, size.width, size.height - across}, {0, 0, size.width, across}};
    case Layout::Side::kLeft:
      return {{along, 0, size.width - along, size.height}, {0, 0, along, size.height}};
    case Layout::Side::kRight:
      return {{0, 0, size.width - along, size.height}, {size.width - along, 0, along, size.height}};
  }
  return {};
}

// Small pictures in a strip keep the shape of the whole picture, or are narrower.
Rect strip_for(const Rect& strip, const Size& size, size_t count) {
  Rect out = strip;
  const auto many = static_cast<int>(count);
  if (strip.width >= strip.height) {
    out.width = std::min(strip.width, even_pixels(many * strip.height * (1.0 * size.width / size.height)));
    out.x = strip.x + even_pixels((strip.width - out.width) / 2);
  } else {
    out.height = std::min(strip.height, even_pixels(many * strip.width * (1.0 * size.height / size.width)));
    out.y = strip.y + even_pixels((strip.height - out.height) / 2);
  }
  return out;
}

std::vector<Cell> speaker_layout(const Layout& layout, const Size& size, const Inputs& inputs) {
  std::vector<Cell> out;
  const auto small = small_ones(inputs, layout.most_small);
  const Inputs main{inputs.front()};
  if (small.empty()) {
    add_line(out, layout, main, {0, 0, size.width, size.height});
    return out;
  }
  const auto parts = split(layout, size);
  add_line(out, layout, main, parts.main);
  add_line(out, layout, small, strip_for(parts.strip, size, small.size()));
  return out;
}

std::vector<Cell> picture_in_picture(const Layout& layout, const Size& size, const Inputs& inputs) {
  std::vector<Cell> out{
      {.input = inputs[0].name, .area = {0, 0, size.width, size.height}, .look = layout.look}};
  const int height = even_pixels(size.height * layout.share);
  const int width = even_pixels(size.width * layout.share);
  const bool right =
      layout.corner == Layout::Corner::kBottomRight || layout.corner == Layout::Corner::kTopRight;
  const bool top = layout.corner == Layout::Corner::kTopLeft || layout.corner == Layout::Corner::kTopRight;
  const int margin = even_pixels(layout.spacing);
  int left = right ? size.width - width - margin : margin;
  for (const auto& input : small_ones(inputs, layout.most_small)) {
    const Rect area{left, top ? margin : size.height - height - margin, width, height};
    if (area.x < 0 || area.x + width > size.width || area.y < 0 || area.empty()) break;
    out.push_back({.input = input.name, .area = area, .look = layout.look, .z = 1});
    left += (right ? -1 : 1) * (width + margin);
  }
  return out;
}

std::vector<Cell> custom(const Layout& layout) {
  auto out = layout.cells;
  for (auto& cell : out) {
    auto& area = cell.area;
    area = {even_pixels(area.x), even_pixels(area.y), even_pixels(area.width), even_pixels(area.height)};
  }
  std::stable_sort(out.begin(), out.end(), [](const Cell& a, const Cell& b) { return a.z < b.z; });
  return out;
}

// The side that decides is the one that is filled first, or, where the rest is cut off, last.
Size size_in(const Cell& cell, double aspect) {
  const auto area = cell.inside();
  const bool wide = aspect * area.height > area.width;
  const bool by_height = wide == (cell.look.fit == Fit::kCrop);
  const auto pixels = [](double length) {
    return static_cast<int>(std::lround(std::clamp(length, 1.0, 65'535.0)));
  };
  if (by_height) return {pixels(area.height * aspect), area.height};
  return {area.width, pixels(area.width / aspect)};
}

}  // namespace

std::vector<Cell> arrange(const Layout& layout, const Size& picture, const std::vector<Shown>& inputs,
                          const std::string& speaker) {
  if (layout.kind == Layout::Kind::kCustom) return custom(layout);
  std::vector<Cell> out;
  if (inputs.empty()) return out;
  const Rect all{0, 0, picture.width, picture.height};
  switch (layout.kind) {
    case Layout::Kind::kSpeaker:
      return speaker_layout(layout, picture, main_first(inputs, layout.main, speaker));
    case Layout::Kind::kPictureInPicture:
      return picture_in_picture(layout, picture, main_first(inputs, layout.main, speaker));
    case Layout::Kind::kSideBySide:
      add_line(out, layout, inputs, all);
      return out;
    default:
      add_grid(out, layout, inputs, all);
      return out;
  }
}

std::map<std::string, Size> sizes_in(const std::vector<Cell>& cells, const std::vector<Shown>& inputs) {
  std::map<std::string, Size> out;
  for (const auto& cell : cells) {
    const auto input =
        std::find_if(inputs.begin(), inputs.end(), [&](const Shown& i) { return i.name == cell.input; });
    if (input == inputs.end() || cell.inside().empty() || cell.opacity <= 0) continue;
    const auto seen = size_in(cell, input->aspect);
    auto& size = out[cell.input];
    size = {std::max(size.width, seen.width), std::max(size.height, seen.height)};
  }
  return out;
}

}  // namespace kms::mix
