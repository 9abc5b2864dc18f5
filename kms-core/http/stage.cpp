// SPDX-License-Identifier: Apache-2.0
#include "kms-core/http/stage.hpp"

#include <utility>

namespace kms::http {
namespace {

// Kinds are named by the type of their options, of which only the defaults are needed here.
kms::v1::ElementSpec spec_of(const std::string& id, const std::string& options) {
  kms::v1::ElementSpec spec;
  spec.set_element_id(id);
  spec.mutable_options()->set_type_url("type.googleapis.com/" + options);
  return spec;
}

kms::v1::LinkSpec link(const std::string& source, const std::string& sink) {
  kms::v1::LinkSpec spec;
  spec.set_source(source);
  spec.set_sink(sink);
  return spec;
}

}  // namespace

Result<graph::SdpAnswerer*> Stage::add_publisher(const std::string& id) {
  kms::v1::ApplyGraphRequest request;
  if (!has_source()) *request.add_links() = link(id, kName);
  return add(id, "publisher", std::move(request));
}

Result<graph::SdpAnswerer*> Stage::add_viewer(const std::string& id) {
  kms::v1::ApplyGraphRequest request;
  *request.add_links() = link(kName, id);
  return add(id, "viewer", std::move(request));
}

Result<graph::SdpAnswerer*> Stage::add(const std::string& id, const char* role,
                                       kms::v1::ApplyGraphRequest request) {
  auto endpoint = spec_of(id, "kms.webrtc.v1.WebRtcOptions");
  (*endpoint.mutable_tags())["whip"] = role;
  *request.add_elements() = std::move(endpoint);
  if (!exists()) *request.add_elements() = spec_of(kName, "kms.pass_through.v1.PassThroughOptions");
  if (const auto made = session_.apply(request); !made.ok()) return made.status();
  return session_.find<graph::SdpAnswerer>(name_of(id));
}

Status Stage::take(const std::string& publisher) {
  if (session_.sources_of(kName) == std::set<std::string>{publisher}) return ok();
  return session_.connect(link(publisher, kName)).status();
}

}  // namespace kms::http
