// SPDX-License-Identifier: Apache-2.0
// A server that is killed while it records: what is in its files, and what the next one makes of them.
#include <fmt/format.h>

#include <cmath>
#include <condition_variable>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <map>
#include <memory>
#include <mutex>
#include <random>
#include <thread>
#include <utility>
#include <vector>

#include "tests/integration/media_fixture.hpp"
#include "tests/support/calm/calm.hpp"
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
  double frame;           // seconds that the longest frame lasts
  bool in_parts = false;  // one a second
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
    {"parts.mkv", "kill.mp4", recorder::v1::TRACKS_UNSPECIFIED, 0.04, true},
    {"parts.mp4", "kill.mp4", recorder::v1::TRACKS_UNSPECIFIED, 0.04, true},
    {"show.m3u8", "kill.mp4", recorder::v1::TRACKS_UNSPECIFIED, 0.04},
};

void make_clips() {
  make_clip("kill.webm", 20);
  make_clip("kill.mp4", 20);
  const std::string pictures =
      "videotestsrc num-buffers=40 ! video/x-raw,width=160,height=120,framerate=2/1 ! ";
  make_media("slow.mp4", pictures +
                             "x264enc tune=zerolatency speed-preset=ultrafast key-int-max=600 ! h264parse ! "
                             "mp4mux ! filesink location={}");
  make_media(
      "slow.webm",
      pictures + "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=600 ! webmmux ! filesink location={}");
}

bool is_hls(const Kind& kind) { return std::string_view(kind.file).ends_with(".m3u8"); }

// Every track that it has, or may have.
size_t tracks_of(const Kind& kind) { return kind.tracks == recorder::v1::TRACKS_UNSPECIFIED ? 2 : 1; }

double last_of(const std::vector<Packet>& packets) {
  double last = -1;
  for (const auto& packet : packets) last = std::max(last, packet.pts);
  return last;
}

// One server that records all kinds at once into a folder of its own, is killed, and started again. Those
// with an odd number are killed while some of the recordings are being ended.
class KilledServer {
 public:
  KilledServer(int number, double lives)
      : folder_(fmt::format("{}/kill-{}", media_folder(), number)), ends_(number % 2 == 1), lives_(lives) {}

