// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <vector>

#include "kms-core/mix/layout.hpp"
#include "kms-core/mix/picture.hpp"

namespace kms::mix {

// A picture as it came: it may lie, and its pixels need not be square.
struct Source {
  PictureView view;
  Turn turn = {};
  double pixel_aspect = 1;  // width by height of a pixel

  double aspect() const;  // of the picture as it is seen
};

// How much of each pixel of an area is covered, 0 to 255, row by row: text.
struct Mask {
  Size size;
  std::vector<uint8_t> cover;
};

// Draws into I420 pictures (BT.601, limited range). Areas are even and lie within the picture. One thread.
class Drawing {
 public:
  static void fill(const Canvas& canvas, const Rect& area, Color color);
  // Puts a picture into the area, scaled as its size says.
  void put(const Canvas& canvas, const Rect& area, const Source& source, double opacity = 1);
  // Colours what the mask covers; what does not fit into the area is cut off.
  static void write(const Canvas& canvas, const Rect& area, const Mask& mask, Color color);
  // A frame of so many pixels along the inner side of the area.
  static void frame(const Canvas& canvas, const Rect& area, int pixels, Color color);

  // Where a picture of this aspect lies in an area that it does not fill; even.
  static Rect fitted(const Rect& area, double aspect);
  // The part of the source that fills an area of this aspect, in the source's own pixels, before it is
  // turned.
  static Source cropped(const Source& source, double aspect);

 private:
  PictureView turned(const Source& source, const Size& size);

  Picture scaled_;  // kept, since the next picture has the same size mostly
  Picture turned_;
};

}  // namespace kms::mix
