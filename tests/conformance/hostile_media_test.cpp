// SPDX-License-Identifier: Apache-2.0
// Broken and hostile files: each is played through decoders, and has its event. Nothing crashes, hangs or is
// left behind. KMS_HOSTILE_FILE=NAME plays one alone, KMS_HOSTILE_ROUNDS=N N mutations of each container.
#include "tests/support/hostile/hostile_media.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <iostream>
#include <iterator>
#include <set>
#include <sstream>

#include "kms-core/base/log.hpp"
#include "kms-core/graph/declare_all.hpp"
#include "kms-core/gst/codecs.hpp"
#include "kms-core/gst/ref.hpp"
#include "kms/player/v1/player.pb.h"
#include "tests/conformance/live_objects.hpp"
#include "tests/support/hostile/raw_server.hpp"
#include "tests/support/level/process_level.hpp"
#include "tests/support/media_factory.hpp"
#include "tests/support/session_fixture.hpp"
#include "tests/support/test_elements.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

constexpr size_t kMegabyte = 1U << 20;
// Above what the process had before; a picture of 36 million pixels takes a third of it.
constexpr size_t kMostMemory = 512 * kMegabyte;
#ifdef __SANITIZE_ADDRESS__
constexpr std::chrono::seconds kOpening{10};
#else
constexpr std::chrono::seconds kOpening{4};
#endif
// For one whose media has begun; only a failing test waits so long.
constexpr std::chrono::seconds kLongest = kOpening + kPatience;

