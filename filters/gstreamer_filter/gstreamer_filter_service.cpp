// SPDX-License-Identifier: Apache-2.0
#include "filters/gstreamer_filter/gstreamer_filter.hpp"
#include "kms-core/rpc/command.hpp"
#include "kms/gstreamer_filter/v1/gstreamer_filter.grpc.pb.h"

namespace kms::gstreamer_filter::v1 {
namespace {

// Translates calls to commands of a GStreamerFilterElement on its control loop.
class Service : public GStreamerFilterService::CallbackService {
 public:
  explicit Service(rpc::Context& context) : context_(context) {}

  grpc::ServerUnaryReactor* SetProperty(grpc::CallbackServerContext* call, const SetPropertyRequest* request,
                                        SetPropertyResponse* response) override {
    return rpc::command<GStreamerFilterElement>(
        context_, rpc::Incoming(call, request, response),
        [](GStreamerFilterElement& filter, const SetPropertyRequest& asked) {
          return filter.set_property(asked);
        });
  }

 private:
  rpc::Context& context_;
};

}  // namespace
}  // namespace kms::gstreamer_filter::v1

namespace kms {

rpc::ServicePtr make_gstreamer_filter_service(rpc::Context& context) {
  return std::make_unique<gstreamer_filter::v1::Service>(context);
}

}  // namespace kms
