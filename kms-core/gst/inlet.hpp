// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "kms-core/base/status.hpp"
#include "kms-core/gst/hidden_times.hpp"
#include "kms-core/gst/ref.hpp"
#include "kms-core/gst/rising_times.hpp"
#include "kms-core/gst/stream_info.hpp"

namespace kms::gst {

class FanOut;
class Inlet;
class SteadySound;

// Inlets that one muxer reads together: while one of them starves, the others take more than their limit, or
// the muxer would wait for ever.
class InletGroup {
 private:
  friend class Inlet;
  std::mutex mutex_;
  std::condition_variable room_;
  std::vector<Inlet*> members_;
};

// Where media enters a strip of GStreamer elements: a bounded queue and the one streaming thread behind it
// (which runs only once media came). Paced media that cannot be taken in time is dropped and counted: raw
// frames one by one, encoded video up to the next key frame. Unpaced media waits.
class Inlet : public std::enable_shared_from_this<Inlet> {
 public:
  struct Stats {
    uint64_t frames = 0;  // handed downstream
    uint64_t bytes = 0;
    uint64_t dropped = 0;  // not those before the first key frame since attach()
    uint32_t queue_frames = 0;
    uint64_t queue_bytes = 0;
    uint64_t delay_us = 0;  // media clock minus time stamp of the last frame; 0 when unpaced
  };

  static std::shared_ptr<Inlet> create(const std::string& name, std::shared_ptr<InletGroup> group = nullptr);
  ~Inlet();
  Inlet(const Inlet&) = delete;
  Inlet& operator=(const Inlet&) = delete;

  // The GStreamer element, with one source pad "src". It keeps this object alive; add it to a bin at once.
  GstElement* element() const { return element_; }

  // Control loop. Takes from `source` from now on and from nothing else; starts with a key frame.
  void attach(const std::shared_ptr<FanOut>& source);
  void detach();
  std::shared_ptr<FanOut> source() const;

  // Lets no more in; what waits goes downstream, then end of stream. Any thread.
  void finish();
  // Where to note the frames that are flagged DECODE_ONLY, for a decoder behind it. Before the first buffer.
  void note_decode_only(std::shared_ptr<HiddenTimes> hidden) { hidden_ = std::move(hidden); }

  // No thread of its own: what is put in goes downstream on the thread that puts it, one at a time. For
  // strips that are done in less time than it takes to wake a thread, and whose source need not go on without
  // them. Before the first attach().
  void set_direct() { direct_ = true; }
  // Counts sound in samples for what is behind it. Before the first buffer.
  void steady(std::shared_ptr<SteadySound> sound) { steady_ = std::move(sound); }

  // Begins with what its source keeps from the latest key frame on, instead of the next key frame. `hidden`:
  // all but the last picture are flagged DECODE_ONLY. Before the first attach().
  void set_catches_up(bool hidden) { catch_up_ = hidden ? CatchUp::kHidden : CatchUp::kShown; }

  // Sound that is missing is told downstream as GAP events, for a decoder that conceals it. Before the first
  // attach(); otherwise nobody is told.
  void set_conceals() { conceals_ = true; }

  // For those who keep media, set before the first attach():
  // The key frame with which encoded video begins, of each source and after what was dropped, is flagged
  // DISCONT.
  void set_flagging() { flags_ = true; }
  // Paced media may wait up to this limit instead of the usual one before some is dropped.
  void set_patience(uint32_t frames, uint64_t bytes) { patience_ = {frames, bytes}; }
  // Time stamps (decoding time where there is one) that would be negative or go back are moved up behind the
  // last one; where they go back far, so is all that follows. Live sound from before the end of the source
  // before is left out.
  void set_rising() { times_.emplace(); }
  // The source's end of stream is told by on_end() only; downstream sees the one of finish().
  void hold_end() { hold_end_ = true; }

  // Any thread. False: paced media is passed by, uncounted (unpaced media waits, as always). True again: from
  // the next key frame on, and on_arrival() is told anew. Default true.
  void admit(bool admitted);
  // Whether a buffer with a time stamp waits. Any thread.
  bool has_buffer() const;
  // The source's end of stream is the last that came. Any thread.
  bool ended() const;

  // Handlers run on streaming threads: they may only post. Set before the first attach().
  void on_active(std::function<void()> handler) { on_active_.push_back(std::move(handler)); }
  void on_end(std::function<void()> handler) { on_end_ = std::move(handler); }
  // The first buffer since attach() came and was not taken (no key frame), or was taken: once each.
  void on_arrival(std::function<void()> handler) { on_arrival_ = std::move(handler); }
  void on_stream(std::function<void(const StreamInfo&)> handler) { on_stream_ = std::move(handler); }
  // Called before a buffer goes downstream; false drops it.
  void on_buffer(std::function<bool(GstBuffer*)> handler) { on_buffer_ = std::move(handler); }
  void rest() { resting_ = true; }
  bool resting() const { return resting_; }
  // In such a handler: of what goes downstream; null before the first.
  const Ref<GstCaps>& sent_caps() const { return sent_.caps; }

