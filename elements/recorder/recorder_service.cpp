// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <optional>

#include "elements/recorder/part_proto.hpp"
#include "elements/recorder/recorder.hpp"
#include "elements/recorder/recovery.hpp"
#include "kms-core/graph/catalog.hpp"
#include "kms-core/rpc/command.hpp"
#include "kms/recorder/v1/recorder.grpc.pb.h"

namespace kms::recorder::v1 {
namespace {

Result<std::chrono::milliseconds> store_wait_of(const StopRequest& request) {
  constexpr int64_t kLongest = 3600;
  const auto& wait = request.store_wait();
  if (wait.seconds() >= 0 && wait.seconds() <= kLongest && wait.nanos() >= 0) {
    return std::chrono::seconds(wait.seconds()) + std::chrono::milliseconds(wait.nanos() / 1000000);
  }
  return graph::invalid_option("store_wait", "it is not between 0 and 1 h");
}

// Translates calls to commands of a RecorderElement on its control loop. Made at the server's start, it also
// has what a killed one left finished.
class Service : public RecorderService::CallbackService {
 public:
  explicit Service(rpc::Context& context) : context_(context) {
    if (context.config != nullptr) recovery_.emplace(*context.config, *context.workers, context.uploads);
  }

  using Reactor = grpc::ServerUnaryReactor;
  using Call = grpc::CallbackServerContext;

  Reactor* Record(Call* call, const RecordRequest* request, RecordResponse* response) override {
    return rpc::command<RecorderElement>(
        context_, rpc::Incoming(call, request, response),
        [](RecorderElement& recorder, const RecordRequest&) { return recorder.record(); });
  }

  Reactor* Stop(Call* call, const StopRequest* request, StopResponse* response) override {
    return rpc::command<RecorderElement>(
        context_, rpc::Incoming(call, request, response),
        [](RecorderElement& recorder, const StopRequest& asked, Reply<StopResponse> reply) {
          const auto wait = store_wait_of(asked);
          if (!wait.ok()) return reply(wait.status());
          recorder.stop(*wait, std::move(reply));
        });
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
