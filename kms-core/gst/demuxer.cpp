// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/demuxer.hpp"

#include <fmt/format.h>

#include <atomic>
#include <utility>

#include "kms-core/gst/autoplug.hpp"
#include "kms-core/gst/codecs.hpp"
#include "kms-core/gst/extent.hpp"
#include "kms-core/gst/factory.hpp"
#include "kms-core/gst/flv_guard.hpp"
#include "kms-core/gst/key_frame_watch.hpp"
#include "kms-core/gst/paused_demuxer.hpp"
#include "kms-core/gst/picture_limit.hpp"
#include "kms-core/gst/strip.hpp"
#include "kms-core/gst/track_chains.hpp"

namespace kms::gst {
namespace {

// What may wait per track: so far is looked ahead for key frames. More only while the other track has
// nothing: badly interleaved files.
constexpr guint64 kLookAhead = GST_SECOND;  // beyond the longest interval between key frames
constexpr guint kQueueBytes = 16U << 20;

// Of parsebin's signal autoplug-select; GStreamer has it in no header.
enum class Select { kTry, kExpose, kSkip };

// A parser may still leave open what does not matter for the codec.
Ref<GstCaps> caps_of(GstPad* pad) {
  auto* caps = gst_pad_get_current_caps(pad);
  if (caps == nullptr) caps = gst_pad_query_caps(pad, nullptr);
  const bool open = gst_caps_is_any(caps) == FALSE && gst_caps_is_empty(caps) == FALSE;
  return Ref<GstCaps>::adopt(open && gst_caps_is_fixed(caps) == FALSE ? gst_caps_fixate(caps) : caps);
}

std::string type_of(const Ref<GstCaps>& caps) {
  const bool known = gst_caps_is_fixed(caps.get()) != FALSE;
  return known ? gst_structure_get_name(gst_caps_get_structure(caps.get(), 0)) : "";
}

void link(GstPad* from, GstElement* to, const char* pad_name) {
  const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(to, pad_name));
  gst_pad_link(from, pad.get());
}

}  // namespace

struct Demuxer::State {
  GstBin* bin = nullptr;        // owns the signal handlers, and so us
  GstElement* queue = nullptr;  // null: none
  Parts parts;                  // what was asked for; without the source
  std::function<void(const Tracks&)> on_tracks;
  std::function<void(const Status&)> on_refusal;
  std::vector<std::shared_ptr<KeyFrameWatch>> watches;  // of each line
  std::atomic<unsigned> demuxed = 0;                    // streams that demuxers have found so far
  std::atomic<unsigned> streams = 0;                    // of them, those that came to us
  std::atomic<bool> refused = false;
  std::atomic<bool> playlist = false;
  std::atomic<Outlet*> told = nullptr;  // of a track that was told: where a seek goes in
  // Streaming thread; a late track may still be added to them:
  Tracks tracks;
  unsigned audio_count = 0;
  unsigned video_count = 0;
  std::atomic<bool> complete = false;
  bool late = false;                                     // a track came after they were told
  std::vector<std::pair<Ref<GstPad>, size_t>> pictures;  // pads that were led to lines

  void add(GstPad* pad);
  void refuse(StatusCode code, const char* reason, const std::string& text);
  bool too_many(unsigned count);
  bool has_giant_pictures(const GstCaps* caps);
  std::optional<size_t> line_of(GstPad* pad, const Ref<GstCaps>& caps);
  bool use(const Ref<GstCaps>& caps, size_t line);
  bool lead_picture(GstPad* pad, const Ref<GstCaps>& caps, size_t line);
  bool lead_sound(GstPad* pad, const Ref<GstCaps>& caps, size_t line);
  bool lead_through(GstPad* pad, const std::string& chain, const Outlet& outlet);
  void lead(GstPad* pad, GstElement* to);
  void throw_away(GstPad* pad);
  void ask(GstPad* pad);
  void tell_on_first_data(GstPad* pad);
  Outlet* used() const;
};

