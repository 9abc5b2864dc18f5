// SPDX-License-Identifier: Apache-2.0
#include "filters/example/example_element.hpp"
#include "kms-core/rpc/command.hpp"
#include "kms/example/v1/example.grpc.pb.h"

namespace kms {
namespace {

using namespace example::v1;
using example::ExampleElement;

// A service is a translation, nothing more: find, call, answer.
class Service : public ExampleService::CallbackService {
 public:
  explicit Service(rpc::Context& context) : context_(context) {}

  grpc::ServerUnaryReactor* SetBrightness(grpc::CallbackServerContext* call,
                                          const SetBrightnessRequest* request,
                                          SetBrightnessResponse* response) override {
    return rpc::command<ExampleElement>(context_, rpc::Incoming(call, request, response),
                                        [](ExampleElement& filter, const SetBrightnessRequest& wanted) {
                                          return filter.set_brightness(wanted.brightness());
                                        });
  }

 private:
  rpc::Context& context_;
};

}  // namespace

rpc::ServicePtr make_example_service(rpc::Context& context) { return std::make_unique<Service>(context); }

}  // namespace kms
