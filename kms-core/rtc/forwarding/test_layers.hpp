// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "kms-core/rtc/forwarding/packet_pool.hpp"
#include "kms-core/rtc/rtp/codec.hpp"
#include "kms-core/rtc/wire/bytes.hpp"

namespace kms::rtc::test {

// A video stream with layers, for tests: payloads of VP8 or VP9 with real descriptors, whose pictures use
// each other as Chromium's do. What a frame uses is written at the end of its packets, for LayerChecker.
class LayeredStream {
 public:
  struct Options {
    Codec codec = Codec::kVp8;
    int spatial = 1;
    bool key_only = false;  // spatial layers use each other in key pictures alone (L3T3_KEY)
    bool flexible = false;
    size_t packets = 2;  // of a frame
    size_t size = 200;   // of a packet of the lowest layer; twice as much of each above it
  };
  struct Piece {
    std::vector<uint8_t> payload;
    bool marker = false;
    bool key_frame = false;  // begins one
    int spatial = 0;
    int temporal = 0;
  };
  explicit LayeredStream(const Options& options) : options_(options) {}

  // The next picture: three temporal layers, in the order 0 2 1 2 1 at the beginning of eight of which each
  // may go up, and pictures of layer 1 that use the one before them.
  std::vector<Piece> next(bool key);

 private:
  struct Frame;
  void add(std::vector<Piece>& to, const Frame& frame);
  std::vector<uint8_t> descriptor_of(const Frame& frame, bool begins, bool ends) const;
  std::vector<uint8_t> vp9_descriptor_of(const Frame& frame, bool begins, bool ends) const;
  std::vector<uint32_t> uses(const Frame& frame) const;

  Options options_;
  uint32_t picture_ = 32'760;  // soon wraps
  uint8_t base_ = 250;
  int position_ = 0;              // from 0 to 7
  std::map<int, uint32_t> last_;  // picture by temporal layer
};

// As it comes from the network; the source's index and the times are left to the caller.
PacketRef packet_of(const LayeredStream::Piece& piece, Codec codec, PacketPool& pool);

// What a receiver makes of such a stream: whether everything it got can be decoded, and how much that is.
class LayerChecker {
 public:
  explicit LayerChecker(Codec codec) : codec_(codec) {}

  // The payload without padding; empty: nothing but padding. In any order.
  void take(uint64_t number, uint32_t timestamp, bool marker, Bytes payload);
  // What is wrong with all that came: numbers that are missing or came twice, frames with holes or without
  // what they use, pictures that do not end; empty: nothing. A last picture may be incomplete.
  std::string fault() const;
  // Complete frames of a spatial and a temporal layer.
  size_t frames(int spatial, int temporal) const;
  size_t packets() const { return packets_.size(); }

 private:
  struct Packet {
    uint32_t timestamp = 0;
    bool marker = false;
    uint32_t frame = 0;
  };
  struct Frame {
    uint8_t size = 0;
    std::set<uint8_t> parts;
    std::vector<uint32_t> uses;
    int spatial = 0;
    int temporal = 0;
    int picture_id = 0;
  };

  std::string numbers_fault() const;
  std::string frames_fault() const;
  std::string pictures_fault() const;

  Codec codec_;
  std::map<uint64_t, Packet> packets_;
  std::map<uint32_t, Frame> frames_;
  std::string twice_;
};

}  // namespace kms::rtc::test
