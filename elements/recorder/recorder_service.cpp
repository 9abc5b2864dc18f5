// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/recorder.hpp"
#include "kms-core/rpc/command.hpp"
#include "kms/recorder/v1/recorder.grpc.pb.h"

namespace kms::recorder::v1 {
namespace {

// Translates calls to commands of a RecorderElement on its control loop.
class Service : public RecorderService::CallbackService {
 public:
  explicit Service(rpc::Context& context) : context_(context) {}

  using Reactor = grpc::ServerUnaryReactor;
  using Call = grpc::CallbackServerContext;

  Reactor* Record(Call* call, const RecordRequest* request, RecordResponse* response) override {
    return rpc::command<RecorderElement>(
        context_, rpc::Incoming(call, request, response),
        [](RecorderElement& recorder, const RecordRequest&) { return recorder.record(); });
  }

  Reactor* Stop(Call* call, const StopRequest* request, StopResponse* response) override {
    return rpc::command<RecorderElement>(context_, rpc::Incoming(call, request, response),
                                         [](RecorderElement& recorder, const StopRequest&,
                                            Reply<StopResponse> reply) { recorder.stop(std::move(reply)); });
  }

  Reactor* GetRecording(Call* call, const GetRecordingRequest* request,
                        GetRecordingResponse* response) override {
    return rpc::command<RecorderElement>(
        context_, rpc::Incoming(call, request, response),
        [](RecorderElement& recorder, const GetRecordingRequest&) -> Result<GetRecordingResponse> {
          return recorder.recording();
        });
  }

 private:
  rpc::Context& context_;
};

}  // namespace
}  // namespace kms::recorder::v1

namespace kms {

rpc::ServicePtr make_recorder_service(rpc::Context& context) {
  return std::make_unique<recorder::v1::Service>(context);
}

}  // namespace kms
