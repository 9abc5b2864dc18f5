// SPDX-License-Identifier: Apache-2.0
// What a peer of plain RTP learns and tells: addresses, silence, tones; and peers without descriptions.
#include <gtest/gtest.h>

#include <algorithm>
#include <condition_variable>
#include <future>
#include <map>
#include <mutex>
#include <semaphore>

#include "kms-core/rtc/peer/test_phone.hpp"
#include "kms-core/rtc/peer/test_rtcp.hpp"
#include "kms-core/rtc/tap.hpp"
#include "tests/support/level/process_level.hpp"
#include "tests/support/own_ports.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using std::chrono::milliseconds;
using test::TestPhone;

class RtpPeerEventsTest : public ::testing::Test {
 protected:
  void SetUp() override { server_ = kms::test::start_rtc(); }

  // What happens is told in lines like "timeout audio".
  RtpPeerOptions options() {
    RtpPeerOptions options;
    options.announced = "127.0.0.1";
    options.ports = {20'000, 29'999};
    options.events.on_media_timeout = [this](bool video) { note(video ? "timeout video" : "timeout audio"); };
    options.events.on_media_resumed = [this](bool video) { note(video ? "resumed video" : "resumed audio"); };
    options.events.on_goodbye = [this](bool video) { note(video ? "goodbye video" : "goodbye audio"); };
    options.events.on_remote_address = [this](bool, const std::string& address) {
      note("remote " + address);
    };
    options.events.on_tone = [this](const Tone& tone) {
      note(std::string("tone ") + tone.name + ' ' + std::to_string(tone.duration.count()));
    };
    return options;
  }
  void note(std::string what) {
    const std::lock_guard lock(mutex_);
    told_.push_back(std::move(what));
    changed_.notify_all();
  }
  bool told(const std::string& what, milliseconds limit = std::chrono::seconds(20)) {
    std::unique_lock lock(mutex_);
    return changed_.wait_for(lock, limit, [&] { return std::ranges::count(told_, what) > 0; });
  }
  std::vector<std::string> all() {
    const std::lock_guard lock(mutex_);
    return told_;
  }
  void settle() { kms::test::settle(*server_); }
  static TestPhone::Media sound(uint16_t number) {
    return {.type = 0,
            .sequence = static_cast<uint16_t>(1000 + number),
            .timestamp = number * 160u,
            .payload = std::vector<uint8_t>(160, static_cast<uint8_t>(number))};
  }
  static Result<Answer> use(RtpPeer& peer, const RtpStream& audio) {
    std::promise<Result<Answer>> promise;
    auto answer = promise.get_future();
    peer.use(audio, std::nullopt, [&](Result<Answer> result) { promise.set_value(std::move(result)); });
    return answer.get();
  }
  static RtpLocalPorts ports_of(RtpPeer& peer) {
    std::promise<RtpLocalPorts> promise;
    auto ports = promise.get_future();
    peer.local_ports([&](Result<RtpLocalPorts> result) { promise.set_value(*result); });
    return ports.get();
  }
  static Status send_tones(RtpPeer& peer, const ToneOptions& tones) {
    std::promise<Status> promise;
    auto status = promise.get_future();
    peer.send_tones(tones, [&](Status result) { promise.set_value(std::move(result)); });
    return status.get();
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::vector<std::string> told_;
  std::unique_ptr<Server> server_;
};

TEST_F(RtpPeerEventsTest, LearnsThePhonesAddressFromItsFirstPacketsAndStaysThere) {
  auto wanted = options();
  wanted.learn_address = true;
  auto peer = server_->create_rtp_peer(std::move(wanted));
  TestPhone described({}), real({}), stranger({});
  const auto answer = described.call(*peer);
  ASSERT_TRUE(answer.ok());
  const auto consumer = peer->consume(answer->sources[0]);
  real.set_server(described.server());
  stranger.set_server(described.server());
  settle();

  for (uint16_t i = 0; i < 3; ++i) real.send(sound(i));
  ASSERT_TRUE(told("remote 127.0.0.1:" + std::to_string(real.port())));
  for (uint16_t i = 3; i < 10; ++i) real.send(sound(i));
  const auto has_heard = [&](uint8_t number) {
    return !real.rtp().empty() && RtpView::parse(real.rtp().back())->payload()[0] == number;
  };
  ASSERT_TRUE(real.receive_until([&] { return has_heard(9); }));

  for (uint16_t i = 20; i < 30; ++i) stranger.send(sound(i));
  for (uint16_t i = 10; i < 15; ++i) real.send(sound(i));
  ASSERT_TRUE(real.receive_until([&] { return has_heard(14); }));
  EXPECT_TRUE(stranger.rtp().empty());

  ASSERT_TRUE(described.call(*peer).ok()) << "the same again";
  for (uint16_t i = 30; i < 40; ++i) stranger.send(sound(i));
  for (uint16_t i = 15; i < 18; ++i) real.send(sound(i));
  ASSERT_TRUE(real.receive_until([&] { return has_heard(17); }));
  EXPECT_TRUE(stranger.rtp().empty());
  for (const auto& packet : real.rtp())
    EXPECT_LT(RtpView::parse(packet)->payload()[0], 20) << "the stranger's";
}

TEST_F(RtpPeerEventsTest, SendsOnlyWhereTheDescriptionSaysUnlessItMayLearn) {
  auto peer = server_->create_rtp_peer(options());
  TestPhone described({}), real({});
  const auto answer = described.call(*peer);
  ASSERT_TRUE(answer.ok());
  const auto consumer = peer->consume(answer->sources[0]);
  real.set_server(described.server());
  settle();

  for (uint16_t i = 0; i < 10; ++i) real.send(sound(i));
  ASSERT_TRUE(described.receive_until([&] { return described.rtp().size() >= 10; })) << "it is heard";
  EXPECT_FALSE(real.receive_until([&] { return !real.rtp().empty(); }, milliseconds(50)));
}

TEST_F(RtpPeerEventsTest, TellsThatMediaIsMissingAndThatItIsBack) {
  auto wanted = options();
  wanted.media_timeout = milliseconds(300);
  auto peer = server_->create_rtp_peer(std::move(wanted));
  TestPhone phone({});
  ASSERT_TRUE(phone.call(*peer).ok());

  ASSERT_TRUE(told("timeout audio"));
  phone.send(sound(0));
  ASSERT_TRUE(told("resumed audio"));
  ASSERT_TRUE(phone.call(*peer, "a=recvonly\r\n").ok());
  settle();  // until it was on hold, it may have been missing once more
  const auto count = all().size();
  EXPECT_FALSE(told("timeout video", milliseconds(700)));
  EXPECT_EQ(all().size(), count) << "on hold nothing is missing";
}

// What came while the thread was held up, between its look at the sockets and its tick, breaks the silence.
TEST_F(RtpPeerEventsTest, AThreadThatIsHeldUpTakesThatForNobodysSilence) {
  auto wanted = options();
  wanted.media_timeout = milliseconds(300);
  auto peer = server_->create_rtp_peer(std::move(wanted));
  TestPhone phone({});
  const auto answer = phone.call(*peer);
  ASSERT_TRUE(answer.ok());
  const auto told_of = [this](const char* what) { return std::ranges::count(all(), what); };
  std::promise<ptrdiff_t> held_up;
  std::promise<void> goes_on;
  server_->statistics([&](const auto&) {
    held_up.set_value(told_of("timeout audio"));
    goes_on.get_future().wait();
  });
  const auto silences = held_up.get_future().get();

  phone.receive_until([] { return false; }, milliseconds(250));
  uint16_t number = 0;
  for (; number < 10; ++number) {
    phone.send(sound(number));
    phone.receive_until([] { return false; }, milliseconds(20));
  }
  goes_on.set_value();

  ASSERT_TRUE(phone.receive_until([&] { return answer->sources[0]->packets() == number; }));
  settle();
  EXPECT_EQ(told_of("resumed audio"), silences) << "it was there all the time";
}

TEST_F(RtpPeerEventsTest, AGoodbyeEndsTheSourceAndTheNextPhoneIsHeardAtOnce) {
  auto peer = server_->create_rtp_peer(options());
  TestPhone phone({}), next({}), stranger({.host = "127.0.0.2"});
  const auto answer = phone.call(*peer);
  ASSERT_TRUE(answer.ok());
  const auto& source = answer->sources.at(0);
  next.set_server(phone.server());
  stranger.set_server(phone.server());
  for (uint16_t i = 0; i < 5; ++i) phone.send(sound(i));
  ASSERT_TRUE(phone.receive_until([&] { return source->packets() == 5; }));

  stranger.send_rtcp(test::goodbye(77));
  phone.send_rtcp(test::goodbye(78));
  settle();
  EXPECT_FALSE(source->ended()) << "not from there, and not of another SSRC";
  phone.send_rtcp(test::goodbye(77));
  ASSERT_TRUE(told("goodbye audio"));
  EXPECT_TRUE(source->ended());

  auto media = sound(9000);
  media.ssrc = 4711;
  next.send(media);
  ASSERT_TRUE(next.receive_until([&] { return source->packets() == 6; }));
  EXPECT_FALSE(source->ended());
}

TEST_F(RtpPeerEventsTest, APhoneComesBackUnderItsSsrcWithAnyNumber) {
  auto peer = server_->create_rtp_peer(options());
  TestPhone phone({});
  const auto answer = phone.call(*peer);
  ASSERT_TRUE(answer.ok());
  const auto& source = answer->sources.at(0);
  for (uint16_t i = 0; i < 5; ++i) phone.send(sound(i));
  phone.send_rtcp(test::goodbye(77));
  ASSERT_TRUE(told("goodbye audio"));

  phone.send(sound(40'000));

  EXPECT_TRUE(phone.receive_until([&] { return source->packets() == 6; }));
  EXPECT_FALSE(source->ended());
}

TEST_F(RtpPeerEventsTest, TellsEachToneOnce) {
  auto peer = server_->create_rtp_peer(options());
  TestPhone phone({});
  ASSERT_TRUE(phone.call(*peer).ok());
  uint16_t number = 0;
  const auto event = [&](char name, uint16_t duration, bool end) {
    const auto payload = ToneEvent{*tone_code_of(name), end, duration}.bytes();
    auto media = sound(number++);
    media.type = 101;
    media.timestamp = name == '4' ? 16'000 : 32'000;
    media.payload.assign(payload.begin(), payload.end());
    phone.send(media);
  };
  phone.send(sound(number++));
  for (const char name : {'4', '#'}) {
    for (uint16_t duration = 160; duration < 800; duration = static_cast<uint16_t>(duration + 160)) {
      event(name, duration, false);
    }
    for (int i = 0; i < 3; ++i) event(name, 800, true);
  }
  ASSERT_TRUE(told("tone # 100"));
  EXPECT_EQ(std::ranges::count(all(), "tone 4 100"), 1);
  EXPECT_EQ(std::ranges::count(all(), "tone # 100"), 1);
}

TEST_F(RtpPeerEventsTest, ATapMissesNothingWhereATonesPacketsAre) {
  auto peer = server_->create_rtp_peer(options());
  TestPhone phone({});
  const auto answer = phone.call(*peer);
  ASSERT_TRUE(answer.ok());
  std::counting_semaphore<> there{0};
  const auto tap = server_->tap(answer->sources.at(0), {.on_packets = [&] { there.release(); }});
  settle();
  const auto event = ToneEvent{5, true, 800}.bytes();
  for (uint16_t number = 0; number < 6; ++number) {
    auto media = sound(number);
    if (number >= 2 && number < 5) {
      media.type = 101;
      media.payload.assign(event.begin(), event.end());
    }
    phone.send(media);
  }

  std::vector<size_t> sizes;
  std::vector<uint64_t> indices;
  while (sizes.size() < 6) {
    PacketRef packet;
    if (tap->pop(packet)) {
      sizes.push_back(packet->media().size());
      indices.push_back(packet->index - 1000);
    } else if (!there.try_acquire_for(std::chrono::seconds(20))) {
      break;
    }
  }
  EXPECT_EQ(sizes, (std::vector<size_t>{160, 160, 0, 0, 0, 160}));
  EXPECT_EQ(indices, (std::vector<uint64_t>{0, 1, 2, 3, 4, 5}));
}

TEST_F(RtpPeerEventsTest, HearsTonesUnderTheNumberThatItOffered) {
  auto peer = server_->create_rtp_peer(options());
  std::promise<Result<std::string>> offered;
  peer->offer({.video = false}, [&](Result<std::string> offer) { offered.set_value(std::move(offer)); });
  const auto offer = offered.get_future().get();
  ASSERT_TRUE(offer.ok()) << offer.status();
  TestPhone::Options numbers;
  numbers.formats = "0 97";
  numbers.attributes = "a=rtpmap:97 telephone-event/8000\r\n";
  TestPhone phone(numbers);
  phone.use(*offer);
  std::promise<bool> accepted;
  peer->accept(phone.offer(), [&](const Result<Answer>& answer) { accepted.set_value(answer.ok()); });
  ASSERT_TRUE(accepted.get_future().get());

  auto media = sound(0);
  for (const uint8_t type : std::array<uint8_t, 2>{101, 97}) {
    const auto payload = ToneEvent{type == 101 ? uint8_t{1} : uint8_t{2}, true, 800}.bytes();
    media.payload.assign(payload.begin(), payload.end());
    media.type = type;
    media.timestamp += 1600;
    phone.send(media);
    ++media.sequence;
  }
  EXPECT_TRUE(told("tone 1 100"));
  EXPECT_TRUE(told("tone 2 100"));
}

TEST_F(RtpPeerEventsTest, SendsTonesInTheSequenceOfTheSound) {
  auto peer = server_->create_rtp_peer(options());
  TestPhone phone({});
  const auto answer = phone.call(*peer);
  ASSERT_TRUE(answer.ok());
  const auto consumer = peer->consume(answer->sources[0]);
  settle();
  uint16_t number = 0;
  for (; number < 5; ++number) phone.send(sound(number));
  ASSERT_TRUE(phone.receive_until([&] { return phone.rtp().size() >= 5; }));

  ASSERT_TRUE(send_tones(*peer, {"12", milliseconds(60), milliseconds(40)}).ok());
  const auto ends = [&](uint8_t code) {
    return std::ranges::count_if(phone.rtp(), [&](const auto& packet) {
      const auto view = RtpView::parse(packet);
      return view->payload_type() == 101 && view->payload()[0] == code && (view->payload()[1] & 0x80) != 0;
    });
  };
  ASSERT_TRUE(phone.receive_until([&] { return ends(1) == 3 && ends(2) == 3; }));
  settle();
  phone.send(sound(number));
  ASSERT_TRUE(phone.receive_until([&] { return RtpView::parse(phone.rtp().back())->payload_type() == 0; }));

  const auto first = *RtpView::parse(phone.rtp()[0]);
  std::map<uint8_t, std::vector<RtpView>> tones;
  for (size_t i = 0; i < phone.rtp().size(); ++i) {
    const auto view = *RtpView::parse(phone.rtp()[i]);
    EXPECT_EQ(view.sequence(), static_cast<uint16_t>(first.sequence() + i));
    EXPECT_EQ(view.ssrc(), first.ssrc());
    if (view.payload_type() == 101) tones[view.payload()[0]].push_back(view);
  }
  ASSERT_EQ(tones.size(), 2u);
  for (const auto& [code, packets] : tones) {
    ASSERT_EQ(packets.size(), 3u + 3u);
    for (size_t i = 0; i < packets.size(); ++i) {
      EXPECT_EQ(packets[i].timestamp(), packets[0].timestamp()) << "that of its beginning";
      EXPECT_EQ(packets[i].marker(), i == 0);
      EXPECT_EQ(load_u16(&packets[i].payload()[2]), std::min<size_t>(480, 160 * (i + 1)));
    }
  }
  const auto gap = static_cast<int32_t>(tones[2][0].timestamp() - tones[1][0].timestamp());
  EXPECT_NEAR(gap, 800, 2) << "60 ms and 40 ms of 8 kHz, however late a thread is";
  const auto last = *RtpView::parse(phone.rtp().back());
  EXPECT_GT(static_cast<int32_t>(last.timestamp() - tones[2][0].timestamp()), 0);
}

TEST_F(RtpPeerEventsTest, SendsALongToneInSegments) {
  auto peer = server_->create_rtp_peer(options());
  TestPhone::Options wide;
  wide.formats = "96 97";
  wide.attributes = "a=rtpmap:96 opus/48000/2\r\na=rtpmap:97 telephone-event/48000\r\n";
  TestPhone phone(wide);
  ASSERT_TRUE(phone.call(*peer).ok());
  ASSERT_TRUE(send_tones(*peer, {"1", milliseconds(1500), milliseconds(40)}).ok());
  ASSERT_TRUE(phone.receive_until([&] {
    return !phone.rtp().empty() && (RtpView::parse(phone.rtp().back())->payload()[1] & 0x80) != 0;
  }));

  const auto first = RtpView::parse(phone.rtp()[0])->timestamp();
  std::map<uint32_t, uint16_t> lengths;
  for (const auto& packet : phone.rtp()) {
    const auto view = *RtpView::parse(packet);
    const bool begins = &packet == &phone.rtp().front();
    EXPECT_EQ(view.marker(), begins);
    lengths[view.timestamp() - first] = load_u16(&view.payload()[2]);
  }
  const std::map<uint32_t, uint16_t> segments{{0, 65'535}, {65'535, 48'000 * 3 / 2 - 65'535}};
  EXPECT_EQ(lengths, segments);
}

TEST_F(RtpPeerEventsTest, RefusesTonesThatCannotBeSent) {
  auto peer = server_->create_rtp_peer(options());
  TestPhone::Options without;
  without.formats = "0";
  without.attributes = "";
  TestPhone phone(without);
  ASSERT_TRUE(phone.call(*peer).ok());
  EXPECT_EQ(reason_of(send_tones(*peer, {"1"})), "NO_TELEPHONE_EVENT");
  EXPECT_EQ(reason_of(send_tones(*peer, {"?"})), "TONES_INVALID");
}

TEST_F(RtpPeerEventsTest, NeedsNoDescriptions) {
  auto from = server_->create_rtp_peer(options());
  auto to = server_->create_rtp_peer(options());
  TestPhone alice({}), bob({});
  const auto source = use(*from, {.local_port = 0});
  ASSERT_TRUE(source.ok()) << source.status();
  const auto where = ports_of(*from).lines[0];
  EXPECT_EQ(where.address, "127.0.0.1");
  EXPECT_EQ(where.rtcp_port, where.port + 1);
  ASSERT_TRUE(
      use(*to, {.payload_type = 100, .remote_address = "127.0.0.1", .remote_port = bob.port(), .ssrc = 4711})
          .ok());
  const auto consumer = to->consume(source->sources.at(0));
  settle();
  alice.set_server(*SocketAddress::parse(where.address, where.port));

  for (uint16_t i = 0; i < 5; ++i) alice.send(sound(i));
  ASSERT_TRUE(bob.receive_until([&] { return bob.rtp().size() >= 5; }));
  EXPECT_EQ(RtpView::parse(bob.rtp()[0])->ssrc(), 4711u);
  EXPECT_EQ(RtpView::parse(bob.rtp()[0])->payload_type(), 100);
  EXPECT_EQ(reason_of(use(*to, {.remote_address = "nowhere", .remote_port = 1}).status()), "BAD_ADDRESS");
}

TEST_F(RtpPeerEventsTest, GivesItsPortsBack) {
  const kms::test::OwnPorts own;
  auto wanted = options();
  wanted.ports = {own.first(), static_cast<uint16_t>(own.first() + 3)};
  TestPhone phone({});
  const auto before = kms::test::ProcessLevel::now();
  for (int round = 0; round < 20; ++round) {
    auto one = server_->create_rtp_peer(wanted);
    auto two = server_->create_rtp_peer(wanted);
    auto three = server_->create_rtp_peer(wanted);
    ASSERT_TRUE(phone.call(*one).ok());
    ASSERT_TRUE(phone.call(*two).ok());
    EXPECT_EQ(reason_of(phone.call(*three).status()), "PORT_UNAVAILABLE");
    one.reset();
    EXPECT_TRUE(phone.call(*three).ok());
  }
  EXPECT_TRUE(kms::test::came_back_to(before));
  EXPECT_EQ(server_->statistics().peers, 0u);
}

TEST_F(RtpPeerEventsTest, SaysGoodbye) {
  auto peer = server_->create_rtp_peer(options());
  TestPhone phone({});
  ASSERT_TRUE(phone.call(*peer).ok());
  peer.reset();
  EXPECT_TRUE(phone.receive_until([&] { return !phone.rtcp().empty(); }));
}

}  // namespace
}  // namespace kms::rtc
