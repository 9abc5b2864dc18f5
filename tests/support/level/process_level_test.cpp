// SPDX-License-Identifier: Apache-2.0
#include "tests/support/level/process_level.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>

#include <future>
#include <thread>

namespace kms::test {
namespace {

constexpr std::chrono::milliseconds kSoon{50};

// A thread with a name, until the end of its life.
class Named {
 public:
  explicit Named(const char* name) : thread_([this, name] { live(name); }) { begun_.get_future().wait(); }
  ~Named() {
    over_.set_value();
    thread_.join();
  }

 private:
  void live(const char* name) {
    pthread_setname_np(pthread_self(), name);
    begun_.set_value();
    over_.get_future().wait();
  }
  std::promise<void> begun_;
  std::promise<void> over_;
  std::thread thread_;
};

TEST(ProcessLevel, IsTheSameTwice) {
  const auto before = ProcessLevel::now();
  const auto now = ProcessLevel::now();

  EXPECT_TRUE(came_back_to(
      before, [&] { return now; }, kSoon));
  EXPECT_EQ(before.threads.count(getpid()), 1U);
  EXPECT_EQ(before.threads, now.threads);
  EXPECT_EQ(before.descriptors, now.descriptors);
}

TEST(ProcessLevel, TellsTheNameOfAThreadThatIsNew) {
  const auto before = ProcessLevel::now();
  const Named late("late-1");

  const auto back = came_back_to(before, &ProcessLevel::now, kSoon);

  EXPECT_FALSE(back);
  EXPECT_NE(std::string(back.message()).find("new: late-1; gone: none"), std::string::npos) << back.message();
}

TEST(ProcessLevel, TellsWhatADescriptorThatIsNewLeadsTo) {
  const auto before = ProcessLevel::now();
  const int file = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int udp = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  const sockaddr_in any{
      .sin_family = AF_INET, .sin_port = 0, .sin_addr = {htonl(INADDR_LOOPBACK)}, .sin_zero = {}};
  ASSERT_EQ(bind(udp, reinterpret_cast<const sockaddr*>(&any), sizeof any), 0);

  const auto back = came_back_to(before, &ProcessLevel::now, kSoon);

  EXPECT_FALSE(back);
  EXPECT_NE(std::string(back.message()).find("/dev/null"), std::string::npos) << back.message();
  EXPECT_NE(std::string(back.message()).find("udp 0100007F:"), std::string::npos) << back.message();
  close(file);
  close(udp);
  EXPECT_TRUE(came_back_to(before));
}

TEST(ProcessLevel, LeavesOutWhatComesOnceAndStays) {
  const auto before = ProcessLevel::now();
  const Named worker("gmain");

  EXPECT_TRUE(came_back_to(before, &ProcessLevel::now, kSoon));
}

TEST(ProcessLevel, LeavesOutAPoolThatIsAsLargeAsItIsBusy) {
  const auto look = [] { return ProcessLevel::now().without({"pool-", "other"}); };
  const auto before = look();
  const Named one("pool-1");

  EXPECT_TRUE(came_back_to(before, look, kSoon));

  const Named another("mine-1");
  EXPECT_FALSE(came_back_to(before, look, kSoon));
}

}  // namespace
}  // namespace kms::test
