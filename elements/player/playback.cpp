// SPDX-License-Identifier: Apache-2.0
#include "elements/player/playback.hpp"

#include <fmt/format.h>

#include <algorithm>

#include "elements/player/hls_source.hpp"
#include "elements/player/words/live_uri.hpp"
#include "kms-core/base/config.hpp"
#include "kms-core/gst/extent.hpp"

namespace kms::player {
namespace {

constexpr std::chrono::milliseconds kLookPeriod{200};
// How much shorter than announced media may be and still count as whole.
constexpr GstClockTime kShortfall = GST_SECOND;
constexpr unsigned kShortfallShare = 50;  // one part in so many

Status playlist_error(const std::string& uri) {
  return error(StatusCode::kPermissionDenied, "PLAYLIST_NOT_ALLOWED",
               fmt::format("{} is a playlist or a redirection; give the address of the media itself", uri));
}

}  // namespace

std::vector<Status> missing_tracks(const std::string& uri, const std::vector<PortChoice>& ports,
                                   const gst::Demuxer::Tracks& tracks) {
  std::vector<Status> out;
  for (size_t i = 0; i < ports.size(); ++i) {
    const auto& [name, video, track] = ports[i];
    const bool there = tracks.of(i) || std::any_of(tracks.all.begin(), tracks.all.end(),
                                                   [i](const auto& found) { return found.line == i; });
    if (there || !track.asks_for_one()) continue;
    const auto asked = track.number > 0 ? fmt::format("of number {}", track.number)
                                        : fmt::format("in the language \"{}\"", track.language);
    out.push_back(error(StatusCode::kNotFound, "TRACK_NOT_FOUND",
                        fmt::format("{}: there is no {} track {} for port \"{}\"", uri,
                                    video ? "video" : "audio", asked, name)));
  }
  return out;
}

Playback::Playback(graph::ElementHost& host, const Setup& setup, Listener& listener)
    : host_(host),
      loop_(host.loop()),
      setup_(setup),
      listener_(&listener),
      source_(is_live(setup.uri) || is_hls(setup.uri) ? make_live_source(host, setup.uri, setup.live)
                                                      : make_source(host, setup.uri)),
      rare_key_frames_(setup.ports.size()) {}

void Playback::begin() {
  source_->on_error([this](const Status& status) { fail(status); });
  opening_ = host_.loop().every(kLookPeriod, [this] { check_opening(); });
  const auto deadline = host_.config().player.opening_deadline;
  opening_deadline_ = host_.loop().deadline(deadline, [this, deadline] {
    fail(error(StatusCode::kDeadlineExceeded, "UNREADABLE",
               fmt::format("{}: no media came within {} ms", setup_.uri, deadline.count())));
  });
  source_->open([this](Result<gst::Ref<GstElement>> source) { start(std::move(source)); });
}

void Playback::start(Result<gst::Ref<GstElement>> source) {
  if (over_) return;
  const auto status = source.ok() ? assemble(std::move(*source)) : source.status();
  if (!status.ok()) return fail(status);
  pipeline_->start(guard_.wrap([this](const Status& started) {
    start_failure_ = started;
    if (started.ok() && source_) source_->flow();
  }));
}

// More comes from the media than goes on.
bool Playback::reads_ahead() const { return !setup_.pacer->unpaced(); }

gst::Demuxer::Parts Playback::parts_for(gst::Ref<GstElement> source) const {
  const auto& limits = host_.config().player;
  const auto& manner = setup_.manner;
  const std::chrono::nanoseconds interval(limits.key_frame_interval);
  return {.source = std::move(source),
          .lines = lines_,
          .queued = reads_ahead(),
          .most_tracks = limits.max_tracks,
          .key_frame_interval = static_cast<GstClockTime>(interval.count()),
          .decode_sound = manner.decode_sound,
          .still_rate = manner.still_rate,
          .still_duration = manner.still_duration};
}

Status Playback::assemble(gst::Ref<GstElement> source) {
  make_lines();
  auto demuxer = make_demuxer(std::move(source));
  if (!demuxer.ok()) return demuxer.status();
  demuxer_ = std::move(*demuxer);
  listen_to_demuxer();
  pipeline_ = std::make_unique<gst::Pipeline>(
      "player", gst::Pipeline::Where{host_.loop(), host_.workers(), host_.config().pipelines.state_deadline});
  pipeline_->on_error([this](const Status& status) { take_error(status); });
  pipeline_->on_message([this](GstMessage* message) { take_message(message); });
  pipeline_->add(demuxer_->bin());
  return ok();
}

void Playback::listen_to_demuxer() {
  demuxer_->on_tracks([&loop = host_.loop(), found = guard_.wrap([this](const gst::Demuxer::Tracks& tracks) {
    tracks_found(tracks);
  })](const gst::Demuxer::Tracks& tracks) { loop.post([found, tracks]() mutable { found(tracks); }); });
  demuxer_->on_refusal([&loop = host_.loop(), refused = guard_.wrap([this](const Status& status) {
    fail(error(status.code(), reason_of(status), fmt::format("{}: {}", setup_.uri, message_of(status))));
  })](const Status& status) { loop.post([refused, status]() mutable { refused(status); }); });
  demuxer_->on_rare_key_frames([&loop = host_.loop(), note = guard_.wrap([this](size_t port) {
    rare_key_frames_[port] = true;
    if (ready_ && !over_) listener_->key_frames_are_rare(port);
  })](size_t port) { loop.post([note, port]() mutable { note(port); }); });
}

Result<std::shared_ptr<gst::TrackBin>> Playback::make_demuxer(gst::Ref<GstElement> source) {
  auto tracks = source_->tracks_to(lines_);
  if (!tracks.ok() || *tracks) return tracks;
  auto demuxer = gst::Demuxer::create("player", parts_for(std::move(source)));
  if (!demuxer.ok()) return demuxer.status();
  return std::shared_ptr<gst::TrackBin>(std::move(*demuxer));
}

void Playback::check_opening() {
  if (!start_failure_.ok()) {  // and what failed has not said why
    take_error(start_failure_);
  } else if (demuxer_ && demuxer_->gave_up()) {
    fail(error(
        StatusCode::kDataLoss, "TRUNCATED",
        fmt::format("{}: no track in it that could be played; its index is missing or damaged", setup_.uri)));
  } else if (source_) {
    check_stall();
  }
}

void Playback::make_lines() {
  const auto& ports = setup_.manner.ports;
  for (size_t i = 0; i < ports.size(); ++i) {
    lines_.push_back({make_outlet(ports[i].name, setup_.ports[i]), ports[i].video, ports[i].track});
  }
}

std::shared_ptr<gst::Outlet> Playback::make_outlet(const std::string& name,
                                                   const std::shared_ptr<gst::FanOut>& fan_out) {
  auto outlet = gst::Outlet::create(name, setup_.pacer, fan_out);
  outlet->hold_end(setup_.hold_end);
  if (setup_.gate) outlet->hold_at(setup_.gate);
  if (!setup_.manner.decode_sound) outlet->mute_at_other_speeds();
  outlet->on_end([&loop = host_.loop(), check = guard_.wrap([this] { check_end(); })] { loop.post(check); });
  return outlet;
}

std::vector<const gst::Outlet*> Playback::used() const {
  std::vector<const gst::Outlet*> out;
  for (size_t i = 0; i < lines_.size(); ++i) {
    if (tracks_.of(i)) out.push_back(lines_[i].outlet.get());
  }
  return out;
}

void Playback::tracks_found(const gst::Demuxer::Tracks& tracks) {
  if (over_) return;
  const bool known_now = tracks_.unsure && !tracks.unsure;
  tracks_ = tracks;
  if (ready_ && known_now && !tracks.seekable) return;  // as it was taken for
  if (ready_) return listener_->track_found(tracks_);
  if (tracks.unsure && setup_.manner.speed != 1 && reads_ahead()) return;
  stop_opening();
  if (tracks.any()) {
    ready_ = true;
    set_volume(setup_.manner.volume);
    if (is_rtsp(setup_.uri)) beginning_ = gst::media_now();
    has_clock_ = gst::counts_from_a_clock(demuxer_->bin());
    if (source_->last_data()) stall_ = host_.loop().every(kLookPeriod, [this] { check_stall(); });
    listener_->ready(tracks_);
    return check_end();
  }
  if (demuxer_->met_playlist()) return fail(playlist_error(setup_.uri));
  const auto missing = missing_tracks(setup_.uri, setup_.manner.ports, tracks);
  if (!missing.empty()) return fail(missing.front());
  if (tracks.unsupported.empty()) {
    return fail(error(StatusCode::kInvalidArgument, "NO_TRACKS",
                      fmt::format("{}: neither sound nor pictures in it", setup_.uri)));
  }
  fail(error(StatusCode::kUnimplemented, "CODEC_UNSUPPORTED",
             fmt::format("{}: kms knows none of its codecs: {}", setup_.uri, tracks.unsupported.front())));
}

// In looks, not by the clock: where this loop or the machine stood still, the source may have gone on. While
// media waits for a pause to end nothing comes, and when it has ended not at once.
void Playback::check_stall() {
  const auto last = source_->last_data();
  const bool waits = !last || (ready_ && setup_.pacer->paused());
  if (over_ || waits || std::exchange(last_data_, last) != last) {
    silent_looks_ = 0;
    return;
  }
  if (++silent_looks_ * kLookPeriod < setup_.live.stall) return;
  fail(error(StatusCode::kFailedPrecondition, "UNREADABLE",
             fmt::format("{}: no media for {} ms", setup_.uri, setup_.live.stall.count())));
}

// What the lines told before they ended is on its way already: it comes first.
void Playback::check_end() {
  if (!has_ended()) return;
  host_.loop().post(guard_.wrap([this] {
    if (has_ended()) listener_->ended();
  }));
}

// A seek that is under way makes an end that was reached before it void.
bool Playback::has_ended() const {
  if (!ready_ || over_ || seeks_ != 0) return false;
  const auto outlets = used();
  return std::all_of(outlets.begin(), outlets.end(),
                     [](const gst::Outlet* outlet) { return outlet->ended(); });
}

void Playback::set_volume(double volume) {
  if (demuxer_) demuxer_->set_volume(volume);
}

void Playback::leave_ports() {
  for (const auto& line : lines_) line.outlet->retire();
}

void Playback::seek(const gst::Demuxer::Target& target, Done done) {
  ++seeks_;
  const auto zero = beginning();
  auto note = guard_.wrap([this, target, zero](const Status& status) {
    --seeks_;
    if (status.ok()) {
      sought_ = target.position;
      zero_ = zero;
    }
    loop_.post(guard_.wrap([this] { check_end(); }));
  });
  // Whoever asked is answered, also when this playback is gone by then.
  auto place = target;
  place.position += zero;
  pipeline_->run([call = demuxer_->seek(place)](GstElement*) { return call(); },
                 [note = std::move(note), done = std::move(done)](const Status& status) mutable {
                   note(status);
                   done(status);
                 });
}

// Where the media's zero is in its own times. Who seeks before anything has come gets times from zero on,
// also if the first frame comes meanwhile.
GstClockTime Playback::zero() const { return zero_.value_or(beginning()); }

GstClockTime Playback::beginning() const {
  if (!has_clock_) return beginning_;
  GstClockTime first = GST_CLOCK_TIME_NONE;
  for (const auto* outlet : used()) first = std::min(first, outlet->first());
  return GST_CLOCK_TIME_IS_VALID(first) ? first : 0;
}

GstClockTime Playback::position() const {
  GstClockTime position = 0;
  bool known = false;
  for (const auto* outlet : used()) {
    if (!GST_CLOCK_TIME_IS_VALID(outlet->position())) continue;
    position = std::max(position, outlet->position());
    known = true;
  }
  return known ? position - std::min(position, zero()) : sought_;
}

bool Playback::let_something_go() const {
  const auto outlets = used();
  return std::any_of(outlets.begin(), outlets.end(), [](const gst::Outlet* outlet) {
    return GST_CLOCK_TIME_IS_VALID(outlet->end()) && outlet->end() > 0;
  });
}

bool Playback::fell_short() const {
  if (!tracks_.duration || tracks_.others > 0) return false;
  GstClockTime end = 0;
  for (const auto* outlet : used()) {
    if (GST_CLOCK_TIME_IS_VALID(outlet->end())) end = std::max(end, outlet->end());
  }
  end = std::max(sought_, end - std::min(end, zero()));
  return end + std::max(kShortfall, *tracks_.duration / kShortfallShare) < *tracks_.duration;
}

void Playback::take_error(const Status& status) {
  if (demuxer_ && demuxer_->met_playlist()) return fail(playlist_error(setup_.uri));
  const auto reason = reason_of(status);
  const auto text = fmt::format("{}: {}", setup_.uri, message_of(status));
  const bool gone = is_live(setup_.uri) && (reason == "MEDIA_ERROR" || reason == "TRUNCATED");
  if (gone) return fail(error(StatusCode::kFailedPrecondition, "UNREADABLE", text));
  const bool no_media = !ready_ && (reason == "MEDIA_ERROR" || reason == "CODEC_UNSUPPORTED");
  if (no_media) return fail(error(StatusCode::kInvalidArgument, "NOT_MEDIA", text));
  fail(error(status.code(), reason, text));
}

// A demuxer that meets a reference to other media says so and stops.
void Playback::take_message(GstMessage* message) {
  if (gst_message_has_name(message, "redirect") != FALSE) fail(playlist_error(setup_.uri));
}

void Playback::stop_opening() {
  opening_.stop();
  opening_deadline_.stop();
}

void Playback::fail(const Status& status) {
  if (std::exchange(over_, true)) return;
  stop_opening();
  stall_.stop();
  listener_->failed(status);
}

void Playback::close(Done done) {
  over_ = true;
  stop_opening();
  stall_.stop();
  source_.reset();
  for (const auto& line : lines_) line.outlet->close();
  if (!pipeline_) return done(ok());
  pipeline_->stop(std::move(done));
}

// Of a list, also those that only items before this one had.
void Playback::end_streams() {
  for (size_t i = 0; i < lines_.size(); ++i) {
    const auto& outlet = *lines_[i].outlet;
    const bool open = tracks_.of(i) ? !outlet.ended() : bool{outlet.fan_out()->info().caps};
    if (open || (setup_.hold_end && tracks_.of(i))) outlet.fan_out()->end();
  }
}

}  // namespace kms::player
