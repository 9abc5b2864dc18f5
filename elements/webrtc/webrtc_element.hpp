// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "elements/webrtc/line_ports.hpp"
#include "elements/webrtc/peer_channels.hpp"
#include "elements/webrtc/sdp_text.hpp"
#include "elements/webrtc/stats_watch.hpp"
#include "kms-core/base/guard.hpp"
#include "kms-core/graph/catalog.hpp"
#include "kms-core/graph/sdp_answerer.hpp"
#include "kms/webrtc/v1/webrtc.pb.h"

namespace kms::webrtc {

// One peer of the RTP plane and its place in the graph. Control loop; what the RTC thread answers and tells
// is posted there.
class WebRtcElement : public graph::Element, public graph::SdpAnswerer {
 public:
  // Errors: INVALID_OPTIONS.
  static Result<std::unique_ptr<graph::Element>> create(graph::ElementHost& host,
                                                        const v1::WebRtcOptions& options);

  // Commands; contracts and errors in webrtc.proto.
  void process_offer(const std::string& offer, Reply<v1::ProcessOfferResponse> reply);
  void generate_offer(const v1::GenerateOfferRequest& request, Reply<v1::GenerateOfferResponse> reply);
  void withdraw_offer(Done done);
  void process_answer(const std::string& answer, Done done);
  void add_candidate(const std::string& candidate, Done done);
  Status gather_candidates();
  Status say_goodbye();
  Status set_layers(const v1::SetPreferredLayersRequest& request);
  void statistics(Reply<v1::GetRtcStatsResponse> reply);
  Result<std::shared_ptr<StatsFeed>> watch_statistics(const v1::WatchRtcStatsRequest& request);
  void create_channel(const v1::CreateDataChannelRequest& request,
                      Reply<v1::CreateDataChannelResponse> reply);
  Result<v1::ListDataChannelsResponse> list_channels() const;
  Result<v1::SendDataResponse> send_data(const v1::SendDataRequest& request);
  void send_when_room(const v1::SendDataRequest& request, PeerChannels::IsGone is_gone, Done done);
  Status close_channel(rtc::ChannelNumber number) const;
  Result<std::shared_ptr<DataFeed>> receive_data();

  void close(Done done) override;

  // SdpAnswerer:
  void answer(const std::string& offer, Reply<std::string> reply) override;
  void update_ice(const rtc::IceCredentials& theirs,
                  Reply<std::optional<rtc::IceCredentials>> reply) override;
  std::vector<std::string> candidates() const override;
  void watch(Watcher watcher) override { watcher_ = std::move(watcher); }

 private:
  struct Settings {
    std::vector<rtc::Codec> codecs;  // empty: all
    uint64_t max_receive_bps = 0;
    bool trickle = false;
    std::chrono::milliseconds patience{100};
  };
  static Result<Settings> read(const v1::WebRtcOptions& options);
  WebRtcElement(graph::ElementHost& host, Settings settings);

  rtc::PeerEvents peer_events();
  template <typename... Given, typename Handler>
  std::function<void(Given...)> on_loop(Handler handler);
  // Brings the RTC thread's answer to the loop: `work` gives what is replied when it succeeded.
  template <typename Given, typename Answer, typename Work>
  std::function<void(Result<Given>)> answering(Reply<Answer> reply, Work work);

  Status check_open() const;
  template <typename Given>
  Status of_given(const Result<Given>& given) const;
  std::string described(std::string sdp);
  void take(const rtc::Answer& negotiated);
  void state_changed(rtc::PeerState state, const std::string& reason);
  void ice_changed(rtc::IceTransportState state);
  void end();
  void tell(rtc::PeerState state, const std::string& reason = {});
  void enter(v1::SignalingState state);
  void enter(v1::ConnectionState state, const std::string& reason = {});

  void add_data_statistics(v1::GetRtcStatsResponse response, Reply<v1::GetRtcStatsResponse> reply);

  const Settings settings_;
  PeerChannels channels_;
  StatsWatch watch_;
  std::unique_ptr<rtc::Peer> peer_;  // null: gone
  std::optional<LinePorts> lines_;
  LinePlace transport_line_;  // of what was agreed on, or is offered
  LinePlace agreed_line_;     // of what was agreed on
  bool described_ = false;    // a description of ours exists
  bool negotiated_ = false;
  v1::SignalingState signaling_ = v1::SIGNALING_STATE_STABLE;
  v1::ConnectionState connection_ = v1::CONNECTION_STATE_NEW;
  Watcher watcher_;
  Guard guard_;
};

}  // namespace kms::webrtc
