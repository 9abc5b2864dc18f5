// SPDX-License-Identifier: Apache-2.0
// Sound that is decoded and encoded anew, of senders whose clocks drift, on simulated time: what leaves.
#include <fmt/format.h>
#include <gtest/gtest.h>

#include <cmath>
#include <optional>
#include <semaphore>

#include "kms-core/bridge/sound_track.hpp"
#include "kms-core/bridge/test_rig.hpp"
#include "kms-core/graph/transcoder.hpp"
#include "kms-core/rtc/forwarding/capture_clock.hpp"

namespace kms::graph {
namespace {

using bridge::test::Listener;
using bridge::test::Rig;
using kms::test::Feeder;
using kms::test::Taker;

constexpr double kPacket = 0.02;  // seconds of sound
constexpr double kFiveMinutes = 300;
constexpr double kMostApart =
    0.04;                        // seconds; a sender 0.5 % slow is followed 25 ms late, sound and pictures
constexpr size_t kSettled = 10;  // packets after which reports no longer jump

struct Case {
  const char* from;
  const char* to;
  double pace;  // of the sender's clock against ours
};
void PrintTo(const Case& c, std::ostream* out) { *out << c.from << " to " << c.to << " at " << c.pace; }

// A second of a tone in packets of 20 ms, to be sent again and again.
std::vector<gst::Ref<GstBuffer>> tone(const std::string& codec, gst::Ref<GstCaps>& caps) {
  constexpr size_t kCount = 100;
  kms::test::Watched<std::vector<gst::Ref<GstBuffer>>> seen;
  const auto source =
      "audiotestsrc freq=400 volume=0.5 samplesperbuffer=960 ! audio/x-raw,rate=48000,channels=1 ! " +
      *gst::encoder_chain(codec, 48000) + " ! identity silent=true name=audio";
  Feeder feeder(source, Feeder::Pace::kUnpaced);
  Taker taker("tone");
  taker.inlet()->on_stream([&](const gst::StreamInfo& info) { caps = info.caps; });
  taker.inlet()->on_buffer([&](GstBuffer* buffer) {
    seen.change([&](auto& all) {
      if (all.size() < kCount) all.push_back(gst::Ref<GstBuffer>::share(buffer));
    });
    return true;
  });
  taker.inlet()->attach(feeder.fan_out("audio"));
  feeder.start();
  EXPECT_TRUE(seen.wait([](const auto& all) { return all.size() == kCount; }));
  taker.inlet()->detach();
  auto all = seen.copy();
  all.erase(all.begin(), all.begin() + kCount / 2);  // an encoder begins with silence
  return all;
}

class TranscodedSound : public testing::TestWithParam<Case> {
 protected:
  struct Sent {
    uint32_t timestamp;
    double captured;  // seconds
    double length;    // seconds
  };

  void begin() {
    const auto& [from, to, pace] = GetParam();
    codec_ = *rtc::codec_named(to);
    frames_ = tone(from, caps_);
    fan_out_->stream({caps_});
    const auto raw = rig_.decode(fan_out_, *gst::decoder_chain(from, gst::CameAs::kPackets));
    rig_.host().on_loop([&] {
      auto made =
          Transcoder::create({.name = "encoder",
                              .kind = v1::MEDIA_KIND_AUDIO,
                              .from = graph::raw(),
                              .to = encoded(to),
                              .reason = "SOURCE_IS_RAW"},
                             rig_.host().processing(), [](const Status& status) { ADD_FAILURE() << status; });
      encoder_ = std::move(made).value();
      encoder_->inlet()->attach(raw);
    });
    const auto& source = rig_.packetize(codec_, encoder_->fan_out());
    listener_.attach(rig_.decode(encoder_->fan_out(), *gst::decoder_chain(to)));
    tap_ = rig_.rtc().tap(source, {.capacity = 2048, .on_packets = [this] { there_.release(); }});
    rig_.rtc().statistics();  // it is there: what simulated time sends at once must not come before it
  }
  void TearDown() override {
    tap_.reset();
    rig_.host().on_loop([this] { encoder_.reset(); });
  }

