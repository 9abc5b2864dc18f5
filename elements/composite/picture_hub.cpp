// SPDX-License-Identifier: Apache-2.0
#include "elements/composite/picture_hub.hpp"

#include <algorithm>
#include <utility>

#include "kms-core/mix/text.hpp"

namespace kms::composite {
namespace {

using kms::v1::MEDIA_KIND_AUDIO;
using kms::v1::MEDIA_KIND_VIDEO;

std::string owner_of(const std::string& port) { return port.substr(0, port.rfind('.')); }

// Takes some milliseconds: on a worker.
std::shared_ptr<const mix::NamePlate> plate_of(const std::string& name, const mix::Size& size) {
  const int label = std::clamp(size.height / 30, 12, 48);
  const int large = std::clamp(size.height / 14, 16, 96);
  return std::make_shared<const mix::NamePlate>(
      mix::NamePlate{mix::text_mask(name, label, size.width), mix::text_mask(name, large, size.width)});
}

}  // namespace

PictureHub::PictureHub(graph::ElementHost& host, const Options& options, std::function<void()> on_wishes)
    : host_(host),
      options_(options),
      on_wishes_(std::move(on_wishes)),
      mixer_(std::make_shared<mix::PictureMixer>(options.mixer)) {
  scene_.layout = options.layout;
  scene_.patience = options.patience;
  show();
}

graph::SourcePort PictureHub::picture_of_all() const {
  return {.name = "video",
          .kind = MEDIA_KIND_VIDEO,
          .offers = {graph::raw()},
          .media = mixer_->fan_out(),
          .cname = host_.name()};
}

Result<graph::Ports> PictureHub::add(const std::string& port_id, const std::string& display_name) {
  auto input = mix::PictureInput::create(
      "mixed-" + port_id, host_.processing(),
      guard_.wrap([this](const Status& status) { host_.fail(status); }),
      [loop = &host_.loop(), wish = guard_.wrap([this] { wish(); })] { loop->post(wish); });
  if (!input.ok()) return input.status();
  places_.push_back({.port_id = port_id, .display_name = display_name, .input = *std::move(input)});
  write(places_.back());
  graph::Ports out;
  out.sinks.push_back({.name = {},
                       .kind = MEDIA_KIND_VIDEO,
                       .accepts = {graph::raw()},
                       .media = places_.back().input->inlet(),
                       .wants = {1, 1}});  // nobody sees them yet
  out.sources.push_back({.name = {}, .kind = MEDIA_KIND_VIDEO, .offers = {graph::raw()}, .same_as = "video"});
  return out;
}

PictureHub::Place* PictureHub::find(const std::string& port_id) {
  const auto found = std::find_if(places_.begin(), places_.end(),
                                  [&](const Place& place) { return place.port_id == port_id; });
  return found == places_.end() ? nullptr : &*found;
}

void PictureHub::write(Place& place) {
  auto set = guard_.wrap([this, port_id = place.port_id,
                          name = place.display_name](std::shared_ptr<const mix::NamePlate> plate) {
    set_plate(port_id, name, std::move(plate));
  });
  host_.workers().run(
      [name = place.display_name, size = size(), loop = &host_.loop(), set = std::move(set)]() mutable {
        auto plate = plate_of(name, size);
        loop->post([set = std::move(set), plate = std::move(plate)]() mutable { set(std::move(plate)); });
      });
}

void PictureHub::set_plate(const std::string& port_id, const std::string& name,
                           std::shared_ptr<const mix::NamePlate> plate) {
  auto* place = find(port_id);
  if (place == nullptr || place->display_name != name) return;  // renamed meanwhile
  place->plate = std::move(plate);
  show();
}

void PictureHub::rename(const std::string& port_id, const std::string& display_name) {
  auto* place = find(port_id);
  if (place == nullptr || place->display_name == display_name) return;
  place->display_name = display_name;
  write(*place);
}

void PictureHub::remove(const std::string& port_id) {
  std::erase_if(places_, [&](const Place& place) { return place.port_id == port_id; });
  show();
}

void PictureHub::set_layout(mix::Layout layout) {
  scene_.layout = std::move(layout);
  show();
}

std::vector<std::string> PictureHub::not_there() const {
  std::vector<std::string> named{scene_.layout.main};
  for (const auto& cell : scene_.layout.cells) named.push_back(cell.input);
  std::sort(named.begin(), named.end());
  named.erase(std::unique(named.begin(), named.end()), named.end());
  std::erase_if(named, [this](const std::string& name) {
    return name.empty() || std::any_of(places_.begin(), places_.end(), [&](const Place& place) {
             return place.port_id == name && (place.pictures || place.sound);
           });
  });
  return named;
}

void PictureHub::set_speaker(const std::string& port_id) {
  scene_.speaker = port_id;
  show();
}

void PictureHub::set_background(mix::Color color, std::shared_ptr<const mix::Picture> image) {
  scene_.background = color;
  scene_.image = std::move(image);
  show();
}

void PictureHub::sink_linked(const graph::SinkPort& port, bool linked) {
  auto* place = find(owner_of(port.name));
  if (place == nullptr) return;
  if (port.kind == MEDIA_KIND_AUDIO) place->sound = linked;
  if (port.kind == MEDIA_KIND_VIDEO) {
    place->pictures = linked;
    if (!linked) place->input->forget();
  }
  show();
}

void PictureHub::show() {
  auto scene = std::make_shared<mix::Scene>(scene_);
  for (const auto& place : places_) {
    if (!place.pictures && !place.sound) continue;
    scene->inputs.push_back({place.port_id, place.pictures ? place.input->latest() : nullptr, place.plate});
  }
  mixer_->show(std::move(scene));
  wish();
}

// On a later turn: links may just be under way, and who changes much is asked once.
void PictureHub::wish() {
  if (std::exchange(wishing_, true)) return;
  host_.loop().post(guard_.wrap([this] {
    wishing_ = false;
    on_wishes_();
  }));
}

std::map<std::string, mix::Size> PictureHub::wishes() const {
  std::vector<mix::Shown> inputs;
  for (const auto& place : places_) {
    if (!place.pictures && !place.sound) continue;
    const auto shot = place.input->latest()->get();
    inputs.push_back({place.port_id, shot.buffer ? shot.aspect() : mix::Shown().aspect});
  }
  auto sizes = mix::sizes_in(mix::arrange(scene_.layout, size(), inputs, scene_.speaker), inputs);
  for (const auto& place : places_) {
    auto& size = sizes.try_emplace(place.port_id, mix::Size{1, 1}).first->second;
    if (place.input->latest()->get().turn.swaps_sides()) std::swap(size.width, size.height);
  }
  return sizes;
}

void PictureHub::close(Done done) {
  guard_.reset();
  places_.clear();
  host_.workers().run([mixer = mixer_, loop = &host_.loop(), done = std::move(done)]() mutable {
    mixer->stop();
    loop->post([done = std::move(done)]() mutable { done(ok()); });
  });
}

}  // namespace kms::composite
