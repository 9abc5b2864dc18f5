// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "kms-core/rtc/net/unique_fd.hpp"
#include "kms-core/rtc/rtc.hpp"

namespace kms::rtc::loadtest::test {

// A small WHIP and WHEP server over kms-core/rtc for tests: one request at a time, no limits.
class TestDoor {
 public:
  enum class Mood {
    kServes,
    kRefuses,         // 503 with a reason
    kSaysNothing,     // takes requests and never answers
    kLeadsAway,       // its POSTs are for the path behind "/away"
    kLeadsInCircles,  // to itself, for ever
    kIsSomewhereElse  // its answers lead to a port where nobody is
  };

  explicit TestDoor(Mood mood = Mood::kServes);
  ~TestDoor();
  TestDoor(const TestDoor&) = delete;
  TestDoor& operator=(const TestDoor&) = delete;

  std::string url(const std::string& path) const;
  // Those that have not been deleted.
  size_t participants() const { return present_; }
  size_t deleted() const { return deleted_; }

 private:
  struct Participant {
    std::unique_ptr<Peer> peer;
    std::vector<std::unique_ptr<Consumer>> consumers;
  };
  struct Request {
    std::string method;
    std::string path;
    std::string body;
  };

  void run();
  void serve(UniqueFd connection);
  static Request read(int connection);
  bool leads_on(const std::string& path) const;
  std::string reply_to(const Request& request);
  std::string join(const Request& request);

  const Mood mood_;
  std::unique_ptr<Server> server_;
  std::map<std::string, std::vector<SourceRef>> rooms_;
  std::map<std::string, Participant> participants_;
  std::vector<UniqueFd> unanswered_;
  size_t last_ = 0;
  std::atomic<size_t> present_ = 0;
  std::atomic<size_t> deleted_ = 0;
  UniqueFd listener_;
  UniqueFd nobody_;  // a port that never answers
  std::thread thread_;
};

}  // namespace kms::rtc::loadtest::test
