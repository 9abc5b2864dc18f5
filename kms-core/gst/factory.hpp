// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/ref.hpp"

namespace kms::gst {

// True when GStreamer has an element of that name. Any thread, as all here.
bool has_factory(const std::string& factory);

// PLUGIN_MISSING (metadata: plugin).
Status missing_plugin(const std::string& factory);

// New elements, one of each factory. Errors: PLUGIN_MISSING.
using Elements = std::vector<Ref<GstElement>>;
Result<Ref<GstElement>> make_element(const std::string& factory);
Result<Elements> make_elements(const std::vector<std::string>& factories);

}  // namespace kms::gst
