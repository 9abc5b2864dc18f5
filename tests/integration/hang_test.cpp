// SPDX-License-Identifier: Apache-2.0
#include <fcntl.h>
#include <unistd.h>

#include <csignal>

#include "kms/face_detection/v1/face_detection.pb.h"
#include "kms/player/v1/player.pb.h"
#include "tests/integration/fixture.hpp"
#include "tests/support/media_factory.hpp"

namespace kms::test {
namespace {

// A lease on a file (fcntl, F_SETLEASE): another process that opens it waits until the kernel takes the lease
// away, after 45 s.
class Lease {
 public:
  explicit Lease(const std::string& path) : fd_(open(path.c_str(), O_RDWR | O_CLOEXEC)) {
    std::signal(SIGIO, SIG_IGN);  // tells the holder, and would end it
    held_ = fcntl(fd_, F_SETLEASE, F_WRLCK) == 0;
  }
  ~Lease() { close(fd_); }
  Lease(const Lease&) = delete;
  Lease& operator=(const Lease&) = delete;

  bool held() const { return held_; }
  bool somebody_waits() const { return fcntl(fd_, F_GETLEASE) != F_WRLCK; }

 private:
  const int fd_;
  bool held_ = false;
};

// A clip, once it is played, goes into a filter that then reads its model.
v1::ApplyGraphRequest faces_in_a_clip(const std::string& model) {
  v1::ApplyGraphRequest request;
  request.set_parent("sessions/a");
  auto* player = request.add_elements();
  player->set_element_id("p");
  player::v1::PlayerOptions play;
  play.set_uri(uri_of(make_clip("hang.webm", 5)));
  play.set_autoplay(true);
  play.set_loop(true);
  player->mutable_options()->PackFrom(play);
  auto* filter = request.add_elements();
  filter->set_element_id("f");
  face_detection::v1::FaceDetectionOptions faces;
  faces.set_model_path(model);
  filter->mutable_options()->PackFrom(faces);
  return request;
}

TEST(HangingServer, LeavesAtItsDeadlineAlthoughACallOfAWorkerDoesNotReturn) {
  const auto model = write_file("model.xml", "a model");
  Running kms("files: { read: [" + media_folder() + "] }\ndrain_deadline: 3s");
  ASSERT_EQ(kms.client.create_session("a"), "OK");
  v1::ApplyGraphResponse applied;
  ASSERT_EQ(kms.client.apply(faces_in_a_clip(model), &applied), "OK") << kms.client.last.message;
  const Lease lease(model);
  ASSERT_TRUE(lease.held());
  ASSERT_EQ(kms.client.connect("sessions/a", "p", "f"), "OK");
  ASSERT_TRUE(eventually([&] { return lease.somebody_waits(); }));

  EXPECT_EQ(kms.server.stop(), 1);

  EXPECT_NE(kms.server.log().find("session closed"), std::string::npos);
}

}  // namespace
}  // namespace kms::test
