// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <optional>
#include <vector>

#include "kms-core/mix/scene.hpp"

namespace kms::mix {

// Draws scenes. One thread; it never asks what time it is.
class Composer {
 public:
  explicit Composer(const Size& size) : size_(size) {}

  // Draws all of the canvas, which has the composer's size. `now`: media clock.
  void compose(const std::shared_ptr<const Scene>& scene, GstClockTime now, const Canvas& canvas);

 private:
  struct Shown {
    LatestPicture::Shot shot;  // without a buffer: a placeholder is to be seen
    double aspect = 16.0 / 9;
  };
  void look(const Scene& scene, GstClockTime now);
  void arrange_anew(const Scene& scene);
  void draw_background(const Scene& scene, const Canvas& canvas) const;
  void draw(const Scene& scene, const Cell& cell, size_t input, const Canvas& canvas);
  void draw_picture(const Shown& shown, const Cell& cell, const Rect& area, const Canvas& canvas);

  struct Place {
    Cell cell;
    size_t input;  // in the scene
  };
  const Size size_;
  Drawing drawing_;
  std::shared_ptr<const Scene> scene_;  // that places_ are of
  std::vector<double> aspects_;         // that places_ are of
  std::vector<Place> places_;
  std::vector<Shown> shown_;  // by input
};

}  // namespace kms::mix
