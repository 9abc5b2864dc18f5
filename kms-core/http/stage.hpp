// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <string>

#include "kms-core/graph/sdp_answerer.hpp"
#include "kms-core/graph/session.hpp"

namespace kms::http {

// What a room is in its session: an element "stage", to which the publisher is linked and from which the
// viewers are. Viewers stay linked while publishers come and go. It is a PassThrough, unless an application
// has put another element of that name there. On the session's control loop.
class Stage {
 public:
  static constexpr char kName[] = "stage";

  explicit Stage(graph::Session& session) : session_(session) {}

  // Whether anything is linked to it.
  bool has_source() const { return !session_.sources_of(kName).empty(); }

  // A new WebRtcEndpoint. It takes the stage if nothing else is there. Errors: those of ApplyGraph.
  Result<graph::SdpAnswerer*> add_publisher(const std::string& id);
  // A new WebRtcEndpoint that is sent what is on the stage. Errors: those of ApplyGraph.
  Result<graph::SdpAnswerer*> add_viewer(const std::string& id);
  // Links a publisher to the stage, in the place of what was there. Errors: those of Connect.
  Status take(const std::string& publisher);

 private:
  Result<graph::SdpAnswerer*> add(const std::string& id, const char* role,
                                  kms::v1::ApplyGraphRequest request);
  bool exists() const { return session_.get_element(name_of(kName)).ok(); }
  std::string name_of(const std::string& id) const { return session_.name() + "/elements/" + id; }

  graph::Session& session_;
};

}  // namespace kms::http
