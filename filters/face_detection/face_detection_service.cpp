// SPDX-License-Identifier: Apache-2.0
#include "filters/face_detection/face_detection_element.hpp"
#include "kms-core/rpc/command.hpp"
#include "kms/face_detection/v1/face_detection.grpc.pb.h"

namespace kms {
namespace {

using namespace face_detection::v1;
using face_detection::FaceDetectionElement;

class Service : public FaceDetectionService::CallbackService {
 public:
  explicit Service(rpc::Context& context) : context_(context) {}

  grpc::ServerUnaryReactor* SetDrawing(grpc::CallbackServerContext* call, const SetDrawingRequest* request,
                                       SetDrawingResponse* response) override {
    return rpc::command<FaceDetectionElement>(
        context_, rpc::Incoming(call, request, response),
        [](FaceDetectionElement& filter, const SetDrawingRequest& wanted, Reply<SetDrawingResponse> reply) {
          filter.set_drawing(wanted.drawing(), rpc::when_done(std::move(reply)));
        });
  }

 private:
  rpc::Context& context_;
};

}  // namespace

rpc::ServicePtr make_face_detection_service(rpc::Context& context) {
  return std::make_unique<Service>(context);
}

}  // namespace kms
