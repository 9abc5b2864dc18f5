// SPDX-License-Identifier: Apache-2.0
// What each option comes to, and which values there are.
#include "elements/rtp/settings.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace kms::rtp {
namespace {

using rtc::Codec;
using rtc::RtcpMux;
using rtc::RtpProfile;
using rtc::SrtpProfile;
using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::IsEmpty;

Settings read(const v1::RtpOptions& options) {
  const auto settings = read_options(options, {});
  EXPECT_TRUE(settings.ok()) << settings.status();
  return settings.ok() ? *settings : Settings{};
}
// The field at fault.
std::string refused(const v1::RtpOptions& options) {
  const auto status = read_options(options, {}).status();
  EXPECT_EQ(reason_of(status), "INVALID_OPTIONS");
  return info_of(status).metadata["field"];
}

TEST(RtpSettings, EachProfileIsWhatItsNameSays) {
  const std::pair<v1::Profile, RtpProfile> table[] = {{v1::PROFILE_UNSPECIFIED, RtpProfile::kAvp},
                                                      {v1::PROFILE_AVP, RtpProfile::kAvp},
                                                      {v1::PROFILE_AVPF, RtpProfile::kAvpf},
                                                      {v1::PROFILE_SAVP, RtpProfile::kSavp},
                                                      {v1::PROFILE_SAVPF, RtpProfile::kSavpf}};
  ASSERT_EQ(std::size(table), static_cast<size_t>(v1::Profile_ARRAYSIZE));
  v1::RtpOptions options;
  for (const auto& [given, wanted] : table) {
    options.set_profile(given);
    EXPECT_EQ(read(options).peer.policy.profile, wanted) << v1::Profile_Name(given);
    if (given == v1::PROFILE_UNSPECIFIED) continue;
    EXPECT_EQ("PROFILE_" + std::string(rtc::name_of(wanted).substr(4)), v1::Profile_Name(given));
  }
  options.set_profile(static_cast<v1::Profile>(v1::Profile_ARRAYSIZE));
  EXPECT_EQ(refused(options), "profile");
  options.set_profile(static_cast<v1::Profile>(-1));
  EXPECT_EQ(refused(options), "profile");
}

TEST(RtpSettings, EachChoiceOfRtcpMuxIsWhatItsNameSays) {
  const std::pair<v1::RtcpMux, RtcpMux> table[] = {{v1::RTCP_MUX_UNSPECIFIED, RtcpMux::kWhereOffered},
                                                   {v1::RTCP_MUX_NEVER, RtcpMux::kNever},
                                                   {v1::RTCP_MUX_REQUIRED, RtcpMux::kRequired}};
  ASSERT_EQ(std::size(table), static_cast<size_t>(v1::RtcpMux_ARRAYSIZE));
  v1::RtpOptions options;
  for (const auto& [given, wanted] : table) {
    options.set_rtcp_mux(given);
    EXPECT_EQ(read(options).peer.policy.mux, wanted) << v1::RtcpMux_Name(given);
  }
  options.set_rtcp_mux(static_cast<v1::RtcpMux>(v1::RtcpMux_ARRAYSIZE));
  EXPECT_EQ(refused(options), "rtcp_mux");
}

TEST(RtpSettings, SuitesAndCodecsKeepTheirOrder) {
  v1::RtpOptions options;
  EXPECT_THAT(read(options).peer.policy.suites, IsEmpty());
  options.add_crypto_suites(v1::CRYPTO_SUITE_AES_CM_128_HMAC_SHA1_32);
  options.add_crypto_suites(v1::CRYPTO_SUITE_AEAD_AES_128_GCM);
  options.add_crypto_suites(v1::CRYPTO_SUITE_AES_CM_128_HMAC_SHA1_80);
  for (const auto* codec : {"H265", "G722", "OPUS", "PCMA", "PCMU", "VP9", "H264", "VP8"})
    options.add_codecs(codec);

  const auto policy = read(options).peer.policy;

  EXPECT_THAT(policy.suites, ElementsAre(SrtpProfile::kAesCm128HmacSha1_32, SrtpProfile::kAeadAes128Gcm,
                                         SrtpProfile::kAesCm128HmacSha1_80));
  EXPECT_THAT(policy.codecs, ElementsAre(Codec::kH265, Codec::kG722, Codec::kOpus, Codec::kPcma, Codec::kPcmu,
                                         Codec::kVp9, Codec::kH264, Codec::kVp8));
  options.add_crypto_suites(v1::CRYPTO_SUITE_UNSPECIFIED);
  EXPECT_EQ(refused(options), "crypto_suites");
}

TEST(RtpSettings, AddressesAndTimesAreTakenOverTheConfigurations) {
  Config::Rtp config;
  config.bind = "192.0.2.1";
  config.announced = "192.0.2.2";
  config.first_port = 4000;
  config.last_port = 4999;
  v1::RtpOptions options;
  auto settings = *read_options(options, config);
  EXPECT_EQ(settings.peer.bind, "192.0.2.1");
  EXPECT_EQ(settings.peer.announced, "192.0.2.2");
  EXPECT_EQ(settings.peer.ports.first, 4000);
  EXPECT_EQ(settings.peer.ports.last, 4999);
  EXPECT_FALSE(settings.peer.learn_address);
  EXPECT_EQ(settings.peer.media_timeout, milliseconds(10'000));
  EXPECT_EQ(settings.patience, milliseconds(100));
  EXPECT_FALSE(settings.has_streams());

  options.set_bind_address("::1");
  options.set_announced_address("198.51.100.7");
  options.set_learn_address(true);
  options.mutable_media_timeout()->set_seconds(2);
  options.mutable_media_timeout()->set_nanos(500'000'000);
  options.set_jitter_buffer_ms(30);
  settings = *read_options(options, config);
  EXPECT_EQ(settings.peer.bind, "::1");
  EXPECT_EQ(settings.peer.announced, "198.51.100.7");
  EXPECT_TRUE(settings.peer.learn_address);
  EXPECT_EQ(settings.peer.media_timeout, milliseconds(2500));
  EXPECT_EQ(settings.patience, milliseconds(30));
  options.mutable_media_timeout()->set_seconds(3601);
  EXPECT_EQ(refused(options), "media_timeout");
}

TEST(RtpSettings, AStreamSaysAllByItself) {
  v1::RtpOptions options;
  auto& sound = *options.mutable_audio();
  sound.set_codec("PCMA");
  sound.set_audio_level_id(5);
  auto& pictures = *options.mutable_video();
  pictures.set_codec("H264");
  pictures.set_payload_type(120);
  pictures.set_parameters("profile-level-id=42e01f");
  pictures.set_remote_address("192.0.2.9");
  pictures.set_remote_port(5004);
  pictures.set_remote_rtcp_port(5010);
  pictures.set_local_port(6000);
  pictures.set_ssrc(4711);
  pictures.set_video_orientation_id(14);

  const auto settings = read(options);

  ASSERT_TRUE(settings.audio && settings.video);
  EXPECT_EQ(settings.audio->codec, Codec::kPcma);
  EXPECT_EQ(settings.audio->payload_type, 8) << "the static one";
  EXPECT_TRUE(settings.audio->tones) << "under 101";
  EXPECT_EQ(settings.audio->extension_id, 5);
  EXPECT_EQ(settings.video->extension_id, 14);
  EXPECT_EQ(settings.audio->remote_port, 0);
  EXPECT_EQ(settings.video->codec, Codec::kH264);
  EXPECT_EQ(settings.video->payload_type, 120);
  EXPECT_EQ(settings.video->parameters, "profile-level-id=42e01f");
  EXPECT_EQ(settings.video->remote_address, "192.0.2.9");
  EXPECT_EQ(settings.video->remote_port, 5004);
  EXPECT_EQ(settings.video->remote_rtcp_port, 5010);
  EXPECT_EQ(settings.video->local_port, 6000);
  EXPECT_EQ(settings.video->ssrc, 4711U);
  EXPECT_FALSE(settings.video->tones);
  sound.set_payload_type(101);
  EXPECT_FALSE(read(options).audio->tones) << "its number is taken";
}

TEST(RtpSettings, ThePayloadTypeOfACodecIsTheUsualOne) {
  const std::pair<const char*, int> table[] = {{"PCMU", 0}, {"PCMA", 8}, {"G722", 9},  {"OPUS", 97},
                                               {"VP8", 96}, {"VP9", 96}, {"H264", 96}, {"H265", 96}};
  for (const auto& [codec, type] : table) {
    const bool video = type == 96;
    v1::RtpOptions options;
    (video ? options.mutable_video() : options.mutable_audio())->set_codec(codec);
    const auto settings = read(options);
    EXPECT_EQ((video ? settings.video : settings.audio)->payload_type, type) << codec;
  }
}

}  // namespace
}  // namespace kms::rtp
