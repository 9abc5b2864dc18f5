// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/matroska_muxer.hpp"

#include <algorithm>
#include <array>
#include <map>

#include "elements/recorder/bytes.hpp"
#include "elements/recorder/codec_setup.hpp"
#include "elements/recorder/ebml.hpp"

namespace kms::recorder {
namespace {

using std::chrono::nanoseconds;

constexpr int64_t kMillisecond = 1000000;
constexpr uint64_t kOpusPreRoll = 80000000;  // nanoseconds that Opus needs to settle (RFC 7845)

std::string codec_id(const gst::TrackFormat& format) {
  static const std::map<std::string, std::string> other{
      {"H264", "MPEG4/ISO/AVC"}, {"H265", "MPEGH/ISO/HEVC"}, {"MPEG4", "MPEG4/ISO/ASP"}, {"JPEG", "MJPEG"},
      {"MP3", "MPEG/L3"},        {"PCMU", "MS/ACM"},         {"PCMA", "MS/ACM"}};
  const auto found = other.find(format.codec);
  return (format.video ? "V_" : "A_") + (found == other.end() ? format.codec : found->second);
}

// Nanoseconds since the beginning of 2001.
uint64_t matroska_date(std::chrono::system_clock::time_point time) {
  constexpr std::chrono::seconds kBeginning{978307200};
  return static_cast<uint64_t>(
      std::chrono::duration_cast<nanoseconds>(time.time_since_epoch() - kBeginning).count());
}

std::string video(const gst::TrackFormat& format) {
  auto out = ebml::number(ebml::kPixelWidth, std::max(1U, format.width)) +
             ebml::number(ebml::kPixelHeight, std::max(1U, format.height));
  const auto roll = degrees_of(format.orientation);
  if (roll != 0) {
    // Counter-clockwise, from -180 to 180.
    out += ebml::element(ebml::kProjection, ebml::number(ebml::kProjectionType, 0) +
                                                ebml::real(ebml::kProjectionPoseRoll,
                                                           roll == 270 ? 90 : -static_cast<int>(roll)));
  }
  return ebml::element(ebml::kVideo, out);
}

std::string audio(const gst::TrackFormat& format) {
  const unsigned rate = format.rate != 0 ? format.rate : 48000;
  return ebml::element(ebml::kAudio,
                       ebml::real(ebml::kSamplingFrequency, rate) +
                           ebml::number(ebml::kChannels, format.channels != 0 ? format.channels : 2));
}

// What stands before and behind a frame's bytes.
struct BlockParts {
  std::string head;
  std::string tail;
};

// Sound of which the end is cut off says so, in a group.
BlockParts block_of(const Sample& sample, int64_t time) {
  const bool grouped = sample.cut > 0;
  const unsigned flags = sample.key && !grouped ? 0x80 : 0;
  const auto begin =
      number(0x80U | (sample.track + 1), 1) + number(static_cast<uint16_t>(time), 2) + number(flags, 1);
  const auto size = begin.size() + gst_buffer_get_size(sample.data.get());
  const auto head = ebml::id(grouped ? ebml::kBlock : ebml::kSimpleBlock) + ebml::size(size) + begin;
  if (!grouped) return {head, {}};
  const auto tail = ebml::element(ebml::kDiscardPadding, number(static_cast<uint64_t>(sample.cut), 8));
  const auto group = head.size() - begin.size() + size + tail.size();
  return {ebml::id(ebml::kBlockGroup) + ebml::size(group) + head, tail};
}

}  // namespace

std::string MatroskaMuxer::head() {
  const bool webm = plan_.container == v1::CONTAINER_WEBM;
  auto out = ebml::element(
      ebml::kHeader, ebml::number(ebml::kVersion, 1) + ebml::number(ebml::kReadVersion, 1) +
                         ebml::number(ebml::kMaxIdLength, 4) + ebml::number(ebml::kMaxSizeLength, 8) +
                         ebml::element(ebml::kDocType, webm ? "webm" : "matroska") +
                         ebml::number(ebml::kDocTypeVersion, 4) + ebml::number(ebml::kDocTypeReadVersion, 2));
  out += ebml::id(ebml::kSegment) + ebml::long_size(ebml::kUnknown);
  out += ebml::filler(kSeekHeadRoom);
  out += info();
  std::string tracks;
  for (size_t i = 0; i < plan_.tracks.size(); ++i) tracks += track(i);
  return out + ebml::element(ebml::kTracks, tracks);
}

// As long with the duration as it is without.
std::string MatroskaMuxer::info() const {
  const auto room = ebml::real(ebml::kDuration, 0).size();
  const auto filler = ebml::id(ebml::kVoid) + ebml::size(room - 2) + std::string(room - 2, '\0');
  return ebml::element(ebml::kInfo, ebml::number(ebml::kTimestampScale, kMillisecond) + filler +
                                        ebml::element(ebml::kDateUtc, number(matroska_date(plan_.start), 8)) +
                                        ebml::element(ebml::kMuxingApp, "kms") +
                                        ebml::element(ebml::kWritingApp, "kms"));
}

std::string MatroskaMuxer::track(size_t index) {
  const auto& format = plan_.tracks[index];
  const auto setup = matroska_setup(format);
  delays_.push_back(setup.delay.count());
  auto out = ebml::number(ebml::kTrackNumber, index + 1) + ebml::number(ebml::kTrackUid, index + 1) +
             ebml::number(ebml::kTrackType, format.video ? 1 : 2) + ebml::number(ebml::kFlagLacing, 0) +
             ebml::element(ebml::kLanguage, "und") + ebml::element(ebml::kName, plan_.names[index]) +
             ebml::element(ebml::kCodecId, codec_id(format));
  if (!setup.bytes.empty()) out += ebml::element(ebml::kCodecPrivate, setup.bytes);
  if (format.codec == "OPUS") {
    out += ebml::number(ebml::kCodecDelay, static_cast<uint64_t>(setup.delay.count())) +
           ebml::number(ebml::kSeekPreRoll, kOpusPreRoll);
  }
  return ebml::element(ebml::kTrackEntry, out + (format.video ? video(format) : audio(format)));
}

int64_t MatroskaMuxer::milliseconds(const Sample& sample) const {
  return (sample.time + delays_[sample.track] + kMillisecond / 2) / kMillisecond;
}

// Times in a cluster are 16 bits beside its own.
void MatroskaMuxer::fragment(const std::vector<Sample>& samples, gst::Gathered& out) {
  constexpr int64_t kWidest = 30000;  // milliseconds
  std::vector<const Sample*> together;
  int64_t first = 0;
  int64_t last = 0;
  for (const auto& sample : samples) {
    const auto time = milliseconds(sample);
    if (!together.empty() && std::max(last, time) - std::min(first, time) > kWidest) {
      cluster(together, out);
      together.clear();
    }
    first = together.empty() ? time : std::min(first, time);
    last = together.empty() ? time : std::max(last, time);
    together.push_back(&sample);
  }
  if (!together.empty()) cluster(together, out);
}

void MatroskaMuxer::cluster(const std::vector<const Sample*>& samples, gst::Gathered& out) const {
  int64_t base = milliseconds(*samples.front());
  for (const auto* sample : samples) base = std::min(base, milliseconds(*sample));
  const auto timestamp = ebml::number(ebml::kTimestamp, static_cast<uint64_t>(base));
  std::vector<BlockParts> blocks;
  uint64_t size = timestamp.size();
  for (const auto* sample : samples) {
    blocks.push_back(block_of(*sample, milliseconds(*sample) - base));
    size += blocks.back().head.size() + gst_buffer_get_size(sample->data.get()) + blocks.back().tail.size();
  }
  out.add(ebml::id(ebml::kCluster) + ebml::short_size(size) + timestamp);
  for (size_t i = 0; i < samples.size(); ++i) {
    out.add(std::move(blocks[i].head));
    out.add(samples[i]->data);
    if (!blocks[i].tail.empty()) out.add(std::move(blocks[i].tail));
  }
}

}  // namespace kms::recorder
