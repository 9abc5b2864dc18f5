// SPDX-License-Identifier: Apache-2.0
#include <filesystem>
#include <fstream>
#include <sstream>

#include "tests/integration/media_fixture.hpp"
#include "tests/support/put_server.hpp"

namespace kms::test {
namespace {

using recorder::v1::PartNotStored;
using recorder::v1::PartStored;
using recorder::v1::RecorderService;

std::string spool_of(const std::string& name) { return media_folder() + "/spool-" + name; }

std::string upload_config(const std::string& allowed, const std::string& spool,
                          const std::string& more_of_spool = {}, const std::string& more = {}) {
  return MediaServer::config() + "network: { allow: [127.0.0.0/8] }\nspool: { folder: " + spool +
         more_of_spool + " }\nuploads: { allow: [\"" + allowed +
         "\"], first_pause: 20ms, longest_pause: 100ms" + more + " }\n";
}

// A server that may upload to a web server, and a recorder "r" of a clip.
struct Uploading : MediaServer {
  Uploading(const PutServer& web, const std::string& name, const std::string& more = {})
      : Uploading(upload_config(web.uri("/in/"), spool_of(name), more)) {}
  explicit Uploading(const std::string& config) : MediaServer(std::make_unique<Running>(config)) {}
  std::string record(const std::string& uri, bool ends = true) {
    recorder::v1::RecorderOptions options;
    options.set_uri(uri);
    options.set_autostart(true);
    options.set_stop_on_end_of_stream(ends);
    if (const auto made = create("r", options); made != "OK") return made;
    auto source = player(make_clip("upload.webm", 2));
    source.set_unpaced(true);
    if (const auto made = create("p", source); made != "OK") return made;
    if (const auto linked = connect("p", "r"); linked != "OK") return linked;
    return play("p");
  }
  // As HLS, as fast as it is played.
  std::string record_hls(const std::string& uri) {
    recorder::v1::RecorderOptions options;
    options.set_uri(uri);
    options.set_autostart(true);
    options.mutable_hls()->mutable_target_duration()->set_seconds(1);
    if (const auto made = create("r", options); made != "OK") return made;
    if (const auto made = create("p", player(make_clip("hls-upload.mp4", 4))); made != "OK") return made;
    if (const auto linked = connect("p", "r"); linked != "OK") return linked;
    return play("p");
  }
  Result<recorder::v1::Recording> stop(recorder::v1::StopRequest request = {}) {
    request.set_name(name_of("r"));
    recorder::v1::StopResponse response;
    const auto stub = RecorderService::NewStub(client.channel);
    const auto said = client.call(*stub, &RecorderService::Stub::Stop, request, &response);
    if (said == "OK") return response.recording();
    return error(StatusCode::kUnknown, "TEST", said);
  }
};

// Files besides the lock.
size_t spooled(const std::string& name) {
  return static_cast<size_t>(std::distance(std::filesystem::directory_iterator(spool_of(name)), {})) - 1;
}

TEST(Uploads, ARecordingGoesToAWebServerAndIsToldToBeThere) {
  PutServer web;
  Uploading kms(web, "good");
  EventReader events(kms.client, kms.session);

  ASSERT_EQ(kms.record(web.uri("/in/a.webm")), "OK");

  PartStored stored;
  ASSERT_TRUE(MediaServer::wait_for(events, stored));
  EXPECT_EQ(stored.part().uri(), web.uri("/in/a.webm"));
  const auto files = web.seen().files;
  ASSERT_TRUE(files.contains("/in/a.webm"));
  EXPECT_EQ(files.at("/in/a.webm").size(), stored.part().size_bytes());
  const auto copy = write_file("fetched.webm", files.at("/in/a.webm"));
  EXPECT_EQ(decoded_frames(copy, 'v'), 60);
  EXPECT_EQ(web.seen().types.at("/in/a.webm"), "video/webm");
  EXPECT_EQ(spooled("good"), 0U);
}

// The text of a file.
std::string text_of(const std::string& path) {
  std::stringstream all;
  all << std::ifstream(path, std::ios::binary).rdbuf();
  return all.str();
}

TEST(Uploads, ARecordingGoesToAnObjectStorageUnderItsTemplatesName) {
  const auto store = media_folder() + "/s3";
  ChildProcess s3({KMS_NODE, KMS_TEST_TOOLS "/s3-server.mjs", store, "0", "rec"}, media_folder() + "/s3.log");
  const auto line = s3.read_line();
  ASSERT_NE(line.find("s3="), std::string::npos) << text_of(media_folder() + "/s3.log");
  const auto key_file = write_file("s3.key", "S3RVER\n");
  const auto config = MediaServer::config() +
                      "network: { allow: [127.0.0.0/8] }\nspool: { folder: " + spool_of("s3") +
                      " }\nstorages:\n  main: { endpoint: \"http://" + line.substr(3) +
                      "\", access_key: S3RVER, secret_key_file: " + key_file + ", buckets: [rec] }\n";
  Uploading kms(config);
  EventReader events(kms.client, kms.session);

  ASSERT_EQ(kms.record("s3://main/rec/{session}/{element}-{part}.webm"), "OK");

  PartStored stored;
  ASSERT_TRUE(MediaServer::wait_for(events, stored));
  EXPECT_EQ(stored.part().uri(), "s3://main/rec/a/r-1.webm");
  EXPECT_EQ(stored.part().storage(), recorder::v1::STORAGE_STATE_STORED);
  const auto copy = write_file("s3-fetched.webm", text_of(store + "/rec/a/r-1.webm._S3rver_object"));
  EXPECT_EQ(decoded_frames(copy, 'v'), 60);
  EXPECT_EQ(std::filesystem::file_size(copy), stored.part().size_bytes());
}

TEST(Uploads, HlsIsAtTheStorageWhileItIsRecordedAndAfterwards) {
  PutServer web;
  Uploading kms(web, "hls");
  EventReader events(kms.client, kms.session);
  ASSERT_EQ(kms.record_hls(web.uri("/in/show.m3u8")), "OK");
  // At each moment the playlist names what is there.
  ASSERT_TRUE(web.wait([](const auto& seen) { return seen.files.contains("/in/show.m3u8"); }));
  EXPECT_EQ(web.seen().files.at("/in/show.m3u8").find("ENDLIST"), std::string::npos);
  EXPECT_TRUE(web.seen().files.contains("/in/show-1-init.mp4"));
  EXPECT_TRUE(web.seen().files.contains("/in/show-1-1.m4s"));
  ASSERT_TRUE(
      MediaServer::wait_for(events, [](const v1::Event& event) { return event.has_end_of_stream(); }));
  recorder::v1::StopRequest patient;
  patient.mutable_store_wait()->set_seconds(20);
  ASSERT_TRUE(kms.stop(patient).ok());

  const auto files = web.seen().files;
  EXPECT_NE(files.at("/in/show.m3u8").find("#EXT-X-ENDLIST"), std::string::npos);
  EXPECT_EQ(web.seen().types.at("/in/show.m3u8"), "application/vnd.apple.mpegurl");
  std::string whole = files.at("/in/show-1-init.mp4");
  for (const auto* number : {"1", "2", "3", "4"})
    whole += files.at(std::string("/in/show-1-") + number + ".m4s");
  EXPECT_EQ(decoded_frames(write_file("hls-fetched.mp4", whole), 'v'), 120);
}

TEST(Uploads, HlsOfWhichAPieceWasGivenUpIsNotToldToBeStored) {
  PutServer web;
  web.answer_by([](const PutServer::Call& call) -> PutServer::Reply {
    return {call.path == "/in/show-1-1.m4s" ? 403U : 201U};
  });
  Uploading kms(upload_config(web.uri("/in/"), spool_of("piece"), "", ", give_up: 0ms"));
  EventReader events(kms.client, kms.session);
  ASSERT_EQ(kms.record_hls(web.uri("/in/show.m3u8")), "OK");

  PartNotStored failed;
  ASSERT_TRUE(MediaServer::wait_for(events, failed));
  EXPECT_TRUE(failed.given_up());
  EXPECT_EQ(failed.uri(), web.uri("/in/show-1-1.m4s"));
  ASSERT_TRUE(
      MediaServer::wait_for(events, [](const v1::Event& event) { return event.has_end_of_stream(); }));
  recorder::v1::StopRequest patient;
  patient.mutable_store_wait()->set_seconds(20);
  const auto recording = kms.stop(patient);

  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(recording->parts(0).storage(), recorder::v1::STORAGE_STATE_GIVEN_UP);
  EXPECT_EQ(recording->parts(0).storage_failure(), "STORAGE_REFUSED");
}

TEST(Uploads, StopDoesNotWaitForAStorageUnlessItIsAskedTo) {
  PutServer web;
  web.answer_with(503);
  Uploading kms(web, "wait");
  EventReader events(kms.client, kms.session);
  ASSERT_EQ(kms.record(web.uri("/in/a.webm"), false), "OK");
  recorder::v1::PartStarted begun;
  ASSERT_TRUE(MediaServer::wait_for(events, begun));
  ASSERT_TRUE(kms.stop().ok());
  EXPECT_EQ(web.seen().files.size(), 0U);

  web.answer_with(201);
  recorder::v1::StopRequest patient;
  patient.mutable_store_wait()->set_seconds(20);
  const auto recording = kms.stop(patient);

  ASSERT_TRUE(recording.ok()) << recording.status();
  EXPECT_EQ(recording->parts(0).storage(), recorder::v1::STORAGE_STATE_STORED);
  EXPECT_EQ(web.seen().files.size(), 1U);
}

TEST(Uploads, WhatAStorageAnswersIsToldWithItsReason) {
  PutServer web;
  for (const auto& [code, reason] : {std::pair(403U, "STORAGE_REFUSED"), std::pair(507U, "STORAGE_FULL"),
                                     std::pair(500U, "STORAGE_UNREACHABLE")}) {
    web.answer_with(code);
    Uploading kms(web, std::to_string(code));
    EventReader events(kms.client, kms.session);
    ASSERT_EQ(kms.record(web.uri("/in/a.webm")), "OK");

    PartNotStored failed;
    ASSERT_TRUE(MediaServer::wait_for(events, failed));
    EXPECT_EQ(failed.reason(), reason);
    EXPECT_FALSE(failed.given_up());
    EXPECT_GT(failed.retry_in().nanos() + failed.retry_in().seconds(), 0);
    web.answer_with(201);
    PartStored stored;
    EXPECT_TRUE(MediaServer::wait_for(events, stored));
  }
}

TEST(Uploads, AFullSpoolEndsTheRecordingAndWhatIsThereIsStored) {
  PutServer web;
  web.answer_with(503);
  Uploading kms(web, "full", ", max_bytes: 1MiB");
  EventReader events(kms.client, kms.session);
  recorder::v1::RecorderOptions local = MediaServer::recorder("local.mkv");
  local.set_autostart(true);
  local.set_stop_on_end_of_stream(true);
  ASSERT_EQ(kms.create("l", local), "OK");
  const auto noise =
      make_media("noise.mkv",
                 "videotestsrc pattern=snow num-buffers=150 ! video/x-raw,width=640,height=480,"
                 "framerate=30/1 ! jpegenc ! matroskamux ! filesink location={}");
  recorder::v1::RecorderOptions options;
  options.set_uri(web.uri("/in/noise.mkv"));
  options.set_autostart(true);
  ASSERT_EQ(kms.create("r", options), "OK");
  auto source = MediaServer::player(noise);
  source.set_unpaced(true);
  ASSERT_EQ(kms.create("p", source), "OK");
  ASSERT_EQ(kms.connect("p", "r"), "OK");
  ASSERT_EQ(kms.connect("p", "l"), "OK");
  ASSERT_EQ(kms.play("p"), "OK");

  EXPECT_EQ(MediaServer::next_error(events), "SPOOL_FULL");

  recorder::v1::RecordingFinished finished;  // the other one
  ASSERT_TRUE(MediaServer::wait_for(events, finished));
  EXPECT_EQ(finished.recording().video_frames(), 150U);
  web.answer_with(201);
  ASSERT_TRUE(web.wait([](const auto& seen) { return seen.files.contains("/in/noise.mkv"); }));
  const auto copy = write_file("noise-fetched.mkv", web.seen().files.at("/in/noise.mkv"));
  EXPECT_GT(decoded_frames(copy, 'v'), 1);
}

uintmax_t file_bytes(const std::string& name) {
  return std::filesystem::file_size(media_folder() + "/" + name);
}

uintmax_t most_bytes_in(const std::string& folder) {
  uintmax_t most = 0;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    std::error_code gone;
    const auto bytes = entry.file_size(gone);
    if (!gone) most = std::max(most, bytes);
  }
  return most;
}

TEST(Uploads, AServerThatIsKilledStoresWhatItWasRecordingAtItsNextStart) {
  PutServer web;
  const auto config = upload_config(web.uri("/in/"), spool_of("killed"));
  {
    Uploading kms(web, "killed");
    EventReader events(kms.client, kms.session);
    ASSERT_EQ(kms.record(web.uri("/in/a.webm"), false), "OK");
    ASSERT_TRUE(
        MediaServer::wait_for(events, [](const v1::Event& event) { return event.has_end_of_stream(); }));
    recorder::v1::GetRecordingResponse now;
    const auto stub = RecorderService::NewStub(kms.client.channel);
    recorder::v1::GetRecordingRequest request;
    request.set_name(kms.name_of("r"));
    ASSERT_TRUE(eventually(
        [&] {
          kms.client.call(*stub, &RecorderService::Stub::GetRecording, request, &now);
          return now.recording().video_frames() == 60;
        },
        kPatience));
    // A file that is read as fast as possible is all in the last second, which a kill may take.
    ASSERT_TRUE(eventually(
        [] { return most_bytes_in(spool_of("killed")) > file_bytes("upload.webm") * 3 / 4; }, kPatience));
    kms.running->server.process().signal(SIGKILL);
    ASSERT_TRUE(kms.running->server.process().wait(std::chrono::seconds(20)));
  }

  const Running again(config);

  ASSERT_TRUE(web.wait([](const auto& seen) { return seen.files.contains("/in/a.webm"); }));
  const auto copy = write_file("killed.webm", web.seen().files.at("/in/a.webm"));
  EXPECT_GT(decoded_frames(copy, 'v'), 30);
}

TEST(Uploads, HlsOfAServerThatIsKilledIsEndedAtItsNextStart) {
  PutServer web;
  const auto config = upload_config(web.uri("/in/"), spool_of("killed-hls"));
  {
    Uploading kms(web, "killed-hls");
    ASSERT_EQ(kms.record_hls(web.uri("/in/show.m3u8")), "OK");
    ASSERT_TRUE(web.wait([](const auto& seen) { return seen.files.contains("/in/show.m3u8"); }));
    kms.running->server.process().signal(SIGKILL);
    ASSERT_TRUE(kms.running->server.process().wait(std::chrono::seconds(20)));
  }

  const Running again(config);

  ASSERT_TRUE(web.wait([](const auto& seen) {
    const auto found = seen.files.find("/in/show.m3u8");
    return found != seen.files.end() && found->second.ends_with("#EXT-X-ENDLIST\n");
  }));
  EXPECT_TRUE(eventually([] { return spooled("killed-hls") == 0; })) << "nothing is kept any more";
}

TEST(Uploads, GoNowhereUnlessTheConfigurationAllows) {
  PutServer web;
  Uploading kms(web, "denied");
  EXPECT_EQ(kms.record(web.uri("/out/a.webm")), "PERMISSION_DENIED/URI_NOT_ALLOWED");
  EXPECT_EQ(kms.record("s3://main/rec/a.webm"), "PERMISSION_DENIED/URI_NOT_ALLOWED");
  EXPECT_EQ(kms.record(web.uri("/in/a.webm?key=secret")), "INVALID_ARGUMENT/INVALID_OPTIONS");
}

TEST(Uploads, ASpoolBelongsToOneServer) {
  PutServer web;
  const auto config = upload_config(web.uri("/in/"), spool_of("one"));
  const Running first(config);

  ServerProcess second(config);

  EXPECT_EQ(second.process().wait(std::chrono::seconds(20)), 2);
  EXPECT_NE(second.log().find("SPOOL_UNUSABLE"), std::string::npos);
}

}  // namespace
}  // namespace kms::test