  // The sender's next seconds of sound. Frames for which `sends` says no are not there.
  void send(
      double seconds, const std::function<bool(size_t)>& sends = [](size_t) { return true; }) {
    const auto count = static_cast<size_t>(std::llround(seconds / kPacket));
    for (size_t i = 0; i < count; ++i, ++number_) {
      if (sends(i)) send_one();
      if (number_ % 10 == 9) receive();
    }
    receive();
  }

  std::vector<Sent> sent_;
  Listener listener_;
  double last_stamp_ = 0;  // of what was sent to kms, seconds

 private:
  // Time stamps as the RTP plane makes them, of packets that come with jitter and of reports once a second.
  void send_one() {
    const auto rate = 48'000.0;
    const double theirs = static_cast<double>(number_) * kPacket;
    const double time = theirs / GetParam().pace;
    const auto timestamp = static_cast<uint32_t>(std::llround(theirs * rate));
    if (number_ % 50 == 0)
      clock_.on_report(
          {(uint64_t{3'900'000'000} << 32) + static_cast<uint64_t>(theirs * 4294967296.0), timestamp});
    const auto arrives = rtc::TimePoint(std::chrono::seconds(10'000)) +
                         std::chrono::nanoseconds(std::llround((time + 0.03 + 0.01 * jitter()) * 1e9));
    const auto captured = clock_.on_packet(timestamp, arrives, false);
    auto buffer = gst::Ref<GstBuffer>::adopt(gst_buffer_copy(frames_[number_ % frames_.size()].get()));
    GST_BUFFER_PTS(buffer.get()) = static_cast<GstClockTime>(captured.time_since_epoch().count());
    GST_BUFFER_DURATION(buffer.get()) = 20 * GST_MSECOND;
    last_stamp_ = static_cast<double>(GST_BUFFER_PTS(buffer.get())) / 1e9;
    fan_out_->push(std::move(buffer));
  }
  double jitter() {
    state_ = state_ * 1664525 + 1013904223;
    return static_cast<double>(state_ >> 8) / (1U << 24);
  }

  // All but what is still in decoder, encoder and payloader.
  void receive() {
    constexpr double kMostBehind = 0.11;
    while (sent_.empty() || sent_.back().captured < last_stamp_ - kMostBehind) {
      rtc::PacketRef packet;
      while (!tap_->pop(packet)) {
        if (sent_.empty() && number_ < 20) return;
        ASSERT_TRUE(there_.try_acquire_for(kms::test::kPatience)) << where();
      }
      note(*packet);
    }
  }
  // For a test that waits for nothing.
  std::string where() const {
    const auto in = encoder_->inlet()->stats();
    return fmt::format(
        "nothing comes after {} packets, the last of {:.3f} s; sent: {}, the last of {:.3f} s; "
        "the encoder took {}, {} wait, {} are lost; dropped by the tap: {}; heard: {} ms",
        sent_.size(), sent_.empty() ? 0 : sent_.back().captured, number_ + 1, last_stamp_, in.frames,
        in.queue_frames, in.dropped, tap_->dropped(), listener_.length().count());
  }
  void note(const rtc::Packet& packet) {
    const std::chrono::duration<double> length = bridge::duration_of(codec_, packet.media()).value();
    sent_.push_back({packet.timestamp, static_cast<double>(packet.captured.time_since_epoch().count()) / 1e9,
                     length.count()});
  }

  std::counting_semaphore<> there_{0};
  Rig rig_;
  rtc::Codec codec_{};
  std::vector<gst::Ref<GstBuffer>> frames_;
  gst::Ref<GstCaps> caps_;
  const std::shared_ptr<gst::FanOut> fan_out_ = std::make_shared<gst::FanOut>();
  std::unique_ptr<Transcoder> encoder_;
  std::unique_ptr<rtc::Tap> tap_;
  rtc::SenderClock publisher_;
  rtc::CaptureClock clock_{48'000, publisher_};
  size_t number_ = 0;
  uint32_t state_ = 7;

 protected:
  double seconds(uint32_t ticks) const {
    return static_cast<double>(static_cast<int32_t>(ticks)) / rtc::clock_rate_of(codec_);
  }
  // Where time stamps step beside the samples of the packets, and by how much, seconds.
  std::vector<double> steps() const {
    std::vector<double> found;
    for (size_t i = 1; i < sent_.size(); ++i) {
      if (const auto step = steps_at(i)) found.push_back(*step);
    }
    return found;
  }
  std::optional<double> steps_at(size_t i) const {
    const double beside = seconds(sent_[i].timestamp - sent_[i - 1].timestamp) - sent_[i - 1].length;
    return std::abs(beside) > 1e-6 ? std::optional(beside) : std::nullopt;
  }
  // What sender reports would say of a packet, against its time in the sender's clock, both counted from an
  // earlier packet: seconds.
  double off(const Sent& packet, const Sent& from) const {
    const double theirs = seconds(packet.timestamp - from.timestamp);
    return packet.captured - from.captured - theirs / GetParam().pace;
  }
};

TEST_P(TranscodedSound, OfADriftingSenderIsContinuous) {
  begin();
  send(kFiveMinutes);

  EXPECT_GT(sent_.size(), 14'900U);
  EXPECT_EQ(steps(), std::vector<double>{});
  EXPECT_GT(sent_.back().captured, last_stamp_ - 0.11) << "the delay does not grow";
  EXPECT_LT(listener_.longest_silence(), std::chrono::milliseconds(2));
  EXPECT_NEAR(listener_.frequency(), 400, 4);
  for (const auto& one : sent_) ASSERT_NEAR(off(one, sent_.front()), 0, kMostApart) << "lip sync";
  for (size_t i = kSettled; i < sent_.size(); ++i) {
    const double captured = sent_[i].captured - sent_[i - 1].captured;
    ASSERT_NEAR(captured, sent_[i - 1].length, 0.002) << i << ": reports do not jump";
  }
}

TEST_P(TranscodedSound, TimeMovesOnWhereSoundIsMissing) {
  begin();
  send(10);
  send(1, [](size_t i) { return i != 20; });               // a packet that nothing conceals
  send(1, [](size_t i) { return i < 20 || i >= 25; });     // several
  send(10, [](size_t i) { return i < 100 || i >= 140; });  // a pause
  send(10, [](size_t i) { return i >= 400; });
  send(10);

  double missing = 0;
  for (const double step : steps()) {
    EXPECT_GT(step, 0.0);
    missing += step;
  }
  EXPECT_NEAR(missing, 0.1 + 0.8 + 8, 0.15) << testing::PrintToString(steps());
  EXPECT_LE(steps().size(), 3U);
  size_t from = 0;  // where the present run without a step began
  for (size_t i = 1; i < sent_.size(); ++i) {
    if (steps_at(i)) from = i;
    ASSERT_NEAR(off(sent_[i], sent_[from]), 0, kMostApart) << i;
  }
  EXPECT_GT(sent_.back().captured, last_stamp_ - 0.11) << "nor does the delay grow";
}

INSTANTIATE_TEST_SUITE_P(Drift, TranscodedSound,
                         testing::Values(Case{"PCMU", "OPUS", 1.005}, Case{"PCMU", "OPUS", 0.995},
                                         Case{"OPUS", "PCMU", 1.005}, Case{"OPUS", "PCMU", 0.995}),
                         [](const auto& c) {
                           return std::string(c.param.from) + (c.param.pace > 1 ? "Fast" : "Slow");
                         });

}  // namespace
}  // namespace kms::graph
