// SPDX-License-Identifier: Apache-2.0
#include "elements/player/reconnector.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <random>
#include <string_view>
#include <utility>

#include "elements/player/words/live_uri.hpp"
#include "kms-core/base/config.hpp"
#include "kms-core/base/uri_policy.hpp"
#include "kms-core/graph/duration.hpp"
#include "kms-core/gst/codecs.hpp"
#include "kms-core/gst/silence.hpp"

namespace kms::player {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kLeast(50);
constexpr milliseconds kMost = std::chrono::hours(1);
constexpr GstClockTime kPictureEvery = 500 * GST_MSECOND;
constexpr std::array<std::string_view, 7> kFinal{
    "URI_NOT_ALLOWED",      "UNAUTHORIZED",   "CODEC_UNSUPPORTED", "NO_TRACKS",
    "PLAYLIST_NOT_ALLOWED", "PIPELINE_STUCK", "INVALID_OPTIONS"};

bool tries_again(const v1::PlayerOptions& options) {
  if (options.reconnect().off()) return false;
  const bool web = options.uri().starts_with("http://") || options.uri().starts_with("https://");
  return is_live(options.uri()) || (web && options.has_reconnect());
}

}  // namespace

Result<std::optional<Reconnector::Settings>> Reconnector::settings(const Config& config,
                                                                   const v1::PlayerOptions& options) {
  if (!tries_again(options)) return std::optional<Settings>();
  const auto& given = options.reconnect();
  Settings out;
  const auto initial = graph::read_duration(given.has_initial() ? &given.initial() : nullptr,
                                            {"reconnect.initial", out.initial, kLeast, kMost});
  if (!initial.ok()) return initial.status();
  const auto usual = std::max(out.most, *initial);
  const auto most = graph::read_duration(given.has_most() ? &given.most() : nullptr,
                                         {"reconnect.most", usual, *initial, kMost});
  if (!most.ok()) return most.status();
  if (!v1::OnGap_IsValid(given.on_gap())) {
    return error(
        StatusCode::kInvalidArgument, ErrorInfo{"INVALID_OPTIONS", {}, {{"field", "reconnect.on_gap"}}},
        fmt::format("reconnect.on_gap {} is none of those there are", static_cast<int>(given.on_gap())));
  }
  out.initial = *initial;
  out.most = *most;
  out.attempts = given.attempts();
  out.bridge = given.on_gap() != v1::ON_GAP_NOTHING;
  if (given.on_gap() == v1::ON_GAP_PLACEHOLDER) {
    const auto path = UriPolicy(config).readable_file(given.placeholder_uri());
    if (!path.ok()) return path.status();
    out.placeholder = given.placeholder_uri();
  }
  return std::optional(out);
}

Reconnector::Reconnector(graph::ElementHost& host, const Settings& settings, Lines lines)
    : host_(host), settings_(settings), lines_(std::move(lines)) {
  for (const auto& line : lines_.all) {
    if (settings_.bridge && line.video) line.to->keep_key_frame();
  }
}

const std::shared_ptr<gst::FanOut>& Reconnector::pictures() const {
  return std::find_if(lines_.all.begin(), lines_.all.end(), [](const auto& line) { return line.video; })->to;
}

Reconnector::~Reconnector() { stop(); }

// Many players that lost one server must not come back in one moment.
milliseconds Reconnector::next_wait() {
  constexpr uint32_t kMostDoublings = 20;
  const auto doubled = settings_.initial * (int64_t{1} << std::min(failed_, kMostDoublings));
  static thread_local std::minstd_rand random(std::random_device{}());
  std::uniform_real_distribution<double> spread(0.8, 1.2);
  const auto wait = static_cast<double>(std::min(doubled, settings_.most).count()) * spread(random);
  return milliseconds(static_cast<int64_t>(wait));
}

std::optional<v1::StateChanged> Reconnector::plan(const Status& why, std::function<void()> attempt) {
  const auto reason = reason_of(why);
  const bool final = std::find(kFinal.begin(), kFinal.end(), reason) != kFinal.end();
  if (final || (settings_.attempts > 0 && failed_ >= settings_.attempts)) return std::nullopt;
  const auto wait = next_wait();
  // Posted: the attempt may fail at once, and plan the next one.
  timer_ = host_.loop().after(wait, [this, attempt = guard_.wrap(std::move(attempt))]() mutable {
    host_.loop().post(std::move(attempt));
  });
  v1::StateChanged event;
  event.set_state(v1::STATE_RECONNECTING);
  event.set_attempt(++failed_);
  event.set_reason(reason);
  event.set_message(message_of(why));
  *event.mutable_next_attempt_in() = graph::to_duration(wait);
  return event;
}

