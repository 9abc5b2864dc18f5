// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>

#include "kms-core/base/guard.hpp"
#include "kms-core/graph/element.hpp"
#include "kms-core/gst/strip.hpp"
#include "kms/example/v1/example.pb.h"

namespace kms::example {

// A filter made of GStreamer elements. Lives on its session's control loop.
class ExampleElement : public graph::Element {
 public:
  // A whole element or a Status, nothing in between. Errors: INVALID_OPTIONS, PLUGIN_MISSING.
  static Result<std::unique_ptr<graph::Element>> create(graph::ElementHost& host,
                                                        const v1::ExampleOptions& options);

  // The command. Errors: INVALID_OPTIONS.
  Status set_brightness(double brightness);

  void close(Done done) override;

 private:
  ExampleElement(graph::ElementHost& element_host, std::unique_ptr<gst::Strip> strip);

  std::unique_ptr<gst::Strip> strip_;
  Guard guard_;
};

}  // namespace kms::example
