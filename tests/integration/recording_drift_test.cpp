// SPDX-License-Identifier: Apache-2.0
// What lies in recordings of senders whose clocks are not the server's.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <sstream>

#include "tests/integration/live_fixture.hpp"
#include "tests/support/calm/calm.hpp"
#include "tests/support/live_peer/scene.hpp"

namespace kms::test {
namespace {

using namespace std::chrono_literals;
using recorder::v1::RecorderService;

constexpr double kMostApart = 0.040;  // seconds

// A sender, and the file it is recorded into.
struct Sender {
  std::string id;
  std::string file;
  std::string video;    // codec
  double pictures = 1;  // seconds of pictures per second
  double sound = 1;
};
const std::vector<Sender> kSenders{
    {"slow", "drift-slow.webm", "VP8", 0.995, 0.995},
    {"fast", "drift-fast.webm", "VP8", 1.005, 1.005},
    {"apart", "drift-apart.webm", "VP8", 1, 1.005},      // a sound card's clock beside a camera's
    {"encoded", "drift-encoded.mp4", "H264", 1, 1.005},  // its sound becomes AAC
};

std::string path_of(const Sender& sender) { return media_folder() + "/" + sender.file; }

// Ten minutes by hand: KMS_DRIFT_SECONDS=600.
std::chrono::seconds recorded_length() {
  const char* given = std::getenv("KMS_DRIFT_SECONDS");
  return given == nullptr ? 12s : std::chrono::seconds(std::stol(given));
}

// What a command writes, block by block; true when it went well.
bool read_all(const std::string& command, size_t block, const std::function<void(std::string_view)>& take) {
  auto* pipe = popen(command.c_str(), "r");
  if (pipe == nullptr) return false;
  std::string buffer(block, '\0');
  while (const auto read = std::fread(buffer.data(), 1, block, pipe)) take({buffer.data(), read});
  return pclose(pipe) == 0;
}

// Of the decoded frames of a track: when each is due, in seconds, and how many samples are in it.
struct Decoded {
  double at = 0;
  size_t samples = 0;
};
std::vector<Decoded> decoded_track(const std::string& path, char track) {
  std::string text;
  EXPECT_TRUE(read_all(fmt::format("ffprobe -v error -select_streams {}:0 -of csv=p=0 -show_entries "
                                   "frame=pts_time,nb_samples {}",
                                   track, path),
                       65536, [&](std::string_view more) { text += more; }));
  std::vector<Decoded> out;
  std::stringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line.empty()) continue;
    const auto comma = line.find(',');
    const bool sound = track == 'a' && comma != std::string::npos;
    out.push_back({std::atof(line.c_str()), sound ? std::strtoul(&line[comma + 1], nullptr, 10) : 0});
  }
  return out;
}

// When the first picture of a second is shown, and which second of the scene that is.
struct Flash {
  double at = 0;
  int second = 0;
};
std::vector<Flash> flashes_in(const std::string& path) {
  const auto pictures = decoded_track(path, 'v');
  std::vector<Flash> out;
  size_t number = 0;
  EXPECT_TRUE(
      read_all(fmt::format("ffmpeg -nostdin -v error -i {} -map 0:v:0 -fps_mode passthrough -enc_time_base "
                           "1:90000 -f rawvideo -pix_fmt yuv420p -",
                           path),
               scene::kWidth * scene::kHeight * 3 / 2, [&](std::string_view picture) {
                 const auto* bytes = reinterpret_cast<const uint8_t*>(picture.data());
                 const auto seen = scene::look_at({bytes, picture.size()});
                 const bool first = seen && seen->flash && seen->picture % scene::kPicturesPerSecond == 0;
                 if (first && number < pictures.size())
                   out.push_back({pictures[number].at, seen->picture / scene::kPicturesPerSecond});
                 ++number;
               }));
  EXPECT_EQ(number, pictures.size()) << path;
  return out;
}

// When beeps are heard.
std::vector<double> beeps_in(const std::string& path) {
  constexpr int kRate = 48000;
  std::vector<int16_t> samples;
  EXPECT_TRUE(read_all(fmt::format("ffmpeg -nostdin -v error -i {} -map 0:a:0 -f s16le -ac 1 -", path), 65536,
                       [&](std::string_view block) {
                         for (size_t i = 0; i + 1 < block.size(); i += 2)
                           samples.push_back(static_cast<int16_t>(static_cast<uint8_t>(block[i]) |
                                                                  static_cast<uint8_t>(block[i + 1]) << 8));
                       }));
  std::vector<double> out;
  const auto frames = decoded_track(path, 'a');
  size_t frame = 0;
  size_t before = 0;  // samples in earlier frames
  for (const auto beep : scene::beeps_in(samples, kRate)) {
    while (frame < frames.size() && before + frames[frame].samples <= beep) before += frames[frame++].samples;
    if (frame < frames.size()) out.push_back(frames[frame].at + static_cast<double>(beep - before) / kRate);
  }
  return out;
}

