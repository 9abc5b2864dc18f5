// SPDX-License-Identifier: Apache-2.0
#include "elements/composite/composite_element.hpp"

#include "kms-core/base/config.hpp"
#include "kms-core/base/uri_policy.hpp"
#include "kms-core/mix/image.hpp"

namespace kms::composite {

using Image = Result<std::shared_ptr<const mix::Picture>>;

CompositeElement::CompositeElement(graph::ElementHost& element_host, const Settings& settings)
    : Element(element_host),
      pictures_(element_host, {settings.picture, settings.layout, settings.patience},
                [this] { take_wishes(); }),
      sound_(element_host, settings.sound, [this](const std::string& port_id) { tell_speaker(port_id); }),
      hub_ports_(element_host, ports_),
      images_(element_host.workers()) {
  ports_.sources.push_back(sound_.mix_of_all());
  ports_.sources.push_back(pictures_.picture_of_all());
}

Result<std::unique_ptr<graph::Element>> CompositeElement::create(graph::ElementHost& host,
                                                                 const v1::CompositeOptions& options) {
  const auto settings = read(options);
  if (!settings.ok()) return settings.status();
  auto element =
      std::unique_ptr<CompositeElement>(new CompositeElement(host, *settings));  // its constructor is private
  if (auto status = element->begin(options); !status.ok()) return status;
  return element;
}

Status CompositeElement::begin(const v1::CompositeOptions& options) {
  for (const auto& port : options.ports()) {
    const auto made = add_port(port.port_id(), port.input());
    if (!made.ok()) return made.status();
  }
  if (!options.has_background()) return ok();
  Status refused;
  auto tell = guard_.wrap([this](const Status& status) { host().fail(status); });
  const auto now = std::make_shared<bool>(true);
  set_background(options.background(), [&refused, tell, now](const Status& status) mutable {
    if (status.ok()) return;
    if (*now) {
      refused = status;
    } else {
      tell(status);
    }
  });
  *now = false;
  return refused;
}

Result<kms::v1::HubPort> CompositeElement::add_port(const std::string& port_id,
                                                    const kms::v1::MixerInput& input) {
  return hub_ports_.create(port_id, [&](const std::string& id) -> Result<graph::Ports> {
    const auto settings = mix::read(input, id);
    if (!settings.ok()) return settings.status();
    return make(id, *settings);
  });
}

Result<graph::Ports> CompositeElement::make(const std::string& port_id, const mix::InputSettings& settings) {
  auto out = sound_.add(port_id, settings);
  if (!out.ok()) return out.status();
  auto pictures = pictures_.add(port_id, settings.display_name);
  if (!pictures.ok()) {
    sound_.remove(port_id);
    return pictures.status();
  }
  out->sinks.push_back(std::move(pictures->sinks.front()));
  out->sources.push_back(std::move(pictures->sources.front()));
  return out;
}

Result<v1::CreateHubPortResponse> CompositeElement::create_hub_port(const v1::CreateHubPortRequest& asked) {
  auto made = add_port(asked.port_id(), asked.input());
  if (!made.ok()) return made.status();
  host().ports_changed();
  v1::CreateHubPortResponse response;
  *response.mutable_port() = *std::move(made);
  return response;
}

Status CompositeElement::delete_hub_port(const std::string& port_id) {
  if (auto status = hub_ports_.release(port_id); !status.ok()) return status;
  host().ports_changed();
  pictures_.remove(port_id);
  sound_.remove(port_id);
  return ok();
}

Status CompositeElement::set_input(const v1::SetInputRequest& asked) {
  if (auto status = hub_ports_.check(asked.port_id()); !status.ok()) return status;
  const auto settings = mix::read(asked.input(), asked.port_id());
  if (!settings.ok()) return settings.status();
  pictures_.rename(asked.port_id(), settings->display_name);
  sound_.set(asked.port_id(), *settings);
  return ok();
}

Result<v1::SetLayoutResponse> CompositeElement::set_layout(const v1::Layout& layout) {
  auto read_layout = read(layout, pictures_.size());
  if (!read_layout.ok()) return read_layout.status();
  pictures_.set_layout(*std::move(read_layout));
  v1::SetLayoutResponse response;
  for (const auto& name : pictures_.not_there()) response.add_not_there(name);
  return response;
}

void CompositeElement::set_background(const v1::Background& background, Done done) {
  const auto color = read_color("background.color", background.color());
  if (!color.ok()) return done(color.status());
  auto set = guard_.wrap([this, color = *color, done = std::move(done)](const Image& image) mutable {
    if (image.ok()) pictures_.set_background(color, *image);
    done(image.status());
  });
  if (!background.has_image_uri()) return set(Image(nullptr));
  const auto path = UriPolicy(host().config()).readable_file(background.image_uri());
  if (!path.ok()) return set(Image(path.status()));
  images_.run([path = *path, size = pictures_.size(), loop = &host().loop(), set = std::move(set)]() mutable {
    loop->post([image = mix::load_image(path, size), set = std::move(set)]() mutable { set(image); });
  });
}

void CompositeElement::tell_speaker(const std::string& port_id) {
  pictures_.set_speaker(port_id);
  v1::ActiveSpeakerChanged event;
  event.set_port_id(port_id);
  host().emit(event);
}

// A sender of several sizes need not decode more than is seen.
void CompositeElement::take_wishes() {
  const auto sizes = pictures_.wishes();
  bool changed = false;
  for (auto& sink : ports_.sinks) {
    if (sink.kind != kms::v1::MEDIA_KIND_VIDEO) continue;
    const auto found = sizes.find(sink.name.substr(0, sink.name.rfind('.')));
    if (found == sizes.end()) continue;
    const rtc::PictureSize wanted{static_cast<uint32_t>(found->second.width),
                                  static_cast<uint32_t>(found->second.height)};
    changed = changed || sink.wants != wanted;
    sink.wants = wanted;
  }
  if (changed) host().ports_changed();
}

void CompositeElement::sink_linked(const graph::SinkPort& port, bool linked) {
  sound_.sink_linked(port, linked);
  pictures_.sink_linked(port, linked);
}

void CompositeElement::close(Done done) {
  guard_.reset();
  sound_.close([this, done = std::move(done)](const Status&) mutable { pictures_.close(std::move(done)); });
}

}  // namespace kms::composite