  // Until it is killed.
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
    std::vector<std::jthread> ends;                       // whose answers may not come any more
    for (const auto* id : {"r0", "r1", "r2", "r10"}) {
      if (!ends_) break;
      ends.emplace_back([&kms, id] { kms.command_aside<RecorderService>(id, &RecorderService::Stub::Stop); });
    }
    if (ends_) never.wait_for(lock, duration<double>(lives_ - std::floor(lives_)) / 50, [] { return false; });
    killed_ = system_clock::now();
    kms.running->server.process().signal(SIGKILL);
    EXPECT_EQ(kms.running->server.process().wait(std::chrono::seconds(10)), -SIGKILL);
  }

  void check() {
    for (const auto& kind : kKinds) {
      if (!is_hls(kind)) expect_near(kind, "as it was left");  // a playlist is open, and waited for
    }
    recover();
    for (const auto& kind : kKinds) {
      if (is_hls(kind) && !read_file(path_of(kind)).ends_with("#EXT-X-ENDLIST\n")) {
        ADD_FAILURE() << path_of(kind) << " is open";
        continue;  // its players would wait for ever
      }
      expect_near(kind, "finished");
      for (const auto& path : files_of(kind)) expect_whole(kind, path);
    }
  }

 private:
  std::string path_of(const Kind& kind) const { return folder_ + "/" + kind.file; }
  // A part that had just begun may be empty, or gone.
  std::vector<std::string> files_of(const Kind& kind) const {
    std::vector<std::string> out{path_of(kind)};
    const auto point = out[0].rfind('.');
    for (int number = 2; kind.in_parts; ++number) {
      const auto path = fmt::format("{}-{}{}", out[0].substr(0, point), number, out[0].substr(point));
      std::error_code failed;
      if (std::filesystem::file_size(path, failed) == 0 || failed) break;
      out.push_back(path);
    }
    return out;
  }
  std::string config() const {
    return fmt::format("files: {{ read: [{}], write: [{}], state: {}/state }}\n", media_folder(),
                       media_folder(), folder_);
  }

  void start(MediaServer& kms, const Kind& kind, size_t index) {
    const auto player = MediaServer::player(media_folder() + "/" + kind.clip);
    auto recorder = MediaServer::recorder(path_of(kind).substr(media_folder().size() + 1));
    recorder.set_tracks(kind.tracks);
    recorder.set_autostart(true);
    if (kind.in_parts) recorder.mutable_split_duration()->set_seconds(1);
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
      return response.recording().parts_size() >= 1;
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
    std::map<std::string, int> finished;  // by element
    for (const auto& recovered : response.recordings()) {
      const auto empty = recovered.failure() == "NOTHING_RECORDED";
      EXPECT_TRUE(recovered.failure().empty() || empty) << recovered.failure() << recovered.part().uri();
      EXPECT_EQ(recovered.part().final(), !empty);
      ++finished[recovered.element()];
    }
    for (size_t i = 0; i < kKinds.size() && !ends_; ++i) {
      const auto count = finished["sessions/a/elements/" + names_[i]];
      EXPECT_TRUE(count == 1 || (count == 2 && kKinds[i].in_parts)) << kKinds[i].file << count;
    }
  }

  // Each track goes to within a second of the kill.
  void expect_near(const Kind& kind, const std::string& when) {
    const auto start = starts_[static_cast<size_t>(&kind - kKinds.data())];
    const auto length = duration<double>(killed_ - start).count();
    const auto late = duration<double>(machine_.longest()).count();
    std::map<char, double> ends;
    for (const auto& path : files_of(kind)) {
      const auto found = probe(path);
      EXPECT_TRUE(kind.in_parts || found.packets.size() == tracks_of(kind)) << path << ' ' << when;
      for (const auto& [track, packets] : found.packets) ends[track] += last_of(packets) + kind.frame;
    }
    EXPECT_EQ(ends.size(), tracks_of(kind)) << kind.file << ' ' << when;
    for (const auto& [track, end] : ends) {
      EXPECT_GT(end, length - kMost - late)
          << kind.file << ' ' << track << ' ' << when << ", killed after " << length << " s";
      EXPECT_LT(end, length + 0.5 + kind.frame + late) << kind.file << ' ' << track << ' ' << when;
    }
  }

  void expect_whole(const Kind& kind, const std::string& path) {
    const auto found = probe(path);
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

  const StallWatch machine_;
  const std::string folder_;
  const bool ends_;
  const double lives_;
  std::vector<std::string> names_;
  std::vector<system_clock::time_point> starts_;
  system_clock::time_point killed_;
};

unsigned number_in(const char* variable, unsigned otherwise) {
  const auto* text = std::getenv(variable);
  return text == nullptr ? otherwise : static_cast<unsigned>(std::strtoul(text, nullptr, 10));
}

// At once, each with its own number: a server for each of these times. What they left is looked at when all
// are dead.
void kill_after(const std::vector<double>& times, int first_number) {
  std::vector<std::unique_ptr<KilledServer>> servers;
  for (const double lives : times) servers.push_back(std::make_unique<KilledServer>(first_number++, lives));
  for (const auto step : {&KilledServer::record, &KilledServer::check}) {
    std::vector<std::thread> threads;
    for (const auto& server : servers) threads.emplace_back(step, server.get());
    for (auto& thread : threads) thread.join();
  }
}

// KMS_KILLS: how many, each of a server with eleven recordings; KMS_SEED: of the moments.
TEST(RecordingKilled, LosesASecondAtMostAndIsFinishedAtTheNextStart) {
  make_clips();
  const auto kills = number_in("KMS_KILLS", 2);
  std::mt19937 random(number_in("KMS_SEED", 20261128));
  std::uniform_real_distribution<double> moment(0.7, 5);
  int number = 0;
  for (unsigned done = 0; done < kills && !HasFailure(); done += 2) {
    const std::vector<double> times{moment(random), moment(random)};
    kill_after(times, std::exchange(number, number + 2));
  }
}

}  // namespace
}  // namespace kms::test
