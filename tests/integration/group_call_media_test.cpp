// SPDX-License-Identifier: Apache-2.0
// Twenty in a call with real media, encoded ahead of time: pictures in two encodings, and sound that says how
// loud it is. What arrives is decoded and looked at.
#include <algorithm>
#include <cmath>

#include "kms-core/rtc/rtp/picture_size.hpp"
#include "tests/integration/group_call.hpp"
#include "tests/integration/metrics_of.hpp"
#include "tests/support/live_peer/scene.hpp"
#include "tests/support/live_peer/stream_sender.hpp"

namespace kms::test {
namespace {

using rtc::test::TestPeer;
using std::chrono::seconds;

constexpr size_t kPeople = 20;
constexpr seconds kClip{4};
constexpr uint8_t kSpeaks = 0x80 | 20;
constexpr uint8_t kListens = 0x80 | 90;
// Of what came in a time, so many seconds of which were of the clip.
constexpr size_t kSoundPerSecond = 50;
constexpr size_t kPicturesPerSecond = scene::kPicturesPerSecond;

class Publishing final : public Participant {
 public:
  Publishing() : Participant({.publishes = true, .rids = {"l", "h"}}) {}

  void send() override {
    const auto now = rtc::Clock::now();
    if (streams_.empty()) begin(now);
    for (auto& [rid, stream] : streams_) {
      while (stream.due() <= now) send(rid, stream.take(), stream.setup().ssrc);
    }
  }
  void set_level(uint8_t level) { level_ = level; }
  // From now on all that comes is kept, or nothing of it.
  void keep(bool keeps) {
    keeps_ = keeps;
    kept_.clear();
  }
  const std::vector<Received>& kept(const std::string& who, bool video) { return kept_[{who, video}]; }

 private:
  void begin(rtc::TimePoint now) {
    streams_.emplace_back("", StreamSender({&scene_clip("OPUS", kClip), {}, TestPeer::kAudioSsrc}, now));
    streams_.emplace_back("l", StreamSender({&scene_clip("VP8 small", kClip), {}, 50}, now));
    streams_.emplace_back("h", StreamSender({&scene_clip("VP8", kClip), {}, 60}, now));
  }
  void send(const std::string& rid, const StreamSender::Out& out, uint32_t ssrc) {
    const bool video = !rid.empty();
    peer.send({.video = video,
               .marker = out.marker,
               .sequence = out.sequence,
               .timestamp = out.timestamp,
               .ssrc = ssrc,
               .rid = rid,
               .payload = {out.payload.begin(), out.payload.end()},
               .type = video ? TestPeer::kVideoType : TestPeer::kAudioType,
               .level = video ? std::nullopt : std::optional(level_)});
  }
  void on_packet(const Heard& of, const rtc::test::Packet& packet) override {
    if (!keeps_) return;
    const auto view = *rtc::RtpView::parse(packet);
    kept_[{of.who, of.video}].push_back(
        {rtc::Clock::now(), view.sequence(), view.timestamp(), view.ssrc(), view.marker(), packet});
  }

  std::vector<std::pair<std::string, StreamSender>> streams_;  // by rid; the first is sound
  uint8_t level_ = kListens;
  bool keeps_ = false;
  std::map<Key, std::vector<Received>> kept_;
};

class CallWithMedia : public GroupCall {
 protected:
  void SetUp() override {
    for (const auto* codec : {"OPUS", "VP8 small", "VP8"}) scene_clip(codec, kClip);  // before time counts
    let_in(kPeople);
  }
  std::unique_ptr<Participant> make() override { return std::make_unique<Publishing>(); }
  Publishing& person(const std::string& id) { return dynamic_cast<Publishing&>(*people_.at(id)); }

