// SPDX-License-Identifier: Apache-2.0
// A server that is killed while it records: what is in its files, and what the next one makes of them.
#include <fmt/format.h>

#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <mutex>
#include <random>
#include <thread>

#include "tests/integration/media_fixture.hpp"
#include "tests/support/track_probe.hpp"

namespace kms::test {
namespace {

using recorder::v1::RecorderService;
using std::chrono::duration;
using std::chrono::system_clock;

// A recording of its own: what is recorded into which container.
struct Kind {
  const char* file;
  const char* clip;
  recorder::v1::Tracks tracks;
  double frame;  // seconds that the longest frame lasts
};

constexpr double kMost = 1.0;  // seconds that a kill may cost
const std::vector<Kind> kKinds{
    {"both.webm", "kill.webm", recorder::v1::TRACKS_UNSPECIFIED, 0.04},
    {"both.mkv", "kill.mp4", recorder::v1::TRACKS_UNSPECIFIED, 0.04},
    {"both.mp4", "kill.mp4", recorder::v1::TRACKS_UNSPECIFIED, 0.04},
    {"sound.webm", "kill.webm", recorder::v1::TRACKS_AUDIO_ONLY, 0.04},
    {"sound.mkv", "kill.mp4", recorder::v1::TRACKS_AUDIO_ONLY, 0.04},
    {"sound.mp4", "kill.mp4", recorder::v1::TRACKS_AUDIO_ONLY, 0.04},
    {"slow.mp4", "slow.mp4", recorder::v1::TRACKS_VIDEO_ONLY, 0.5},  // two pictures a second, one key frame
    {"slow.webm", "slow.webm", recorder::v1::TRACKS_VIDEO_ONLY, 0.5},
};

void make_clips() {
  make_clip("kill.webm", 8);
  make_clip("kill.mp4", 8);
  const std::string pictures =
      "videotestsrc num-buffers=16 ! video/x-raw,width=160,height=120,framerate=2/1 ! ";
  make_media("slow.mp4", pictures +
                             "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=600 ! h264parse ! "
                             "mp4mux ! filesink location={}");
  make_media(
      "slow.webm",
      pictures + "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=600 ! webmmux ! filesink location={}");
}

double last_of(const std::vector<Packet>& packets) {
  double last = -1;
  for (const auto& packet : packets) last = std::max(last, packet.pts);
  return last;
}

// One server that records all kinds at once into a folder of its own, is killed, and started again.
class KilledServer {
 public:
  KilledServer(int number, double lives)
      : folder_(fmt::format("{}/kill-{}", media_folder(), number)), lives_(lives) {}

  void run() {
    record();
    for (const auto& kind : kKinds) expect_near(kind, probe(path_of(kind)), "as it was left");
    recover();
    for (const auto& kind : kKinds) {
      const auto found = probe(path_of(kind));
      expect_near(kind, found, "finished");
      expect_whole(kind, found);
    }
  }

 private:
  std::string path_of(const Kind& kind) const { return folder_ + "/" + kind.file; }
  std::string config() const {
    return fmt::format("files: {{ read: [{}], write: [{}], state: {}/state }}\n", media_folder(),
                       media_folder(), folder_);
  }

  void record() {
    MediaServer kms(std::make_unique<Running>(config()));
    for (size_t i = 0; i < kKinds.size(); ++i) start(kms, kKinds[i], i);
    for (const auto& kind : kKinds) starts_.push_back(start_of(kms, kind));
    const auto until =
        starts_.back() + std::chrono::duration_cast<system_clock::duration>(duration<double>(lives_));
    std::mutex mutex;
    std::condition_variable never;
    std::unique_lock lock(mutex);
    never.wait_until(lock, until, [] { return false; });  // it is killed at a random moment
    killed_ = system_clock::now();
    kms.running->server.process().signal(SIGKILL);
    EXPECT_EQ(kms.running->server.process().wait(std::chrono::seconds(10)), -SIGKILL);
  }

  void start(MediaServer& kms, const Kind& kind, size_t index) {
    const auto player = MediaServer::player(media_folder() + "/" + kind.clip);
    auto recorder = MediaServer::recorder(path_of(kind).substr(media_folder().size() + 1));
    recorder.set_tracks(kind.tracks);
    recorder.set_autostart(true);
    const auto from = fmt::format("p{}", index);
    const auto to = fmt::format("r{}", index);
    EXPECT_EQ(kms.create(to, recorder), "OK") << kms.client.last.message;
    EXPECT_EQ(kms.create(from, player), "OK") << kms.client.last.message;
    EXPECT_EQ(kms.connect(from, to), "OK") << kms.client.last.message;
    EXPECT_EQ(kms.play(from), "OK")
        << kms.client.last.message;  // not before: there may be no other key frame
    names_.push_back(to);
  }

