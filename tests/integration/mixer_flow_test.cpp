// SPDX-License-Identifier: Apache-2.0
// What a Composite sends over sockets, packet by packet, while people come and go whose media comes over
// sockets, too.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <cstring>
#include <future>
#include <optional>

#include "kms-core/rtc/wire/bytes.hpp"
#include "kms/composite/v1/composite.grpc.pb.h"
#include "kms/rtp/v1/rtp.grpc.pb.h"
#include "tests/integration/media_fixture.hpp"
#include "tests/integration/wall.hpp"
#include "tests/support/calm/calm.hpp"
#include "tests/support/ear.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

using composite::v1::CompositeService;
using rtc::test::TestPhone;
using std::chrono::milliseconds;
using Packets = std::vector<std::vector<uint8_t>>;

constexpr int kWidth = 320;
constexpr int kHeight = 180;
constexpr uint32_t kRed = 0xff0000;
constexpr uint32_t kGreen = 0x00ff00;
constexpr uint32_t kPicture = 90'000 / 30;
constexpr uint32_t kPacket = 48'000 / 50;  // of sound
constexpr milliseconds kStall{40};         // two packets of sound

bool is_last_of_its_picture(const std::vector<uint8_t>& packet) { return (packet[1] & 0x80) != 0; }

// An encoder, and the socket that its packets leave by.
struct Line {
  Line(const std::string& chain, uint8_t type, uint32_t port) : maker(chain) {
    media.type = type;
    socket.set_server(*rtc::SocketAddress::parse("127.0.0.1", static_cast<uint16_t>(port)));
  }
  void send() {
    while (auto content = maker.next()) {
      media.timestamp = content->timestamp;
      media.marker = content->marker;
      media.payload = std::move(content->payload);
      socket.send(media);
      ++media.sequence;
    }
  }

  RtpMaker maker;
  TestPhone socket{{}};
  TestPhone::Media media;
};

// One colour, and one tone.
struct Speaker {
  Speaker(const rtp::v1::GetLocalPortsResponse& ports, uint32_t colour, int hz)
      : video(fmt::format("videotestsrc is-live=true pattern=solid-color foreground-color={} ! "
                          "video/x-raw,format=I420,width={},height={},framerate=30/1,colorimetry=bt601 ! "
                          "vp8enc deadline=1 cpu-used=8 keyframe-max-dist=60 ! rtpvp8pay picture-id-mode=2",
                          0xff000000U | colour, kWidth, kHeight),
              96, ports.video_port()),
        audio(fmt::format("audiotestsrc is-live=true samplesperbuffer=960 volume=0.1 freq={} ! "
                          "audio/x-raw,rate=48000,channels=1 ! opusenc ! rtpopuspay",
                          hz),
              97, ports.audio_port()) {}

  Line video;
  Line audio;
};

class FlowingRoom {
 public:
  FlowingRoom() {
    composite::v1::CompositeOptions room;
    room.set_width(kWidth);
    room.set_height(kHeight);
    room.mutable_layout()->mutable_look()->set_fit(composite::v1::FIT_CROP);
    EXPECT_EQ(kms_.create("room", room), "OK") << kms_.client.last.message;
    auto out = both();
    wall_.describe(*out.mutable_video());
    out.mutable_audio()->set_remote_address("127.0.0.1");
    out.mutable_audio()->set_remote_port(ear_.port());
    EXPECT_EQ(kms_.create("out", out), "OK") << kms_.client.last.message;
    EXPECT_EQ(kms_.connect("room", "out"), "OK") << kms_.client.last.message;
  }
  void flows_while_people_come_and_go();

 private:
  static rtp::v1::RtpOptions both() {
    rtp::v1::RtpOptions options;
    options.mutable_video()->set_codec("VP8");
    options.mutable_audio()->set_codec("OPUS");
    return options;
  }

