// SPDX-License-Identifier: Apache-2.0
// HLS at a storage: what a server that is killed while it records leaves in its spool, and what the next one
// brings to the storage.
#include "elements/recorder/kept_show.hpp"

#include <gmock/gmock.h>

#include <filesystem>
#include <memory>
#include <string>
#include <utility>

#include "elements/recorder/recorder_rig.hpp"
#include "elements/recorder/recovery.hpp"
#include "tests/support/put_server.hpp"

namespace kms::recorder {
namespace {

using test::Feeder;
using test::PutServer;
using test::read_file;
using testing::HasSubstr;
using testing::Not;

class StoredHls : public testing::Test {
 protected:
  void SetUp() override {
    config_.network.allow = {"127.0.0.0/8"};
    config_.spool.folder = test::media_folder() + "/spool";
    config_.uploads.allow = {web_.uri("/in/")};
    config_.uploads.first_pause = std::chrono::milliseconds(20);
    start();
    record();
  }
  void TearDown() override {
    uploads_.reset();
    std::filesystem::remove_all(config_.spool.folder);
  }
  void start() {
    uploads_.reset();
    auto started = storage::Uploads::start(config_);
    ASSERT_TRUE(started.ok()) << started.status();
    uploads_ = *std::move(started);
  }
  // An init segment and two segments of two seconds.
  static void record() {
    if (std::filesystem::exists(test::media_folder() + "/show.m3u8")) return;
    Feeder feeder(test::demuxed(test::make_clip("stored.mp4", 4), "qtdemux"), Feeder::Pace::kUnpaced);
    auto options = whole_clip();
    options.mutable_hls()->mutable_target_duration()->set_seconds(2);
    RecorderRig rig("show.m3u8", options);
    rig.link(feeder);
    feeder.start();
    ASSERT_TRUE(rig.host().wait_for("RecordingFinished"));
  }
  static std::string local(const std::string& name) { return read_file(test::media_folder() + "/" + name); }
  std::shared_ptr<HlsShow> show() {
    return *HlsShow::make(config_, uploads_.get(), {{}, uri(), "sessions/a/elements/r", false});
  }
  void begin(HlsShow& show) {
    show.keep("show-1-init.mp4", local("show-1-init.mp4"));
    store(show, "show-1-init.mp4");
    show.begin(1, "show-1-init.mp4", std::chrono::system_clock::now());
    note(show);
  }
  static void store(const HlsShow& show, const std::string& name) {
    auto file = show.file(name);
    ASSERT_TRUE(file.ok() && file->write(local(name)).ok() && file->commit().ok());
  }
  // As HlsPart does it; whatever the segment.
  static void commit(const HlsShow& show, const std::string& name) {
    auto file = show.file(name);
    ASSERT_TRUE(file.ok() && file->write(local("show-1-1.m4s")).ok());
    ASSERT_TRUE(show.commit(*file, name, std::chrono::seconds(2), std::chrono::seconds(2)).ok());
  }
  void note(const HlsShow& show, int part = 1) {
    JournalEntry::make(config_, {{"uri", uri()},
                                 {"path", show.left_behind()},
                                 {"element", "sessions/a/elements/r"},
                                 {"container", std::to_string(v1::CONTAINER_HLS)},
                                 {"number", std::to_string(part)}});
  }
  std::vector<Recovered> recover() {
    start();
    WorkerPool workers({});
    const Recovery recovery(config_, workers, uploads_.get());
    EXPECT_TRUE(test::eventually([&] { return !recovery.working(); }));
    return recovery.list();
  }
  std::string uri() const { return web_.uri("/in/show.m3u8"); }
  std::string stored(const std::string& name) const {
    const auto files = web_.seen().files;
    const auto found = files.find("/in/" + name);
    return found == files.end() ? "" : found->second;
  }
  bool gets(const std::string& name, const std::string& part) const {
    return web_.wait([&](const auto& seen) {
      const auto found = seen.files.find("/in/" + name);
      return found != seen.files.end() && found->second.find(part) != std::string::npos;
    });
  }

