// SPDX-License-Identifier: Apache-2.0
// All tracks of a file, played into a recorder: what it wrote is read back.
#include "elements/player/several_tracks.hpp"
#include "kms/recorder/v1/recorder.pb.h"
#include "tests/support/ear.hpp"
#include "tests/support/media_probe.hpp"
#include "tests/support/session_fixture.hpp"

namespace kms {
void declare_player(graph::Catalog& catalog);
void declare_recorder(graph::Catalog& catalog);
}  // namespace kms

namespace kms::player {
namespace {

using test::packets_of;

test::LiveSession::Setup setup() {
  Config config;
  config.files.read = {test::media_folder()};
  config.files.write = {test::media_folder()};
  return {.config = config, .declare = [](graph::Catalog& catalog) {
            declare_player(catalog);
            declare_recorder(catalog);
          }};
}

kms::v1::ElementSpec spec(const std::string& id, const google::protobuf::Message& options) {
  kms::v1::ElementSpec out;
  out.set_element_id(id);
  out.mutable_options()->PackFrom(options);
  return out;
}

// Each of the player's ports goes to the recorder's of that name.
kms::v1::ApplyGraphRequest all_into_a_recorder(const std::string& from, const std::string& to) {
  v1::PlayerOptions player;
  player.set_uri(test::uri_of(from));
  player.set_unpaced(true);
  player.set_autoplay(true);
  ask_for(player, v1::Track::AUDIO, 2);
  ask_for(player, v1::Track::VIDEO, 2);
  recorder::v1::RecorderOptions recorder;
  recorder.set_uri(test::uri_of(to));
  recorder.set_autostart(true);
  recorder.set_overwrite(true);
  recorder.set_stop_on_end_of_stream(true);
  recorder.set_audio_tracks(2);
  recorder.set_video_tracks(2);
  kms::v1::ApplyGraphRequest request;
  *request.add_elements() = spec("player", player);
  *request.add_elements() = spec("recorder", recorder);
  for (const auto* port : {"audio", "audio-2", "video", "video-2"}) {
    auto& link = *request.add_links();
    link.set_source("player");
    link.set_source_port(port);
    link.set_sink("recorder");
    link.set_sink_port(port);
  }
  return request;
}

TEST(SeveralTracks, AreRecordedAsTheyWere) {
  const auto from = make_several_tracks("tones-2.mkv", {.seconds = 2});
  const auto to = test::media_folder() + "/copy.mkv";
  test::LiveSession session(setup());

  const auto request = all_into_a_recorder(from, to);
  ASSERT_TRUE(session.on_loop([&](graph::Session& s) { return s.apply(request).status(); }).ok());
  session.await([](const kms::v1::Event& event) {
    return event.element_event().Is<recorder::v1::RecordingFinished>();
  });

  for (const char kind : {'a', 'v'}) {
    const auto begins = packets_of(to, kind).at(0).pts - packets_of(from, kind).at(0).pts;
    for (const unsigned index : {0U, 1U}) {
      EXPECT_EQ(test::hashes_of(to, kind, index), test::hashes_of(from, kind, index)) << kind << index;
      const auto begun = packets_of(to, kind, index).at(0).pts - packets_of(from, kind, index).at(0).pts;
      EXPECT_NEAR(begun, begins, 0.002) << kind << index;
    }
  }
  EXPECT_EQ(test::decoded_frames(to, 'v', 1), 60);
  EXPECT_GT(test::tone_db(test::sound_of(to, 0), 440), -20);
  EXPECT_GT(test::tone_db(test::sound_of(to, 1), 1760), -20);
  EXPECT_LT(test::tone_db(test::sound_of(to, 1), 440), -50);
}

}  // namespace
}  // namespace kms::player