void Reconnector::bridge() {
  if (!settings_.bridge || !ran_ || filler_) return;
  const auto info = pictures()->info();
  const bool wanted = !settings_.placeholder.empty() && info.caps && !gst::is_raw(info.caps.get());
  if (!wanted || placeholder_) return start_filler();
  make_placeholder(info);
}

// For all gaps: a source comes back as what it was, as a rule.
void Reconnector::make_placeholder(const gst::StreamInfo& info) {
  gst::StillAsked asked;
  asked.codec = gst::codec_of(info.caps.get()).value_or("");
  const auto* structure = gst_caps_get_structure(info.caps.get(), 0);
  gst_structure_get_int(structure, "width", &asked.width);
  gst_structure_get_int(structure, "height", &asked.height);
  auto made = bridging_.wrap([this](const Result<gst::StillPicture>& picture) {
    placeholder_ = picture;
    if (!picture.ok()) host_.fail(picture.status());
    start_filler();
  });
  host_.workers().run([asked, made = std::move(made), &loop = host_.loop(), &config = host_.config(),
                       uri = settings_.placeholder]() mutable {
    const auto path = UriPolicy(config).readable_file(uri);  // as it is now
    if (path.ok()) asked.path = *path;
    auto picture = path.ok() ? gst::encode_still(asked) : Result<gst::StillPicture>(path.status());
    loop.post([made = std::move(made), picture = std::move(picture)]() mutable { made(picture); });
  });
}

std::optional<gst::GapFiller::Line> Reconnector::filling(const Line& line) const {
  using Filling = gst::GapFiller::Line;
  const auto& to = line.to;
  if (!line.video) {
    const auto sound = to->info().caps;
    const auto silence = sound ? gst::silence_of(sound.get()) : std::nullopt;
    if (!silence) return std::nullopt;
    return Filling{.to = to, .frame = silence->frame, .period = silence->duration};
  }
  if (to == pictures() && placeholder_ && placeholder_->ok()) {
    const auto& [frame, caps] = **placeholder_;
    return Filling{.to = to, .frame = frame, .period = kPictureEvery, .stream = {.caps = caps}};
  }
  auto picture = to->key_frame();
  if (!picture) return std::nullopt;
  return Filling{.to = to, .frame = std::move(picture), .period = kPictureEvery};
}

void Reconnector::start_filler() {
  std::vector<gst::GapFiller::Line> lines;
  for (const auto& line : lines_.all) {
    if (auto filler = filling(line)) lines.push_back(*std::move(filler));
  }
  if (!lines.empty()) filler_ = std::make_shared<gst::GapFiller>(std::move(lines));
}

void Reconnector::end_bridge(std::function<void(GstClockTime)> done) {
  bridging_.reset();
  auto answer = guard_.wrap(std::move(done));
  if (!filler_) return answer(GstClockTime{0});
  host_.workers().run(
      [filler = std::exchange(filler_, nullptr), answer = std::move(answer), &loop = host_.loop()]() mutable {
        const auto reached = filler->stop();
        loop.post([answer = std::move(answer), reached]() mutable { answer(reached); });
      });
}

void Reconnector::media_is_back(std::function<void()> done) {
  failed_ = 0;
  ran_ = true;
  timer_.stop();
  end_bridge([this, done = std::move(done)](GstClockTime reached) {
    lines_.pacer->reached(reached);
    done();
  });
}

void Reconnector::give_up() {
  timer_.stop();
  failed_ = 0;
  if (!std::exchange(ran_, false)) return;
  end_bridge([lines = lines_](GstClockTime) {
    for (const auto& line : lines.all) line.to->end();
  });
}

void Reconnector::stop() {
  timer_.stop();
  failed_ = 0;
  ran_ = false;
  end_bridge([](GstClockTime) {});
}

}  // namespace kms::player