// parsebin adds all pads that a container announces before it lets anything through any of them, and tells no
// other end of adding; but sticky events of a parser that pulls by itself (MP3) may come while it adds. What
// a live container did not announce (FLV of RTMP servers) comes later.
void Demuxer::State::tell_on_first_data(GstPad* pad) {
  const auto on_data = [](GstPad*, GstPadProbeInfo* info, gpointer data) {
    const bool event = (GST_PAD_PROBE_INFO_TYPE(info) & GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM) != 0;
    if (event && announces(GST_PAD_PROBE_INFO_EVENT(info))) return GST_PAD_PROBE_OK;
    auto& state = *static_cast<State*>(data);
    const bool again = std::exchange(state.late, false);
    if (state.complete.exchange(true) && !again) return GST_PAD_PROBE_REMOVE;
    state.told = state.used();
    for (const auto& [picture, line] : state.pictures) state.tracks.turned[line] = is_turned(picture.get());
    if (state.on_tracks) state.on_tracks(state.tracks);
    state.tracks.unsupported.clear();
    return GST_PAD_PROBE_REMOVE;
  };
  constexpr auto kData =
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  gst_pad_add_probe(pad, kData, on_data, this, nullptr);  // the pad goes before we do
}

// Pictures before sound.
Outlet* Demuxer::State::used() const {
  Outlet* found = nullptr;
  for (size_t i = 0; i < parts.lines.size(); ++i) {
    const auto& line = parts.lines[i];
    if (!tracks.of(i) || (found != nullptr && !line.video)) continue;
    found = line.outlet.get();
    if (line.video) break;
  }
  return found;
}

void Demuxer::State::refuse(StatusCode code, const char* reason, const std::string& text) {
  if (refused.exchange(true) || !on_refusal) return;
  on_refusal(error(code, reason, text));
}

bool Demuxer::State::too_many(unsigned count) {
  if (count <= parts.most_tracks) return false;
  refuse(StatusCode::kResourceExhausted, "TOO_MANY_TRACKS",
         fmt::format("more than {} tracks", parts.most_tracks));
  return true;
}

bool Demuxer::State::has_giant_pictures(const GstCaps* caps) {
  if (gst_caps_is_fixed(caps) == FALSE || !too_large(caps)) return false;
  refuse(StatusCode::kResourceExhausted, "PICTURE_TOO_LARGE",
         fmt::format("the pictures have more than {} pixels", kMostPixels));
  return true;
}

// A pad that is left open answers that it is not linked, which a demuxer takes as long as any is linked.
void Demuxer::State::add(GstPad* pad) {
  if (too_many(++streams)) return;
  tell_on_first_data(pad);
  const auto caps = caps_of(pad);
  if (has_giant_pictures(caps.get())) return;
  const auto type = type_of(caps);
  if (!type.empty() && autoplug(caps.get(), nullptr) == Autoplug::kPlaylist) playlist = true;
  const bool known = gst_caps_is_fixed(caps.get()) != FALSE;
  const auto line = known ? line_of(pad, caps) : std::nullopt;
  const bool taken =
      line && (parts.lines[*line].video ? lead_picture(pad, caps, *line) : lead_sound(pad, caps, *line));
  late = late || (taken && complete);
  if (taken) return ask(pad);
  ++tracks.others;
  throw_away(pad);
}

std::optional<size_t> Demuxer::State::line_of(GstPad* pad, const Ref<GstCaps>& caps) {
  const auto type = type_of(caps);
  const bool video = type.starts_with("video/") || type.starts_with("image/");
  if (!video && !type.starts_with("audio/")) return std::nullopt;
  auto track = track_info(pad, caps.get());
  track.number = ++(video ? video_count : audio_count);
  track.line = line_for(track, parts.lines, [this](size_t line) { return !tracks.caps[line]; });
  tracks.all.push_back(track);
  return track.line;
}

// Only with a codec that has a name.
bool Demuxer::State::use(const Ref<GstCaps>& caps, size_t line) {
  if (codec_of(caps.get()).ok()) {
    tracks.caps[line] = caps;
    return true;
  }
  tracks.unsupported.push_back(type_of(caps));
  return false;
}

bool Demuxer::State::lead_picture(GstPad* pad, const Ref<GstCaps>& caps, size_t line) {
  const auto& outlet = *parts.lines[line].outlet;
  const auto chain = still_chain(caps.get(), {parts.still_rate, parts.still_duration});
  if (!chain.empty()) {
    if (!lead_through(pad, chain, outlet)) return false;
    tracks.caps[line] = Ref<GstCaps>::adopt(gst_caps_new_empty_simple("video/x-raw"));
    tracks.still = true;
    return true;
  }
  if (!use(caps, line)) return false;
  pictures.emplace_back(Ref<GstPad>::share(pad), line);
  watches[line]->look_at(pad);
  lead(pad, outlet.element());
  return true;
}

