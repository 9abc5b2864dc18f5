// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace kms::face_detection {

// A rectangle in fractions of the frame: 0,0 is the frame's upper left corner, 1,1 its lower right one.
struct Box {
  double x = 0;
  double y = 0;
  double width = 0;
  double height = 0;

  double centre_x() const { return x + width / 2; }
  double centre_y() const { return y + height / 2; }
};

// Shared area by joint area (intersection over union), 0 to 1.
double overlap(const Box& a, const Box& b);

// The part of the box that lies inside the frame; empty (width or height 0) when none does.
Box inside_frame(const Box& box);

// What a detector found: where, and how sure it is (0 to 1).
struct Face {
  Box box;
  float confidence = 0;
};

}  // namespace kms::face_detection