  // When its first frame was captured.
  system_clock::time_point start_of(MediaServer& kms, const Kind& kind) {
    recorder::v1::GetRecordingRequest request;
    request.set_name(kms.name_of(names_[static_cast<size_t>(&kind - kKinds.data())]));
    recorder::v1::GetRecordingResponse response;
    const auto commands = RecorderService::NewStub(kms.client.channel);
    EXPECT_TRUE(eventually([&] {
      kms.client.call(*commands, &RecorderService::Stub::GetRecording, request, &response);
      return response.recording().parts_size() == 1;
    })) << kind.file;
    if (response.recording().parts_size() == 0) return {};
    const auto& start = response.recording().parts(0).start_time();
    return system_clock::time_point(std::chrono::seconds(start.seconds()) +
                                    std::chrono::nanoseconds(start.nanos()));
  }

  void recover() {
    MediaServer kms(std::make_unique<Running>(config()));
    const auto commands = RecorderService::NewStub(kms.client.channel);
    recorder::v1::ListRecoveredRecordingsResponse response;
    EXPECT_TRUE(eventually([&] {
      response.Clear();
      kms.client.call(*commands, &RecorderService::Stub::ListRecoveredRecordings, {}, &response);
      return !response.working();
    }));
    EXPECT_EQ(response.recordings_size(), static_cast<int>(kKinds.size()));
    for (const auto& recovered : response.recordings()) {
      EXPECT_EQ(recovered.failure(), "") << recovered.part().uri();
      EXPECT_TRUE(recovered.part().final());
      EXPECT_EQ(recovered.element().find("sessions/a/elements/r"), 0U);
    }
  }

  // Each track goes to within a second of the kill.
  void expect_near(const Kind& kind, const Probe& found, const std::string& when) {
    const auto start = starts_[static_cast<size_t>(&kind - kKinds.data())];
    const auto length = duration<double>(killed_ - start).count();
    const size_t tracks = kind.tracks == recorder::v1::TRACKS_UNSPECIFIED ? 2 : 1;
    EXPECT_EQ(found.packets.size(), tracks) << kind.file << ' ' << when;
    for (const auto& [track, packets] : found.packets) {
      const auto end = last_of(packets) + kind.frame;
      EXPECT_GT(end, length - kMost) << kind.file << ' ' << track << ' ' << when << ", killed after "
                                     << length << " s";
      EXPECT_LT(end, length + 0.5 + kind.frame) << kind.file << ' ' << track << ' ' << when;
    }
  }

  void expect_whole(const Kind& kind, const Probe& found) {
    const auto path = path_of(kind);
    double longest = 0;
    for (const auto& [track, packets] : found.packets) {
      const auto decoded = decoded_frames(path, track);
      EXPECT_GT(decoded, 0) << path << ' ' << track;
      if (track == 'v') {
        EXPECT_EQ(decoded, static_cast<int>(packets.size())) << path;
      }
      longest = std::max(longest, last_of(packets) + kind.frame);
    }
    EXPECT_NEAR(found.duration, longest, kind.frame + 0.04) << path;
  }

  const std::string folder_;
  const double lives_;
  std::vector<std::string> names_;
  std::vector<system_clock::time_point> starts_;
  system_clock::time_point killed_;
};

unsigned number_in(const char* variable, unsigned otherwise) {
  const auto* text = std::getenv(variable);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

// KMS_KILLS: how many, each of a server with eight recordings; KMS_SEED: of the moments.
TEST(RecordingKilled, LosesASecondAtMostAndIsFinishedAtTheNextStart) {
  make_clips();
  const auto kills = number_in("KMS_KILLS", 1);
  std::mt19937 random(number_in("KMS_SEED", 20261128));
  std::uniform_real_distribution<double> moment(0.7, 5);
  constexpr unsigned kAtOnce = 2;
  for (unsigned done = 0; done < kills && !HasFailure();) {
    std::vector<std::thread> threads;
    for (; threads.size() < kAtOnce && done < kills; ++done) {
      threads.emplace_back(
          [number = static_cast<int>(done), lives = moment(random)] { KilledServer(number, lives).run(); });
    }
    for (auto& thread : threads) thread.join();
  }
}

}  // namespace
}  // namespace kms::test
