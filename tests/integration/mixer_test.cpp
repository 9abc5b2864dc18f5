// SPDX-License-Identifier: Apache-2.0
// Hubs that mix, in a real server.
#include <fmt/format.h>

#include <array>

#include "kms/audio_mixer/v1/audio_mixer.grpc.pb.h"
#include "kms/composite/v1/composite.grpc.pb.h"
#include "tests/integration/media_fixture.hpp"
#include "tests/support/calm/calm.hpp"
#include "tests/support/ear.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

using audio_mixer::v1::AudioMixerOptions;
using audio_mixer::v1::AudioMixerService;
using composite::v1::CompositeOptions;
using composite::v1::CompositeService;

constexpr unsigned kRed = 0xff0000;
constexpr unsigned kGreen = 0x00ff00;

// A clip of one colour and one tone, for half a minute.
std::string coloured_clip(const std::string& name, unsigned color, int hz) {
  return make_media(
      name, fmt::format("videotestsrc num-buffers=450 pattern=solid-color foreground-color={} ! "
                        "video/x-raw,format=I420,width=160,height=90,framerate=15/1 ! vp8enc deadline=1 "
                        "keyframe-max-dist=15 ! queue ! webmmux name=m ! filesink location={{}} "
                        "audiotestsrc num-buffers=1500 samplesperbuffer=960 volume=0.1 freq={} ! "
                        "audio/x-raw,rate=48000,channels=1 ! opusenc ! queue ! m.",
                        0xff000000U | color, hz));
}

struct MixingServer : MediaServer {
  using MediaServer::MediaServer;

  static CompositeOptions small() {
    CompositeOptions options;
    options.set_width(320);
    options.set_height(180);
    options.set_frames_per_second(25);
    options.mutable_layout()->mutable_look()->set_fit(composite::v1::FIT_CROP);
    return options;
  }
  std::string create_port(const std::string& id) {
    composite::v1::CreateHubPortRequest request;
    request.set_port_id(id);
    return command<CompositeService>("room", &CompositeService::Stub::CreateHubPort, request);
  }
  std::string delete_port(const std::string& id) {
    composite::v1::DeleteHubPortRequest request;
    request.set_port_id(id);
    return command<CompositeService>("room", &CompositeService::Stub::DeleteHubPort, request);
  }
  // A clip plays into a hub port.
  std::string send(const std::string& port_id, const std::string& path) {
    if (auto made = create(port_id, player(path)); made != "OK") return made;
    v1::LinkSpec link;
    link.set_source(port_id);
    link.set_sink("room");
    link.set_sink_port(port_id);
    if (auto linked = client.connect(session, link); linked != "OK") return linked;
    return play(port_id);
  }
  uint64_t recorded_pictures() {
    v1::GetStatsRequest request;
    request.set_name(name_of("tape"));
    v1::GetStatsResponse response;
    client.call(*client.graph, &v1::GraphService::Stub::GetStats, request, &response);
    for (const auto& link : response.links()) {
      if (link.link().kind() == v1::MEDIA_KIND_VIDEO) return link.frames();
    }
    return 0;
  }
  bool record(uint64_t more) {
    const auto before = recorded_pictures();
    return eventually([&] { return recorded_pictures() >= before + more; }, kPatience);
  }
};

// What is on the left and on the right of each picture of a file: "RG" is red and green.
std::vector<std::string> halves_of(const std::string& path) {
  const auto raw = path + ".rgb";
  const auto line = fmt::format(
      "timeout 60 ffmpeg -nostdin -v error -y -i {} -vf format=rgb24,scale=2:1:flags=area -f rawvideo "
      "-pix_fmt rgb24 {}",
      path, raw);
  EXPECT_EQ(std::system(line.c_str()), 0);
  const auto bytes = read_file(raw);
  const auto name = [&](size_t at) {
    const std::array<int, 3> rgb{static_cast<uint8_t>(bytes[at]), static_cast<uint8_t>(bytes[at + 1]),
                                 static_cast<uint8_t>(bytes[at + 2])};
    if (rgb[0] > 180 && rgb[1] < 70 && rgb[2] < 70) return 'R';
    return rgb[1] > 180 && rgb[0] < 70 && rgb[2] < 70 ? 'G' : '-';
  };
  std::vector<std::string> out;
  for (size_t at = 0; at + 6 <= bytes.size(); at += 6) out.push_back({name(at), name(at + 3)});
  return out;
}

