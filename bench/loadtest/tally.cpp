// SPDX-License-Identifier: Apache-2.0
#include "bench/loadtest/tally.hpp"

#include <algorithm>

namespace kms::rtc::loadtest {

void SetupTimes::add(const SetupTimes& other) {
  post.add(other.post);
  ice.add(other.ice);
  dtls.add(other.dtls);
  first_packet.add(other.first_packet);
  first_key_frame.add(other.first_key_frame);
  total.add(other.total);
}

void Tally::add(const Tally& other) {
  counts += other.counts;
  video += other.video;
  audio += other.audio;
  video_latency.add(other.video_latency);
  audio_latency.add(other.audio_latency);
  publisher_setup.add(other.publisher_setup);
  viewer_setup.add(other.viewer_setup);
  viewers_without_media += other.viewers_without_media;
  longest_pause = std::max(longest_pause, other.longest_pause);
}

}  // namespace kms::rtc::loadtest