bool Demuxer::State::lead_sound(GstPad* pad, const Ref<GstCaps>& caps, size_t line) {
  const auto& outlet = *parts.lines[line].outlet;
  if (!use(caps, line)) return false;
  if (!parts.decode_sound) {
    lead(pad, outlet.element());
    return true;
  }
  const auto chain = sound_chain(caps.get());
  if (chain.ok() && lead_through(pad, *chain, outlet)) {
    tracks.caps[line] = Ref<GstCaps>::adopt(gst_caps_new_empty_simple("audio/x-raw"));
    return true;
  }
  tracks.caps[line] = {};
  tracks.unsupported.push_back(type_of(caps));
  return false;
}

bool Demuxer::State::lead_through(GstPad* pad, const std::string& chain, const Outlet& outlet) {
  const auto parsed = parse_chain(chain);
  if (!parsed.ok()) return false;
  gst_bin_add(bin, parsed->get());
  gst_element_link(parsed->get(), outlet.element());
  gst_element_sync_state_with_parent(outlet.element());
  lead(pad, parsed->get());
  return true;
}

// The bin knows of no order between parsebin and what is linked with it here, so parsebin's threads may run
// before these do: they would find pads that flush, and a demuxer would stop for good, without a word.
void Demuxer::State::lead(GstPad* pad, GstElement* to) {
  gst_element_sync_state_with_parent(to);
  if (queue != nullptr) gst_element_sync_state_with_parent(queue);
  if (queue == nullptr) return link(pad, to, "sink");
  const auto in = Ref<GstPad>::adopt(gst_element_request_pad_simple(queue, "sink_%u"));
  const std::string name = GST_OBJECT_NAME(in.get());
  const auto out = Ref<GstPad>::adopt(
      gst_element_get_static_pad(queue, ("src_" + name.substr(name.find('_') + 1)).c_str()));
  link(out.get(), to, "sink");
  gst_pad_link(pad, in.get());
}

void Demuxer::State::throw_away(GstPad* pad) {
  const auto sink = *make_element("fakesink");  // comes with GStreamer itself
  g_object_set(sink.get(), "async", FALSE, "sync", FALSE, nullptr);
  gst_bin_add(bin, sink.get());
  gst_element_sync_state_with_parent(sink.get());
  link(pad, sink.get(), "sink");
}

// What is found out later is told like a track that is found later.
void Demuxer::State::ask(GstPad* pad) {
  const auto note = [this](const Extent& extent) {
    tracks.duration = extent.duration ? extent.duration : tracks.duration;
    tracks.seekable = extent.seekable;
  };
  note(extent_of(pad));
  if (tracks.seekable || tracks.still || has_container(bin)) return;
  tracks.unsure = true;
  ask_again(pad, [this, note](const Extent& extent) {
    if (tracks.seekable) return;
    note(extent);
    tracks.unsure = false;
    if (complete && on_tracks) on_tracks(tracks);
  });
}

namespace {

// A signal handler that shares `state`; parsebin drops it when it dies.
template <typename State>
void connect(GstElement* element, const char* signal, GCallback handler,
             const std::shared_ptr<State>& state) {
  auto share = std::make_unique<std::shared_ptr<State>>(state);
  g_signal_connect_data(
      element, signal, handler, share.release(),
      [](gpointer data, GClosure*) {
        const std::unique_ptr<std::shared_ptr<State>> owned(static_cast<std::shared_ptr<State>*>(data));
      },
      GConnectFlags{});
}

template <typename State>
State& of(gpointer data) {
  return **static_cast<std::shared_ptr<State>*>(data);
}

bool is_demuxer(GstElementFactory* factory) {
  return factory != nullptr &&
         gst_element_factory_list_is_type(factory, GST_ELEMENT_FACTORY_TYPE_DEMUXER) != FALSE;
}

}  // namespace

Result<std::unique_ptr<Demuxer>> Demuxer::create(const std::string& name, const Parts& parts) {
  auto demuxer = std::unique_ptr<Demuxer>(new Demuxer);  // its constructor is private
  demuxer->bin_ = Ref<GstElement>::sink(gst_bin_new(name.c_str()));
  demuxer->state_ = std::make_shared<State>();
  auto& state = *demuxer->state_;
  state.bin = GST_BIN(demuxer->bin_.get());
  state.parts = parts;
  state.parts.source = {};
  state.tracks.caps.resize(parts.lines.size());
  state.tracks.turned.resize(parts.lines.size());
  for (const auto& line : parts.lines) {
    state.watches.push_back(std::make_shared<KeyFrameWatch>(parts.key_frame_interval));
    gst_bin_add(state.bin, line.outlet->element());
  }
  const auto parse = make_element("parsebin");
  if (!parse.ok()) return parse.status();
  gst_bin_add_many(state.bin, parts.source.get(), parse->get(), nullptr);
  gst_element_link(parts.source.get(), parse->get());
  if (parts.queued) {
    const auto queue = make_element("multiqueue");
    if (!queue.ok()) return queue.status();
    g_object_set(queue->get(), "max-size-buffers", 0U, "max-size-bytes", kQueueBytes, "max-size-time",
                 guint64{parts.key_frame_interval + kLookAhead}, nullptr);
    gst_bin_add(state.bin, queue->get());
    state.queue = queue->get();
  }
  demuxer->listen(parse->get());
  return demuxer;
}

