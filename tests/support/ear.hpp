// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/gst/inlet.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {

// How loud a tone is in sound of one channel and 48,000 samples a second, in dB below the loudest there can
// be (0; -120 and less: nothing). Goertzel's filter, with a window.
double tone_db(const std::vector<int16_t>& sound, double hz);
// A tone at half the loudest, as it continues at sample `from`.
std::vector<int16_t> tone(double hz, size_t samples, size_t from = 0, double amplitude = 0.5);

// A sink at the end of a link that hears: mono, 48 kHz. `chain`: what is between, in gst-launch syntax
// ("opusdec").
class Ear {
 public:
  explicit Ear(const std::string& name, const std::string& chain = {});
  ~Ear();
  Ear(const Ear&) = delete;
  Ear& operator=(const Ear&) = delete;

  const std::shared_ptr<gst::Inlet>& inlet() const { return inlet_; }
  // The last of what came, once so much came from now on; empty when it does not in time.
  std::vector<int16_t> listen(std::chrono::milliseconds length) const;
  std::vector<int16_t> all() const { return heard_.copy(); }

 private:
  gst::Ref<GstElement> pipeline_;
  std::shared_ptr<gst::Inlet> inlet_;
  Watched<std::vector<int16_t>> heard_;
};

}  // namespace kms::test
