// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/graph/format.hpp"
#include "kms-core/rtc/rtc.hpp"
#include "kms-core/rtc/rtp/picture_size.hpp"
#include "kms-core/rtc/sctp/data_source.hpp"

namespace kms::gst {
class FanOut;
class Inlet;
}  // namespace kms::gst

namespace kms::graph {

// A sink port's way in on the RTP plane: the element consumes the source that it is given. Control loop.
class PacketTaker {
 public:
  virtual ~PacketTaker() = default;
  // Takes packets from `source` from now on and from nothing else; null: from nothing. Pictures of the one
  // before go on until the first key frame of the new one, two seconds at most.
  virtual void take(const rtc::SourceRef& source) = 0;
  virtual const rtc::SourceRef& source() const = 0;  // what it takes from; null: nothing
  // What it sent on of that source; less than came of it while nobody takes it at the far end.
  struct Sent {
    uint64_t packets = 0;
    uint64_t bytes = 0;
  };
  virtual Sent sent() const = 0;
  // Whether a source of a codec that the port accepts can be taken as it is: its parameters are those agreed.
  virtual bool fits(const rtc::SourceRef& /*source*/) const { return true; }
};

// A sink port's way in for data: the element takes the messages of the source that it is given. Control loop.
class DataTaker {
 public:
  virtual ~DataTaker() = default;
  // Takes messages from `source` from now on and from nothing else; null: from nothing.
  virtual void take(const rtc::DataSourceRef& source) = 0;
  virtual const rtc::DataSourceRef& source() const = 0;  // what it takes from; null: nothing
  // What it sent on of that source, and what found no room.
  struct Sent {
    uint64_t messages = 0;
    uint64_t bytes = 0;
    uint64_t dropped = 0;
  };
  virtual Sent sent() const = 0;
};

// What is known of a port before its element lives; ListElementKinds and the docs read it.
struct PortSpec {
  std::string name;
  Direction direction;
  MediaKind kind;
  Formats formats;  // best first; empty: not known before media arrives
};

// Where media leaves an element. Plane-neutral: a port has the ways out that its element gives it.
struct SourcePort {
  std::string name;
  MediaKind kind;
  Formats offers = {};                      // now, best first; empty: not known yet
  std::shared_ptr<gst::FanOut> media = {};  // way out on the media plane
  rtc::SourceRef packets = {};              // way out on the RTP plane; its codec is that of `offers`
  rtc::DataSourceRef data = {};             // way out of messages, of kind data; offered as raw
  std::shared_ptr<gst::FanOut> raw = {};    // where `media` is encoded: the same before that, offered as well
  std::string reoffers = {};                // or: the element's sink port whose media runs through unchanged
  std::string same_as = {};                 // or: the element's source port that sends the same
  // Of packets: one name for all that is to be played in sync, known before the first packet. Empty: what
  // comes from upstream, or the element's own.
  std::string cname = {};
  // Of packets: how long a gap may hold up what came after it, where they go to the media plane.
  std::chrono::milliseconds patience{100};
  // Of encoded pictures: they come in another order than they are shown, which no receiver of RTP takes.
  bool reorders = false;
  // Of encoded pictures: they do not lie as they are to be shown, and nothing in the packets says so.
  bool turned = false;
  // Of encoded pictures: how far apart its key frames are is more than receivers of RTP can do with.
  bool rare_key_frames = false;
  // It makes no key frames when asked (a file): who comes later begins with what its FanOut keeps.
  bool keeps_key_frame = false;
};

// Where media enters an element; it has one source at most.
struct SinkPort {
  std::string name;
  MediaKind kind;
  Formats accepts = {};                       // best first
  std::shared_ptr<gst::Inlet> media = {};     // way in on the media plane; null when the port has none
  std::shared_ptr<PacketTaker> packets = {};  // way in on the RTP plane; null when the port has none
  std::shared_ptr<DataTaker> data = {};       // way in of messages; null when the port has none
  // Of pictures that come to the media plane, the size that suffices: a source with several encodings sends
  // the smallest that does. Zeros: what is wanted of what the element makes of them, or the largest. Who
  // changes it says ports_changed().
  rtc::PictureSize wants = {};
  bool hands_on = false;  // what comes leaves by source ports that re-offer it, by none at times
};

struct Ports {
  std::vector<SourcePort> sources;
  std::vector<SinkPort> sinks;
};

}  // namespace kms::graph
