// SPDX-License-Identifier: Apache-2.0
// How loud a peer of plain RTP says it is.
#include <thread>

#include "kms/audio_mixer/v1/audio_mixer.pb.h"
#include "tests/integration/rtp_fixture.hpp"

namespace kms::test {
namespace {

using rtc::test::TestPhone;

// Nothing is to be heard in these packets, so that who decodes them hears nobody speak.
TEST(RtpLevels, AMixerTakesTheWordOfPacketsForWhoSpeaks) {
  rtp::v1::RtpOptions options;
  options.mutable_audio()->set_codec("OPUS");
  options.mutable_audio()->set_audio_level_id(3);
  WithRtpEndpoint server(options);
  EventReader events(server.client, server.session);
  audio_mixer::v1::AudioMixerOptions mixer;
  mixer.add_ports()->set_port_id("ann");
  ASSERT_EQ(server.create("mixer", mixer), "OK");
  v1::LinkSpec link;
  link.set_source("r");
  link.set_sink("mixer");
  link.set_sink_port("ann");
  ASSERT_EQ(server.client.connect(server.session, link), "OK") << server.client.last.message;
  TestPhone phone({});
  const auto port = static_cast<uint16_t>(server.ports().audio_port());
  phone.set_server(*rtc::SocketAddress::parse("127.0.0.1", port));

  const std::jthread speaking([&](const std::stop_token& stop) {
    TestPhone::Media media{.type = 97, .payload = {0xf8, 0xff, 0xfe}, .extension = 20};
    for (; !stop.stop_requested(); ++media.sequence, media.timestamp += 960) {
      phone.send(media);
      phone.receive_until([] { return false; }, std::chrono::milliseconds(20));
    }
  });

  audio_mixer::v1::ActiveSpeakerChanged told;
  EXPECT_TRUE(server.wait_for(events, told));
  EXPECT_EQ(told.port_id(), "ann");
}

}  // namespace
}  // namespace kms::test