  // A hub port, an endpoint and a link; "OK", or what was wrong.
  std::string come(const std::string& id) {
    composite::v1::CreateHubPortRequest port;
    port.set_port_id(id);
    auto outcome = kms_.command<CompositeService>("room", &CompositeService::Stub::CreateHubPort, port);
    if (outcome == "OK") outcome = kms_.create(id, both());
    if (outcome != "OK") return outcome;
    v1::LinkSpec link;
    link.set_source(id);
    link.set_sink("room");
    link.set_sink_port(id);
    return kms_.client.connect(kms_.session, link);
  }
  std::string go(const std::string& id) {
    composite::v1::DeleteHubPortRequest port;
    port.set_port_id(id);
    const auto outcome = kms_.command<CompositeService>("room", &CompositeService::Stub::DeleteHubPort, port);
    return outcome == "OK" ? kms_.remove(id) : outcome;
  }
  std::string lay_out(bool grid) {
    composite::v1::SetLayoutRequest request;
    if (!grid) request.mutable_layout()->mutable_side_by_side();
    request.mutable_layout()->mutable_look()->set_fit(composite::v1::FIT_CROP);
    return kms_.command<CompositeService>("room", &CompositeService::Stub::SetLayout, request);
  }
  rtp::v1::GetLocalPortsResponse ports(const std::string& id) {
    rtp::v1::GetLocalPortsRequest request;
    request.set_name(kms_.name_of(id));
    rtp::v1::GetLocalPortsResponse response;
    const auto stub = rtp::v1::RtpService::NewStub(kms_.client.channel);
    EXPECT_EQ(kms_.client.call(*stub, &rtp::v1::RtpService::Stub::GetLocalPorts, request, &response), "OK");
    return response;
  }

  // Media flows on meanwhile.
  template <typename Command>
  auto meanwhile(Command command) {
    auto answer = std::async(std::launch::async, std::move(command));
    while (answer.wait_for(milliseconds(0)) != std::future_status::ready) work();
    return answer.get();
  }
  bool sees(const std::string& halves) {
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (seen_.empty() || seen_.back() != halves) {
      if (std::chrono::steady_clock::now() > give_up) return false;
      work();
    }
    return true;
  }
  // So many more packets of sound.
  bool hears(size_t packets) {
    const auto before = ear_.rtp().size();
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (ear_.rtp().size() < before + packets && std::chrono::steady_clock::now() < give_up) work();
    return ear_.rtp().size() >= before + packets;
  }
  // At some moment between two pictures.
  bool all_are_decoded() {
    const auto whole = [this] {
      return static_cast<size_t>(std::ranges::count_if(wall_.packets(), is_last_of_its_picture));
    };
    const auto give_up = std::chrono::steady_clock::now() + kPatience;
    while (pictures_ != whole() && std::chrono::steady_clock::now() < give_up) work();
    return pictures_ == whole();
  }
  void work() {
    const auto now = std::chrono::steady_clock::now();
    if (worked_ && now - *worked_ > kStall) ++stalls_;
    worked_ = now;
    for (auto* each : {&ann_, &guest_}) {
      if (!*each) continue;
      (*each)->audio.send();
      (*each)->video.send();
    }
    ear_.receive_until([] { return false; }, milliseconds(1));
    for (const auto& sight : wall_.look()) {
      const auto half = [&](int x) {
        return sight.is(x, kHeight / 2, kRed) ? 'R' : sight.is(x, kHeight / 2, kGreen) ? 'G' : '-';
      };
      ++pictures_;
      const std::string halves{half(kWidth / 4), half(kWidth * 3 / 4)};
      if (seen_.empty() || seen_.back() != halves) seen_.push_back(halves);
    }
  }

  MediaServer kms_{"rtp: { announced: 127.0.0.1, ports: 20000-29999 }\n"};
  Wall wall_{kWidth, kHeight};
  TestPhone ear_{{}};
  std::optional<Speaker> ann_;
  std::optional<Speaker> guest_;
  std::vector<std::string> seen_;  // the halves of pictures, in turn
  size_t pictures_ = 0;
  size_t stalls_ = 0;  // of the test itself, which sends
  std::optional<std::chrono::steady_clock::time_point> worked_;
};

bool in_sequence(const Packets& packets) {
  for (size_t i = 1; i < packets.size(); ++i) {
    if (static_cast<uint16_t>(rtc::load_u16(&packets[i][2]) - rtc::load_u16(&packets[i - 1][2])) != 1)
      return false;
  }
  return true;
}

// The time from each picture or packet of sound to the next one, as time stamps tell it.
std::vector<uint32_t> steps_of(const Packets& packets) {
  std::vector<uint32_t> out;
  for (size_t i = 1; i < packets.size(); ++i) {
    const auto step = rtc::load_u32(&packets[i][4]) - rtc::load_u32(&packets[i - 1][4]);
    if (step != 0) out.push_back(step);
  }
  return out;
}

