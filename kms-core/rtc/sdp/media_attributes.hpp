// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/base/status.hpp"
#include "kms-core/rtc/sdp/sdp_lines.hpp"
#include "kms-core/rtc/sdp/session_description.hpp"

namespace kms::rtc {

// "name:value" or "name", out of an a= line.
struct SdpAttribute {
  std::string_view name;
  std::string_view value;
  size_t line;
};

// True for those that count for every m-line when they stand at the session level.
bool is_session_attribute(std::string_view name);

// Takes one attribute into `media`. Unknown names are no error.
Status read_media_attribute(const SdpAttribute& attribute, MediaDescription& media);

// The lines c= and b=. An address is taken as it is: who uses it looks whether it is one.
Status read_connection(const SdpAttribute& line, MediaDescription& media);
Status read_bandwidth(const SdpAttribute& line, MediaDescription& media);

// The part of it that deals with RTP beside WebRTC: a=rtcp, a=crypto, a=ptime, a=maxptime.
Status read_rtcp(const SdpAttribute& attribute, MediaDescription& media);
Status read_crypto(const SdpAttribute& attribute, MediaDescription& media);
Status read_ptime(const SdpAttribute& attribute, MediaDescription& media);
Status read_maxptime(const SdpAttribute& attribute, MediaDescription& media);

// The part of it that deals with SSRCs, rids and simulcast.
Status read_ssrc(const SdpAttribute& attribute, MediaDescription& media);
Status read_ssrc_group(const SdpAttribute& attribute, MediaDescription& media);
Status read_rid(const SdpAttribute& attribute, MediaDescription& media);
Status read_simulcast(const SdpAttribute& attribute, MediaDescription& media);

}  // namespace kms::rtc