class DriftingServer : public LiveServer {
 public:
  // Its session outlives what is recorded.
  DriftingServer() {
    EXPECT_EQ(client.create_session("drift", static_cast<int>(recorded_length().count()) + 600), "OK");
    session = "sessions/drift";
  }
  bool begin(const Sender& sender, LivePeer& peer) {
    add_endpoint(sender.id);
    auto options = recorder(sender.file);
    options.set_autostart(true);
    EXPECT_EQ(create("r-" + sender.id, options), "OK") << client.last.message;
    EXPECT_EQ(connect(sender.id, "r-" + sender.id), "OK") << client.last.message;
    return join(sender.id, peer);
  }
  recorder::v1::Recording end(const Sender& sender) {
    recorder::v1::StopRequest request;
    request.set_name(name_of("r-" + sender.id));
    recorder::v1::StopResponse response;
    const auto commands = RecorderService::NewStub(client.channel);
    EXPECT_EQ(client.call(*commands, &RecorderService::Stub::Stop, request, &response), "OK")
        << client.last.message;
    return response.recording();
  }
};

// All at once.
void record() {
  DriftingServer kms;
  std::vector<std::unique_ptr<LivePeer>> peers;
  std::vector<LivePeer*> all;
  for (const auto& sender : kSenders) {
    LivePeer::Setup setup{.video = sender.video, .clip = recorded_length() + 5s};
    setup.video_speed.samples = sender.pictures;
    setup.audio_speed.samples = sender.sound;
    setup.direction = "sendonly";
    peers.push_back(std::make_unique<LivePeer>(setup));
    ASSERT_TRUE(kms.begin(sender, *peers.back())) << sender.id;
    all.push_back(peers.back().get());
  }
  for (auto* peer : all) peer->start(rtc::Clock::now());
  perform(all, recorded_length());
  for (const auto& sender : kSenders) {
    const auto recording = kms.end(sender);
    EXPECT_EQ(recording.parts_size(), 1) << sender.id;
    EXPECT_GT(recording.video_frames(), static_cast<uint64_t>(28 * (recorded_length() - 2s).count()))
        << sender.id;
  }
}

// A second of the scene is as long as the sender's clock says; flash and beep of one are as far apart as they
// were when they were captured.
void expect_together(const Sender& sender) {
  const auto flashes = flashes_in(path_of(sender));
  const auto beeps = beeps_in(path_of(sender));
  ASSERT_GE(flashes.size(), static_cast<size_t>((recorded_length() - 3s).count()));
  ASSERT_GE(beeps.size(), flashes.size() - 3);
  const auto apart_of = [&](int second) { return second / sender.sound - second / sender.pictures; };
  double most = 0;
  double last = 0;
  for (const auto& flash : flashes) {
    const auto due = flash.at + apart_of(flash.second);
    const auto nearest = std::ranges::min_element(beeps, {}, [&](double at) { return std::abs(at - due); });
    const auto apart = *nearest - due;
    if (std::abs(apart) > 0.5) continue;  // at one of the ends
    most = std::max(most, std::abs(apart));
    last = apart;
  }
  std::cout << fmt::format("{}: sound and pictures {:.1f} ms apart at most, {:.1f} ms in the end, in {} s\n",
                           sender.id, most * 1000, last * 1000, flashes.size());
  EXPECT_LT(most, kMostApart);
  const auto length = flashes.back().at - flashes.front().at;
  const auto apart = (flashes.back().second - flashes.front().second) / sender.pictures;
  EXPECT_NEAR(length, apart, kMostApart);
}

TEST(RecordingDrift, SoundAndPicturesStayTogetherWhateverTheClocksOfTheirSender) {
  measure_calmly([] {
    ASSERT_NO_FATAL_FAILURE(record());
    for (const auto& sender : kSenders) {
      SCOPED_TRACE(sender.id);
      expect_together(sender);
    }
  });
}

}  // namespace
}  // namespace kms::test
