// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <array>
#include <memory>

#include "elements/webrtc_client/client.hpp"
#include "elements/webrtc_client/line_receiver.hpp"
#include "kms-core/graph/element.hpp"

namespace kms::webrtc_client {

// Plays what a WHEP server shows. Control loop.
class WhepElement : public graph::Element, public HasClient {
 public:
  // Errors: INVALID_OPTIONS, URI_NOT_ALLOWED.
  static Result<std::unique_ptr<graph::Element>> create(graph::ElementHost& host,
                                                        const v1::WhepClientOptions& options);

  Client& client() override { return *client_; }
  v1::GetConnectionResponse connection() const override;

  void close(Done done) override;

 private:
  WhepElement(graph::ElementHost& element_host, const Settings& settings);
  void add_line(bool video, const std::vector<rtc::Codec>& codecs, Connection::Plan& plan);
  LineReceiver::Tell tell(bool video);
  std::function<void()> key_frame_asker();
  void connected(const Agreement& agreement, Connection& connection);
  void disconnected();
  void ended();
  void use_codec(bool video, rtc::Codec codec);
  void ask_for_key_frame();
  graph::SourcePort& port(bool video) { return ports_.sources[video ? 1 : 0]; }

  std::array<std::shared_ptr<LineReceiver>, 2>
      receivers_;                     // sound, pictures; shared with GStreamer's threads
  Connection* connection_ = nullptr;  // while connected
  std::unique_ptr<Client> client_;
  bool closing_ = false;
  Guard guard_;
};

}  // namespace kms::webrtc_client
