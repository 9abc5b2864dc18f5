// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/muxer.hpp"

#include "elements/recorder/matroska_muxer.hpp"
#include "elements/recorder/mp4_muxer.hpp"

namespace kms::recorder {

std::unique_ptr<Muxer> make_muxer(const MuxerPlan& plan) {
  if (plan.container == v1::CONTAINER_MP4) return std::make_unique<Mp4Muxer>(plan);
  return std::make_unique<MatroskaMuxer>(plan);
}

Result<Contents> finish_file(v1::Container container, int file, Steps& steps) {
  return container == v1::CONTAINER_MP4 ? finish_mp4(file, steps) : finish_matroska(file, steps);
}

}  // namespace kms::recorder
