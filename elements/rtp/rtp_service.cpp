// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "elements/rtp/rtp_element.hpp"
#include "kms-core/rpc/command.hpp"
#include "kms/rtp/v1/rtp.grpc.pb.h"

namespace kms::rtp::v1 {
namespace {

// What is too long is refused as such, without an overflow.
std::chrono::milliseconds from_proto(const google::protobuf::Duration& time) {
  return std::chrono::milliseconds(std::clamp<int64_t>(time.seconds(), -1, 1'000'000) * 1000 +
                                   time.nanos() / 1'000'000);
}

rtc::ToneOptions from_proto(const SendTonesRequest& request) {
  rtc::ToneOptions tones;
  tones.tones = request.tones();
  if (request.has_duration()) tones.duration = from_proto(request.duration());
  if (request.has_gap()) tones.gap = from_proto(request.gap());
  return tones;
}

rtc::RtpOffer from_proto(const GenerateOfferRequest& request) {
  const bool both = !request.audio() && !request.video();
  return {request.audio() || both, request.video() || both, request.hold()};
}

// Translates calls to commands of an RtpElement on its control loop.
class Service : public RtpService::CallbackService {
 public:
  explicit Service(rpc::Context& context) : context_(context) {}

  using Reactor = grpc::ServerUnaryReactor;
  using Call = grpc::CallbackServerContext;

  Reactor* ProcessOffer(Call* call, const ProcessOfferRequest* request,
                        ProcessOfferResponse* response) override {
    return rpc::command<RtpElement>(
        context_, rpc::Incoming(call, request, response),
        [](RtpElement& peer, const ProcessOfferRequest& asked, Reply<ProcessOfferResponse> reply) {
          peer.process_offer(asked.offer(), std::move(reply));
        });
  }

  Reactor* GenerateOffer(Call* call, const GenerateOfferRequest* request,
                         GenerateOfferResponse* response) override {
    return rpc::command<RtpElement>(
        context_, rpc::Incoming(call, request, response),
        [](RtpElement& peer, const GenerateOfferRequest& asked, Reply<GenerateOfferResponse> reply) {
          peer.generate_offer(from_proto(asked), std::move(reply));
        });
  }

  Reactor* ProcessAnswer(Call* call, const ProcessAnswerRequest* request,
                         ProcessAnswerResponse* response) override {
    return rpc::command<RtpElement>(
        context_, rpc::Incoming(call, request, response),
        [](RtpElement& peer, const ProcessAnswerRequest& asked, Reply<ProcessAnswerResponse> reply) {
          peer.process_answer(asked.answer(), rpc::when_done(std::move(reply)));
        });
  }

  Reactor* SendTones(Call* call, const SendTonesRequest* request, SendTonesResponse* response) override {
    return rpc::command<RtpElement>(
        context_, rpc::Incoming(call, request, response),
        [](RtpElement& peer, const SendTonesRequest& asked, Reply<SendTonesResponse> reply) {
          peer.send_tones(from_proto(asked), rpc::when_done(std::move(reply)));
        });
  }

  Reactor* GetLocalPorts(Call* call, const GetLocalPortsRequest* request,
                         GetLocalPortsResponse* response) override {
    return rpc::command<RtpElement>(
        context_, rpc::Incoming(call, request, response),
        [](RtpElement& peer, const GetLocalPortsRequest&, Reply<GetLocalPortsResponse> reply) {
          peer.local_ports(std::move(reply));
        });
  }

 private:
  rpc::Context& context_;
};

}  // namespace
}  // namespace kms::rtp::v1

namespace kms {

rpc::ServicePtr make_rtp_service(rpc::Context& context) {
  return std::make_unique<rtp::v1::Service>(context);
}

}  // namespace kms
