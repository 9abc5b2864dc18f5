// SPDX-License-Identifier: Apache-2.0
// How a recorder ends: its parts, and what Stop answers.
#include <algorithm>
#include <utility>

#include "elements/recorder/part_proto.hpp"
#include "elements/recorder/recorder.hpp"
#include "kms-core/base/config.hpp"
#include "kms-core/base/log.hpp"

namespace kms::recorder {
namespace {

Status not_begun() {
  return error(StatusCode::kFailedPrecondition, "NOT_RECORDING", "Record was not called");
}

Status nothing_recorded() {
  return error(StatusCode::kDataLoss, "NOTHING_RECORDED", "no media came, and no file was left");
}

Status stuck() {
  return error(StatusCode::kDeadlineExceeded, "PIPELINE_STUCK",
               "the file could not be finished in time; what was written stays");
}

// Nothing came that could have been in it.
bool is_empty(const Part& part) {
  const bool failed = !part.outcome.ok() && reason_of(part.outcome) != "NOTHING_RECORDED";
  return part.video_frames + part.audio_frames == 0 && !failed;
}

}  // namespace

void RecorderElement::stop(Reply<v1::StopResponse> reply) {
  if (stage_ == Stage::kIdle) return reply(not_begun());
  waiting_.push_back(std::move(reply));
  // After what the streaming threads posted already: media that came before the call is recorded.
  host().loop().post(guard_.wrap([this] { stop_now(); }));
}

void RecorderElement::stop_now() {
  if (outcome_) return settle(*outcome_);
  if (stage_ == Stage::kWaiting && has_media()) begin();
  if (stage_ == Stage::kWaiting) return settle(nothing_recorded());
  if (stage_ == Stage::kWriting) finish();
}

void RecorderElement::finish() {
  stage_ = Stage::kFinishing;
  for (const auto& track : tracks_) track->inlet().finish();
  wait_while_it_gets_on([this] {
    scribe_->abandon();
    settle(stuck());
  });
}

// What hangs is given up; what is long is not.
void RecorderElement::wait_while_it_gets_on(std::function<void()> give_up) {
  deadline_ = host().loop().deadline(host().config().pipelines.state_deadline,
                                     [this, before = steps_->load(), give_up = std::move(give_up)]() mutable {
                                       if (*steps_ == before) return give_up();
                                       wait_while_it_gets_on(std::move(give_up));
                                     });
}

void RecorderElement::closed() {
  closed_ = true;
  release();
  look_for_outcome();
}

void RecorderElement::release() {
  if (!pipeline_ || released_) return;
  released_ = true;
  pipeline_->stop(guard_.wrap([this](const Status&) {
    pipeline_.reset();
    look_for_outcome();
  }));
}

void RecorderElement::part_began(const Part& part) {
  if (storing_) storing_->begin(part);
  if (part.number == 1) {
    v1::RecordingStarted started;
    started.set_uri(part.uri);
    host().emit(started);
  }
  v1::PartStarted began;
  *began.mutable_part() = to_proto(part);
  host().emit(began);
}

void RecorderElement::part_finished(const Part& part) {
  --finishing_;
  final_[part.number] = part;
  if (!is_empty(part)) {
    v1::PartFinished finished;
    *finished.mutable_part() = to_proto(part);
    host().emit(finished);
    if (storing_ && part.final) storing_->add(part);
  }
  look_for_outcome();
}

// Once nothing is written any more and every part is final.
void RecorderElement::look_for_outcome() {
  if (finishing_ != 0 || pipeline_) return;
  if (closed_ && !outcome_) {
    const auto bad = std::find_if(final_.begin(), final_.end(), [](const auto& each) {
      return !is_empty(each.second) && !each.second.outcome.ok();
    });
    const bool any =
        std::any_of(final_.begin(), final_.end(), [](const auto& each) { return !is_empty(each.second); });
    if (bad != final_.end()) host().fail(bad->second.outcome);
    settle(bad != final_.end() ? bad->second.outcome : any ? ok() : nothing_recorded());
  }
  if (!outcome_ || !closing_) return;
  deadline_.stop();
  answer_close();
}

// Whatever waits in the tracks goes nowhere; the parts are finished as far as that is possible.
void RecorderElement::failed(const Status& status) {
  if (outcome_) return;
  host().fail(status);
  scribe_->abandon();  // where it was the pipeline that failed, the scribe does not know
  for (const auto& track : tracks_) track->inlet().finish();
  settle(status);
}

void RecorderElement::settle(const Status& status) {
  stage_ = Stage::kDone;
  deadline_.stop();
  if (!outcome_) {
    outcome_ = status;
    tick_.stop();
    for (const auto& track : tracks_) track->inlet().finish();
    log::info("A recording ended", {{"element", host().name()}, {"outcome", reason_of(status)}});
    v1::RecordingFinished finished;
    *finished.mutable_recording() = describe();
    if (status.ok()) host().emit(finished);
  }
  v1::StopResponse response;
  *response.mutable_recording() = describe();
  for (auto& reply : std::exchange(waiting_, {})) {
    if (outcome_->ok()) {
      reply(response);
    } else {
      reply(*outcome_);
    }
  }
}

v1::Recording RecorderElement::describe() const {
  v1::Recording out;
  out.set_uri(settings_.options.uri());
  std::chrono::nanoseconds duration{0};
  uint64_t size = 0;
  uint64_t video = 0;
  uint64_t audio = 0;
  for (auto part : scribe_->parts()) {
    const auto final = final_.find(part.number);
    if (final != final_.end()) part = final->second;
    duration += part.duration;
    size += part.size_bytes;
    video += part.video_frames;
    audio += part.audio_frames;
    if (part.number == 1) out.set_uri(part.uri);
    *out.add_parts() = to_proto(part);
    if (storing_) storing_->describe(*out.mutable_parts(out.parts_size() - 1));
  }
  set_duration(*out.mutable_duration(), duration);
  out.set_size_bytes(size);
  out.set_video_frames(video);
  out.set_audio_frames(audio);
  return out;
}

v1::GetRecordingResponse RecorderElement::recording() const {
  v1::GetRecordingResponse out;
  *out.mutable_recording() = describe();
  if (stage_ == Stage::kIdle ||
      (settings_.options.autostart() && stage_ == Stage::kWaiting && !has_media())) {
    out.set_state(v1::STATE_IDLE);
  } else if (!outcome_) {
    out.set_state(paused_ ? v1::STATE_PAUSED : v1::STATE_RECORDING);
  } else {
    out.set_state(outcome_->ok() ? v1::STATE_FINISHED : v1::STATE_FAILED);
  }
  return out;
}

void RecorderElement::stop(std::chrono::milliseconds store_wait, Reply<v1::StopResponse> reply) {
  if (!storing_ || store_wait.count() == 0) return stop(std::move(reply));
  auto waiting = std::make_shared<Reply<v1::StopResponse>>(std::move(reply));
  stop([this, store_wait, waiting](Result<v1::StopResponse> answer) {
    if (!answer.ok() || closing_ || !storing_->under_way()) return (*waiting)(std::move(answer));
    const auto number = ++stops_;
    patient_[number] = {std::move(*waiting), host().loop().after(store_wait, [this, number] {
                          auto over = patient_.extract(number);
                          v1::StopResponse response;
                          *response.mutable_recording() = describe();
                          over.mapped().reply(response);
                        })};
  });
}

void RecorderElement::storing_changed() {
  if (!storing_->under_way()) answer_patient();
}

void RecorderElement::answer_patient() {
  v1::StopResponse response;
  *response.mutable_recording() = describe();
  for (auto& [number, each] : std::exchange(patient_, {})) each.reply(response);
}

// Once: the last part may be final before Stop is answered, or afterwards.
void RecorderElement::answer_close() {
  if (auto done = std::exchange(closing_, nullptr)) done(ok());
}

// The parts of a recording that failed may still be at work; what hangs is not waited for.
void RecorderElement::close(Done done) {
  answer_patient();
  closing_ = std::move(done);
  stop([this](const Result<v1::StopResponse>&) {
    const bool hangs = outcome_ && reason_of(*outcome_) == "PIPELINE_STUCK";
    const bool at_work = outcome_ && (pipeline_ || finishing_ != 0);
    if (!at_work || hangs) return answer_close();
    wait_while_it_gets_on([this] { answer_close(); });
  });
}

}  // namespace kms::recorder