size_t status_of_process(const std::string& key) {
  std::ifstream in("/proc/self/status");
  for (std::string word; in >> word;) {
    size_t kilobytes = 0;
    if (word == key + ":" && in >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

// Peak memory since its birth, above what was there then.
class Memory {
 public:
  Memory() {
    std::ofstream("/proc/self/clear_refs") << "5";
    before_ = status_of_process("VmRSS");
  }
  size_t grown() const {
    const auto peak = status_of_process("VmHWM");
    return peak > before_ ? peak - before_ : 0;
  }

 private:
  size_t before_;
};

v1::ElementSpec player(const std::string& uri, bool paced) {
  player::v1::PlayerOptions options;
  options.set_uri(uri);
  options.set_autoplay(true);
  options.set_unpaced(!paced);
  v1::ElementSpec spec;
  spec.set_element_id("player");
  spec.mutable_options()->PackFrom(options);
  return spec;
}

// All of them, or the one that was asked for.
std::vector<hostile::File> chosen() {
  auto files = hostile::files();
  EXPECT_GE(files.size(), 50U);
  const char* only = std::getenv("KMS_HOSTILE_FILE");
  std::erase_if(files, [only](const auto& file) { return only != nullptr && file.name != only; });
  return files;
}

class HostileMedia : public testing::Test {
 protected:
  static Config config() {
    Config config;
    config.files.read = {media_folder()};
    config.network.allow = {"127.0.0.1"};
    config.player.opening_deadline = kOpening;
    config.player.longest_gap = std::chrono::milliseconds(500);
    return config;
  }
  static void declare(graph::Catalog& catalog) {
    graph::declare_all(catalog);
    declare_test_elements(catalog);
  }

  // What the player said last: "END", the reason of an error, or "NOTHING".
  std::string play(const hostile::File& file) {
    const auto path = write_file(file.name, file.content);
    const auto outcome = play_from(uri_of(path), file);
    std::remove(path.c_str());
    return outcome;
  }

  // From a server that gives no ranges: demuxers read it another way.
  std::string stream(const hostile::File& file) {
    const hostile::RawServer server([&](const hostile::RawServer::Connection& connection) {
      connection.read_request();
      connection.send("HTTP/1.1 200 OK\r\nContent-Length: " + std::to_string(file.content.size()) +
                      "\r\n\r\n");
      connection.send(file.content);
    });
    return play_from(server.uri(), file);
  }

  std::string play_from(const std::string& uri, const hostile::File& file) {
    const auto applied =
        session_->apply({player(uri, file.paced), sink("a", "audio:raw"), sink("v", "video:raw")},
                        {{"player", "a"}, {"player", "v"}});
    const auto outcome = applied.ok() ? last_word() : reason_of(applied.status());
    for (const auto* id : {"player", "a", "v"}) {
      EXPECT_TRUE(!applied.ok() || session_->remove(id).ok()) << file.name;
    }
    return outcome;
  }

  // The first word is the one that counts: an end may follow it.
  std::string last_word() {
    const auto over = [&](const v1::Event& event) {
      if (event.source() != session_->element("player")) return false;
      if (event.has_element_error()) first_ = first_.empty() ? event.element_error().reason() : first_;
      player::v1::StateChanged changed;
      if (!event.element_event().UnpackTo(&changed)) return false;
      return changed.state() == player::v1::STATE_ENDED || changed.state() == player::v1::STATE_FAILED;
    };
    first_.clear();
    const auto last = session_->await(over, kLongest);
    if (last.source().empty()) return "NOTHING";
    return first_.empty() ? "END" : first_;
  }

  void expect_survived(const hostile::File& file) {
    const Memory memory;
    const auto begin = std::chrono::steady_clock::now();
    const auto outcome = play(file);
    const auto took = std::chrono::steady_clock::now() - begin;
    const auto grown = memory.grown();
    std::istringstream words(file.outcomes);
    const std::set<std::string> allowed{std::istream_iterator<std::string>(words), {}};
    EXPECT_TRUE(allowed.contains(outcome)) << file.name << ": " << outcome << ", not " << file.outcomes;
    if (allocated_bytes() > 0) {
      EXPECT_LT(grown, kMostMemory) << file.name;
    }
    std::cout << file.name << ": " << outcome << ", "
              << std::chrono::duration_cast<std::chrono::milliseconds>(took).count() << " ms, "
              << grown / kMegabyte << " MB" << std::endl;
  }

  // A kind of element has pad templates for as long as the process lives, from the first of it on: which
  // decoders there are when a file breaks off is a matter of time.
  static void load_decoders() {
    for (const auto* codec : {"VP8", "VP9", "H264", "H265", "AV1", "THEORA", "JPEG", "MPEG2", "MPEG1",
                              "MPEG4", "OPUS", "AAC", "MP3", "VORBIS", "FLAC"}) {
      const auto chain = gst::decoder_chain(codec);
      ASSERT_TRUE(chain.ok()) << codec;
      auto* decoder = gst_parse_bin_from_description(chain->c_str(), FALSE, nullptr);
      ASSERT_NE(decoder, nullptr) << codec;
      gst::Ref<GstElement>::sink(decoder);
    }
  }

  void begin() { session_ = std::make_unique<LiveSession>(LiveSession::Setup{config(), declare}); }
  void end() { session_.reset(); }

  std::string first_;
  std::unique_ptr<LiveSession> session_;
};

TEST_F(HostileMedia, EachHasItsEventAndLeavesNothing) {
  log::set_level(log::Level::kError);
  const auto files = chosen();
  begin();
  load_decoders();
  for (const auto& file : files) expect_survived(file);
  ASSERT_TRUE(session_->rest());
  const auto before = ProcessLevel::now();
  {
    LiveObjects objects;
    for (const auto& file : files) {
      play(file);
      objects.more();  // counts as it goes: thousands of objects at once take it long
    }
    EXPECT_TRUE(eventually([&] { return nothing_but_parsebins_streams(objects.more()); }))
        << testing::PrintToString(objects.more());
  }
  EXPECT_TRUE(came_back_to(before));
  end();
}

TEST_F(HostileMedia, EachHasItsEventAsAStreamToo) {
  log::set_level(log::Level::kError);
  begin();
  for (const auto& file : chosen()) {
    const auto outcome = stream(file);
    EXPECT_NE(outcome, "NOTHING") << file.name;
    std::cout << "stream of " << file.name << ": " << outcome << std::endl;
  }
  end();
}

TEST_F(HostileMedia, MutationsOfRealClips) {
  const char* asked = std::getenv("KMS_HOSTILE_ROUNDS");
  const auto rounds = asked == nullptr ? 3U : static_cast<unsigned>(std::stoul(asked));
  log::set_level(log::Level::kError);
  begin();
  for (unsigned seed = 100; seed < 100 + rounds; ++seed) {
    for (const std::string container : {"webm", "mp4", "ts", "ogg", "avi", "flv", "wav"}) {
      expect_survived({"mutation-" + std::to_string(seed) + "." + container,
                       hostile::mutation(container, seed),
                       "END TRUNCATED NOT_MEDIA MEDIA_ERROR NO_TRACKS CODEC_UNSUPPORTED PICTURE_TOO_LARGE "
                       "TOO_MANY_TRACKS",
                       false});
    }
  }
  end();
}

}  // namespace
}  // namespace kms::test
