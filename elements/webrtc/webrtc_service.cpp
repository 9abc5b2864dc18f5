// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc/webrtc_element.hpp"
#include "kms-core/rpc/command.hpp"
#include "kms-core/rpc/command_stream.hpp"
#include "kms-core/rpc/feed_stream.hpp"
#include "kms/webrtc/v1/webrtc.grpc.pb.h"

namespace kms::webrtc::v1 {
namespace {

// Translates calls to commands of a WebRtcElement on its control loop.
class Service : public WebRtcService::CallbackService {
 public:
  explicit Service(rpc::Context& context) : context_(context) {}

  using Reactor = grpc::ServerUnaryReactor;
  using Call = grpc::CallbackServerContext;

  Reactor* ProcessOffer(Call* call, const ProcessOfferRequest* request,
                        ProcessOfferResponse* response) override {
    return rpc::command<WebRtcElement>(
        context_, rpc::Incoming(call, request, response),
        [](WebRtcElement& peer, const ProcessOfferRequest& asked, Reply<ProcessOfferResponse> reply) {
          peer.process_offer(asked.offer(), std::move(reply));
        });
  }

  Reactor* GenerateOffer(Call* call, const GenerateOfferRequest* request,
                         GenerateOfferResponse* response) override {
    return rpc::command<WebRtcElement>(
        context_, rpc::Incoming(call, request, response),
        [](WebRtcElement& peer, const GenerateOfferRequest& asked, Reply<GenerateOfferResponse> reply) {
          peer.generate_offer(asked, std::move(reply));
        });
  }

  Reactor* WithdrawOffer(Call* call, const WithdrawOfferRequest* request,
                         WithdrawOfferResponse* response) override {
    return rpc::command<WebRtcElement>(
        context_, rpc::Incoming(call, request, response),
        [](WebRtcElement& peer, const WithdrawOfferRequest&, Reply<WithdrawOfferResponse> reply) {
          peer.withdraw_offer(rpc::when_done(std::move(reply)));
        });
  }

  Reactor* ProcessAnswer(Call* call, const ProcessAnswerRequest* request,
                         ProcessAnswerResponse* response) override {
    return rpc::command<WebRtcElement>(
        context_, rpc::Incoming(call, request, response),
        [](WebRtcElement& peer, const ProcessAnswerRequest& asked, Reply<ProcessAnswerResponse> reply) {
          peer.process_answer(asked.answer(), rpc::when_done(std::move(reply)));
        });
  }

  Reactor* AddIceCandidate(Call* call, const AddIceCandidateRequest* request,
                           AddIceCandidateResponse* response) override {
    return rpc::command<WebRtcElement>(
        context_, rpc::Incoming(call, request, response),
        [](WebRtcElement& peer, const AddIceCandidateRequest& asked, Reply<AddIceCandidateResponse> reply) {
          peer.add_candidate(asked.candidate(), rpc::when_done(std::move(reply)));
        });
  }

  Reactor* GatherCandidates(Call* call, const GatherCandidatesRequest* request,
                            GatherCandidatesResponse* response) override {
    return rpc::command<WebRtcElement>(
        context_, rpc::Incoming(call, request, response),
        [](WebRtcElement& peer, const GatherCandidatesRequest&) { return peer.gather_candidates(); });
  }

  Reactor* Close(Call* call, const CloseRequest* request, CloseResponse* response) override {
    return rpc::command<WebRtcElement>(
        context_, rpc::Incoming(call, request, response),
        [](WebRtcElement& peer, const CloseRequest&) { return peer.say_goodbye(); });
  }

  Reactor* SetPreferredLayers(Call* call, const SetPreferredLayersRequest* request,
                              SetPreferredLayersResponse* response) override {
    return rpc::command<WebRtcElement>(
        context_, rpc::Incoming(call, request, response),
        [](WebRtcElement& peer, const SetPreferredLayersRequest& asked) { return peer.set_layers(asked); });
  }

  Reactor* GetRtcStats(Call* call, const GetRtcStatsRequest* request,
                       GetRtcStatsResponse* response) override {
    return rpc::command<WebRtcElement>(
        context_, rpc::Incoming(call, request, response),
        [](WebRtcElement& peer, const GetRtcStatsRequest&, Reply<GetRtcStatsResponse> reply) {
          peer.statistics(std::move(reply));
        });
  }

  grpc::ServerWriteReactor<WatchRtcStatsResponse>* WatchRtcStats(
      Call* call, const WatchRtcStatsRequest* request) override {
    return rpc::FeedStream<WatchRtcStatsResponse>::start<WebRtcElement>(
        context_, call, request->name(),
        [asked = *request](WebRtcElement& peer) { return peer.watch_statistics(asked); });
  }

  Reactor* CreateDataChannel(Call* call, const CreateDataChannelRequest* request,
                             CreateDataChannelResponse* response) override {
    return rpc::command<WebRtcElement>(
        context_, rpc::Incoming(call, request, response),
        [](WebRtcElement& peer, const CreateDataChannelRequest& asked,
           Reply<CreateDataChannelResponse> reply) { peer.create_channel(asked, std::move(reply)); });
  }

  Reactor* ListDataChannels(Call* call, const ListDataChannelsRequest* request,
                            ListDataChannelsResponse* response) override {
    return rpc::command<WebRtcElement>(
        context_, rpc::Incoming(call, request, response),
        [](WebRtcElement& peer, const ListDataChannelsRequest&) { return peer.list_channels(); });
  }

  Reactor* SendData(Call* call, const SendDataRequest* request, SendDataResponse* response) override {
    return rpc::command<WebRtcElement>(
        context_, rpc::Incoming(call, request, response),
        [](WebRtcElement& peer, const SendDataRequest& asked) { return peer.send_data(asked); });
  }

  grpc::ServerReadReactor<SendDataRequest>* SendDataStream(Call*, SendDataStreamResponse* response) override {
    const auto sent = std::make_shared<SendDataStreamResponse>();
    return rpc::CommandStream<SendDataRequest, SendDataStreamResponse>::start<WebRtcElement>(
        context_, response,
        [sent](WebRtcElement& peer, const SendDataRequest& asked, PeerChannels::IsGone is_gone,
               Reply<SendDataStreamResponse> reply) {
          auto done = [sent, reply = std::move(reply)](const Status& status) mutable {
            if (!status.ok()) return reply(status);
            sent->set_messages(sent->messages() + 1);
            reply(*sent);
          };
          peer.send_when_room(asked, std::move(is_gone), std::move(done));
        });
  }

  Reactor* CloseDataChannel(Call* call, const CloseDataChannelRequest* request,
                            CloseDataChannelResponse* response) override {
    return rpc::command<WebRtcElement>(context_, rpc::Incoming(call, request, response),
                                       [](WebRtcElement& peer, const CloseDataChannelRequest& asked) {
                                         return peer.close_channel(asked.channel());
                                       });
  }

  grpc::ServerWriteReactor<ReceiveDataResponse>* ReceiveData(Call* call,
                                                             const ReceiveDataRequest* request) override {
    return rpc::FeedStream<ReceiveDataResponse>::start<WebRtcElement>(
        context_, call, request->name(), [](WebRtcElement& peer) { return peer.receive_data(); });
  }

 private:
  rpc::Context& context_;
};

}  // namespace
}  // namespace kms::webrtc::v1

namespace kms {

rpc::ServicePtr make_webrtc_service(rpc::Context& context) {
  return std::make_unique<webrtc::v1::Service>(context);
}

}  // namespace kms