std::vector<int16_t> sound_of(const std::string& path) {
  const auto raw = path + ".s16";
  const auto line =
      fmt::format("timeout 60 ffmpeg -nostdin -v error -y -i {} -f s16le -ac 1 -ar 48000 {}", path, raw);
  EXPECT_EQ(std::system(line.c_str()), 0);
  const auto bytes = read_file(raw);
  std::vector<int16_t> out(bytes.size() / sizeof(int16_t));
  std::memcpy(out.data(), bytes.data(), out.size() * sizeof(int16_t));
  return out;
}

double longest_gap(const std::string& path, char track) {
  const auto packets = packets_of(path, track);
  double longest = 0;
  for (size_t i = 1; i < packets.size(); ++i)
    longest = std::max(longest, packets[i].pts - packets[i - 1].pts);
  return longest;
}

TEST(Mixers, ARoomIsRecordedWholeWhilePeopleComeAndGo) {
  measure_calmly([] {
    MixingServer kms;
    auto options = MixingServer::small();
    options.add_ports()->set_port_id("ann");
    ASSERT_EQ(kms.create("room", options), "OK") << kms.client.last.message;
    ASSERT_EQ(kms.send("ann", coloured_clip("red.webm", kRed, 500)), "OK") << kms.client.last.message;
    auto tape = kms.recorder("room.webm");
    tape.set_autostart(true);
    ASSERT_EQ(kms.create("tape", tape), "OK");
    ASSERT_EQ(kms.connect("room", "tape"), "OK") << kms.client.last.message;
    ASSERT_TRUE(kms.record(25));

    for (int i = 0; i < 3; ++i) {
      ASSERT_EQ(kms.create_port("ben"), "OK") << kms.client.last.message;
      ASSERT_EQ(kms.send("ben", coloured_clip("green.webm", kGreen, 900)), "OK") << kms.client.last.message;
      ASSERT_TRUE(kms.record(25));
      ASSERT_EQ(kms.delete_port("ben"), "OK");
      ASSERT_EQ(kms.remove("ben"), "OK");
      ASSERT_TRUE(kms.record(15));
    }
    ASSERT_EQ(kms.command<recorder::v1::RecorderService>("tape", &recorder::v1::RecorderService::Stub::Stop),
              "OK");

    const auto path = media_folder() + "/room.webm";
    const auto halves = halves_of(path);
    ASSERT_GT(halves.size(), 100U);
    EXPECT_GT(std::count(halves.begin(), halves.end(), "RG"), 30);
    EXPECT_GT(std::count(halves.begin(), halves.end(), "RR"), 30);
    EXPECT_EQ(halves.back(), "RR");
    EXPECT_LT(longest_gap(path, 'v'), 0.125) << "a picture, and what a busy machine leaves out at once";
    EXPECT_LT(longest_gap(path, 'a'), 0.065);
    const auto sound = sound_of(path);
    EXPECT_GT(tone_db({sound.end() - 4800, sound.end()}, 500), -26);
    size_t both = 0;
    for (size_t at = 0; at + 4800 <= sound.size(); at += 4800) {
      const std::vector<int16_t> part(sound.begin() + static_cast<ptrdiff_t>(at),
                                      sound.begin() + static_cast<ptrdiff_t>(at + 4800));
      both += tone_db(part, 500) > -26 && tone_db(part, 900) > -26 ? 1 : 0;
    }
    EXPECT_GT(both, 10U);
  });
}

TEST(Mixers, AWholeRoomIsMadeInOneCallAndSaysWhoSpeaks) {
  MixingServer kms;
  EventReader events(kms.client, kms.session);
  v1::ApplyGraphRequest request;
  request.set_parent(kms.session);
  const auto add = [&](const std::string& id, const google::protobuf::Message& options) {
    auto* element = request.add_elements();
    element->set_element_id(id);
    element->mutable_options()->PackFrom(options);
  };
  auto loud = kms.player(coloured_clip("red.webm", kRed, 500));
  loud.set_autoplay(true);
  add("ann", loud);
  AudioMixerOptions mixer;
  mixer.add_ports()->set_port_id("ann");
  mixer.add_ports()->set_port_id("ben");
  add("mixer", mixer);
  auto* link = request.add_links();
  link->set_source("ann");
  link->set_sink("mixer");
  link->set_sink_port("ann");
  v1::ApplyGraphResponse response;
  ASSERT_EQ(kms.client.call(*kms.client.graph, &v1::GraphService::Stub::ApplyGraph, request, &response), "OK")
      << kms.client.last.message;

  audio_mixer::v1::ActiveSpeakerChanged told;
  EXPECT_TRUE(kms.wait_for(events, told));
  EXPECT_EQ(told.port_id(), "ann");
}

