// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/text.hpp"

#include <pango/pangocairo.h>

#include <algorithm>
#include <memory>
#include <mutex>

namespace kms::mix {
namespace {

template <auto Free>
struct FreedBy {
  template <typename T>
  void operator()(T* object) const {
    Free(object);
  }
};
using Surface = std::unique_ptr<cairo_surface_t, FreedBy<cairo_surface_destroy>>;
using Context = std::unique_ptr<cairo_t, FreedBy<cairo_destroy>>;
using Font = std::unique_ptr<PangoFontDescription, FreedBy<pango_font_description_free>>;
using Line = std::unique_ptr<PangoLayout, FreedBy<g_object_unref>>;
using LineContext = std::unique_ptr<PangoContext, FreedBy<g_object_unref>>;

// One for all threads, who take turns: Pango would keep half a megabyte of fonts for each.
struct Fonts {
  std::mutex mutex;
  std::unique_ptr<PangoFontMap, FreedBy<g_object_unref>> map{pango_cairo_font_map_new()};
};
Fonts& fonts() {
  static Fonts all;
  return all;
}

std::string valid(const std::string& text) {
  if (g_utf8_validate(text.data(), static_cast<gssize>(text.size()), nullptr) != FALSE) return text;
  std::string out = text;
  std::replace_if(
      out.begin(), out.end(), [](char c) { return (c & 0x80) != 0; }, '?');
  return out;
}

// With the fonts' mutex held, as long as it lives.
Line line_of(cairo_t* target, const std::string& text, int height, int most_width) {
  const LineContext context(pango_font_map_create_context(fonts().map.get()));
  pango_cairo_update_context(target, context.get());
  Line line(pango_layout_new(context.get()));
  const Font font(pango_font_description_from_string("Sans"));
  // Ascenders and descenders of most fonts take a third more than their size.
  pango_font_description_set_absolute_size(font.get(), 0.75 * height * PANGO_SCALE);
  pango_layout_set_font_description(line.get(), font.get());
  pango_layout_set_single_paragraph_mode(line.get(), TRUE);
  pango_layout_set_ellipsize(line.get(), PANGO_ELLIPSIZE_END);
  pango_layout_set_width(line.get(), most_width * PANGO_SCALE);
  pango_layout_set_text(line.get(), text.data(), static_cast<int>(text.size()));
  return line;
}

}  // namespace

Mask text_mask(const std::string& text, int height, int most_width) {
  const std::lock_guard lock(fonts().mutex);
  const Surface measured(cairo_image_surface_create(CAIRO_FORMAT_A8, 1, 1));
  const Context measuring(cairo_create(measured.get()));
  const auto line = line_of(measuring.get(), valid(text), height, most_width);
  PangoRectangle extent;
  pango_layout_get_pixel_extents(line.get(), nullptr, &extent);
  Mask mask{{std::min(extent.width, most_width), std::min(extent.height, height)}, {}};
  if (mask.size.width <= 0 || mask.size.height <= 0) return {};

  const Surface surface(cairo_image_surface_create(CAIRO_FORMAT_A8, mask.size.width, mask.size.height));
  const Context context(cairo_create(surface.get()));
  cairo_set_source_rgba(context.get(), 1, 1, 1, 1);
  cairo_move_to(context.get(), -extent.x, -extent.y);
  pango_cairo_show_layout(context.get(), line.get());
  cairo_surface_flush(surface.get());
  const auto* pixels = cairo_image_surface_get_data(surface.get());
  const auto stride = cairo_image_surface_get_stride(surface.get());
  for (int y = 0; y < mask.size.height; ++y)
    mask.cover.insert(mask.cover.end(), pixels + y * stride, pixels + y * stride + mask.size.width);
  return mask;
}

}  // namespace kms::mix
