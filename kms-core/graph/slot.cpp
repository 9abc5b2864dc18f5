// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/slot.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "kms-core/gst/factory.hpp"
#include "kms-core/gst/fan_out.hpp"
#include "kms-core/gst/inlet.hpp"

namespace kms::graph {
namespace {

constexpr char kTypePrefix[] = "type.googleapis.com/";

Status no_options() {
  return error(StatusCode::kInvalidArgument, "EMPTY_OPTIONS",
               "options has no type_url; pack the options message of the kind into google.protobuf.Any, e.g. "
               "type.googleapis.com/kms.player.v1.PlayerOptions (ListElementKinds names all)");
}

Status unknown_kind(const std::string& type) {
  return error(
      StatusCode::kInvalidArgument, "UNKNOWN_KIND",
      fmt::format("no element has options of type \"{}\"; ListElementKinds names those that exist", type));
}

google::protobuf::Timestamp to_timestamp(std::chrono::system_clock::time_point time) {
  const auto nanos = std::chrono::duration_cast<std::chrono::nanoseconds>(time.time_since_epoch()).count();
  google::protobuf::Timestamp stamp;
  stamp.set_seconds(nanos / 1'000'000'000);
  stamp.set_nanos(static_cast<int32_t>(nanos % 1'000'000'000));
  return stamp;
}

template <typename PortType>
const PortType* find_port(const std::vector<PortType>& ports, const std::string& name) {
  const auto found =
      std::find_if(ports.begin(), ports.end(), [&](const PortType& p) { return p.name == name; });
  return found == ports.end() ? nullptr : &*found;
}

template <typename PortType>
v1::Port describe_port(const PortType& port, Direction direction, const Formats& formats) {
  v1::Port out;
  out.set_name(port.name);
  out.set_direction(direction);
  out.set_kind(port.kind);
  for (const auto& format : formats) *out.add_formats() = to_proto(format);
  out.set_flowing(port.media && !port.media->resting());
  return out;
}

}  // namespace

Slot::Slot(SlotOwner& owner, std::string name, const v1::ElementSpec& spec)
    : owner_(owner), name_(std::move(name)), spec_(spec) {}

Status Slot::fill(const Catalog& catalog) {
  const auto& url = spec_.options().type_url();
  if (url.empty()) return about(no_options(), name_);
  const auto type = url.substr(url.rfind('/') + 1);
  kind_ = catalog.find(type);
  if (kind_ == nullptr) return about(unknown_kind(type), name_);
  const auto missing = Catalog::missing(*kind_);
  if (!missing.empty()) return about(gst::missing_plugin(missing), name_);
  spec_.mutable_options()->set_type_url(kTypePrefix + type);
  auto made = kind_->create(*this, spec_.options());
  if (!made.ok()) return about(made.status(), name_);
  element_ = std::move(*made);
  return ok();
}

v1::Element Slot::describe() const {
  v1::Element out;
  out.set_name(name_);
  out.set_kind(kind_->options);
  *out.mutable_options() = spec_.options();
  out.set_display_name(spec_.display_name());
  *out.mutable_tags() = spec_.tags();
  *out.mutable_create_time() = to_timestamp(created_);
  for (const auto& port : element_->ports().sources) {
    *out.add_ports() = describe_port(port, v1::DIRECTION_SOURCE, port.offers);
  }
  for (const auto& port : element_->ports().sinks) {
    *out.add_ports() = describe_port(port, v1::DIRECTION_SINK, port.accepts);
  }
  return out;
}

const SourcePort* Slot::source(const std::string& port) const {
  return find_port(element_->ports().sources, port);
}
const SinkPort* Slot::sink(const std::string& port) const { return find_port(element_->ports().sinks, port); }

void Slot::close(Done done) {
  closing_ = true;
  element_->close(std::move(done));
}

v1::Event Slot::event() const {
  v1::Event event;
  event.set_source(name_);
  return event;
}

void Slot::emit(const google::protobuf::Message& message) {
  auto out = event();
  out.mutable_element_event()->PackFrom(message);
  send(std::move(out));
}

void Slot::fail(const Status& status) {
  if (!admitted_) {
    failure_.Update(status);
    return;
  }
  auto out = event();
  out.mutable_element_error()->set_reason(reason_of(status));
  out.mutable_element_error()->set_message(message_of(status));
  send(std::move(out));
}

void Slot::end_of_stream() {
  auto out = event();
  out.mutable_end_of_stream();
  send(std::move(out));
}

void Slot::ports_changed() {
  if (!closing_) owner_.ports_changed();
}

}  // namespace kms::graph
