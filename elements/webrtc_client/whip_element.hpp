// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "elements/webrtc_client/client.hpp"
#include "elements/webrtc_client/line_sender.hpp"
#include "kms-core/graph/element.hpp"

namespace kms::webrtc_client {

// Publishes to a WHIP server. Control loop.
class WhipElement : public graph::Element, public HasClient {
 public:
  // Errors: INVALID_OPTIONS, URI_NOT_ALLOWED.
  static Result<std::unique_ptr<graph::Element>> create(graph::ElementHost& host,
                                                        const v1::WhipClientOptions& options);

  Client& client() override { return *client_; }
  v1::GetConnectionResponse connection() const override;

  void close(Done done) override;

 private:
  WhipElement(graph::ElementHost& element_host, const Settings& settings);
  void add_line(bool video, const std::vector<rtc::Codec>& codecs);
  void connected(const Agreement& agreement, Connection& connection);
  void disconnected();
  void fix_codec(size_t line, rtc::Codec codec);

  std::vector<std::vector<rtc::Codec>> offered_;      // by line
  std::vector<std::shared_ptr<LineSender>> senders_;  // by line, while connected; null: the server takes none
  std::unique_ptr<Client> client_;
  Guard connection_guard_;  // of this connection
  Guard guard_;
};

}  // namespace kms::webrtc_client
