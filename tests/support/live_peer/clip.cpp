// SPDX-License-Identifier: Apache-2.0
#include "tests/support/live_peer/clip.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <stdexcept>

#include "kms-core/rtc/rtp/rtp_view.hpp"
#include "kms-core/rtc/rtp/sequence_unwrapper.hpp"
#include "tests/support/live_peer/scene.hpp"

namespace kms::test {
namespace {

using std::chrono::nanoseconds;

constexpr int64_t kSecond = 1'000'000'000;
constexpr char kPay[] = "timestamp-offset=0 seqnum-offset=0 mtu=1200 ! application/x-rtp";
constexpr char kSmallPictures[] = "videoconvert ! video/x-raw,format=I420,width=320,height=240";

CodecSetup pictures(const std::string& name, int payload_type, const std::string& encode,
                    const std::string& decode) {
  return {name + "/90000",
          payload_type,
          90'000,
          0,
          fmt::format("{} {}", encode, kPay),
          fmt::format("{} ! videoscale ! {}", decode, kSmallPictures)};
}

CodecSetup sound(const CodecSetup& numbers, const std::string& encode, const std::string& decode) {
  auto setup = numbers;
  setup.encode = fmt::format("audioconvert ! {} {}", encode, kPay);
  setup.decode =
      fmt::format("{} ! audioconvert ! audioresample ! audio/x-raw,format=S16LE,channels=1,rate={}", decode,
                  numbers.rate);
  return setup;
}

const std::map<std::string, CodecSetup>& setups() {
  static const std::map<std::string, CodecSetup> kSetups{
      {"VP8", pictures("VP8", 96,
                       "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=30 target-bitrate=400000 ! rtpvp8pay",
                       "rtpvp8depay ! vp8dec")},
      {"VP8 small", pictures("VP8", 96,
                             "videoscale ! video/x-raw,width=160,height=120 ! vp8enc deadline=1 cpu-used=8 "
                             "keyframe-max-dist=30 target-bitrate=100000 ! rtpvp8pay",
                             "rtpvp8depay ! vp8dec")},
      {"H264",
       pictures(
           "H264", 96,
           "x264enc tune=zerolatency speed-preset=ultrafast threads=1 key-int-max=30 bitrate=400 ! "
           "video/x-h264,profile=constrained-baseline ! rtph264pay config-interval=-1 aggregate-mode=none",
           "rtph264depay ! h264parse ! avdec_h264")},
      {"OPUS", sound({"opus/48000/2", 111, 48'000, 48'000, {}, {}}, "opusenc frame-size=20 ! rtpopuspay",
                     "rtpopusdepay ! opusdec")},
      {"PCMU",
       sound({"PCMU/8000", 0, 8'000, 8'000, {}, {}},
             "mulawenc ! rtppcmupay min-ptime=20000000 max-ptime=20000000", "rtppcmudepay ! mulawdec")},
      {"PCMA", sound({"PCMA/8000", 8, 8'000, 8'000, {}, {}},
                     "alawenc ! rtppcmapay min-ptime=20000000 max-ptime=20000000", "rtppcmadepay ! alawdec")},
      {"G722",
       sound({"G722/8000", 9, 8'000, 16'000, {}, {}},
             "avenc_g722 ! rtpg722pay min-ptime=20000000 max-ptime=20000000", "rtpg722depay ! avdec_g722")},
  };
  return kSetups;
}

std::vector<Chunk> raw_pictures(std::chrono::milliseconds length) {
  std::vector<Chunk> raw;
  for (uint16_t i = 0; scene::time_of(i) < length; ++i) raw.push_back({scene::paint(i), scene::time_of(i)});
  return raw;
}

std::vector<Chunk> raw_sound(std::chrono::milliseconds length, int rate) {
  const auto samples = scene::play(length, rate);
  const auto piece = static_cast<size_t>(rate / 50);
  std::vector<Chunk> raw;
  for (size_t at = 0; at + piece <= samples.size(); at += piece) {
    Chunk chunk{std::vector<uint8_t>(piece * 2), nanoseconds(static_cast<int64_t>(at) * kSecond / rate)};
    std::memcpy(chunk.bytes.data(), &samples[at], chunk.bytes.size());
    raw.push_back(std::move(chunk));
  }
  return raw;
}

std::string raw_caps(const CodecSetup& setup) {
  if (setup.rate != 0)
    return fmt::format("audio/x-raw,format=S16LE,layout=interleaved,channels=1,rate={}", setup.rate);
  return fmt::format("video/x-raw,format=I420,width={},height={},framerate={}/1", scene::kWidth,
                     scene::kHeight, scene::kPicturesPerSecond);
}

std::string rtp_caps(const CodecSetup& setup) {
  auto name = setup.rtpmap.substr(0, setup.rtpmap.find('/'));
  std::ranges::transform(name, name.begin(), [](unsigned char letter) { return std::toupper(letter); });
  return fmt::format("application/x-rtp,media={},clock-rate={},encoding-name={},payload={}",
                     setup.rate != 0 ? "audio" : "video", setup.rtp_rate, name, setup.payload_type);
}

Clip make_clip(const std::string& codec, std::chrono::seconds length) {
  const auto& setup = codec_setup(codec);
  const auto raw = setup.rate != 0 ? raw_sound(length, setup.rate) : raw_pictures(length);
  Clip clip{codec, length, {}};
  for (const auto& chunk : pump(raw_caps(setup), setup.encode, raw)) {
    const auto view = rtc::RtpView::parse(chunk.bytes);
    if (!view) throw std::runtime_error("a payloader made no RTP");
    const auto payload = view->payload();
    clip.packets.push_back({nanoseconds(int64_t{view->timestamp()} * kSecond / setup.rtp_rate),
                            view->marker(),
                            {payload.begin(), payload.end()}});
  }
  return clip;
}

std::vector<Chunk> decoded(const std::vector<Received>& stream, const CodecSetup& setup) {
  const auto times = times_of(stream);
  std::vector<Chunk> in;
  for (size_t i = 0; i < stream.size(); ++i)
    in.push_back({stream[i].packet, nanoseconds(times[i] * kSecond / setup.rtp_rate)});
  return pump(rtp_caps(setup), setup.decode, in);
}

}  // namespace

const CodecSetup& codec_setup(const std::string& name) { return setups().at(name); }

const Clip& scene_clip(const std::string& codec, std::chrono::seconds length) {
  static std::map<std::pair<std::string, int64_t>, Clip> made;
  auto& clip = made[{codec, length.count()}];
  if (clip.packets.empty()) clip = make_clip(codec, length);
  return clip;
}

std::vector<int64_t> times_of(const std::vector<Received>& stream) {
  std::vector<int64_t> times;
  rtc::SequenceUnwrapper<uint32_t> unwrapper;
  for (const auto& packet : stream) times.push_back(unwrapper.unwrap(packet.timestamp));
  const auto first = times.empty() ? 0 : times.front();
  for (auto& time : times) time -= first;
  return times;
}

std::vector<SeenPicture> look(const std::vector<Received>& stream, const std::string& codec) {
  const auto& setup = codec_setup(codec);
  std::vector<SeenPicture> pictures;
  for (const auto& chunk : decoded(stream, setup)) {
    const auto seen = scene::look_at(chunk.bytes);
    const auto time = (chunk.pts.count() * setup.rtp_rate + kSecond / 2) / kSecond;
    if (seen) pictures.push_back({time, seen->picture, seen->flash});
  }
  return pictures;
}

HeardSound listen(const std::vector<Received>& stream, const std::string& codec) {
  const auto& setup = codec_setup(codec);
  HeardSound heard{setup.rate, {}, {}, {}};
  for (const auto& chunk : decoded(stream, setup)) {
    const auto place = static_cast<size_t>(std::max<int64_t>(0, chunk.pts.count() * setup.rate / kSecond));
    const auto count = chunk.bytes.size() / sizeof(int16_t);
    heard.samples.resize(std::max(heard.samples.size(), place + count));
    std::memcpy(&heard.samples[place], chunk.bytes.data(), count * sizeof(int16_t));
  }
  heard.places = scene::beeps_in(heard.samples, setup.rate);
  for (const auto place : heard.places)
    heard.beeps.push_back(static_cast<int64_t>(place) * setup.rtp_rate / setup.rate);
  return heard;
}

}  // namespace kms::test
