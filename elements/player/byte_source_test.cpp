// SPDX-License-Identifier: Apache-2.0
#include "elements/player/player_fixture.hpp"
#include "elements/rtp/ffmpeg.hpp"
#include "tests/support/hostile/raw_server.hpp"
#include "tests/support/own_ports.hpp"
#include "tests/support/server_process.hpp"

namespace kms::player {
namespace {

constexpr char kClip[] =
    "-re -f lavfi -i testsrc=s=320x240:r=25 -f lavfi -i sine=r=48000 -t 60 -c:v libx264 -tune zerolatency "
    "-preset ultrafast -g 25 -pix_fmt yuv420p -c:a aac ";

class ByteSourceTest : public PlayerTest {
 protected:
  static v1::PlayerOptions options(const std::string& uri) {
    v1::PlayerOptions options;
    options.set_uri(uri);
    options.mutable_reconnect()->mutable_initial()->set_nanos(200'000'000);
    options.mutable_reconnect()->mutable_most()->set_nanos(500'000'000);
    options.mutable_stall()->set_seconds(3);
    return options;
  }
  void expect_media() {
    const auto status = play();
    ASSERT_TRUE(status.ok()) << message_of(status);
    ASSERT_TRUE(video_.wait_frames(40));
    ASSERT_TRUE(audio_.wait_frames(40));
    EXPECT_EQ(offers(0), "AAC");
    EXPECT_EQ(offers(1), "H264");
    EXPECT_TRUE(video_.frames().front().key);
    EXPECT_TRUE(rises(video_.frames()));
    EXPECT_TRUE(rises(audio_.frames()));
  }
  // A peer, begun again and again until media of it comes: one that is refused ends at once.
  std::unique_ptr<rtp::Ffmpeg> begin_peer(const std::string& words, size_t times) {
    std::unique_ptr<rtp::Ffmpeg> peer;
    const auto plays = [&] {
      return static_cast<size_t>(std::ranges::count_if(host_.events(), [](const auto& event) {
               return event.find("STATE_PLAYING") != std::string::npos;
             })) >= times;
    };
    EXPECT_TRUE(test::eventually([&] {
      peer = std::make_unique<rtp::Ffmpeg>(words);
      test::eventually([&] { return plays() || peer->ends(std::chrono::milliseconds(0)); });
      return plays();
    }));
    return peer;
  }
  // Again from the peer, after it was away.
  void expect_return() {
    const auto before = video_.frames().size();
    ASSERT_TRUE(host_.wait_for("STATE_PLAYING", 2));
    ASSERT_TRUE(video_.wait_frames(before + 40));
    EXPECT_TRUE(rises(video_.frames()));
    EXPECT_TRUE(rises(audio_.frames()));
    EXPECT_EQ(video_.ends(), 0U);
  }
};

// nginx with its RTMP module.
class RtmpServer {
 public:
  RtmpServer() { start(); }
  void start() {
    const auto config = folder_.write(
        "nginx.conf",
        "load_module /usr/lib/nginx/modules/ngx_rtmp_module.so;\ndaemon off;\nmaster_process off;\n"
        "pid " +
            folder_.file("pid") + ";\nerror_log " + folder_.file("log") +
            ";\nevents {}\nrtmp { server { listen 127.0.0.1:" + std::to_string(port_) +
            "; application live { live on; } } }\n");
    process_ = std::make_unique<test::ChildProcess>(
        std::vector<std::string>{"/usr/sbin/nginx", "-e", folder_.file("log"), "-p", folder_.file(""), "-c",
                                 config},
        folder_.file("words"));
  }
  void kill() { process_.reset(); }
  std::string uri() const { return "rtmp://127.0.0.1:" + std::to_string(port_) + "/live/cam"; }

