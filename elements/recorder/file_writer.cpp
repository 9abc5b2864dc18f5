// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/file_writer.hpp"

#include <unistd.h>

#include <utility>

#include "kms-core/base/config.hpp"
#include "kms-core/base/uri_policy.hpp"

namespace kms::recorder {
namespace {

// Folders may have become links since the options were checked.
Result<OpenFile> open_checked(const Config& config, const std::string& uri, bool overwrite) {
  const auto path = UriPolicy(config).writable_file(uri);
  if (!path.ok()) return path.status();
  return make_file(*path, overwrite);
}

Status stuck() {
  return error(StatusCode::kDeadlineExceeded, "PIPELINE_STUCK",
               "the file could not be finished in time; what was written stays");
}

}  // namespace

FileWriter::FileWriter(graph::ElementHost& host, std::string uri, bool overwrite)
    : host_(host), uri_(std::move(uri)), overwrite_(overwrite) {}

void FileWriter::begin(gst::FileMuxer::Plan plan) {
  plan_ = std::move(plan);
  auto answer = guard_.wrap([this](Result<OpenFile> file) { opened(std::move(file)); });
  host_.workers().run(
      [&config = host_.config(), &loop = host_.loop(), uri = uri_, overwrite = overwrite_, answer]() mutable {
        auto file = open_checked(config, uri, overwrite);
        loop.post([answer, file = std::move(file)]() mutable { answer(std::move(file)); });
      });
}

void FileWriter::opened(Result<OpenFile> file) {
  if (!file.ok()) return fail(file.status());
  made_ = true;
  if (outcome_) return remove([] {});  // too late: it was stopped, and nothing comes any more
  plan_.file = file->release();
  pipeline_ = std::make_unique<gst::Pipeline>(
      host_.name(),
      gst::Pipeline::Where{host_.loop(), host_.workers(), host_.config().pipelines.state_deadline});
  pipeline_->on_error([this](const Status& status) { fail(status); });
  pipeline_->on_message([this](GstMessage* message) {
    if (GST_MESSAGE_TYPE(message) == GST_MESSAGE_EOS) end(ok());
  });
  auto changed = guard_.wrap([this] { handlers_.on_changed(); });
  auto built =
      gst::FileMuxer::build(*pipeline_, plan_, [&loop = host_.loop(), changed] { loop.post(changed); });
  if (!built.ok()) return fail(built.status());
  muxer_ = std::move(*built);
  pipeline_->start(guard_.wrap([this](const Status& status) {
    if (!status.ok()) fail(status);
  }));
}

void FileWriter::finish(Done done) {
  finished_ = std::move(done);
  if (outcome_) return end(*outcome_);
  deadline_ = host_.loop().after(host_.config().pipelines.state_deadline, [this] { end(stuck()); });
}

void FileWriter::fail(const Status& status) {
  if (outcome_) return;
  outcome_ = status;
  if (handlers_.on_failure) handlers_.on_failure(status);
  if (finished_) return end(status);
  if (pipeline_) pipeline_->stop(guard_.wrap([this](const Status&) { release(); }));
}

void FileWriter::end(const Status& status) {
  if (!outcome_) outcome_ = status;
  if (!finished_) return;
  deadline_.stop();
  if (!pipeline_) return std::exchange(finished_, nullptr)(*outcome_);
  pipeline_->stop(guard_.wrap([this](const Status& stopped) {
    release();
    if (finished_) std::exchange(finished_, nullptr)(outcome_->ok() ? stopped : *outcome_);
  }));
}

// The descriptor is closed with the last reference to the sink.
void FileWriter::release() {
  final_size_ = size();
  muxer_.reset();
  pipeline_.reset();
}

uint64_t FileWriter::size() const { return muxer_ ? muxer_->size() : final_size_; }

void FileWriter::remove(Task done) {
  if (!made_) return done();
  host_.workers().run(
      [&config = host_.config(), &loop = host_.loop(), uri = uri_, done = std::move(done)]() mutable {
        const auto path = UriPolicy(config).writable_file(uri);
        if (path.ok()) unlink(path->c_str());
        loop.post(std::move(done));
      });
}

}  // namespace kms::recorder
