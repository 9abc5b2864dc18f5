// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <vector>

#include "kms-core/mix/loudest.hpp"
#include "kms-core/mix/opus.hpp"
#include "kms-core/mix/sound_output.hpp"
#include "kms-core/mix/sound_source.hpp"
#include "kms-core/mix/ticker.hpp"

namespace kms::mix {

// Mixes the sound of many for many: everyone hears all that are heard but himself. They are added up once,
// and what is one's own is taken off again; who is not heard hears what all others hear, which is encoded
// once. A thread of its own, which begins with the first who sends or listens.
class SoundMixer {
 public:
  struct Options {
    unsigned channels = 1;
    uint32_t bitrate_bps = 64'000;  // of each listener's Opus
    Loudest::Options loudest = {};
  };
  // Who is heard in one place, and what is to be heard there.
  struct Seat {
    uint64_t id = 0;
    std::shared_ptr<SoundSource> source = {};  // null: sends nothing
    std::shared_ptr<SoundOutput> output = {};  // null: hears nothing
    double gain = 1;                           // 0 to 8
    bool muted = false;
  };
  using Seats = std::vector<Seat>;

  explicit SoundMixer(const Options& options);
  ~SoundMixer() { ticker_->stop(); }
  SoundMixer(const SoundMixer&) = delete;
  SoundMixer& operator=(const SoundMixer&) = delete;

  // Told on the mixer's thread (post!). Before the first seat.
  void on_speaker(std::function<void(std::optional<uint64_t>)> handler) { on_speaker_ = std::move(handler); }
  // From the next block on. Any thread.
  void set(Seats seats);
  // Somebody has come who sends, or who takes from an output. Any thread.
  void wake() { ticker_->wake(); }
  // Ends the thread; on a worker.
  void stop() { ticker_->stop(); }

  // Encoded blocks so far, of all mixes. Any thread.
  uint64_t encoded() const { return encoded_; }

 private:
  using Sum = std::vector<int32_t>;
  // A mix that is encoded: that of all, or that of one who is heard.
  struct Stream {
    std::unique_ptr<OpusSoundEncoder> encoder;
    uint64_t block = 0;  // the last one it encoded
  };
  bool tick(uint64_t due);
  void hear(const Seats& seats);
  void add(const Seats& seats);
  bool give(const Seats& seats, uint64_t due);
  void give_common(const Seats& seats, uint64_t due);
  void form(MixedBlock& out, const Block& block, const SoundOutput& output, Stream& stream);
  gst::Ref<GstBuffer> buffer_of(const void* data, size_t size) const;
  void encode(MixedBlock& out, const Block& block, Stream& stream);
  void forget_gone(const Seats& seats);
  void forget_streams();

  const Options options_;
  std::function<void(std::optional<uint64_t>)> on_speaker_;
  std::mutex mutex_;
  std::shared_ptr<const Seats> seats_ = std::make_shared<const Seats>();  // guarded by mutex_

  // The ticker's thread:
  std::shared_ptr<const Seats> seated_;  // the last ones
  Loudest loudest_;
  std::optional<uint64_t> speaker_;  // that was told
  std::vector<Loudest::Heard> heard_;
  Sum sum_;
  std::map<uint64_t, Sum> parts_;  // of those who are heard
  Block taken_;
  Block common_;       // what all but those who are heard hear
  Block last_common_;  // the one before
  Block own_;
  Stream all_;
  std::map<uint64_t, Stream> own_streams_;
  uint64_t block_ = 0;
  uint64_t due_ = 0;
  uint64_t busy_ = 0;  // media time when there was something to do

  std::atomic<uint64_t> encoded_ = 0;
  const std::shared_ptr<Ticker> ticker_;
};

}  // namespace kms::mix
