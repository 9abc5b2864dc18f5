// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>

#include "filters/gstreamer_filter/bin_policy.hpp"
#include "kms-core/graph/element.hpp"
#include "kms-core/gst/strip.hpp"
#include "kms/gstreamer_filter/v1/gstreamer_filter.pb.h"

namespace kms::gstreamer_filter {

// Runs raw media of one kind through a bin that the application describes, and the other kind past it.
// Control loop.
class GStreamerFilterElement : public graph::Element {
 public:
  static Result<std::unique_ptr<graph::Element>> create(graph::ElementHost& host,
                                                        const v1::GStreamerFilterOptions& options);
  struct Parts {
    graph::MediaKind kind;
    gst::Ref<GstElement> bin;  // the application's
    std::unique_ptr<gst::Strip> strip;
  };
  GStreamerFilterElement(graph::ElementHost& host, Parts parts);

  // Errors: UNKNOWN_PROPERTY, INVALID_VALUE, URI_NOT_ALLOWED.
  Status set_property(const v1::SetPropertyRequest& request);

  void close(Done done) override;

 private:
  const gst::Ref<GstElement> bin_;
  const std::unique_ptr<gst::Strip> strip_;
};

}  // namespace kms::gstreamer_filter