  Stats stats() const;
  // Frames that all inlets of this process have dropped, those that are gone included. Any thread.
  static uint64_t dropped_by_all();

  // FanOut only; streaming threads of the source.
  void put_stream(uint64_t epoch, const StreamInfo& info);
  // Gives up waiting when `interrupted` is true; nudge() makes it look.
  void put(uint64_t epoch, Ref<GstBuffer> buffer, const std::atomic<bool>& interrupted);
  void put_gap(uint64_t epoch, const Gap& gap);
  void put_kept(uint64_t epoch, const std::vector<Ref<GstBuffer>>& kept);  // under the source's lock
  void hand_on() { deliver(); }
  void nudge();
  void put_end(uint64_t epoch);

  // The GStreamer element only.
  void activate(GstPad* pad, bool active);
  void loop(GstPad* pad);
  void request_key_unit();

 private:
  struct End {
    bool final;  // goes downstream
  };
  struct Limit {
    uint32_t frames;
    uint64_t bytes;
  };
  using Kept = std::vector<Ref<GstBuffer>>;
  using Item = std::variant<StreamInfo, Ref<GstBuffer>, Gap, End, Kept>;
  enum class CatchUp { kNever, kShown, kHidden };
  using Lock = std::unique_lock<std::mutex>;

  explicit Inlet(std::shared_ptr<InletGroup> group);
  // True: the streaming thread sleeps and is to be notified, best when the lock is free again.
  bool enqueue(Item item, const Lock& lock);
  void append(Item item, const Lock& lock);
  bool wait_for_room(uint64_t epoch, const std::atomic<bool>& interrupted, Lock& lock);
  enum class Arrival { kNone, kRefused, kTaken };
  bool take(uint64_t epoch, Ref<GstBuffer> buffer, const std::atomic<bool>& interrupted);
  bool arrives(Arrival arrival, const Lock& lock);
  Limit limit() const;
  bool full() const;
  bool starves() const;
  bool a_sibling_starves() const;
  void drop_for_room();
  void count_dropped(uint64_t frames);
  bool wanted(Ref<GstBuffer>& buffer);
  void clear_queue();
  bool next(Item& item);
  void take_front(Item& item, const Lock& lock);
  void deliver();
  bool next_to_deliver(Item& item);
  void send(GstPad* pad, Item& item);
  void send_stream(GstPad* pad, const StreamInfo& info);
  void begin_stream(GstPad* pad);
  void send_orientation(GstPad* pad);
  void send_gap(GstPad* pad, const Gap& gap);
  void send_kept(GstPad* pad, Kept kept);
  void send_buffer(GstPad* pad, Ref<GstBuffer> buffer);
  void send_end(GstPad* pad, bool final);
  void stamp(Ref<GstBuffer>& buffer);
  bool comes_twice(GstBuffer* buffer) const;

  const std::shared_ptr<InletGroup> group_;
  GstElement* element_ = nullptr;  // owns us
  Ref<GstPad> pad_;

  // Guarded by group_->mutex_.
  std::condition_variable filled_;
  std::deque<Item> queue_;
  std::weak_ptr<FanOut> source_;
  uint64_t epoch_ = 0;
  uint64_t queued_bytes_ = 0;
  uint32_t queued_frames_ = 0;
  uint32_t blocked_producers_ = 0;
  bool active_ = false;   // the pad is
  bool started_ = false;  // the task is
  bool attached_ = false;
  bool ended_ = false;       // the source's stream has
  bool finished_ = false;    // finish() was called
  bool waiting_ = false;     // the streaming thread, for an item
  bool delivering_ = false;  // direct: a thread that put something in is sending
  bool key_only_ = false;    // until the next key frame
  bool behind_ = false;      // because the queue was full
  bool admitted_ = true;
  Arrival arrival_ = Arrival::kNone;  // what was told, of this source
  StreamInfo info_;                   // of what is put in

  // Streaming thread, or whoever delivers.
  bool stream_sent_ = false;
  bool broken_ = false;  // downstream refused; nothing more until the next stream
  StreamInfo sent_;
  std::string told_orientation_;
  uint32_t stream_number_ = 0;
  std::optional<RisingTimes> times_;

  std::shared_ptr<HiddenTimes> hidden_;
  std::shared_ptr<SteadySound> steady_;
  std::vector<std::function<void()>> on_active_;
  Limit patience_{0, 0};  // zero: the usual limit
  bool direct_ = false;
  CatchUp catch_up_ = CatchUp::kNever;
  bool conceals_ = false;
  bool hold_end_ = false;
  bool flags_ = false;
  std::function<void()> on_arrival_;
  std::function<void()> on_end_;
  std::function<void(const StreamInfo&)> on_stream_;
  std::function<bool(GstBuffer*)> on_buffer_;
  std::atomic<bool> resting_ = true;
  std::atomic<uint64_t> frames_ = 0;
  std::atomic<uint64_t> bytes_ = 0;
  std::atomic<uint64_t> dropped_ = 0;
  std::atomic<uint64_t> delay_us_ = 0;
};

}  // namespace kms::gst
