// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "elements/recorder/muxer.hpp"

namespace kms::recorder {

// WebM and Matroska (RFC 9559). The head keeps room for what is known at the end: where things are, and the
// duration. Each fragment is a cluster of known size.
class MatroskaMuxer : public Muxer {
 public:
  // Bytes that the head keeps for the list of what is where.
  static constexpr uint64_t kSeekHeadRoom = 96;

  explicit MatroskaMuxer(const MuxerPlan& plan) : plan_(plan) {}
  std::string head() override;
  void fragment(const std::vector<Sample>& samples, gst::Gathered& out) override;

 private:
  std::string info() const;
  std::string track(size_t index);
  void cluster(const std::vector<const Sample*>& samples, gst::Gathered& out) const;
  int64_t milliseconds(const Sample& sample) const;

  const MuxerPlan plan_;
  std::vector<int64_t> delays_;  // of each track's codec, nanoseconds: players take it off
};

Result<Contents> finish_matroska(int file, Steps& steps);

}  // namespace kms::recorder
