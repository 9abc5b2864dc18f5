// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <vector>

#include "filters/face_detection/vision/box.hpp"
#include "filters/face_detection/vision/frame.hpp"
#include "filters/face_detection/vision/overlay_image.hpp"

namespace kms::face_detection {

struct Colour {
  std::uint8_t red = 0;
  std::uint8_t green = 255;
  std::uint8_t blue = 0;
};

// Where an image lies over a face, all in fractions of the face's box, as in Kurento's FaceOverlayFilter:
// its upper left corner is at face.x + offset_x * face.width, face.y + offset_y * face.height.
struct OverlayPlacement {
  double offset_x = 0;
  double offset_y = 0;
  double width = 1;
  double height = 1;
};

// Paints on I420 frames in place. Whatever lies outside the frame is cut off; odd sizes are fine. Keeps its
// scratch memory between frames. One thread at a time.
class Painter {
 public:
  // A frame around the face. Thickness in pixels, rounded up to an even number; 0: 2 or more with the face's
  // size.
  void draw_box(const Frame& frame, const Box& face, const Colour& colour, int thickness = 0);

  // Leaves so few grey values of the face, and some skin around it, that neither a detector nor a friend
  // finds it. Strength is how coarse: the size of what stays as a fraction of the face, more than 0 to 1.
  void blur(const Frame& frame, const Box& face, double strength = 0.25);

  void draw_image(const Frame& frame, const Box& face, const OverlayImage& image,
                  const OverlayPlacement& placement);

 private:
  std::vector<std::uint8_t> scratch_;
};

}  // namespace kms::face_detection
