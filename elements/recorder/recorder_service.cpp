// SPDX-License-Identifier: Apache-2.0
#include <optional>

#include "elements/recorder/part_proto.hpp"
#include "elements/recorder/recorder.hpp"
#include "elements/recorder/recovery.hpp"
#include "kms-core/rpc/command.hpp"
#include "kms/recorder/v1/recorder.grpc.pb.h"

namespace kms::recorder::v1 {
namespace {

// Translates calls to commands of a RecorderElement on its control loop. Made at the server's start, it also
// has what a killed one left finished.
class Service : public RecorderService::CallbackService {
 public:
  explicit Service(rpc::Context& context) : context_(context) {
    if (context.config != nullptr) recovery_.emplace(*context.config, *context.workers);
  }

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

  Reactor* Pause(Call* call, const PauseRequest* request, PauseResponse* response) override {
    return rpc::command<RecorderElement>(
        context_, rpc::Incoming(call, request, response),
        [](RecorderElement& recorder, const PauseRequest&) { return recorder.pause(); });
  }

  Reactor* Resume(Call* call, const ResumeRequest* request, ResumeResponse* response) override {
    return rpc::command<RecorderElement>(
        context_, rpc::Incoming(call, request, response),
        [](RecorderElement& recorder, const ResumeRequest&) { return recorder.resume(); });
  }

  Reactor* Split(Call* call, const SplitRequest* request, SplitResponse* response) override {
    return rpc::command<RecorderElement>(
        context_, rpc::Incoming(call, request, response),
        [](RecorderElement& recorder, const SplitRequest&) { return recorder.split(); });
  }

  Reactor* ListRecoveredRecordings(Call* call, const ListRecoveredRecordingsRequest*,
                                   ListRecoveredRecordingsResponse* response) override {
    auto* reactor = call->DefaultReactor();
    if (recovery_) {
      response->set_working(recovery_->working());
      for (const auto& recovered : recovery_->list()) add(*response, recovered);
    }
    reactor->Finish(grpc::Status::OK);
    return reactor;
  }

 private:
  static void add(ListRecoveredRecordingsResponse& response, const Recovered& recovered) {
    auto& out = *response.add_recordings();
    out.set_element(recovered.element);
    *out.mutable_part() = to_proto(recovered.part);
    out.set_failure(out.part().failure());
  }

  rpc::Context& context_;
  std::optional<Recovery> recovery_;
};

}  // namespace
}  // namespace kms::recorder::v1

namespace kms {

rpc::ServicePtr make_recorder_service(rpc::Context& context) {
  return std::make_unique<recorder::v1::Service>(context);
}

}  // namespace kms