 private:
  const rtp::Folder folder_;
  const test::OwnPorts own_;
  const uint16_t port_ = own_.first();
  std::unique_ptr<test::ChildProcess> process_;
};

TEST_F(ByteSourceTest, PlaysFromAnRtmpServerAndReturnsToIt) {
  RtmpServer server;
  const auto publisher_words = kClip + std::string("-f flv ") + server.uri();
  ASSERT_TRUE(make(options(server.uri())).ok());
  EXPECT_TRUE(host_
                  .call([&](Done done) {
                    player_->play([](const Status&) {});  // the stream is not there yet
                    done(ok());
                  })
                  .ok());
  auto publisher = begin_peer(publisher_words, 1);
  expect_media();

  publisher.reset();
  server.kill();
  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING"));
  server.start();
  publisher = begin_peer(publisher_words, 2);
  expect_return();
}

TEST_F(ByteSourceTest, CallsAnSrtPeer) {
  const test::OwnPorts own;
  const auto port = std::to_string(own.first());
  const std::string listener =
      "-f mpegts srt://127.0.0.1:" + port + "?mode=listener&passphrase=S3cretPassword&pbkeylen=16";
  auto peer = std::make_unique<rtp::Ffmpeg>(kClip + listener);
  auto asked = options("srt://127.0.0.1:" + port);
  asked.set_srt_passphrase("S3cretPassword");
  ASSERT_TRUE(make(asked).ok());
  expect_media();

  peer.reset();
  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING"));
  peer = std::make_unique<rtp::Ffmpeg>(kClip + listener);
  expect_return();
  for (const auto& event : host_.events())
    EXPECT_EQ(event.find("S3cretPassword"), std::string::npos) << event;
}

TEST_F(ByteSourceTest, IsCalledByAnSrtPeer) {
  const test::OwnPorts own;
  const auto port = std::to_string(own.first());
  ASSERT_TRUE(make(options("srt://127.0.0.1:" + port + "?mode=listener")).ok());
  EXPECT_TRUE(host_
                  .call([&](Done done) {
                    player_->play([](const Status&) {});
                    done(ok());
                  })
                  .ok());
  const auto words = kClip + std::string("-f mpegts srt://127.0.0.1:") + port + "?mode=caller";
  auto peer = begin_peer(words, 1);
  expect_media();

  peer.reset();
  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING"));
  peer = begin_peer(words, 2);
  expect_return();
}

TEST_F(ByteSourceTest, WhatCannotBeReadIsToldAtCreation) {
  for (const auto* uri :
       {"rtmps://127.0.0.1/live/cam", "srt://127.0.0.1", "srt://127.0.0.1:9?mode=rendezvous",
        "srt://localhost:9000?mode=listener", "srt://127.0.0.1:80?mode=listener",
        "srt://127.0.0.1:9000?passphrase=S3cretPassword"}) {
    const auto status = make(options(uri));
    EXPECT_EQ(reason_of(status), "INVALID_OPTIONS") << uri;
    EXPECT_EQ(message_of(status).find("S3cret"), std::string::npos);
  }
  EXPECT_EQ(reason_of(make(options("rtmp://127.0.0.2/live/cam"))), "URI_NOT_ALLOWED");
  EXPECT_EQ(reason_of(make(options("srt://127.0.0.2:9000"))), "URI_NOT_ALLOWED");
  auto asked = options("srt://127.0.0.1:9000");
  asked.set_srt_passphrase("short");
  EXPECT_EQ(info_of(make(asked)).metadata["field"], "srt_passphrase");
}

// Servers that are none: the loss is told within the time that a source may stall, and Stop is prompt.
TEST_F(ByteSourceTest, ServersThatStallOrTalkNonsenseAreLost) {
  const std::vector<std::function<void(const test::hostile::RawServer::Connection&)>> scripts{
      [](const test::hostile::RawServer::Connection& peer) { peer.wait_until_closed(); },
      [](const test::hostile::RawServer::Connection&) {},
      [](const test::hostile::RawServer::Connection& peer) {
        while (peer.send(std::string(4096, '\x03'))) continue;
      }};
  for (const auto& script : scripts) {
    const test::hostile::RawServer server(script);
    auto asked = options("rtmp://" + server.address() + "/live/cam");
    asked.mutable_reconnect()->set_off(true);
    asked.mutable_stall()->set_seconds(1);
    ASSERT_TRUE(make(asked).ok());
    EXPECT_EQ(reason_of(play()), "UNREADABLE");
    ASSERT_TRUE(close().ok());
  }
}

TEST_F(ByteSourceTest, AnSrtPeerThatIsNotThereIsNotWaitedForByStop) {
  const test::OwnPorts own;
  auto asked = options("srt://127.0.0.1:" + std::to_string(own.first()));
  asked.set_autoplay(true);
  asked.mutable_stall()->set_seconds(1);
  ASSERT_TRUE(make(asked).ok());
  ASSERT_TRUE(host_.wait_for("STATE_RECONNECTING"));
  const auto begin = gst::media_now();

  ASSERT_TRUE(stop().ok());

  EXPECT_LT(gst::media_now() - begin, 5 * GST_SECOND);
}

}  // namespace
}  // namespace kms::player