void Demuxer::listen(GstElement* parse) {
  const auto added = [](GstElement*, GstPad* pad, gpointer data) { of<State>(data).add(pad); };
  connect(parse, "pad-added", G_CALLBACK(+added), state_);
  // Pads come to us when parsebin has found all of them, which takes long with thousands, and after errors of
  // what it has put behind them: they are looked at here.
  const auto goes_on = [](GstElement*, GstPad* pad, GstCaps* caps, gpointer data) -> gboolean {
    auto* maker = maker_of(pad);
    auto& state = of<State>(data);
    if (is_demuxer(maker)) state.too_many(++state.demuxed);
    state.has_giant_pictures(caps);
    return autoplug(caps, maker) != Autoplug::kTake;
  };
  connect(parse, "autoplug-continue", G_CALLBACK(+goes_on), state_);
  const auto made = [](GstBin*, GstElement* element, gpointer data) {
    auto* factory = gst_element_get_factory(element);
    if (factory == nullptr || std::string_view(GST_OBJECT_NAME(factory)) != "flvdemux") return;
    auto& state = of<State>(data);  // owns the element, in the end
    FlvGuard::stand_before(element, [&state] {
      state.refuse(StatusCode::kInvalidArgument, "NOT_MEDIA", "its notes are nested too deeply");
    });
  };
  connect(parse, "element-added", G_CALLBACK(+made), state_);
  const auto select = [](GstElement*, GstPad*, GstCaps* caps, GstElementFactory* factory, gpointer data) {
    const bool playlist = autoplug(caps, nullptr) == Autoplug::kPlaylist;
    if (playlist) of<State>(data).playlist = true;
    return static_cast<int>(!playlist && may_autoplug(factory) ? Select::kTry : Select::kSkip);
  };
  connect(parse, "autoplug-select", G_CALLBACK(+select), state_);
}

void Demuxer::on_tracks(std::function<void(const Tracks&)> handler) {
  state_->on_tracks = std::move(handler);
}

void Demuxer::on_rare_key_frames(const std::function<void(size_t line)>& handler) {
  for (size_t i = 0; i < state_->watches.size(); ++i) {
    state_->watches[i]->on_rare([handler, i] { handler(i); });
  }
}

void Demuxer::on_refusal(std::function<void(const Status&)> handler) {
  state_->on_refusal = std::move(handler);
}

bool Demuxer::met_playlist() const { return state_->playlist; }

// In this order: whoever has read all of it has told the tracks before.
bool Demuxer::gave_up() const { return has_paused_demuxer(GST_BIN(bin_.get())) && !state_->complete; }

std::function<Status()> Demuxer::seek(const Target& target) const {
  return [state = state_, bin = bin_, target] {
    const auto way =
        target.to_key_frame ? GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_BEFORE : GST_SEEK_FLAG_ACCURATE;
    const auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | way);
    const auto position = static_cast<gint64>(target.position);
    auto* outlet = state->told.load();
    if (outlet != nullptr &&
        outlet->send_upstream(gst_event_new_seek(target.speed, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET,
                                                 position, GST_SEEK_TYPE_NONE, -1))) {
      return ok();
    }
    return error(StatusCode::kFailedPrecondition, "NOT_SEEKABLE", "the media cannot be sought in");
  };
}

void Demuxer::set_volume(double volume) {
  auto* volumes = gst_bin_iterate_all_by_element_factory_name(GST_BIN(bin_.get()), kVolumeFactory);
  const auto set = [](const GValue* element, gpointer value) {
    g_object_set(g_value_get_object(element), "volume", *static_cast<double*>(value), nullptr);
  };
  while (gst_iterator_foreach(volumes, set, &volume) == GST_ITERATOR_RESYNC) gst_iterator_resync(volumes);
  gst_iterator_free(volumes);
}

Ref<GstElement> file_source(const std::string& path) {
  auto source = *make_element("filesrc");  // comes with GStreamer itself
  g_object_set(source.get(), "location", path.c_str(), nullptr);
  return source;
}

}  // namespace kms::gst
