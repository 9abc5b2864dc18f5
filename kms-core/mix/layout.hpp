// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <string>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/mix/picture.hpp"

namespace kms::mix {

// Red, green, blue: 0xrrggbb.
using Color = uint32_t;

enum class Fit : uint8_t {
  kFit,   // all of the picture is seen; what is left of the cell is background
  kCrop,  // the cell is filled; what does not fit is cut off on both sides
};

struct Look {
  Fit fit = Fit::kFit;
  int border = 0;  // pixels, inside of the cell
  Color border_color = 0xffffff;
  bool label = false;  // the input's name is written into the cell
};

// Where an input is seen.
struct Cell {
  std::string input = {};
  Rect area = {};  // pixels, even
  Look look = {};
  int z = 0;           // higher is in front
  double opacity = 1;  // 0 to 1

  // What its border leaves; may be empty.
  Rect inside() const {
    const int wide = (look.border + 1) & ~1;
    return {area.x + wide, area.y + wide, area.width - 2 * wide, area.height - 2 * wide};
  }
};

struct Layout {
  enum class Kind : uint8_t { kGrid, kSpeaker, kSideBySide, kPictureInPicture, kCustom };
  enum class Side : uint8_t { kBottom, kTop, kLeft, kRight };
  enum class Corner : uint8_t { kBottomRight, kBottomLeft, kTopRight, kTopLeft };

  Kind kind = Kind::kGrid;
  Look look = {};   // of all cells but those of kCustom
  int spacing = 0;  // pixels between cells, and around them

  // kSpeaker, kPictureInPicture: who is large; empty, or not there: who speaks, or else the first one.
  std::string main = {};
  double share = 0.2;         // kSpeaker: of the strip; kPictureInPicture: of a small picture's height
  int most_small = 5;         // small pictures at most
  Side side = Side::kBottom;  // kSpeaker: where the strip is
  Corner corner = Corner::kBottomRight;  // kPictureInPicture: where the small pictures begin

  std::vector<Cell> cells = {};  // kCustom
};

// What an automatic layout knows of an input.
struct Shown {
  std::string name;
  double aspect = 16.0 / 9;  // width by height as it is seen
};

// Errors: LAYOUT_INVALID, with what is wrong, where, and what is allowed.
Status check(const Layout& layout, const Size& picture);

// Where the inputs go in a picture, from the back to the front; those that have no place are left out.
// Coordinates of custom cells are rounded down to even ones; their inputs need not be there.
std::vector<Cell> arrange(const Layout& layout, const Size& picture, const std::vector<Shown>& inputs,
                          const std::string& speaker);

// How large all of each input's picture is, parts that are cut off included, where it is seen in the largest
// of its cells. Inputs that are not seen are not named.
std::map<std::string, Size> sizes_in(const std::vector<Cell>& cells, const std::vector<Shown>& inputs);

}  // namespace kms::mix
