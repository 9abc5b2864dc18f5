// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/composer.hpp"

#include <libyuv.h>

#include <algorithm>

#include "kms-core/mix/mapped_frame.hpp"

namespace kms::mix {
namespace {

constexpr Color kPlaceholder = 0x2a3038;
constexpr Color kText = 0xf0f0f0;
constexpr Color kBehindText = 0x181818;

int even_down(int pixels) { return pixels & ~1; }

void copy(const PictureView& from, const Canvas& to) {
  libyuv::I420Copy(from.planes[0], from.strides[0], from.planes[1], from.strides[1], from.planes[2],
                   from.strides[2], to.planes[0], to.strides[0], to.planes[1], to.strides[1], to.planes[2],
                   to.strides[2], to.size.width, to.size.height);
}

// In the left lower corner, on a ground of its own.
void draw_label(const Canvas& canvas, const Rect& area, const Mask& label) {
  constexpr int kAround = 4;
  const int width = std::min(area.width, even_down(label.size.width + 2 * kAround + 1));
  const int height = std::min(area.height, even_down(label.size.height + kAround + 1));
  if (label.cover.empty() || width <= 2 * kAround || height <= kAround) return;
  const Rect ground{area.x, area.y + even_down(area.height - height), width, height};
  Drawing::fill(canvas, ground, kBehindText);
  Drawing::write(canvas, {ground.x + kAround, ground.y + kAround / 2, width - 2 * kAround, height - kAround},
                 label, kText);
}

void draw_placeholder(const Canvas& canvas, const Rect& area, const NamePlate* plate) {
  Drawing::fill(canvas, area, kPlaceholder);
  if (plate == nullptr) return;
  const auto fits = [&](const Mask& mask) {
    return mask.size.width <= area.width && mask.size.height <= area.height;
  };
  const auto& mask = fits(plate->large) ? plate->large : plate->label;
  if (mask.cover.empty()) return;
  const int x = std::max(0, even_down((area.width - mask.size.width) / 2));
  const int y = std::max(0, even_down((area.height - mask.size.height) / 2));
  Drawing::write(canvas, {area.x + x, area.y + y, area.width - x, area.height - y}, mask, kText);
}

}  // namespace

void Composer::compose(const std::shared_ptr<const Scene>& scene, GstClockTime now, const Canvas& canvas) {
  look(*scene, now);
  const bool same =
      scene == scene_ && std::equal(shown_.begin(), shown_.end(), aspects_.begin(), aspects_.end(),
                                    [](const Shown& a, double b) { return a.aspect == b; });
  scene_ = scene;
  if (!same) arrange_anew(*scene);
  draw_background(*scene, canvas);
  for (const auto& place : places_) draw(*scene, place.cell, place.input, canvas);
  for (auto& shown : shown_) shown.shot = {};
}

// The aspect of what was to be seen last stays, so that a layout does not move when a picture freezes.
void Composer::look(const Scene& scene, GstClockTime now) {
  shown_.assign(scene.inputs.size(), {});
  for (size_t i = 0; i < shown_.size(); ++i) {
    if (!scene.inputs[i].picture) continue;
    auto shot = scene.inputs[i].picture->get();
    if (!shot.buffer) continue;
    shown_[i].aspect = shot.aspect();
    const auto age = std::chrono::nanoseconds(now > shot.came ? now - shot.came : 0);
    if (age <= scene.patience) shown_[i].shot = std::move(shot);
  }
}

void Composer::arrange_anew(const Scene& scene) {
  std::vector<mix::Shown> inputs;
  aspects_.clear();
  for (size_t i = 0; i < shown_.size(); ++i) {
    inputs.push_back({scene.inputs[i].name, shown_[i].aspect});
    aspects_.push_back(shown_[i].aspect);
  }
  places_.clear();
  for (auto& cell : arrange(scene.layout, size_, inputs, scene.speaker)) {
    const auto found =
        std::find_if(inputs.begin(), inputs.end(), [&](const auto& i) { return i.name == cell.input; });
    if (found == inputs.end()) continue;
    places_.push_back({std::move(cell), static_cast<size_t>(found - inputs.begin())});
  }
}

void Composer::draw_background(const Scene& scene, const Canvas& canvas) const {
  if (scene.image && scene.image->size() == size_) return copy(scene.image->view(), canvas);
  Drawing::fill(canvas, {0, 0, size_.width, size_.height}, scene.background);
}

void Composer::draw(const Scene& scene, const Cell& cell, size_t input, const Canvas& canvas) {
  const auto area = cell.inside();
  if (area.empty() || cell.opacity <= 0) return;
  Drawing::frame(canvas, cell.area, cell.look.border, cell.look.border_color);
  const auto* plate = scene.inputs[input].plate.get();
  if (!shown_[input].shot.buffer) return draw_placeholder(canvas, area, plate);
  draw_picture(shown_[input], cell, area, canvas);
  if (cell.look.label && plate != nullptr) draw_label(canvas, area, plate->label);
}

void Composer::draw_picture(const Shown& shown, const Cell& cell, const Rect& area, const Canvas& canvas) {
  const MappedFrame mapped(*shown.shot.info, shown.shot.buffer.get(), GST_MAP_READ);
  if (!mapped) return;
  const Source source{mapped.view(), shown.shot.turn, shown.shot.pixel_aspect()};
  if (cell.look.fit == Fit::kCrop) {
    drawing_.put(canvas, area, Drawing::cropped(source, 1.0 * area.width / area.height), cell.opacity);
  } else {
    drawing_.put(canvas, Drawing::fitted(area, source.aspect()), source, cell.opacity);
  }
}

}  // namespace kms::mix
