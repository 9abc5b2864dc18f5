// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <utility>

#include "kms/player/v1/player.grpc.pb.h"
#include "kms/recorder/v1/recorder.grpc.pb.h"
#include "tests/integration/fixture.hpp"
#include "tests/support/media_factory.hpp"
#include "tests/support/media_probe.hpp"

namespace kms::test {

// A server that may read and write the media folder, with session "a".
struct MediaServer {
  explicit MediaServer(const std::string& more = {})
      : MediaServer(std::make_unique<Running>(config() + more)) {}
  explicit MediaServer(std::unique_ptr<Running> given) : running(std::move(given)), client(running->client) {
    EXPECT_EQ(client.create_session("a", 600), "OK");
  }
  static std::string config() {
    return "files: { read: [" + media_folder() + "], write: [" + media_folder() + "] }\n";
  }

  static player::v1::PlayerOptions player(const std::string& path) {
    player::v1::PlayerOptions options;
    options.set_uri(uri_of(path));
    return options;
  }
  static recorder::v1::RecorderOptions recorder(const std::string& file) {
    recorder::v1::RecorderOptions options;
    options.set_uri(uri_of(media_folder() + "/" + file));
    options.set_overwrite(true);
    return options;
  }

  // Each answers "OK" or code and reason.
  template <typename Options>
  std::string create(const std::string& id, const Options& options) {
    v1::CreateElementRequest request;
    request.set_parent(session);
    request.mutable_element()->set_element_id(id);
    request.mutable_element()->mutable_options()->PackFrom(options);
    return client.create_element(request);
  }
  // command<PlayerService>("p", &PlayerService::Stub::Pause): a command of an element's own service.
  template <typename Service, typename Request, typename Response>
  std::string command(const std::string& id,
                      grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                      Request request = {}) {
    request.set_name(name_of(id));
    Response response;
    const auto stub = Service::NewStub(client.channel);
    return client.call(*stub, method, request, &response);
  }
  // The same for another thread: `client.last` stays as it is.
  template <typename Service, typename Request, typename Response>
  std::string command_aside(const std::string& id,
                            grpc::Status (Service::Stub::*method)(grpc::ClientContext*, const Request&,
                                                                  Response*),
                            Request request = {}) const {
    request.set_name(name_of(id));
    Response response;
    grpc::ClientContext context;
    RpcClient::set_deadline(context);
    const auto stub = Service::NewStub(client.channel);
    return to_text((*stub.*method)(&context, request, &response));
  }
  std::string play(const std::string& id) {
    return command<player::v1::PlayerService>(id, &player::v1::PlayerService::Stub::Play);
  }
  std::string seek(const std::string& id, int64_t seconds) {
    player::v1::SeekRequest request;
    request.mutable_position()->set_seconds(seconds);
    return command<player::v1::PlayerService>(id, &player::v1::PlayerService::Stub::Seek, request);
  }
  std::string connect(const std::string& source, const std::string& sink,
                      v1::MediaKind kind = v1::MEDIA_KIND_UNSPECIFIED) {
    v1::LinkSpec link;
    link.set_source(source);
    link.set_sink(sink);
    link.set_kind(kind);
    return client.connect(session, link);
  }
  std::string remove(const std::string& id) { return client.delete_element(name_of(id)); }
  std::string name_of(const std::string& id) const { return session + "/elements/" + id; }

  // Reads events until one fits; false at the end of the stream.
  static bool wait_for(EventReader& events, const std::function<bool(const v1::Event&)>& fits) {
    v1::Event event;
    while (events.next(event)) {
      if (fits(event)) return true;
    }
    return false;
  }
  // Until an element's event of the type comes.
  template <typename Wanted>
  requires std::is_base_of_v<google::protobuf::Message, Wanted>
  static bool wait_for(EventReader& events, Wanted& wanted) {
    return wait_for(events, [&](const v1::Event& event) { return event.element_event().UnpackTo(&wanted); });
  }
  // The reason of the next ElementError.
  static std::string next_error(EventReader& events) {
    std::string reason;
    wait_for(events, [&](const v1::Event& event) {
      reason = event.element_error().reason();
      return event.has_element_error();
    });
    return reason;
  }

  std::unique_ptr<Running> running;
  RpcClient& client;
  std::string session = "sessions/a";
};

}  // namespace kms::test
