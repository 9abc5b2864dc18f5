// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <map>
#include <memory>
#include <string>

#include "kms-core/graph/catalog.hpp"
#include "kms-core/graph/element.hpp"
#include "kms/v1/element.pb.h"
#include "kms/v1/event.pb.h"

namespace kms::graph {

// What elements of a session need from it. Control loop.
class SlotOwner {
 public:
  virtual ~SlotOwner() = default;
  virtual Loop& loop() = 0;
  virtual WorkerPool& workers() = 0;
  virtual const Config& config() = 0;
  virtual gst::Pipeline& processing() = 0;
  virtual rtc::Server& rtc() = 0;
  virtual const std::shared_ptr<rtc::LoudestSources>& loudest() = 0;
  virtual storage::Uploads* uploads() = 0;
  virtual void event(v1::Event event) = 0;
  virtual void ports_changed() = 0;
  virtual void packets_ended() = 0;
  virtual void voice_began() = 0;
};

// An element's place in its session: its name, what the client said of it, and its host. Control loop.
class Slot : public ElementHost {
 public:
  Slot(SlotOwner& owner, std::string name, const v1::ElementSpec& spec);

  // Makes the element. Errors: those of CreateElement.
  Status fill(const Catalog& catalog);

  // It became a part of its session. What its element fails with before that is failure(), and not told.
  void admit() { admitted_ = true; }
  bool admitted() const { return admitted_; }
  const Status& failure() const { return failure_; }

  const std::string& id() const { return spec_.element_id(); }
  bool filled() const { return element_ != nullptr; }
  Element& element() const { return *element_; }
  const Kind& kind() const { return *kind_; }
  v1::ElementSpec& spec() { return spec_; }
  v1::Element describe() const;

  const SourcePort* source(const std::string& port) const;
  const SinkPort* sink(const std::string& port) const;

  // The element is on its way out: it takes no commands any more.
  bool closing() const { return closing_; }
  void close(Done done);

  // Frames of transcoders of this element's source ports that are gone.
  uint64_t frames_decoded = 0;
  uint64_t frames_encoded = 0;

  // ElementHost:
  const std::string& name() const override { return name_; }
  Loop& loop() override { return owner_.loop(); }
  WorkerPool& workers() override { return owner_.workers(); }
  const Config& config() override { return owner_.config(); }
  gst::Pipeline& processing() override { return owner_.processing(); }
  rtc::Server& rtc() override { return owner_.rtc(); }
  std::shared_ptr<rtc::LoudestSources> loudest() override { return owner_.loudest(); }
  storage::Uploads* uploads() override { return owner_.uploads(); }
  void emit(const google::protobuf::Message& event) override;
  void fail(const Status& status) override;
  void end_of_stream() override;
  void ports_changed() override;
  void packets_ended() override { owner_.packets_ended(); }
  void voice_began() override { owner_.voice_began(); }

  // An event about this element, to be filled in further.
  v1::Event event() const;
  void send(v1::Event event) { owner_.event(std::move(event)); }

 private:
  SlotOwner& owner_;
  const std::string name_;
  v1::ElementSpec spec_;
  const std::chrono::system_clock::time_point created_ = std::chrono::system_clock::now();
  const Kind* kind_ = nullptr;
  std::unique_ptr<Element> element_;
  bool closing_ = false;
  bool admitted_ = false;
  Status failure_ = ok();
};

using Slots = std::map<std::string, std::unique_ptr<Slot>>;  // by element id

}  // namespace kms::graph
