// SPDX-License-Identifier: Apache-2.0
#include <algorithm>

#include "elements/player/player.hpp"
#include "kms-core/rpc/command.hpp"
#include "kms/player/v1/player.grpc.pb.h"

namespace kms::player::v1 {
namespace {

google::protobuf::Duration to_proto(std::chrono::nanoseconds time) {
  google::protobuf::Duration out;
  out.set_seconds(time.count() / std::nano::den);
  out.set_nanos(static_cast<int32_t>(time.count() % std::nano::den));
  return out;
}

GetPositionResponse to_proto(const PlayerElement::Position& position) {
  GetPositionResponse out;
  *out.mutable_position() = to_proto(position.position);
  if (position.duration) *out.mutable_duration() = to_proto(*position.duration);
  out.set_state(position.state);
  out.set_seekable(position.seekable);
  out.set_item(static_cast<uint32_t>(position.item));
  out.set_speed(position.speed);
  return out;
}

using Names = std::vector<std::string>;

Names port_names(const PlayerElement& player) {
  Names out;
  for (const auto& port : player.ports().sources) out.push_back(port.name);
  return out;
}

Track to_proto(const gst::TrackInfo& track, const Names& ports) {
  Track out;
  out.set_kind(track.video ? Track::VIDEO : Track::AUDIO);
  out.set_number(track.number);
  out.set_codec(track.codec);
  out.set_language(track.language);
  out.set_width(track.width);
  out.set_height(track.height);
  out.set_frame_rate(track.frame_rate);
  out.set_sample_rate(track.sample_rate);
  out.set_channels(track.channels);
  out.set_chosen(track.line.has_value());
  if (track.line) out.set_port(ports[*track.line]);
  return out;
}

Result<GetMediaInfoResponse> to_proto(const Result<gst::Demuxer::Tracks>& tracks, const Names& ports) {
  if (!tracks.ok()) return tracks.status();
  GetMediaInfoResponse out;
  if (tracks->duration) *out.mutable_duration() = to_proto(std::chrono::nanoseconds(*tracks->duration));
  out.set_seekable(tracks->seekable);
  for (const auto& track : tracks->all) *out.add_tracks() = to_proto(track, ports);
  return out;
}

// What is far outside any media stays so, without an overflow.
PlayerElement::Seek from_proto(const SeekRequest& request) {
  constexpr int64_t kFar = 1'000'000'000;  // seconds
  const std::chrono::seconds seconds(std::clamp<int64_t>(request.position().seconds(), -kFar, kFar));
  return {seconds + std::chrono::nanoseconds(request.position().nanos()), request.to_key_frame()};
}

// Translates calls to commands of a PlayerElement on its control loop.
class Service : public PlayerService::CallbackService {
 public:
  explicit Service(rpc::Context& context) : context_(context) {}

  using Reactor = grpc::ServerUnaryReactor;
  using Call = grpc::CallbackServerContext;

  Reactor* Play(Call* call, const PlayRequest* request, PlayResponse* response) override {
    return rpc::command<PlayerElement>(
        context_, rpc::Incoming(call, request, response),
        [](PlayerElement& player, const PlayRequest&, Reply<PlayResponse> reply) {
          player.play(rpc::when_done(std::move(reply)));
        });
  }

  Reactor* Pause(Call* call, const PauseRequest* request, PauseResponse* response) override {
    return rpc::command<PlayerElement>(
        context_, rpc::Incoming(call, request, response),
        [](PlayerElement& player, const PauseRequest&) { return player.pause(); });
  }

  Reactor* Seek(Call* call, const SeekRequest* request, SeekResponse* response) override {
    return rpc::command<PlayerElement>(
        context_, rpc::Incoming(call, request, response),
        [](PlayerElement& player, const SeekRequest& asked, Reply<SeekResponse> reply) {
          player.seek(from_proto(asked), rpc::when_done(std::move(reply)));
        });
  }

  Reactor* SetSpeed(Call* call, const SetSpeedRequest* request, SetSpeedResponse* response) override {
    return rpc::command<PlayerElement>(
        context_, rpc::Incoming(call, request, response),
        [](PlayerElement& player, const SetSpeedRequest& asked, Reply<SetSpeedResponse> reply) {
          player.set_speed(asked.speed(), rpc::when_done(std::move(reply)));
        });
  }

  Reactor* SetVolume(Call* call, const SetVolumeRequest* request, SetVolumeResponse* response) override {
    return rpc::command<PlayerElement>(context_, rpc::Incoming(call, request, response),
                                       [](PlayerElement& player, const SetVolumeRequest& asked) {
                                         return player.set_volume(asked.volume());
                                       });
  }

  Reactor* GetMediaInfo(Call* call, const GetMediaInfoRequest* request,
                        GetMediaInfoResponse* response) override {
    return rpc::command<PlayerElement>(
        context_, rpc::Incoming(call, request, response),
        [](PlayerElement& player, const GetMediaInfoRequest&, Reply<GetMediaInfoResponse> reply) {
          player.media_info([reply = std::move(reply),
                             ports = port_names(player)](const Result<gst::Demuxer::Tracks>& tracks) mutable {
            reply(to_proto(tracks, ports));
          });
        });
  }

  Reactor* Stop(Call* call, const StopRequest* request, StopResponse* response) override {
    return rpc::command<PlayerElement>(
        context_, rpc::Incoming(call, request, response),
        [](PlayerElement& player, const StopRequest&, Reply<StopResponse> reply) {
          player.stop(rpc::when_done(std::move(reply)));
        });
  }

  Reactor* GetPosition(Call* call, const GetPositionRequest* request,
                       GetPositionResponse* response) override {
    return rpc::command<PlayerElement>(context_, rpc::Incoming(call, request, response),
                                       [](PlayerElement& player, const GetPositionRequest&) {
                                         return Result<GetPositionResponse>(to_proto(player.position()));
                                       });
  }

 private:
  rpc::Context& context_;
};

}  // namespace
}  // namespace kms::player::v1

namespace kms {

rpc::ServicePtr make_player_service(rpc::Context& context) {
  return std::make_unique<player::v1::Service>(context);
}

}  // namespace kms
