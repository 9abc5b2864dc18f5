// SPDX-License-Identifier: Apache-2.0
#include "kms-core/bridge/test_rig.hpp"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include "kms-core/gst/codecs.hpp"

namespace kms::bridge::test {
namespace {

constexpr uint32_t kMany = 10'000;  // frames that may wait: who is held up misses none

std::unique_ptr<rtc::Server> start_server() {
  rtc::ServerOptions options;
  options.threads = 2;
  options.announced = {"127.0.0.1"};
  return std::move(*rtc::Server::start(options));
}

rtc::test::TestPeer::Options speaking(rtc::Codec codec) {
  rtc::test::TestPeer::Options options;
  options.publishes = true;
  const auto name = std::string(rtc::name_of(codec));
  const auto rate = std::to_string(rtc::clock_rate_of(codec));
  if (rtc::is_audio(codec)) {
    options.audio = name + "/" + rate + (codec == rtc::Codec::kOpus ? "/2" : "");
  } else {
    options.video = name + "/" + rate;
  }
  if (codec == rtc::Codec::kOpus) options.red = Wire::kRedType;
  if (codec == rtc::Codec::kH264)
    options.video_parameters = "packetization-mode=1;profile-level-id=42e01f;level-asymmetry-allowed=1";
  return options;
}

}  // namespace

Rig::Rig() : server_(start_server()) {}
Rig::~Rig() { clear(); }

std::function<void(const Status&)> Rig::note() {
  return [this](const Status& status) {
    errors_.change([&](auto& errors) { errors.push_back(reason_of(status) + ": " + message_of(status)); });
  };
}

const rtc::SourceRef& Rig::packetize(rtc::Codec codec, const std::shared_ptr<gst::FanOut>& frames) {
  host_.on_loop([&] {
    auto made = GstToRtp::create(*server_, host_.processing(),
                                 {.name = "to-rtp", .codec = codec, .on_error = note()});
    ASSERT_TRUE(made.ok()) << made.status();
    (*made)->inlet()->attach(frames);
    to_rtp_.push_back(std::move(*made));
  });
  return to_rtp_.back()->source();
}

std::shared_ptr<gst::FanOut> Rig::unpack(const rtc::SourceRef& packets, std::chrono::milliseconds patience) {
  host_.on_loop([&] {
    auto made = RtpToGst::create(*server_, packets, host_.processing(),
                                 {.name = "to-gst", .patience = patience, .on_error = note()});
    ASSERT_TRUE(made.ok()) << made.status();
    to_gst_.push_back(std::move(*made));
  });
  return to_gst_.back()->fan_out();
}

void Rig::want(const rtc::PictureSize& size) {
  host_.on_loop([&] { to_gst_.back()->want(size); });
}

std::shared_ptr<gst::FanOut> Rig::decode(const std::shared_ptr<gst::FanOut>& frames,
                                         const std::string& chain) {
  host_.on_loop([&] {
    strips_.push_back(gst::Strip::create("decode", chain).value());
    host_.processing().add(strips_.back()->bin(), note());
    strips_.back()->inlet()->set_patience(kMany, UINT64_MAX);
    strips_.back()->inlet()->attach(frames);
  });
  return strips_.back()->fan_out();
}

void Rig::clear() {
  host_.on_loop([this] {
    for (auto& strip : strips_) {
      strip->inlet()->detach();
      const auto bin = strip->bin();
      host_.processing().remove(bin, [](const Status&) {});
    }
    strips_.clear();
    to_gst_.clear();
    to_rtp_.clear();
  });
}

void Rig::ask_encoder_for_key_frame() {
  host_.on_loop([this] { to_rtp_.back()->inlet()->request_key_unit(); });
}

Wire::Wire(Rig& rig, const rtc::SourceRef& from)
    : rig_(rig), publisher_(speaking(from->codec())), peer_(rig.rtc().create_peer({})) {
  tap_ = rig.rtc().tap(from, {.capacity = 2048, .on_packets = [this] { there_.release(); }});
  const auto answer = publisher_.join(*peer_);
  EXPECT_TRUE(answer.ok()) << answer.status();
  EXPECT_TRUE(publisher_.connect());
  source_ = answer->sources.at(rtc::is_audio(from->codec()) ? 0 : 1);
}

bool Wire::next(rtc::PacketRef& packet) {
  while (!tap_->pop(packet)) {
    if (!there_.try_acquire_for(kms::test::kPatience)) return false;
  }
  return true;
}

void Wire::answer_requests() {
  publisher_.receive_until([] { return false; }, std::chrono::milliseconds(2));  // what is there already
  if (!publisher_.asked_for_key_frame()) return;
  ++asked_;
  publisher_.clear();
  rig_.ask_encoder_for_key_frame();
}

bool Wire::carry(uint32_t count, const Fate& fate) {
  for (const auto end = number_ + count; number_ < end; ++number_) {
    rtc::PacketRef packet;
    if (!next(packet)) return false;
    const auto media = packet->media();
    Frame frame;
    frame.video = source_->is_video();
    frame.marker = packet->marker;
    frame.sequence = static_cast<uint16_t>(number_);
    frame.timestamp = packet->timestamp;
    frame.payload.assign(media.begin(), media.end());
    if (fate(frame, number_)) publisher_.send(frame);
    answer_requests();
  }
  return true;
}

Listener::Listener() {
  taker_.inlet()->set_patience(kMany, UINT64_MAX);
  taker_.inlet()->on_stream([this](const gst::StreamInfo& info) {
    int rate = 0;
    int channels = 0;
    const auto* caps = gst_caps_get_structure(info.caps.get(), 0);
    gst_structure_get_int(caps, "rate", &rate);
    gst_structure_get_int(caps, "channels", &channels);
    heard_.change([&](Heard& heard) {
      heard.rate = static_cast<unsigned>(rate);
      heard.channels = static_cast<unsigned>(channels);
    });
  });
  taker_.inlet()->on_buffer([this](GstBuffer* buffer) {
    take(buffer);
    return true;
  });
}

void Listener::attach(const std::shared_ptr<gst::FanOut>& raw) { taker_.inlet()->attach(raw); }

void Listener::take(GstBuffer* buffer) {
  std::vector<int16_t> block(gst_buffer_get_size(buffer) / sizeof(int16_t));
  gst_buffer_extract(buffer, 0, block.data(), block.size() * sizeof(int16_t));
  const auto pts = GST_BUFFER_PTS(buffer);
  heard_.change([&](Heard& heard) {
    if (heard.end != 0 && pts > heard.end) heard.longest_hole = std::max(heard.longest_hole, pts - heard.end);
    for (size_t i = 0; i < block.size(); i += heard.channels) heard.samples.push_back(block[i]);
    heard.end = pts + GST_SECOND * (block.size() / heard.channels) / heard.rate;
  });
}

std::chrono::milliseconds Listener::length() const {
  const auto heard = heard_.copy();
  return std::chrono::milliseconds(heard.rate == 0 ? 0 : heard.samples.size() * 1000 / heard.rate);
}

bool Listener::wait_for(std::chrono::milliseconds length) const {
  return heard_.wait([&](const Heard& heard) {
    return heard.rate != 0 && heard.samples.size() * 1000 / heard.rate >= static_cast<size_t>(length.count());
  });
}

double Listener::frequency() const {
  const auto heard = heard_.copy();
  size_t crossings = 0;
  const size_t begin = heard.rate / 10;  // until the decoder has settled
  for (size_t i = begin + 1; i < heard.samples.size(); ++i) {
    if ((heard.samples[i - 1] < 0) != (heard.samples[i] < 0)) ++crossings;
  }
  return static_cast<double>(crossings) / 2 * heard.rate / static_cast<double>(heard.samples.size() - begin);
}

double Listener::loudness() const {
  const auto heard = heard_.copy();
  double sum = 0;
  for (const double sample : heard.samples) sum += sample * sample / (32768.0 * 32768.0);
  return sum / static_cast<double>(heard.samples.size());
}

std::chrono::milliseconds Listener::longest_silence() const {
  constexpr int kNextToNothing = 327;  // 1 % of full scale
  const auto heard = heard_.copy();
  size_t longest = 0;
  size_t quiet = 0;
  for (size_t i = heard.rate / 10; i < heard.samples.size(); ++i) {
    quiet = std::abs(heard.samples[i]) < kNextToNothing ? quiet + 1 : 0;
    longest = std::max(longest, quiet);
  }
  return std::chrono::milliseconds(heard.rate == 0 ? 0 : longest * 1000 / heard.rate);
}

std::chrono::milliseconds Listener::longest_hole() const {
  return std::chrono::milliseconds(heard_.copy().longest_hole / GST_MSECOND);
}

std::string picture_source(const std::string& codec, const std::string& pattern) {
  return fmt::format(
      "videotestsrc pattern={} ! video/x-raw,width=320,height=240,framerate=30/1 ! {} ! "
      "identity silent=true name=video",
      pattern, *gst::encoder_chain(codec, 500000));
}

std::string tone_source(const std::string& codec, unsigned hertz) {
  return fmt::format(
      "audiotestsrc freq={} volume=0.5 samplesperbuffer=480 ! audio/x-raw,rate=48000,channels=1 ! {} ! "
      "identity silent=true name=audio",
      hertz, *gst::encoder_chain(codec, 48000));
}

}  // namespace kms::bridge::test