TEST(Mixers, LayoutsAndPortsAreRefusedWithAReason) {
  MixingServer kms("limits: { ports_per_hub: 2 }\n");
  ASSERT_EQ(kms.create("room", MixingServer::small()), "OK");
  composite::v1::SetLayoutRequest layout;
  auto* cell = layout.mutable_layout()->mutable_custom()->add_cells();
  cell->set_port_id("nobody");
  cell->set_x(300);
  cell->set_width(100);
  cell->set_height(100);
  EXPECT_EQ(kms.command<CompositeService>("room", &CompositeService::Stub::SetLayout, layout),
            "INVALID_ARGUMENT/LAYOUT_INVALID");
  cell->set_x(0);
  EXPECT_EQ(kms.command<CompositeService>("room", &CompositeService::Stub::SetLayout, layout), "OK");

  EXPECT_EQ(kms.create_port("ann"), "OK");
  EXPECT_EQ(kms.create_port("ann"), "ALREADY_EXISTS/PORT_EXISTS");
  EXPECT_EQ(kms.create_port("Ann!"), "INVALID_ARGUMENT/INVALID_ID");
  EXPECT_EQ(kms.create_port("ben"), "OK");
  EXPECT_EQ(kms.create_port("cy"), "RESOURCE_EXHAUSTED/PORT_QUOTA");
  EXPECT_EQ(kms.delete_port("cy"), "NOT_FOUND/PORT_NOT_FOUND");

  composite::v1::SetInputRequest loud;
  loud.set_port_id("ann");
  loud.mutable_input()->set_gain(100);
  EXPECT_EQ(kms.command<CompositeService>("room", &CompositeService::Stub::SetInput, loud),
            "INVALID_ARGUMENT/INVALID_OPTIONS");
  composite::v1::SetBackgroundRequest image;
  image.mutable_background()->set_image_uri(uri_of(write_file("no.png", "text")));
  EXPECT_EQ(kms.command<CompositeService>("room", &CompositeService::Stub::SetBackground, image),
            "INVALID_ARGUMENT/NOT_MEDIA");
  image.mutable_background()->set_image_uri("file:///etc/hostname");
  EXPECT_EQ(kms.command<CompositeService>("room", &CompositeService::Stub::SetBackground, image),
            "PERMISSION_DENIED/URI_NOT_ALLOWED");
}

TEST(Mixers, AnAudioMixerRefusesWithTheSameReasons) {
  MixingServer kms("limits: { ports_per_hub: 1 }\n");
  AudioMixerOptions options;
  options.add_ports()->set_port_id("ann");
  ASSERT_EQ(kms.create("mixer", options), "OK");
  audio_mixer::v1::CreateHubPortRequest request;
  request.set_port_id("ann");
  const auto create = [&] {
    return kms.command<AudioMixerService>("mixer", &AudioMixerService::Stub::CreateHubPort, request);
  };
  EXPECT_EQ(create(), "ALREADY_EXISTS/PORT_EXISTS");
  request.set_port_id("ben");
  EXPECT_EQ(create(), "RESOURCE_EXHAUSTED/PORT_QUOTA");
  audio_mixer::v1::SetInputRequest input;
  input.set_port_id("ben");
  EXPECT_EQ(kms.command<AudioMixerService>("mixer", &AudioMixerService::Stub::SetInput, input),
            "NOT_FOUND/PORT_NOT_FOUND");
  input.set_port_id("ann");
  input.mutable_input()->set_muted(true);
  EXPECT_EQ(kms.command<AudioMixerService>("mixer", &AudioMixerService::Stub::SetInput, input), "OK");
  audio_mixer::v1::DeleteHubPortRequest gone;
  gone.set_port_id("ann");
  EXPECT_EQ(kms.command<AudioMixerService>("mixer", &AudioMixerService::Stub::DeleteHubPort, gone), "OK");
}

}  // namespace
}  // namespace kms::test
