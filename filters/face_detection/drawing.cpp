// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/drawing.hpp"

#include <fmt/format.h>

#include "kms-core/base/uri_policy.hpp"
#include "kms-core/graph/catalog.hpp"

namespace kms::face_detection {
namespace {

constexpr uint32_t kGreen = 0x00FF00;
constexpr uint32_t kThickest = 64;
constexpr double kFarthest = 10;
constexpr double kDefaultStrength = 0.25;

using Made = Result<std::shared_ptr<const Drawing>>;
using Prepared = Result<Drawing::Load>;

class Nothing : public Drawing {
 public:
  void paint(Painter&, const Frame&, const Box&) const override {}
};

class Boxes : public Drawing {
 public:
  Boxes(Colour colour, int thickness) : colour_(colour), thickness_(thickness) {}
  void paint(Painter& painter, const Frame& frame, const Box& face) const override {
    painter.draw_box(frame, face, colour_, thickness_);
  }

 private:
  const Colour colour_;
  const int thickness_;
};

class Blur : public Drawing {
 public:
  explicit Blur(double strength) : strength_(strength) {}
  void paint(Painter& painter, const Frame& frame, const Box& face) const override {
    painter.blur(frame, face, strength_);
  }

 private:
  const double strength_;
};

class Overlay : public Drawing {
 public:
  Overlay(std::unique_ptr<OverlayImage> image, const OverlayPlacement& placement)
      : image_(std::move(image)), placement_(placement) {}
  void paint(Painter& painter, const Frame& frame, const Box& face) const override {
    painter.draw_image(frame, face, *image_, placement_);
  }

 private:
  const std::unique_ptr<OverlayImage> image_;
  const OverlayPlacement placement_;
};

Status out_of_range(const std::string& field, double value, const std::string& allowed) {
  return graph::invalid_option(field, fmt::format("{} is not allowed; {}", value, allowed));
}

// For a drawing that needs nothing from outside.
template <typename Style, typename... Arguments>
Drawing::Load ready(Arguments... arguments) {
  return [drawing = std::make_shared<const Style>(arguments...)]() -> Made { return drawing; };
}

Prepared prepare_boxes(const v1::Boxes& options) {
  const auto rgb = options.color() == 0 ? kGreen : options.color();
  if (rgb > 0xFFFFFF) return out_of_range("drawing.boxes.color", rgb, "0x000001 to 0xFFFFFF");
  if (options.thickness() > kThickest) {
    return out_of_range("drawing.boxes.thickness", options.thickness(), "0 to 64");
  }
  const Colour colour{static_cast<uint8_t>(rgb >> 16), static_cast<uint8_t>(rgb >> 8),
                      static_cast<uint8_t>(rgb)};
  return ready<Boxes>(colour, static_cast<int>(options.thickness()));
}

Prepared prepare_blur(const v1::Blur& options) {
  const auto strength = options.strength() == 0 ? kDefaultStrength : options.strength();
  if (!(strength > 0 && strength <= 1)) {
    return out_of_range("drawing.blur.strength", strength, "more than 0 to 1");
  }
  return ready<Blur>(strength);
}

Status check_placement(const v1::Overlay& options) {
  for (const auto offset : {options.offset_x(), options.offset_y()}) {
    if (!(offset >= -kFarthest && offset <= kFarthest)) {
      return out_of_range("drawing.overlay.offset", offset, "-10 to 10");
    }
  }
  for (const auto size : {options.width(), options.height()}) {
    if (!(size >= 0 && size <= kFarthest)) {
      return out_of_range("drawing.overlay.size", size, "more than 0 to 10; 0 for 1");
    }
  }
  return ok();
}

Made load_overlay(const std::string& path, const OverlayPlacement& placement) {
  auto image = OverlayImage::load(path);
  if (!image.ok()) return image.status();
  return std::make_shared<const Overlay>(std::move(*image), placement);
}

Prepared prepare_overlay(const v1::Overlay& options, const Config& config) {
  if (auto status = check_placement(options); !status.ok()) return status;
  const auto path = UriPolicy(config).readable_file(options.uri());
  if (!path.ok()) return path.status();
  if (auto status = OverlayImage::check(*path); !status.ok()) return status;
  const auto or_one = [](double value) { return value == 0 ? 1.0 : value; };
  const OverlayPlacement placement{options.offset_x(), options.offset_y(), or_one(options.width()),
                                   or_one(options.height())};
  return Drawing::Load([path = *path, placement] { return load_overlay(path, placement); });
}

}  // namespace

Result<Drawing::Load> Drawing::prepare(const v1::Drawing& options, const Config& config) {
  switch (options.style_case()) {
    case v1::Drawing::kBoxes:
      return prepare_boxes(options.boxes());
    case v1::Drawing::kBlur:
      return prepare_blur(options.blur());
    case v1::Drawing::kOverlay:
      return prepare_overlay(options.overlay(), config);
    default:
      return ready<Nothing>();
  }
}

}  // namespace kms::face_detection