std::vector<int16_t> decoded(const Packets& packets) {
  RtpPlayer player("media=audio,clock-rate=48000,encoding-name=OPUS,payload=97",
                   "rtpopusdepay ! opusdec ! audioconvert ! audio/x-raw,format=S16LE,channels=1,rate=48000");
  std::vector<int16_t> out;
  for (const auto& packet : packets) player.put(packet);
  const auto whole = [&] {
    for (const auto& piece : player.take()) {
      const auto before = out.size();
      out.resize(before + piece.size() / sizeof(int16_t));
      std::memcpy(out.data() + before, piece.data(), piece.size());
    }
    return out.size() >= (packets.size() - 1) * kPacket;
  };
  EXPECT_TRUE(eventually(whole, kPatience));
  return out;
}

// For each packet of sound whether the tone is to be heard.
std::vector<bool> heard(const std::vector<int16_t>& sound, double hz) {
  std::vector<bool> out;
  for (size_t at = 0; at + kPacket <= sound.size(); at += kPacket) {
    const auto from = sound.begin() + static_cast<ptrdiff_t>(at);
    out.push_back(tone_db({from, from + kPacket}, hz) > -26);
  }
  return out;
}

// No more than one is left out at once, and that seldom: a busy machine may do it. Each is whole.
void expect_each_picture(const Packets& packets, int seldom) {
  ASSERT_TRUE(in_sequence(packets)) << "the test's socket lost something";
  const auto steps = steps_of(packets);
  EXPECT_LE(*std::ranges::max_element(steps), 2 * kPicture);
  EXPECT_GE(*std::ranges::min_element(steps), kPicture - 1);
  EXPECT_LE(std::ranges::count_if(steps, [](uint32_t step) { return step > kPicture + 1; }), seldom);
  const auto whole = static_cast<size_t>(std::ranges::count_if(packets, is_last_of_its_picture));
  EXPECT_EQ(whole, steps.size() + (is_last_of_its_picture(packets.back()) ? 1 : 0));
}

void FlowingRoom::flows_while_people_come_and_go() {
  constexpr int kGuests = 12;
  ASSERT_EQ(come("ann"), "OK") << kms_.client.last.message;
  ann_.emplace(ports("ann"), kRed, 500);
  ASSERT_TRUE(sees("RR"));
  seen_ = {"RR"};

  for (int i = 0; i < kGuests; ++i) {
    const auto place =
        meanwhile([&] { return come("guest") == "OK" ? ports("guest") : rtp::v1::GetLocalPortsResponse(); });
    ASSERT_NE(place.video_port(), 0U) << kms_.client.last.message;
    guest_.emplace(place, kGreen, 900);
    ASSERT_TRUE(sees("RG")) << i;
    ASSERT_TRUE(hears(15)) << i;
    ASSERT_EQ(meanwhile([&] { return lay_out(i % 2 == 0); }), "OK") << kms_.client.last.message;
    ASSERT_EQ(meanwhile([&] { return go("guest"); }), "OK") << kms_.client.last.message;
    guest_.reset();
    ASSERT_TRUE(sees("RR")) << i;
  }

  EXPECT_TRUE(all_are_decoded()) << pictures_;
  expect_each_picture(wall_.packets(), kGuests / 4);
  for (const auto& halves : seen_) EXPECT_EQ(halves[0], 'R') << "Ann is in all of them";
  EXPECT_GE(std::ranges::count(seen_, "RG"), kGuests);

  const auto& audio = ear_.rtp();
  ASSERT_TRUE(in_sequence(audio)) << "the test's socket lost something";
  EXPECT_THAT(steps_of(audio), testing::Each(kPacket));
  const auto sound = decoded(audio);
  const auto ann = heard(sound, 500);
  const auto gaps = std::count(std::ranges::find(ann, true), ann.end(), false);
  EXPECT_LE(gaps, static_cast<ptrdiff_t>(3 * stalls_)) << "of " << ann.size();
  EXPECT_GE(std::ranges::count(ann, true), 15 * kGuests);
  EXPECT_GE(std::ranges::count(heard(sound, 900), true), 5 * kGuests);
}

TEST(FlowingRoom, SendsEachPictureAndAllSoundWhilePeopleComeAndGo) {
  measure_calmly([] { FlowingRoom().flows_while_people_come_and_go(); });
}

}  // namespace
}  // namespace kms::test
