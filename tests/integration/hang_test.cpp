// SPDX-License-Identifier: Apache-2.0
#include <poll.h>
#include <sys/inotify.h>
#include <unistd.h>

#include <csignal>
#include <future>

#include "kms/face_detection/v1/face_detection.grpc.pb.h"
#include "tests/integration/file_lease.hpp"
#include "tests/integration/media_fixture.hpp"
#include "tests/integration/metrics_of.hpp"

namespace kms::test {
namespace {

using face_detection::v1::FaceDetectionOptions;
using face_detection::v1::FaceDetectionService;

// The beginning of an image of 16 x 16 pixels; there is no more of it.
constexpr char kPngHead[] = "\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x10\0\0\0\x10";

// Knows when anybody opens a file (inotify).
class FirstLook {
 public:
  explicit FirstLook(const std::string& path) : fd_(inotify_init1(IN_CLOEXEC)) {
    EXPECT_GE(inotify_add_watch(fd_, path.c_str(), IN_OPEN), 0);
  }
  ~FirstLook() { close(fd_); }
  FirstLook(const FirstLook&) = delete;
  FirstLook& operator=(const FirstLook&) = delete;

  // Waits for it; false when nobody does.
  bool comes() const {
    pollfd wanted{fd_, POLLIN, 0};
    const std::chrono::milliseconds patience(kPatience);
    return poll(&wanted, 1, static_cast<int>(patience.count())) > 0;
  }

 private:
  const int fd_;
};

// A looping clip at "p", which filters may be linked to: they read their model with the first picture, which
// takes as long as the test wants.
struct HangingServer : MediaServer {
  explicit HangingServer(const std::string& more) : MediaServer(more) {
    auto clip = player(make_clip("hang.webm", 5));
    clip.set_autoplay(true);
    clip.set_loop(true);
    EXPECT_EQ(create("p", clip), "OK");
  }
  std::string create_filter(const std::string& id, uint32_t every_nth_frame = 0) {
    FaceDetectionOptions options;
    options.set_model_path(model);
    options.set_every_nth_frame(every_nth_frame);
    return create(id, options);
  }
  bool wait_for_media(const std::string& id) {
    EventReader events(client, session);
    return wait_for(events, [&](const v1::Event& event) {
      return event.has_media_flowing() && event.source() == name_of(id);
    });
  }

  const std::string model = write_file("model.xml", "a model");
};

TEST(HangingServer, LeavesAtItsDeadlineAlthoughACallOfAWorkerDoesNotReturn) {
  HangingServer kms("drain_deadline: 3s");
  ASSERT_EQ(kms.create_filter("f"), "OK");
  const FileLease lease(kms.model);
  ASSERT_TRUE(lease.held());
  ASSERT_EQ(kms.connect("p", "f"), "OK");
  ASSERT_TRUE(eventually([&] { return lease.somebody_waits(); }));

  EXPECT_EQ(kms.running->server.stop(), 1);

  EXPECT_NE(kms.running->server.log().find("session closed"), std::string::npos);
}

// In step with the video: it is the streaming thread that reads the model.
TEST(HangingServer, PutsAPipelineThatDoesNotStopInQuarantineAndServesOn) {
  HangingServer kms("pipelines: { state_deadline: 3s }");
  ASSERT_EQ(kms.create_filter("f", 1), "OK");
  const FileLease lease(kms.model);
  ASSERT_TRUE(lease.held());
  ASSERT_EQ(kms.connect("p", "f"), "OK");
  ASSERT_TRUE(eventually([&] { return lease.somebody_waits(); }));

  EXPECT_EQ(metrics_of(kms.running->server).value("kms_pipelines_quarantined"), 0);
  EXPECT_EQ(kms.remove("f"), "DEADLINE_EXCEEDED/PIPELINE_STUCK");

  EXPECT_EQ(metrics_of(kms.running->server).value("kms_pipelines_quarantined"), 1);
  EXPECT_EQ(kms.seek("p", 1), "OK");
  EXPECT_EQ(kms.client.create_session("b"), "OK");
}

// Both workers wait for a file, so a command has to wait, too; meanwhile its element is deleted.
TEST(HangingServer, AnswersACommandWhoseElementGoesMeanwhile) {
  HangingServer kms("threads: { workers: 2 }\npipelines: { state_deadline: 3s }");
  ASSERT_EQ(kms.create_filter("f"), "OK");
  ASSERT_EQ(kms.create_filter("g"), "OK");
  FileLease lease(kms.model);
  ASSERT_TRUE(lease.held());
  for (const std::string filter : {"f", "g"}) {
    ASSERT_EQ(kms.connect("p", filter), "OK");
    ASSERT_TRUE(kms.wait_for_media(filter));
  }
  ASSERT_TRUE(eventually([&] { return kms.seek("p", 1) == "DEADLINE_EXCEEDED/PIPELINE_STUCK"; }));
  const std::string image = write_file("overlay.png", std::string(kPngHead, sizeof kPngHead - 1));
  const FirstLook look(image);
  face_detection::v1::SetDrawingRequest request;
  request.mutable_drawing()->mutable_overlay()->set_uri(uri_of(image));
  auto drawing = std::async(std::launch::async, [&] {
    return kms.command_aside<FaceDetectionService>("f", &FaceDetectionService::Stub::SetDrawing, request);
  });
  ASSERT_TRUE(look.comes()) << "its session looks at the image before a worker is to load it";

  EXPECT_EQ(kms.remove("f"), "DEADLINE_EXCEEDED/PIPELINE_STUCK");
  lease.release();

  EXPECT_EQ(drawing.get(), "ABORTED/CALL_DROPPED");
}

}  // namespace
}  // namespace kms::test
