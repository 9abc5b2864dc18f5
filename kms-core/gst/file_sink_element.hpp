// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <gst/gst.h>

#include <memory>
#include <string>

namespace kms::gst {

class FileSink;

// The GObject face of FileSink. Returned floating; it keeps the C++ object alive.
GstElement* make_file_sink_element(const std::string& name, const std::shared_ptr<FileSink>& sink);

}  // namespace kms::gst
