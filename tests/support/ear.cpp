// SPDX-License-Identifier: Apache-2.0
#include "tests/support/ear.hpp"

#include <cmath>

#include "kms-core/gst/init.hpp"
#include "kms-core/gst/raw_sink.hpp"
#include "kms-core/gst/strip.hpp"

namespace kms::test {

constexpr double kRate = 48000;
constexpr char kHeard[] = "audio/x-raw,format=S16LE,layout=interleaved,rate=48000,channels=1";

double tone_db(const std::vector<int16_t>& sound, double hz) {
  if (sound.empty()) return -200;
  const double turn = 2 * M_PI * hz / kRate;
  double before = 0;
  double last = 0;
  double weight = 0;
  for (size_t i = 0; i < sound.size(); ++i) {
    const double window =
        0.5 - 0.5 * std::cos(2 * M_PI * static_cast<double>(i) / static_cast<double>(sound.size()));
    weight += window;
    const double next = window * sound[i] / 32768.0 + 2 * std::cos(turn) * last - before;
    before = last;
    last = next;
  }
  const double power = before * before + last * last - 2 * std::cos(turn) * before * last;
  return 10 * std::log10(std::max(4 * power / (weight * weight), 1e-20));
}

std::vector<int16_t> tone(double hz, size_t samples, size_t from, double amplitude) {
  std::vector<int16_t> out(samples);
  for (size_t i = 0; i < samples; ++i) {
    out[i] = static_cast<int16_t>(
        std::lround(32767 * amplitude * std::sin(2 * M_PI * hz * static_cast<double>(from + i) / kRate)));
  }
  return out;
}

Ear::Ear(const std::string& name, const std::string& chain)
    : pipeline_((gst::init(), gst::Ref<GstElement>::sink(gst_pipeline_new(name.c_str())))),
      inlet_(gst::Inlet::create(name + "-in")) {
  const auto sink = gst::RawSink::create(
      name + "-out", kHeard,
      {.on_stream = [](bool) {},
       .on_caps = [](const GstCaps*) {},
       .on_turned = {},
       .on_buffer =
           [this](const gst::Ref<GstBuffer>& buffer) {
             std::vector<int16_t> samples(gst_buffer_get_size(buffer.get()) / sizeof(int16_t));
             gst_buffer_extract(buffer.get(), 0, samples.data(), samples.size() * sizeof(int16_t));
             heard_.change([&](auto& heard) { heard.insert(heard.end(), samples.begin(), samples.end()); });
           }});
  auto parts =
      gst::parse_chain((chain.empty() ? "" : chain + " ! ") + "audioconvert ! audioresample").value();
  gst_bin_add_many(GST_BIN(pipeline_.get()), inlet_->element(), parts.get(), sink->element(), nullptr);
  gst_element_link_many(inlet_->element(), parts.get(), sink->element(), nullptr);
  gst_element_set_state(pipeline_.get(), GST_STATE_PLAYING);
}

Ear::~Ear() {
  inlet_->detach();
  gst_element_set_state(pipeline_.get(), GST_STATE_NULL);
}

std::vector<int16_t> Ear::listen(std::chrono::milliseconds length) const {
  const auto samples = static_cast<size_t>(length.count()) * static_cast<size_t>(kRate) / 1000;
  const auto begin = heard_.copy().size();
  if (!heard_.wait([&](const auto& heard) { return heard.size() >= begin + samples; })) return {};
  const auto heard = heard_.copy();
  return {heard.end() - static_cast<ptrdiff_t>(samples), heard.end()};
}

}  // namespace kms::test
