// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "elements/player/rtsp_connection.hpp"
#include "elements/player/rtsp_sockets.hpp"
#include "elements/player/words/rtsp_description.hpp"
#include "kms-core/gst/rtp_receiver.hpp"

namespace kms::player {

// The conversation with an RTSP server, from the connection to the last packet. Blocks; lives on one thread,
// which has a GMainContext of its own as default.
class RtspSession {
 public:
  enum class Transport { kAutomatic, kUdp, kTcp };  // automatic: TCP, and UDP where the server refuses that
  struct Setup {
    LiveUri uri;
    AddressPolicy policy;
    Transport transport = Transport::kAutomatic;
    unsigned patience_s = 10;               // for an answer
    std::chrono::milliseconds stall{5000};  // without a packet of media, then the source counts as gone
    GCancellable* cancellable = nullptr;
  };
  explicit RtspSession(Setup setup);

  // Connects, asks what there is and chooses one sound and one picture stream. Follows five redirections.
  // Errors: URI_NOT_ALLOWED, UNREADABLE, NOT_FOUND, UNAUTHORIZED, NOT_MEDIA, NO_TRACKS, CODEC_UNSUPPORTED.
  Status open();

  // What was chosen, and its chains.
  struct Chosen {
    RtspStream about;
    std::string chain;
  };
  const std::vector<Chosen>& streams() const { return chosen_; }
  bool on_demand() const { return description_.on_demand; }

  // Lets media come, into `receiver`, until its end (ok) or until it is lost. Errors as above.
  Status play(const std::shared_ptr<gst::RtpReceiver>& receiver);

  // The connection and its ports go; before the thread's context does.
  void hang_up();

  // A report for the sender; any thread. `streams()`'s index.
  void report(unsigned stream, std::string packet);

 private:
  struct Line {
    uint8_t channel = 0;  // of RTP between the messages; RTCP has report_channel
    uint8_t report_channel = 0;
    std::unique_ptr<RtspSockets> sockets;  // null: it comes on the connection
  };
  Status connect();
  Result<RtspMessage> describe();
  Status choose(const RtspMessage& answer);
  Status set_up();
  Result<bool> set_up(size_t index, bool udp);
  Status take_set_up(const RtspMessage& answer, Line& line);
  Result<RtspMessage> ask(const std::string& method, const std::string& uri,
                          RtspConnection::Headers headers = {});
  Status refusal(const RtspMessage& answer) const;
  std::string aggregate() const { return control_uri(base_, description_.control); }
  void remember_session(const RtspMessage& answer);
  Status flow();
  Status check(std::chrono::steady_clock::time_point now);
  void take_packet(const RtspPacket& packet);
  void take(unsigned stream, bool report, const void* bytes, size_t size);
  void send_reports();
  void keep_alive(std::chrono::steady_clock::time_point now);
  void say_goodbye();

  Setup setup_;
  std::unique_ptr<RtspConnection> connection_;
  RtspDescription description_;
  std::string base_;
  std::vector<Chosen> chosen_;
  std::vector<Line> lines_;
  std::string id_;
  std::chrono::seconds id_life_{60};
  bool knows_get_parameter_ = false;
  std::shared_ptr<gst::RtpReceiver> receiver_;
  int64_t last_media_ = 0;  // its connection's tick
  std::optional<std::chrono::steady_clock::time_point> first_media_;
  bool settled_ = false;
  std::chrono::steady_clock::time_point last_word_;
  unsigned goodbyes_ = 0;  // bits: streams whose sender said goodbye
  std::mutex mutex_;
  std::vector<std::pair<unsigned, std::string>> reports_;  // guarded by mutex_
};

}  // namespace kms::player
