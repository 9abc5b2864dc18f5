// SPDX-License-Identifier: Apache-2.0
#include <usrsctp.h>

#include <cstdlib>
#include <cstring>

#include "kms-core/rtc/sctp/association.hpp"
#include "kms-core/rtc/wire/byte_reader.hpp"
#include "kms-core/rtc/wire/byte_writer.hpp"
#include "kms-core/rtc/wire/utf8.hpp"

// A peer that has come through DTLS and says anything, as whole messages or as chunks of its own making.
namespace {

using namespace kms::rtc;
using Packet = std::vector<uint8_t>;

constexpr size_t kCommonHeader = 12;
constexpr size_t kDataHeader = 16;
constexpr size_t kMostRecords = 64;

void require(bool truth) {
  if (!truth) std::abort();
}

struct End final : Association::Observer {
  void on_packet(Bytes packet) override {
    require(packet.size() <= SctpSocket::kMaxPacket);
    sent.emplace_back(packet.begin(), packet.end());
  }
  void on_state(SctpState, std::string_view) override {}
  void on_channel(const ChannelRef& channel) override {
    require(channel->options.label.size() <= kMaxDataLabel);
  }
  void on_channel_state(const ChannelRef&, std::string_view) override {}
  void on_message(const ChannelRef& channel, DataMessage message) override {
    require(message.bytes.size() <= kMaxDataMessage);
    require(!message.text || is_utf8(message.bytes));
    // An answer, so that there is something to acknowledge.
    if (record->take_room(*channel, 1)) association->send(channel, {false, {1}});
  }
  void on_drained(const ChannelRef&) override {}

  std::deque<Packet> sent;
  std::shared_ptr<AssociationRecord> record = std::make_shared<AssociationRecord>();
  std::unique_ptr<Association> association;
};

struct Stranger final : SctpSocket::Listener {
  void on_packet(Bytes packet) override { sent.emplace_back(packet.begin(), packet.end()); }
  void on_ready() override {
    while (socket->read()) continue;
  }
  void on_up(uint16_t) override {}
  void on_down() override {}
  void on_incoming_reset(std::span<const uint16_t>) override {}
  void on_outgoing_reset(std::span<const uint16_t>) override {}
  void on_piece_abandoned() override {}

  std::deque<Packet> sent;
  std::unique_ptr<SctpSocket> socket;
};

class Talk {
 public:
  Talk() : stack_(SctpStack::get()) {
    usrsctp_enable_crc32c_offload();  // no checksum to guess
    end_.association = std::move(*Association::create(stack_, end_.record, end_));
    stranger_.socket = std::move(*SctpSocket::create(stack_, stranger_));
    require(end_.association->start(false, SctpSocket::kPort).ok());
    require(stranger_.socket->connect(SctpSocket::kPort).ok());
    run();
    require(end_.association->state() == SctpState::kConnected);
  }
  ~Talk() {
    require(end_.association->channels() <= kMaxDataStreams);
    end_.association.reset();
    require(end_.record->room.take(AssociationRecord::kMostWaiting - SendRoom::kPerMessage));
    stranger_.socket.reset();
    static auto now = Clock::now();
    for (int i = 0; i < 4; ++i) stack_.run_timers(now += std::chrono::seconds(10));
  }

  // One record: what it is, its size, its bytes.
  bool take(ByteReader& input) {
    const auto kind = input.u8();
    const size_t size = input.u16();
    const auto bytes = input.bytes(std::min(size, input.left()));
    if (!input.ok()) return false;
    if (kind % 2 == 0) {
      say(ByteReader(bytes));
    } else {
      inject(bytes);
    }
    run();
    return true;
  }

 private:
  void say(ByteReader record) {
    const auto stream = static_cast<uint16_t>(record.u16() % kMaxDataStreams);
    const auto ppid = record.u32();
    if (record.left() > 0) stranger_.socket->send({.stream = stream, .ppid = ppid}, record.rest());
  }
  // Chunks behind a header that fits; the first one's TSN is near the next, if it is one of data.
  void inject(Bytes chunks) {
    Packet packet(kCommonHeader + chunks.size());
    ByteWriter writer(packet);
    writer.u16(SctpSocket::kPort);
    writer.u16(SctpSocket::kPort);
    writer.u32(tag_);
    writer.u32(0);
    writer.bytes(chunks);
    if (chunks.size() >= kDataHeader && chunks[0] == 0) {
      auto* tsn = packet.data() + kCommonHeader + 4;
      store_u32(tsn, tsn_ + load_u32(tsn) % 16);
    }
    end_.association->input(packet);
  }
  void run() {
    stack_.serve();
    for (int turns = 0; turns < 100 && (!end_.sent.empty() || !stranger_.sent.empty()); ++turns) {
      for (const auto& packet : std::exchange(end_.sent, {})) stranger_.socket->input(packet);
      for (const auto& packet : std::exchange(stranger_.sent, {})) deliver(packet);
      stack_.serve();
    }
  }
  void deliver(const Packet& packet) {
    tag_ = load_u32(packet.data() + 4);
    if (packet.size() >= kCommonHeader + kDataHeader && packet[kCommonHeader] == 0) {
      tsn_ = load_u32(packet.data() + kCommonHeader + 4) + 1;
    }
    end_.association->input(packet);
  }

  SctpStack& stack_;
  End end_;
  Stranger stranger_;
  uint32_t tag_ = 0;
  uint32_t tsn_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Talk talk;
  ByteReader input({data, size});
  for (size_t records = 0; records < kMostRecords && talk.take(input); ++records) continue;
  return 0;
}
