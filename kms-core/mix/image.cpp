// SPDX-License-Identifier: Apache-2.0
#include "kms-core/mix/image.hpp"

#include "kms-core/gst/still_picture.hpp"
#include "kms-core/mix/drawing.hpp"
#include "kms-core/mix/mapped_frame.hpp"

namespace kms::mix {

Result<std::shared_ptr<const Picture>> load_image(const std::string& path, const Size& size) {
  const auto still = gst::encode_still({path, {}, size.width, size.height});
  if (!still.ok()) return still.status();
  GstVideoInfo info;
  gst_video_info_init(&info);
  const bool known = gst_video_info_from_caps(&info, still->caps.get()) != FALSE;
  auto out = std::make_shared<Picture>(size);
  const MappedFrame mapped(info, still->frame.get(), GST_MAP_READ);
  if (!known || !mapped) return error(StatusCode::kInternal, "NOT_MEDIA", "the image could not be read");
  Drawing().put(out->canvas(), {0, 0, size.width, size.height}, {.view = mapped.view()});
  return std::shared_ptr<const Picture>(std::move(out));
}

}  // namespace kms::mix
