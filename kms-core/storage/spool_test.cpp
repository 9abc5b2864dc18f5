// SPDX-License-Identifier: Apache-2.0
#include "kms-core/storage/spool.hpp"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "kms-core/storage/multipart.hpp"

namespace kms::storage {
namespace {

namespace fs = std::filesystem;

class SpoolTest : public testing::Test {
 protected:
  SpoolTest() {
    std::string pattern = testing::TempDir() + "kms-spool-XXXXXX";
    folder_ = mkdtemp(pattern.data());
    open(1 << 20);
  }
  ~SpoolTest() override { fs::remove_all(folder_); }

  void open(uint64_t most) {
    spool_.reset();
    auto opened = Spool::open({folder_ + "/spool", most});
    ASSERT_TRUE(opened.ok()) << opened.status();
    spool_ = *std::move(opened);
  }
  void write(const std::string& id, size_t bytes) const {
    std::ofstream(spool_->data(id)) << std::string(bytes, 'x');
  }
  size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_ + "/spool"), {}));
  }

  std::string folder_;
  std::unique_ptr<Spool> spool_;
  const Order order_{"s3://main/rec/a b.webm", "video/webm", "sessions/s/elements/r", false};
  const Order list_{"s3://main/rec/a.m3u8", "text/plain", "sessions/s/elements/r", true};
};

TEST_F(SpoolTest, RemembersWhatIsToBecomeOfAFile) {
  const auto whole = spool_->add(list_);
  const auto unfinished = spool_->add(order_);
  ASSERT_TRUE(whole.ok() && unfinished.ok());
  write(*whole, 100);
  write(*unfinished, 50);
  ASSERT_TRUE(spool_->finish(*whole, list_).ok());
  open(1 << 20);

  const auto entries = spool_->load();

  ASSERT_EQ(entries.size(), 2U);
  EXPECT_EQ(entries[0].id, *whole);
  EXPECT_FALSE(entries[0].open);
  EXPECT_EQ(entries[0].bytes, 100U);
  EXPECT_EQ(entries[0].order.uri, list_.uri);
  EXPECT_EQ(entries[0].order.content_type, list_.content_type);
  EXPECT_EQ(entries[0].order.group, order_.group);
  EXPECT_TRUE(entries[0].order.replaces);
  EXPECT_EQ(entries[1].id, *unfinished);
  EXPECT_TRUE(entries[1].open);
  EXPECT_EQ(spool_->bytes(), 150U);
}

TEST_F(SpoolTest, LeavesNothingOfWhatIsRemovedOrNeverWritten) {
  const auto removed = spool_->add(order_);
  const auto empty = spool_->add(order_);
  ASSERT_TRUE(removed.ok() && empty.ok());
  write(*removed, 100);
  ASSERT_TRUE(spool_->finish(*removed, order_).ok());
  spool_->remove(*removed);
  open(1 << 20);

  EXPECT_TRUE(spool_->load().empty());
  EXPECT_EQ(spool_->bytes(), 0U);
  EXPECT_EQ(files(), 1U);  // the lock
}

TEST_F(SpoolTest, KeepsAFileOfWhichItIsNotKnownWhereItGoes) {
  const auto id = spool_->add(order_);
  ASSERT_TRUE(id.ok());
  write(*id, 100);
  std::ofstream(folder_ + "/spool/" + *id + ".open");  // as a power failure may leave it
  open(1 << 20);

  EXPECT_TRUE(spool_->load().empty());
  EXPECT_EQ(spool_->bytes(), 100U);
  EXPECT_TRUE(fs::exists(spool_->data(*id)));
}

TEST_F(SpoolTest, SaysWhenItIsFullAndWhenThereIsRoomAgain) {
  open(1000);
  const auto id = spool_->add(order_);
  ASSERT_TRUE(id.ok());

  EXPECT_TRUE(spool_->grow(*id, 900).ok());
  EXPECT_EQ(reason_of(spool_->grow(*id, 1100)), "SPOOL_FULL");
  EXPECT_EQ(reason_of(spool_->add(order_).status()), "SPOOL_FULL");
  const auto list = spool_->add(list_);
  ASSERT_TRUE(list.ok());
  EXPECT_TRUE(spool_->grow(*list, 10).ok());
  spool_->remove(*id);
  EXPECT_TRUE(spool_->add(order_).ok());
}

TEST_F(SpoolTest, BelongsToOneServer) {
  EXPECT_EQ(reason_of(Spool::open({folder_ + "/spool", 1000}).status()), "SPOOL_UNUSABLE");
  std::ofstream(folder_ + "/file") << "x";
  EXPECT_EQ(reason_of(Spool::open({folder_ + "/file/spool", 1000}).status()), "SPOOL_UNUSABLE");
}

TEST_F(SpoolTest, TheRecordOfATransferInPartsSurvivesARestart) {
  const auto file = folder_ + "/parts";
  Multipart first(file);
  EXPECT_FALSE(first.begun());
  first.begin("id with = and /", 5);
  first.add("\"e1\"");
  first.add("\"e2\"");
  std::ofstream(file, std::ios::app) << "\"half a li";

  const Multipart second(file);

  EXPECT_EQ(second.upload_id(), "id with = and /");
  EXPECT_EQ(second.part_bytes(), 5U);
  EXPECT_EQ(second.etags(), (std::vector<std::string>{"\"e1\"", "\"e2\""}));
  std::ofstream(file) << "rubbish";
  EXPECT_FALSE(Multipart(file).begun());
}

}  // namespace
}  // namespace kms::storage
