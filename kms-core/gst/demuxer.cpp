// SPDX-License-Identifier: Apache-2.0
#include "kms-core/gst/demuxer.hpp"

#include <fmt/format.h>

#include <atomic>

#include "kms-core/gst/autoplug.hpp"
#include "kms-core/gst/codecs.hpp"
#include "kms-core/gst/factory.hpp"

namespace kms::gst {
namespace {

// What may wait per track. More than kQueueFrames only while the other track has nothing: badly interleaved
// files.
constexpr guint kQueueFrames = 16;
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
  std::shared_ptr<Outlet> audio;
  std::shared_ptr<Outlet> video;
  std::function<void(const Tracks&)> on_tracks;
  std::atomic<bool> playlist = false;
  std::atomic<Outlet*> told = nullptr;  // of a track that was told: where a seek goes in
  // Streaming thread; a late track may still be added to them:
  Tracks tracks;
  bool audio_seen = false;
  bool video_seen = false;
  std::atomic<bool> complete = false;

  void add(GstPad* pad);
  bool use(const Ref<GstCaps>& caps, bool& seen, Ref<GstCaps>& place);
  void lead(GstPad* pad, const Outlet& outlet);
  void throw_away(GstPad* pad);
  void ask(GstPad* pad);
  void tell_on_first_data(GstPad* pad);
  Outlet* used() const { return tracks.video ? video.get() : tracks.audio ? audio.get() : nullptr; }
};

// parsebin adds all pads before it lets anything through any of them, and tells no other end of adding.
void Demuxer::State::tell_on_first_data(GstPad* pad) {
  const auto on_data = [](GstPad*, GstPadProbeInfo*, gpointer data) {
    auto& state = *static_cast<State*>(data);
    if (state.complete.exchange(true)) return GST_PAD_PROBE_REMOVE;
    state.told = state.used();
    if (state.on_tracks) state.on_tracks(state.tracks);
    return GST_PAD_PROBE_REMOVE;
  };
  constexpr auto kData =
      static_cast<GstPadProbeType>(GST_PAD_PROBE_TYPE_BUFFER | GST_PAD_PROBE_TYPE_EVENT_DOWNSTREAM);
  gst_pad_add_probe(pad, kData, on_data, this, nullptr);  // the pad goes before we do
}

void Demuxer::State::add(GstPad* pad) {
  tell_on_first_data(pad);
  const auto caps = caps_of(pad);
  const auto type = type_of(caps);
  if (!type.empty() && autoplug(caps.get(), nullptr) == Autoplug::kPlaylist) playlist = true;
  if (type.starts_with("video/") && use(caps, video_seen, tracks.video)) {
    lead(pad, *video);
  } else if (type.starts_with("audio/") && use(caps, audio_seen, tracks.audio)) {
    lead(pad, *audio);
  } else {
    ++tracks.others;
    return throw_away(pad);
  }
  ask(pad);
}

// The first track of a kind counts, and only with a codec that has a name.
bool Demuxer::State::use(const Ref<GstCaps>& caps, bool& seen, Ref<GstCaps>& place) {
  if (std::exchange(seen, true)) return false;
  if (codec_of(caps.get()).ok()) {
    place = caps;
    return true;
  }
  tracks.unsupported.push_back(type_of(caps));
  return false;
}

// The bin knows of no order between parsebin and what is linked with it here, so parsebin's threads may run
// before these do: they would find pads that flush, and a demuxer would stop for good, without a word.
void Demuxer::State::lead(GstPad* pad, const Outlet& outlet) {
  gst_element_sync_state_with_parent(outlet.element());
  if (queue != nullptr) gst_element_sync_state_with_parent(queue);
  if (queue == nullptr) return link(pad, outlet.element(), "sink");
  const auto in = Ref<GstPad>::adopt(gst_element_request_pad_simple(queue, "sink_%u"));
  const std::string name = GST_OBJECT_NAME(in.get());
  const auto out = Ref<GstPad>::adopt(
      gst_element_get_static_pad(queue, ("src_" + name.substr(name.find('_') + 1)).c_str()));
  link(out.get(), outlet.element(), "sink");
  gst_pad_link(pad, in.get());
}

void Demuxer::State::throw_away(GstPad* pad) {
  const auto sink = *make_element("fakesink");  // comes with GStreamer itself
  g_object_set(sink.get(), "async", FALSE, "sync", FALSE, nullptr);
  gst_bin_add(bin, sink.get());
  gst_element_sync_state_with_parent(sink.get());
  link(pad, sink.get(), "sink");
}

void Demuxer::State::ask(GstPad* pad) {
  gint64 duration = 0;
  if (gst_pad_query_duration(pad, GST_FORMAT_TIME, &duration) != FALSE && duration > 0) {
    tracks.duration = static_cast<GstClockTime>(duration);
  }
  GstQuery* query = gst_query_new_seeking(GST_FORMAT_TIME);
  gboolean seekable = FALSE;
  if (gst_pad_query(pad, query) != FALSE) {
    gst_query_parse_seeking(query, nullptr, &seekable, nullptr, nullptr);
  }
  gst_query_unref(query);
  tracks.seekable = seekable != FALSE;
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

// The pad is one that parsebin may expose later; whose stream it is, its target tells.
gboolean on_continue(GstElement*, GstPad* pad, GstCaps* caps, gpointer) {
  const auto target = Ref<GstPad>::adopt(GST_IS_GHOST_PAD(pad) ? gst_ghost_pad_get_target(GST_GHOST_PAD(pad))
                                                               : GST_PAD(gst_object_ref(pad)));
  const auto element = Ref<GstElement>::adopt(target ? gst_pad_get_parent_element(target.get()) : nullptr);
  auto* factory = element ? gst_element_get_factory(element.get()) : nullptr;
  return autoplug(caps, factory) != Autoplug::kTake;
}

}  // namespace

Result<std::unique_ptr<Demuxer>> Demuxer::create(const std::string& name, const Parts& parts) {
  auto demuxer = std::unique_ptr<Demuxer>(new Demuxer);  // its constructor is private
  demuxer->bin_ = Ref<GstElement>::sink(gst_bin_new(name.c_str()));
  demuxer->state_ = std::make_shared<State>();
  auto& state = *demuxer->state_;
  state.bin = GST_BIN(demuxer->bin_.get());
  state.audio = parts.audio;
  state.video = parts.video;
  gst_bin_add_many(state.bin, parts.audio->element(), parts.video->element(), nullptr);
  const auto parse = make_element("parsebin");
  if (!parse.ok()) return parse.status();
  gst_bin_add_many(state.bin, parts.source.get(), parse->get(), nullptr);
  gst_element_link(parts.source.get(), parse->get());
  if (parts.queued) {
    const auto queue = make_element("multiqueue");
    if (!queue.ok()) return queue.status();
    g_object_set(queue->get(), "max-size-buffers", kQueueFrames, "max-size-bytes", kQueueBytes,
                 "max-size-time", guint64{0}, nullptr);
    gst_bin_add(state.bin, queue->get());
    state.queue = queue->get();
  }
  demuxer->listen(parse->get());
  return demuxer;
}

void Demuxer::listen(GstElement* parse) {
  const auto added = [](GstElement*, GstPad* pad, gpointer data) { of<State>(data).add(pad); };
  connect(parse, "pad-added", G_CALLBACK(+added), state_);
  connect(parse, "autoplug-continue", G_CALLBACK(on_continue), state_);
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

bool Demuxer::met_playlist() const { return state_->playlist; }

namespace {

// A demuxer that reads its input by itself pauses its task when it can go no further. It also does so for a
// moment when it seeks, as oggdemux at its beginning: but then the task holds the pad's stream lock.
bool rests(GstPad* pad) {
  if (gst_pad_get_task_state(pad) != GST_TASK_PAUSED || GST_PAD_STREAM_TRYLOCK(pad) == FALSE) return false;
  const bool still = gst_pad_get_task_state(pad) == GST_TASK_PAUSED;
  GST_PAD_STREAM_UNLOCK(pad);
  return still;
}

bool has_paused_demuxer(GstBin* bin) {
  const auto look = [](const GValue* item, GValue* found, gpointer) -> gboolean {
    auto* element = GST_ELEMENT(g_value_get_object(item));
    const auto* type = gst_element_get_metadata(element, GST_ELEMENT_METADATA_KLASS);
    const auto pad = Ref<GstPad>::adopt(gst_element_get_static_pad(element, "sink"));
    if (!pad || std::string_view(type).find("Demux") == std::string_view::npos) return TRUE;
    if (rests(pad.get())) g_value_set_boolean(found, TRUE);
    return TRUE;
  };
  GValue found = G_VALUE_INIT;
  g_value_init(&found, G_TYPE_BOOLEAN);
  const std::unique_ptr<GstIterator, decltype(&gst_iterator_free)> all(gst_bin_iterate_recurse(bin),
                                                                       gst_iterator_free);
  const bool whole = gst_iterator_fold(all.get(), look, &found, nullptr) == GST_ITERATOR_DONE;
  return whole && g_value_get_boolean(&found) != FALSE;
}

}  // namespace

bool Demuxer::gave_up() const { return !state_->complete && has_paused_demuxer(GST_BIN(bin_.get())); }

std::function<Status()> Demuxer::seek(const Target& target) const {
  return [state = state_, bin = bin_, target] {
    const auto way =
        target.to_key_frame ? GST_SEEK_FLAG_KEY_UNIT | GST_SEEK_FLAG_SNAP_BEFORE : GST_SEEK_FLAG_ACCURATE;
    const auto flags = static_cast<GstSeekFlags>(GST_SEEK_FLAG_FLUSH | way);
    const auto position = static_cast<gint64>(target.position);
    auto* outlet = state->told.load();
    if (outlet != nullptr &&
        outlet->send_upstream(gst_event_new_seek(1.0, GST_FORMAT_TIME, flags, GST_SEEK_TYPE_SET, position,
                                                 GST_SEEK_TYPE_NONE, -1))) {
      return ok();
    }
    return error(StatusCode::kFailedPrecondition, "NOT_SEEKABLE", "the media cannot be sought in");
  };
}

Ref<GstElement> file_source(const std::string& path) {
  auto source = *make_element("filesrc");  // comes with GStreamer itself
  g_object_set(source.get(), "location", path.c_str(), nullptr);
  return source;
}

}  // namespace kms::gst
