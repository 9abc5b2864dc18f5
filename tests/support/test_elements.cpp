// SPDX-License-Identifier: Apache-2.0
#include "tests/support/test_elements.hpp"

#include <google/protobuf/struct.pb.h>
#include <google/protobuf/wrappers.pb.h>

#include <sstream>

#include "kms-core/gst/pipeline.hpp"
#include "kms-core/gst/strip.hpp"

namespace kms::test {
namespace {

using google::protobuf::BytesValue;
using google::protobuf::StringValue;
using graph::Element;
using graph::ElementHost;

graph::Format parse_format(const std::string& codec) {
  return codec == "raw" ? graph::raw() : graph::encoded(codec);
}

v1::MediaKind parse_kind(const std::string& text) {
  return text == "audio" ? v1::MEDIA_KIND_AUDIO : v1::MEDIA_KIND_VIDEO;
}

struct PortText {
  v1::MediaKind kind;
  std::string name;
  graph::Formats formats;
};

PortText parse_port(const std::string& text) {
  const auto colon = text.find(':');
  PortText out{parse_kind(text.substr(0, colon)), text.substr(0, colon), {}};
  std::stringstream codecs(text.substr(colon + 1));
  for (std::string codec; std::getline(codecs, codec, ',');) out.formats.push_back(parse_format(codec));
  return out;
}

rtc::PictureSize parse_size(const std::string& text) {
  const auto number = [](const std::string& digits) { return static_cast<uint32_t>(std::stoul(digits)); };
  return {number(text), number(text.substr(text.find('x') + 1))};
}

class Source : public Element {
 public:
  Source(ElementHost& element_host, const std::string& description) : Element(element_host) {
    std::string text = description;
    const bool unpaced = text.starts_with("unpaced ");
    if (unpaced) text = text.substr(8);
    const auto space = text.find(' ');
    const auto port = parse_port(text.substr(0, space));
    auto pacer = unpaced ? std::make_shared<gst::Pacer>(true) : nullptr;  // live sources pace themselves
    auto outlet = gst::Outlet::create("out", pacer);
    pipeline_ =
        std::make_unique<gst::Pipeline>("source", gst::Pipeline::Where{host().loop(), host().workers()});
    auto chain = gst::parse_chain(text.substr(space + 1));
    gst_bin_add_many(pipeline_->bin(), chain->get(), outlet->element(), nullptr);
    gst_element_link(chain->get(), outlet->element());
    ports_.sources.push_back(
        {.name = port.name, .kind = port.kind, .offers = port.formats, .media = outlet->fan_out()});
    // Later: its links are made in the same turn of the loop, and no frame shall be lost.
    host().loop().post(guard_.wrap([this] { pipeline_->start([](const Status&) {}); }));
  }
  void close(Done done) override { pipeline_->stop(std::move(done)); }

 private:
  std::unique_ptr<gst::Pipeline> pipeline_;
  Guard guard_;
};

class Sink : public Element {
 public:
  Sink(ElementHost& element_host, const std::string& description) : Element(element_host) {
    const auto space = description.find(' ');
    const auto port = parse_port(description.substr(0, space));
    strip_ = std::move(*gst::Strip::create("sink", "identity silent=true"));
    ports_.sinks.push_back(
        {.name = port.name, .kind = port.kind, .accepts = port.formats, .media = strip_->inlet()});
    if (space != std::string::npos) ports_.sinks.back().wants = parse_size(description.substr(space + 1));
    host().processing().add(strip_->bin(), [this](const Status& status) { host().fail(status); });
  }
  void close(Done done) override { host().processing().remove(strip_->bin(), std::move(done)); }

 private:
  std::unique_ptr<gst::Strip> strip_;
};

class Filter : public Element {
 public:
  Filter(ElementHost& element_host, const std::string& description) : Element(element_host) {
    const auto space = description.find(' ');
    const auto name = description.substr(0, space);
    const auto kind = parse_kind(name);
    strip_ = std::move(*gst::Strip::create("filter", description.substr(space + 1)));
    ports_.sinks.push_back({.name = name, .kind = kind, .accepts = {graph::raw()}, .media = strip_->inlet()});
    ports_.sources.push_back(
        {.name = name, .kind = kind, .offers = {graph::raw()}, .media = strip_->fan_out()});
    host().processing().add(strip_->bin(), [this](const Status& status) { host().fail(status); });
  }
  void close(Done done) override { host().processing().remove(strip_->bin(), std::move(done)); }

 private:
  std::unique_ptr<gst::Strip> strip_;
};

}  // namespace

void declare_test_elements(graph::Catalog& catalog) {
  catalog.add(graph::define<StringValue>(
      {.title = "TestSource", .summary = "Media from a gst-launch chain."},
      +[](ElementHost& host, const StringValue& options) -> Result<std::unique_ptr<Element>> {
        return std::make_unique<Source>(host, options.value());
      }));
  catalog.add(graph::define<BytesValue>(
      {.title = "TestSink", .summary = "Counts frames."},
      +[](ElementHost& host, const BytesValue& options) -> Result<std::unique_ptr<Element>> {
        return std::make_unique<Sink>(host, options.value());
      }));
  catalog.add(graph::define<google::protobuf::Value>(
      {.title = "TestFilter", .summary = "A gst-launch chain."},
      +[](ElementHost& host, const google::protobuf::Value& options) -> Result<std::unique_ptr<Element>> {
        return std::make_unique<Filter>(host, options.string_value());
      }));
}

v1::ElementSpec source(const std::string& id, const std::string& description) {
  StringValue options;
  options.set_value(description);
  v1::ElementSpec spec;
  spec.set_element_id(id);
  spec.mutable_options()->PackFrom(options);
  return spec;
}

v1::ElementSpec sink(const std::string& id, const std::string& formats) {
  BytesValue options;
  options.set_value(formats);
  v1::ElementSpec spec;
  spec.set_element_id(id);
  spec.mutable_options()->PackFrom(options);
  return spec;
}

v1::ElementSpec filter(const std::string& id, const std::string& description) {
  google::protobuf::Value options;
  options.set_string_value(description);
  v1::ElementSpec spec;
  spec.set_element_id(id);
  spec.mutable_options()->PackFrom(options);
  return spec;
}

}  // namespace kms::test
