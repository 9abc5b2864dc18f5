// SPDX-License-Identifier: Apache-2.0
// Several tracks of a kind at once, each on a port of its own.
#include <gmock/gmock.h>

#include "elements/player/player_fixture.hpp"
#include "elements/player/several_tracks.hpp"
#include "elements/rtp/ffmpeg.hpp"
#include "kms-core/gst/strip.hpp"
#include "tests/support/ear.hpp"
#include "tests/support/eye.hpp"
#include "tests/support/media_probe.hpp"
#include "tests/support/web_server.hpp"

namespace kms::player {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

constexpr double kFrame = 1e9 / 30;  // nanoseconds
const std::vector<std::string> kPorts = {"audio", "audio-2", "video", "video-2"};

// No two frames of it are alike.
std::string make_noise(unsigned seconds = 4) {
  return make_several_tracks(fmt::format("noise-{}.mkv", seconds),
                             {seconds, {"snow", "snow"}, {"white-noise", "white-noise"}});
}

std::string name_of(const Frame& frame) { return std::to_string(frame.digest); }

class Tracks : public PlayerTest {
 protected:
  static v1::PlayerOptions all_of(const std::string& path, bool unpaced) {
    v1::PlayerOptions options;
    options.set_uri(path.find("://") != std::string::npos ? path : test::uri_of(path));
    options.set_unpaced(unpaced);
    ask_for(options, v1::Track::AUDIO, 2);
    ask_for(options, v1::Track::VIDEO, 2);
    return options;
  }
  // With new takers on all ports.
  Status make_taken(const v1::PlayerOptions& options) {
    if (player_ && !close().ok())
      return error(StatusCode::kInternal, "TEST", "the one before does not close");
    for (const auto* port : {"audio-2", "video-2"}) further_[port] = std::make_unique<test::Taker>(port);
    return make(options);
  }
  test::Taker& taker(const std::string& port) {
    if (port == "audio") return audio_;
    return port == "video" ? video_ : *further_.at(port);
  }
  size_t count(const std::string& part) {
    const auto events = host_.events();
    return static_cast<size_t>(std::count_if(events.begin(), events.end(), [&](const auto& event) {
      return event.find(part) != std::string::npos;
    }));
  }
  bool wait_frames_everywhere(size_t more) {
    for (const auto& port : kPorts) {
      const auto before = taker(port).frames().size();
      if (!taker(port).wait_frames(before + more)) return false;
    }
    return true;
  }
  void attach(const std::map<std::string, std::shared_ptr<gst::Inlet>>& inlets) {
    host_.on_loop([&] {
      for (const auto& port : player_->ports().sources) {
        const auto found = inlets.find(port.name);
        if (found != inlets.end()) found->second->attach(port.media);
      }
    });
  }
  void expect_own_media();
};

// What the ports of SeveralTracks send is told apart by its size, its colour and its tone.
void Tracks::expect_own_media() {
  const test::Eye red("red", "vp8dec");
  const test::Eye green("green", "vp8dec");
  const test::Ear low("low", "opusdec");
  const test::Ear high("high", "opusdec");
  attach({{"video", red.inlet()},
          {"video-2", green.inlet()},
          {"audio", low.inlet()},
          {"audio-2", high.inlet()}});

  EXPECT_TRUE(red.sees([](const auto& sight) { return sight.width == 64 && sight.is(20, 20, 0xff0000); }));
  EXPECT_TRUE(green.sees([](const auto& sight) { return sight.width == 96 && sight.is(20, 20, 0x00ff00); }));
  const auto sound = low.listen(std::chrono::milliseconds(500));
  const auto second_sound = high.listen(std::chrono::milliseconds(500));
  EXPECT_GT(test::tone_db(sound, 440), test::tone_db(sound, 1760) + 30);
  EXPECT_GT(test::tone_db(second_sound, 1760), test::tone_db(second_sound, 440) + 30);
  EXPECT_TRUE(close().ok());
}

TEST_F(Tracks, EachPortHasItsOwn) {
  ASSERT_TRUE(make(all_of(make_several_tracks("tones.mkv", {}), false)).ok());
  ASSERT_TRUE(play().ok());
  expect_own_media();
}

TEST_F(Tracks, EachPortHasItsOwnOverHttp) {
  const test::WebServer server;
  make_several_tracks("tones.mkv", {});
  ASSERT_TRUE(make(all_of(server.uri("/files/tones.mkv"), false)).ok());
  ASSERT_TRUE(play().ok());
  expect_own_media();
}

// Where in the file each frame of a port is, nanoseconds, as another reader of the file says.
using Places = std::map<std::string, double>;

Places places_of(const std::string& path, const std::string& port, const std::vector<Frame>& frames) {
  const auto packets = test::packets_of(path, port[0], port.ends_with("-2") ? 1 : 0);
  EXPECT_EQ(packets.size(), frames.size()) << port;
  Places out;
  for (size_t i = 0; i < std::min(packets.size(), frames.size()); ++i)
    out[name_of(frames[i])] = packets[i].pts * 1e9;
  EXPECT_EQ(out.size(), frames.size()) << "no two frames are alike";
  return out;
}

class TracksInSync : public Tracks {
 protected:
  // Plays it once as fast as it goes: each frame of each port then has a place.
  void learn(const std::string& path) {
    ASSERT_TRUE(make_taken(all_of(path, true)).ok());
    ASSERT_TRUE(play().ok());
    for (const auto& port : kPorts) ASSERT_TRUE(taker(port).wait_end());
    for (const auto& port : kPorts) places_[port] = places_of(path, port, taker(port).frames());
    seen_ = {{"audio", audio_.frames().size()}, {"video", video_.frames().size()}};
  }
  std::vector<Frame> frames(const std::string& port) {
    auto all = taker(port).frames();
    all.erase(all.begin(), all.begin() + static_cast<ptrdiff_t>(seen_[port]));
    std::erase_if(all, [](const Frame& frame) { return frame.decode_only; });
    return all;
  }
  // From now on a piece of media is played in which time runs through. Sound from before the target of a seek
  // is there for decoders to settle, pressed into what time there is.
  void begin_piece(GstClockTime target = 0) {
    since_ = gst::media_now();
    target_ = static_cast<double>(target);
  }
  bool wait_piece(const std::vector<std::string>& ports) {
    return std::all_of(ports.begin(), ports.end(), [this](const auto& port) {
      return taker(port).wait_for([this](const auto& all) {
        return std::count_if(all.begin(), all.end(), [this](const Frame& frame) {
                 return frame.pts >= since_ && !frame.decode_only;
               }) >= 15;
      });
    });
  }
  // The time stamps of all `ports` since then belong to one beginning of the file, within a frame.
  void expect_sync(double speed, const std::vector<std::string>& ports) {
    ASSERT_TRUE(wait_piece(ports));
    double first = 1e30;
    double last = -1e30;
    for (const auto& port : ports) {
      size_t used = 0;
      for (const auto& frame : frames(port)) {
        const auto place = places_[port].find(name_of(frame));
        if (frame.pts < since_ || place == places_[port].end() || place->second < target_) continue;
        const auto begun = static_cast<double>(frame.pts) - place->second / speed;
        first = std::min(first, begun);
        last = std::max(last, begun);
        ++used;
      }
      EXPECT_GE(used, 5U) << port;
    }
    EXPECT_LT(last - first, kFrame);
  }

