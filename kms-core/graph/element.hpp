// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/message.h>

#include <string>

#include "kms-core/base/loop.hpp"
#include "kms-core/base/worker_pool.hpp"
#include "kms-core/graph/port.hpp"

namespace kms {
struct Config;
}
namespace kms::gst {
class Pipeline;
}
namespace kms::rtc {
class Server;
}
namespace kms::storage {
class Uploads;
}

namespace kms::graph {

// What a session gives to an element: where it runs and whom it tells. Outlives the element; control loop
// only.
class ElementHost {
 public:
  virtual ~ElementHost() = default;

  virtual const std::string& name() const = 0;  // sessions/{session}/elements/{element}
  virtual Loop& loop() = 0;
  virtual WorkerPool& workers() = 0;  // for what can block
  virtual const Config& config() = 0;
  virtual gst::Pipeline& processing() = 0;  // the session's processing pipeline, made at the first call
  virtual rtc::Server& rtc() = 0;           // the RTP plane
  // What brings files to where they are kept; null where nothing is uploaded.
  virtual storage::Uploads* uploads() { return nullptr; }

  virtual void emit(const google::protobuf::Message& event) = 0;  // an event of the element's own proto
  virtual void fail(const Status& status) = 0;                    // becomes ElementError
  virtual void end_of_stream() = 0;                               // a source has no more media
  // Offers, accepts or ways in and out changed, ports came or went: plan again. Links of ports that went go.
  virtual void ports_changed() = 0;
  // A source of packets ended (rtc::SourceTrack::ended()): it is told now, not after a while without packets.
  virtual void packets_ended() = 0;
};

// An endpoint, filter or hub. Lives on its session's control loop. A create function gives a whole element or
// a Status; the ports that its kind declares are there from the beginning, and stay; those of a hub are made
// on request (HubPorts).
class Element {
 public:
  virtual ~Element() = default;
  Element(const Element&) = delete;
  Element& operator=(const Element&) = delete;

  const Ports& ports() const { return ports_; }

  // Finishes what must be finished (a file), releases what can block, then answers; afterwards the element is
  // destroyed. Its links are gone already. Called once.
  virtual void close(Done done) { done(ok()); }

  // A source port got its first taker, or lost its last.
  virtual void source_linked(const SourcePort&, bool /*linked*/) {}

  // A sink port got a source, or lost it.
  virtual void sink_linked(const SinkPort&, bool /*linked*/) {}

 protected:
  explicit Element(ElementHost& host) : host_(host) {}
  ElementHost& host() const { return host_; }
  Ports ports_;

 private:
  ElementHost& host_;
};

}  // namespace kms::graph
