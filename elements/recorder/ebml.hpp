// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace kms::recorder::ebml {

// Elements of Matroska (RFC 9559) that kms writes.
enum Id : uint32_t {
  kHeader = 0x1A45DFA3,
  kVersion = 0x4286,
  kReadVersion = 0x42F7,
  kMaxIdLength = 0x42F2,
  kMaxSizeLength = 0x42F3,
  kDocType = 0x4282,
  kDocTypeVersion = 0x4287,
  kDocTypeReadVersion = 0x4285,
  kVoid = 0xEC,
  kSegment = 0x18538067,
  kSeekHead = 0x114D9B74,
  kSeek = 0x4DBB,
  kSeekId = 0x53AB,
  kSeekPosition = 0x53AC,
  kInfo = 0x1549A966,
  kTimestampScale = 0x2AD7B1,
  kDuration = 0x4489,
  kDateUtc = 0x4461,
  kMuxingApp = 0x4D80,
  kWritingApp = 0x5741,
  kTracks = 0x1654AE6B,
  kTrackEntry = 0xAE,
  kTrackNumber = 0xD7,
  kTrackUid = 0x73C5,
  kTrackType = 0x83,
  kFlagLacing = 0x9C,
  kLanguage = 0x22B59C,
  kName = 0x536E,
  kCodecId = 0x86,
  kCodecPrivate = 0x63A2,
  kCodecDelay = 0x56AA,
  kSeekPreRoll = 0x56BB,
  kVideo = 0xE0,
  kPixelWidth = 0xB0,
  kPixelHeight = 0xBA,
  kProjection = 0x7670,
  kProjectionType = 0x7671,
  kProjectionPoseRoll = 0x7675,
  kAudio = 0xE1,
  kSamplingFrequency = 0xB5,
  kChannels = 0x9F,
  kBitDepth = 0x6264,
  kCluster = 0x1F43B675,
  kTimestamp = 0xE7,
  kSimpleBlock = 0xA3,
  kBlockGroup = 0xA0,
  kBlock = 0xA1,
  kDiscardPadding = 0x75A2,
  kCues = 0x1C53BB6B,
  kCuePoint = 0xBB,
  kCueTime = 0xB3,
  kCueTrackPositions = 0xB7,
  kCueTrack = 0xF7,
  kCueClusterPosition = 0xF1,
  kCueRelativePosition = 0xF0,
};

std::string id(uint32_t which);
std::string size(uint64_t content);                             // as short as it goes
std::string long_size(uint64_t content);                        // in 8 bytes
std::string short_size(uint64_t content);                       // in 4 bytes: below 2^28 - 1
inline constexpr uint64_t kUnknown = (uint64_t{1} << 56U) - 1;  // as long_size(): up to the end of the file

std::string element(uint32_t which, std::string_view content);
std::string number(uint32_t which, uint64_t value);
std::string real(uint32_t which, double value);  // in 8 bytes
std::string filler(uint64_t bytes);              // a Void of so many bytes in all, from 9 on

// The beginning of an element: what its id is, how long the beginning and the content are.
struct Head {
  uint32_t id = 0;
  unsigned length = 0;  // of id and size; 0: no whole beginning
  uint64_t size = 0;    // kUnknown: up to the end
};
Head read_head(std::string_view bytes);

}  // namespace kms::recorder::ebml