  std::map<std::string, Places> places_;
  std::map<std::string, size_t> seen_;  // frames of before
  GstClockTime since_ = 0;
  double target_ = 0;  // nanoseconds, in the file
};

TEST_F(TracksInSync, ThroughPauseSeekAndSpeed) {
  const auto path = make_noise();
  learn(path);
  ASSERT_TRUE(make_taken(all_of(path, false)).ok());
  begin_piece();
  ASSERT_TRUE(play().ok());
  expect_sync(1, kPorts);

  ASSERT_TRUE(pause().ok());
  begin_piece();
  ASSERT_TRUE(play().ok());
  expect_sync(1, kPorts);

  ASSERT_TRUE(pause().ok());
  ASSERT_TRUE(seek(std::chrono::milliseconds(2300)).ok());
  begin_piece(2300 * GST_MSECOND);
  ASSERT_TRUE(play().ok());
  expect_sync(1, kPorts);

  ASSERT_TRUE(seek(std::chrono::milliseconds(1400), true).ok());
  begin_piece(GST_SECOND);
  expect_sync(1, kPorts);

  ASSERT_TRUE(host_.call([this](Done done) { player_->set_speed(0.5, std::move(done)); }).ok());
  begin_piece();
  expect_sync(0.5, {"video", "video-2"});
  for (const auto& port : kPorts) EXPECT_TRUE(rises(frames(port))) << port;
}

TEST_F(TracksInSync, InALoop) {
  const auto path = make_noise(1);
  learn(path);
  auto options = all_of(path, false);
  options.set_loop(true);
  ASSERT_TRUE(make_taken(options).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(video_.wait_frames(seen_["video"] + 75));
  ASSERT_TRUE(stop().ok());

  std::vector<double> rounds[2];  // when the first and the second began, by each port
  for (const auto& port : kPorts) {
    std::map<std::string, size_t> times;
    for (const auto& frame : frames(port)) {
      const auto round = times[name_of(frame)]++;
      if (round < 2)
        rounds[round].push_back(static_cast<double>(frame.pts) - places_[port].at(name_of(frame)));
    }
  }
  for (const auto& begun : rounds) {
    ASSERT_GT(begun.size(), 100U);
    const auto [first, last] = std::minmax_element(begun.begin(), begun.end());
    EXPECT_LT(*last - *first, kFrame);
  }
}

TEST_F(TracksInSync, InAListWhoseNextItemHasThemToo) {
  const auto path = make_noise(1);
  learn(path);
  auto options = all_of(path, false);
  options.add_uris(options.uri());
  ASSERT_TRUE(make_taken(options).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(host_.wait_for("STATE_ENDED", 2));

  for (const auto& port : kPorts) {
    ASSERT_TRUE(taker(port).wait_end(port.ends_with("-2") ? 1 : 2)) << port;
    EXPECT_EQ(frames(port).size(), 2 * places_[port].size()) << port;
    EXPECT_TRUE(rises(frames(port))) << port;
  }
}

TEST_F(Tracks, ThatTheNextItemOfAListHasNotAreToldAndEnd) {
  auto options = all_of(make_noise(1), true);
  options.add_uris(test::uri_of(test::make_clip("one.webm", 1)));
  ASSERT_TRUE(make_taken(options).ok());
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
  for (const auto& port : kPorts) EXPECT_TRUE(taker(port).wait_end()) << port;
  EXPECT_EQ(video_.frames().size(), 60U);
  EXPECT_EQ(further_["video-2"]->frames().size(), 30U);
  EXPECT_EQ(count("ElementError TRACK_NOT_FOUND"), 2U);
}

// What can be sought in only after some frames tells its tracks again.
TEST_F(Tracks, ThatAreNotThereAreToldOnce) {
  ASSERT_TRUE(make_taken(all_of(make_mp3(), false)).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(test::eventually([&] { return position().seekable; }));
  EXPECT_EQ(count("ElementError TRACK_NOT_FOUND"), 2U);
}

TEST_F(Tracks, ThatAreNotThereAreToldAndTheOthersPlay) {
  auto options = all_of(make_noise(1), true);
  ask_for(options, v1::Track::AUDIO, 3, "commentary");
  auto& french = *options.add_further_tracks();
  french.set_kind(v1::Track::AUDIO);
  french.set_language("fr");
  ASSERT_TRUE(make_taken(options).ok());
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("STATE_ENDED"));
  for (const auto& port : kPorts) EXPECT_TRUE(taker(port).wait_end()) << port;
  EXPECT_EQ(count("ElementError TRACK_NOT_FOUND"), 2U);
  EXPECT_EQ(further_["video-2"]->frames().size(), 30U);
  EXPECT_EQ(offers(3), "VP8");
  EXPECT_EQ(offers(4), "");
}

TEST_F(Tracks, SetTheVolumeOfAllSound) {
  auto options = all_of(make_several_tracks("tones.mkv", {}), false);
  options.set_volume(0);
  ASSERT_TRUE(make_taken(options).ok());
  ASSERT_TRUE(play().ok());
  ASSERT_TRUE(wait_frames_everywhere(10));
  ASSERT_TRUE(host_.call([this](Done done) { done(player_->set_volume(1)); }).ok());

  for (const auto* port : {"audio", "audio-2"}) {
    EXPECT_EQ(taker(port).frames()[5].first_bytes, std::string(8, '\0')) << port;
    EXPECT_TRUE(taker(port).wait_for([](const auto& frames) {
      return frames.back().first_bytes != std::string(8, '\0');
    })) << port;
  }
}

TEST_F(Tracks, SayTheirPorts) {
  v1::PlayerOptions options;
  options.set_uri(test::uri_of(make_several_tracks("tones.mkv", {})));
  auto& german = *options.add_further_tracks();
  german.set_kind(v1::Track::AUDIO);
  german.set_language("de");
  german.set_port_id("german");
  ASSERT_TRUE(make(options).ok());

  std::vector<std::string> texts;
  EXPECT_TRUE(host_
                  .call([&](Done done) {
                    player_->media_info([&, done = std::move(done)](const auto& tracks) mutable {
                      for (const auto& track : tracks->all) {
                        const auto port = track.line ? player_->ports().sources[*track.line].name : "none";
                        texts.push_back(fmt::format("{}{} {}", track.video ? 'v' : 'a', track.number, port));
                      }
                      done(ok());
                    });
                  })
                  .ok());
  std::sort(texts.begin(), texts.end());
  EXPECT_THAT(texts, ElementsAre("a1 audio", "a2 german", "v1 video", "v2 none"));
}

TEST_F(Tracks, ThatCannotBeAreRefused) {
  const auto refused = [&](const std::function<void(v1::PlayerOptions&)>& change) {
    auto options = all_of(make_noise(1), true);
    change(options);
    return reason_of(make(options));
  };
  EXPECT_EQ(refused([](auto& o) { o.mutable_further_tracks(0)->clear_number(); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.mutable_further_tracks(0)->set_language("de"); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.mutable_further_tracks(0)->clear_kind(); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) {
              o.mutable_further_tracks(0)->clear_number();
              o.mutable_further_tracks(0)->set_language("klingon");
            }),
            "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { ask_for(o, v1::Track::AUDIO, 1); }), "INVALID_OPTIONS")
      << "\"audio\" has it";
  EXPECT_EQ(refused([](auto& o) { o.set_video_track(2); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.set_without_audio(true); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { ask_for(o, v1::Track::AUDIO, 3, "video"); }), "PORT_EXISTS");
  EXPECT_EQ(refused([](auto& o) { ask_for(o, v1::Track::AUDIO, 3, "Audio"); }), "INVALID_ID");
  EXPECT_EQ(refused([](auto& o) {
              for (unsigned number = 3; number <= 9; ++number) ask_for(o, v1::Track::AUDIO, number);
            }),
            "INVALID_OPTIONS");
}

TEST_F(Tracks, OfASourceThatIsLostAreAllBridged) {
  const test::WebServer server;
  test::cut_file(make_several_tracks("tones.mkv", {}), "lost.mkv", 0.4);
  auto options = all_of(server.uri("/whole/lost.mkv"), false);
  options.mutable_reconnect()->mutable_initial()->set_seconds(60);
  ASSERT_TRUE(make_taken(options).ok());
  ASSERT_TRUE(play().ok());

  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING"));

  EXPECT_TRUE(wait_frames_everywhere(3));
  for (const auto& port : kPorts) EXPECT_TRUE(rises(taker(port).frames())) << port;
}

TEST_F(Tracks, OfHls) {
  const test::WebServer server;
  const auto folder = test::media_folder() + "/";
  rtp::Ffmpeg ffmpeg(
      "-f lavfi -i testsrc=s=64x48:r=30 -f lavfi -i sine=440:r=48000 -f lavfi -i sine=1760:r=48000 -t 2 "
      "-map 0 -map 1 -map 2 -c:v libx264 -g 30 -c:a aac -f hls -hls_time 1 -hls_list_size 0 "
      "-hls_segment_filename " +
      folder + "sounds%d.ts " + folder + "sounds.m3u8");
  ASSERT_TRUE(ffmpeg.finishes());
  v1::PlayerOptions options;
  options.set_uri(server.uri("/files/sounds.m3u8"));
  ask_for(options, v1::Track::AUDIO, 2);
  ASSERT_TRUE(make(options).ok());
  ASSERT_TRUE(play().ok());

  const test::Ear low("low", "aacparse ! avdec_aac");
  const test::Ear high("high", "aacparse ! avdec_aac");
  attach({{"audio", low.inlet()}, {"audio-2", high.inlet()}});
  const auto sound = low.listen(std::chrono::milliseconds(500));
  const auto second_sound = high.listen(std::chrono::milliseconds(500));

  EXPECT_GT(test::tone_db(sound, 440), test::tone_db(sound, 1760) + 30);
  EXPECT_GT(test::tone_db(second_sound, 1760), test::tone_db(second_sound, 440) + 30);
  EXPECT_TRUE(close().ok());
}

}  // namespace
}  // namespace kms::player