  // Lets so much of the clip go by with these keeping what they get.
  void watch(const Names& watchers, size_t length) {
    ASSERT_TRUE(everybody_gets(1));
    for (const auto& id : watchers) person(id).keep(true);
    ASSERT_TRUE(everybody_gets(length * kSoundPerSecond));
  }
  // Nearly every picture of the clip is there, each after the one before.
  void expect_pictures(const std::string& who, const std::string& at, size_t length) {
    const auto pictures = look(person(at).kept(who, true), "VP8");
    EXPECT_GT(pictures.size(), length * kPicturesPerSecond * 3 / 4) << who << " at " << at;
    size_t steps = 0;
    for (size_t i = 1; i < pictures.size(); ++i) {
      const auto of_clip = static_cast<uint16_t>(kClip.count() * kPicturesPerSecond);
      if (pictures[i].picture == (pictures[i - 1].picture + 1) % of_clip) ++steps;
    }
    EXPECT_GT(steps, pictures.size() * 3 / 4) << who << " at " << at;
  }
  void expect_sound(const std::string& who, const std::string& at) {
    const auto sound = listen(person(at).kept(who, false), "OPUS");
    std::string heard;  // the first beep is not as loud as it was, and the last one may be cut
    const bool whole = std::ranges::any_of(sound.places, [&](const size_t place) {
      const auto tone = scene::tone_at(sound.samples, place, sound.rate);
      heard += std::to_string(tone.hz) + " Hz at " + std::to_string(tone.loudness) + ' ';
      return std::abs(tone.hz - scene::kToneHz) < 60 && std::abs(tone.loudness - scene::kBeepLoudness) < 0.08;
    });
    EXPECT_TRUE(whole) << who << " at " << at << ": " << heard;
  }
  void expect_all_at(const std::string& at, size_t length) {
    for (const auto& [who, other] : people_) {
      if (who == at) continue;
      expect_pictures(who, at, length);
      expect_sound(who, at);
    }
  }
  // The width of the last picture that begins in what came; 0: none does.
  size_t width_of(const std::string& who, const std::string& at) {
    const auto& kept = person(at).kept(who, true);
    for (auto packet = kept.rbegin(); packet != kept.rend(); ++packet) {
      const auto size =
          rtc::picture_size_of(rtc::Codec::kVp8, rtc::RtpView::parse(packet->packet)->payload());
      if (size) return size->width;
    }
    return 0;
  }
  bool shows(const std::string& at, const std::function<size_t(const std::string& who)>& width) {
    return play_until([&] {
      return std::ranges::all_of(people_, [&](const auto& one) {
        return one.first == at || width_of(one.first, at) == width(one.first);
      });
    });
  }
  void limit(const std::string& at, const std::string& who, uint32_t layer) {
    webrtc::v1::SetPreferredLayersRequest request;
    request.set_port(people_.at(at)->lines.at({who, true}).port);
    request.set_maximum_layer(layer);
    webrtc::v1::SetPreferredLayersResponse response;
    ASSERT_EQ(ask(at, &Stub::SetPreferredLayers, request, &response), "OK") << client.last.message;
  }
  size_t encoders() const {
    const auto all = metrics_of(running->server);
    return all.metrics().at("kms_transcoders").samples.empty()
               ? 0
               : static_cast<size_t>(all.value("kms_transcoders", {{"does", "encode"}}));
  }
};

TEST_F(CallWithMedia, OfTwentyEachSeesAndHearsAllOthersWhoeverComesAndGoes) {
  ASSERT_NO_FATAL_FAILURE(watch({"p0", "p19"}, 2));
  for (const auto* at : {"p0", "p19"}) expect_all_at(at, 2);
  for (const auto* at : {"p0", "p19"}) person(at).keep(false);

  for (const auto* id : {"p1", "p8", "p18"}) ASSERT_NO_FATAL_FAILURE(leave(id));
  for (const auto* id : {"q0", "q1"}) ASSERT_NO_FATAL_FAILURE(join(id));
  ASSERT_NO_FATAL_FAILURE(watch({"p0", "q1"}, 2));

  for (const auto* at : {"p0", "q1"}) expect_all_at(at, 2);
  EXPECT_EQ(people_.size(), kPeople - 1);
  EXPECT_EQ(encoders(), 0U) << "nothing is encoded anew";
}

// As a page does: who speaks is shown large, all others small.
TEST_F(CallWithMedia, WhoSpeaksIsToldAndShownLarge) {
  ASSERT_TRUE(everybody_gets(5));
  EventReader events(client, session);
  v1::Event told;
  const auto is_told = [&](const v1::Event& event) {
    told = event;
    return event.has_active_speaker_changed();
  };

  for (const auto* speaker : {"p7", "p12"}) {
    for (const auto& [id, one] : people_) person(id).set_level(id == speaker ? kSpeaks : kListens);
    ASSERT_TRUE(everybody_gets(3 * kSoundPerSecond));
    ASSERT_TRUE(wait_for(events, is_told));
    EXPECT_EQ(told.active_speaker_changed().element(), name_of(speaker));

    for (const auto& [id, one] : people_) {
      if (id == "p0") continue;
      ASSERT_NO_FATAL_FAILURE(limit("p0", id, id == speaker ? 1 : 0));
    }
    person("p0").keep(true);
    person("p1").keep(true);
    EXPECT_TRUE(shows("p0", [&](const auto& who) { return who == speaker ? 320U : 160U; }));
    EXPECT_TRUE(shows("p1", [](const auto&) { return 320U; })) << "what one wants is nothing to the others";
  }
}

}  // namespace
}  // namespace kms::test
