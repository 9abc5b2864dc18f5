// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "kms-core/gst/inlet.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {

// A picture in RGB.
struct Sight {
  int width = 0;
  int height = 0;
  std::vector<uint8_t> rgb;
  GstClockTime pts = 0;

  // Whether there is something like this colour (0xRRGGBB) at a place.
  bool is(int x, int y, uint32_t color) const;
  std::string at(int x, int y) const;  // "ff0000"
};

// A sink at the end of a link that sees. `chain`: what is between, in gst-launch syntax ("vp8dec").
class Eye {
 public:
  explicit Eye(const std::string& name, const std::string& chain = {});
  ~Eye();
  Eye(const Eye&) = delete;
  Eye& operator=(const Eye&) = delete;

  const std::shared_ptr<gst::Inlet>& inlet() const { return inlet_; }
  Sight last() const { return seen_.copy().last; }
  std::vector<GstClockTime> times() const { return seen_.copy().times; }  // of all pictures
  // The most that a picture, but for the first ones, came after its time.
  GstClockTime latest(size_t from) const;
  // Waits for a picture that fits; false when none comes in time.
  bool sees(const std::function<bool(const Sight&)>& fits) const;
  // Waits for so many more pictures.
  bool watch(size_t pictures) const;

 private:
  struct Seen {
    Sight last;
    std::vector<GstClockTime> times;
    std::vector<GstClockTime> late;  // how much they came after these
  };
  void take(GstBuffer* buffer);

  gst::Ref<GstElement> pipeline_;
  std::shared_ptr<gst::Inlet> inlet_;
  int width_ = 0;  // streaming thread
  int height_ = 0;
  Watched<Seen> seen_;
};

}  // namespace kms::test