  PutServer web_;
  Config config_;
  std::unique_ptr<storage::Uploads> uploads_;
};

TEST_F(StoredHls, OfAKilledServerIsEndedWithItsLastWholeFragments) {
  {
    const auto killed = show();
    begin(*killed);
    store(*killed, "show-1-1.m4s");
    ASSERT_TRUE(killed->add(1, "show-1-1.m4s", std::chrono::seconds(2)).ok());
    auto last = killed->file("show-1-2.m4s");
    ASSERT_TRUE(last.ok());
    const auto bytes = local("show-1-2.m4s");
    ASSERT_TRUE(last->write(bytes + bytes.substr(0, 100)).ok());  // in the head of a further fragment
    ASSERT_TRUE(gets("show.m3u8", "show-1-1.m4s"));
    EXPECT_THAT(stored("show.m3u8"), Not(HasSubstr("ENDLIST")));
  }

  const auto recovered = recover();

  ASSERT_EQ(recovered.size(), 1U);
  EXPECT_TRUE(recovered[0].part.outcome.ok()) << recovered[0].part.outcome;
  EXPECT_TRUE(recovered[0].part.final);
  ASSERT_TRUE(gets("show.m3u8", "#EXT-X-ENDLIST\n"));
  EXPECT_THAT(stored("show.m3u8"), HasSubstr("show-1-2.m4s\n"));
  EXPECT_EQ(stored("show-1-2.m4s"), local("show-1-2.m4s"));
  EXPECT_EQ(
      test::decoded_frames(test::write_file("whole.mp4", stored("show-1-init.mp4") + stored("show-1-1.m4s") +
                                                             stored("show-1-2.m4s")),
                           'v'),
      120);
  EXPECT_TRUE(uploads_->interrupted().empty());
  EXPECT_TRUE(KeptShow::folders(config_).empty());
}

TEST_F(StoredHls, KilledBeforeItsFirstSegmentIsThereHasOneOfWhatWasWritten) {
  web_.answer_with(503);  // the storage is away meanwhile
  {
    const auto killed = show();
    begin(*killed);
    auto first = killed->file("show-1-1.m4s");
    ASSERT_TRUE(first.ok() && first->write(local("show-1-1.m4s")).ok());
  }
  web_.answer_with(201);

  ASSERT_EQ(recover().size(), 1U);

  ASSERT_TRUE(gets("show.m3u8", "#EXT-X-ENDLIST\n"));
  EXPECT_THAT(stored("show.m3u8"), HasSubstr("show-1-1.m4s\n"));
  EXPECT_EQ(stored("show-1-init.mp4"), local("show-1-init.mp4"));
  EXPECT_EQ(stored("show-1-1.m4s"), local("show-1-1.m4s"));
}

// Killed when a segment was handed over, and the playlist did not have it: of the part that was being ended,
// and of the next one.
TEST_F(StoredHls, ASegmentThatThePlaylistOfAKilledServerHasNotIsInItAfterwards) {
  {
    const auto killed = show();
    begin(*killed);
    commit(*killed, "show-1-1.m4s");
    killed->keep("show-2-init.mp4", local("show-1-init.mp4"));
    note(*killed, 2);
    for (const auto* name : {"show-2-1.m4s", "show-2-2.m4s"}) commit(*killed, name);
  }

  ASSERT_EQ(recover().size(), 2U);

  ASSERT_TRUE(gets("show.m3u8",
                   "#EXT-X-MAP:URI=\"show-2-init.mp4\"\n#EXTINF:2.000000,\nshow-2-1.m4s\n"
                   "#EXTINF:2.000000,\nshow-2-2.m4s\n#EXT-X-ENDLIST\n"));
  EXPECT_THAT(stored("show.m3u8"), HasSubstr("#EXTINF:2.000000,\nshow-1-1.m4s\n#EXT-X-DISCONTINUITY\n"));
}

TEST_F(StoredHls, WhatIsKeptOfASegmentGoesWhenThePlaylistHasIt) {
  const auto living = show();
  begin(*living);
  const auto folder = std::filesystem::path(living->left_behind()).parent_path();
  commit(*living, "show-1-1.m4s");
  EXPECT_TRUE(std::filesystem::exists(folder / "show-1-1.m4s.length"));

  ASSERT_TRUE(living->add(1, "show-1-1.m4s", std::chrono::seconds(2)).ok());

  EXPECT_FALSE(std::filesystem::exists(folder / "show-1-1.m4s.length"));
}

// Whose name begins as this one's do: "show-1-1-2.m4s" is of "show-1.m3u8".
TEST_F(StoredHls, WhatAnotherRecordingLeftIsNotTakenForItsOwn) {
  {
    const auto killed = show();
    begin(*killed);
    commit(*killed, "show-1-1.m4s");
    auto others = killed->file("show-1-1-2.m4s");
    ASSERT_TRUE(others.ok() && others->write("another's").ok());
  }

  ASSERT_EQ(recover().size(), 1U);

  ASSERT_TRUE(web_.wait([](const auto& seen) { return seen.files.contains("/in/show-1-1-2.m4s"); }));
}

// Of servers that share files.state each has its own spool.
TEST_F(StoredHls, WhatLiesInAnotherSpoolIsLeftToItsServer) {
  {
    const auto killed = show();
    begin(*killed);
  }
  const auto own = std::exchange(config_.spool.folder, test::media_folder() + "/other-spool");
  config_.files.state = own + "/.kms";
  EXPECT_TRUE(recover().empty());
  std::filesystem::remove_all(config_.spool.folder);
  config_.spool.folder = own;

  EXPECT_EQ(recover().size(), 1U);
}

TEST_F(StoredHls, NothingIsKeptOfWhatWasEnded) {
  const auto ended = show();
  begin(*ended);
  store(*ended, "show-1-1.m4s");
  ASSERT_TRUE(ended->add(1, "show-1-1.m4s", std::chrono::seconds(2)).ok());
  EXPECT_EQ(KeptShow::folders(config_).size(), 1U);
  ASSERT_TRUE(ended->end(1).ok());

  ASSERT_TRUE(ended->close().ok());

  EXPECT_TRUE(KeptShow::folders(config_).empty());
  EXPECT_TRUE(gets("show.m3u8", "#EXT-X-ENDLIST\n"));
}

}  // namespace
}  // namespace kms::recorder
