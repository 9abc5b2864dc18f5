// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/factory.hpp"

#include <fmt/format.h>

namespace kms::gst {

bool has_factory(const std::string& factory) {
  return static_cast<bool>(Ref<GstElementFactory>::adopt(gst_element_factory_find(factory.c_str())));
}

Status missing_plugin(const std::string& factory) {
  return error(StatusCode::kUnimplemented, ErrorInfo{"PLUGIN_MISSING", {}, {{"plugin", factory}}},
               fmt::format("GStreamer has no element {}; install the package that holds it", factory));
}

Result<Ref<GstElement>> make_element(const std::string& factory) {
  auto* made = gst_element_factory_make(factory.c_str(), nullptr);
  if (made == nullptr) return missing_plugin(factory);
  return Ref<GstElement>::sink(made);
}

Result<Elements> make_elements(const std::vector<std::string>& factories) {
  Elements made;
  for (const auto& factory : factories) {
    auto element = make_element(factory);
    if (!element.ok()) return element.status();
    made.push_back(*std::move(element));
  }
  return made;
}

}  // namespace kms::gst
