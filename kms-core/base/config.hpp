// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <chrono>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "kms-core/base/status.hpp"

namespace kms {

// Everything that an operator can set; docs/configuration.md describes every key. Filled from one YAML file.
struct Config {
  std::string grpc_listen = "127.0.0.1:50051";
  std::string http_listen = "127.0.0.1:8080";
  std::string log_level = "info";  // debug, info, warn, error
  std::chrono::milliseconds drain_deadline{30000};

  struct Threads {
    unsigned control_loops = 2;
    unsigned workers = 64;  // most threads for calls that can block
  } threads;

  struct Limits {
    unsigned sessions = 2000;
    unsigned elements_per_session = 256;
    unsigned links_per_session = 1024;
    unsigned ports_per_hub = 500;
    unsigned creates_per_second = 2000;  // sessions and elements, server-wide; bursts of twice that
    unsigned message_bytes = 4 * 1024 * 1024;
    unsigned event_ring = 1000;
    unsigned subscriber_queue = 1000;
    unsigned subscribers_per_session = 16;
    std::chrono::milliseconds subscriber_grace{60000};
    std::chrono::milliseconds data_patience{10000};
    std::chrono::milliseconds request_id_life{600000};
    unsigned request_ids = 10000;
  } limits;

  // A client that vanished without closing its connection is noticed after both; its streams end then.
  struct Keepalive {
    std::chrono::milliseconds time{20000};     // silence before the server asks
    std::chrono::milliseconds timeout{10000};  // for the answer
  } keepalive;

  struct Files {
    std::vector<std::string> read;   // folders (absolute) that file URIs may be read from
    std::vector<std::string> write;  // folders that recordings may be written to
    std::string
        state;  // folder (absolute) of what must outlive the server; empty: .kms in the first of `write`
  } files;

  struct Network {
    std::vector<std::string> allow;  // CIDR ranges allowed besides public addresses, e.g. 127.0.0.0/8
  } network;

  // An S3-compatible object storage, by the name that URIs of recordings call it: s3://name/bucket/key.
  struct Storage {
    std::string endpoint;  // http(s)://host[:port]
    std::string region = "us-east-1";
    std::string access_key;
    std::string secret_key_file;       // read at each request
    std::vector<std::string> buckets;  // that may be written to
    bool path_style = true;            // endpoint/bucket/key; otherwise bucket.endpoint/key
  };
  std::map<std::string, Storage> storages;

  // Recordings that go elsewhere than to a folder.
  struct Uploads {
    std::vector<std::string> allow;             // beginnings of http(s) URIs that may be PUT to
    unsigned parallel = 4;                      // transfers at a time
    unsigned part_bytes = 8U << 20;             // larger files go to an object storage in parts of this size
    std::chrono::milliseconds patience{30000};  // without a byte, then a transfer has failed
    std::chrono::milliseconds first_pause{1000};  // before it is tried again; then twice as long each time
    std::chrono::milliseconds longest_pause{300000};
    std::chrono::milliseconds give_up{86400000};  // no more tries after that long, until the next start
    // What is sent as Authorization, by beginning of URIs: the file that has it.
    std::map<std::string, std::string> authorization;
  } uploads;

  // What is to be uploaded lies here until the storage has it.
  struct Spool {
    std::string folder;  // absolute; empty: nothing can be uploaded
    uint64_t max_bytes = uint64_t{10} << 30;
  } spool;

  struct GStreamerFilter {
    std::vector<std::string> allow;  // element factories; empty: the built-in list
  } gstreamer_filter;

  // A STUN or TURN server that WHIP and WHEP clients are told of; the latter has a username and a credential.
  struct IceServer {
    std::string url;
    std::string username;
    std::string credential;
  };

  struct Rtc {
    unsigned threads = 0;  // RTC threads; 0: one per core
    unsigned port = 0;     // UDP and TCP port of the first thread, the others follow; 0: any free ones
    std::vector<std::string> announced;  // IP addresses told to peers; empty: those of this machine
    bool whip = false;                   // opens /whip and /whep on the HTTP door
    bool whep_waits = false;             // viewers may come before their publisher
    std::string whip_tokens;             // file of the tokens that may publish; empty: no token needed
    std::string whep_tokens;             // file of the tokens that may watch
    std::vector<IceServer> ice_servers;
    unsigned max_connecting = 500;               // WHIP and WHEP sessions that have not connected yet
    std::string certificate;                     // PEM file of the DTLS certificate; empty: one made at start
    std::string key;                             // PEM file of its private key
    std::string engine = "auto";                 // of SRTP: auto, openssl, ipsec-mb
    unsigned hold_receivers = 10;                // from so many on, a video frame is sent whole
    std::chrono::milliseconds hold_longest{20};  // that a packet waits for the end of its frame
    unsigned max_padding = 64;                   // bytes of RTP padding that make packets equal
    bool segment = true;                         // packets for one receiver go to the kernel as one message
    // A WebRTC peer without a sign of life is disconnected, and has failed, after so long.
    std::chrono::milliseconds disconnected_after{10'000};
    std::chrono::milliseconds failed_after{30'000};
  } rtc;

  // Plain RTP (RtpEndpoint), from ports of its own.
  struct Rtp {
    std::string bind;       // IP address; empty: all
    std::string announced;  // IP address that descriptions name; empty: the bound one, or one of this machine
    unsigned first_port = 10'000;
    unsigned last_port = 19'999;
    std::vector<std::string> allow;  // CIDR ranges that descriptions may name besides unicast addresses
  } rtp;

  // What a PlayerEndpoint puts up with.
  struct Player {
    std::chrono::milliseconds opening_deadline{30000};   // from Play until its tracks are known
    std::chrono::milliseconds stall_deadline{10000};     // that a server may say nothing
    std::chrono::milliseconds longest_gap{60000};        // in which nothing of the media is due
    std::chrono::milliseconds key_frame_interval{5000};  // that receivers of RTP can do with
    unsigned max_tracks = 64;
    unsigned resume_attempts = 5;  // in sequence, of an http answer that was broken off
  } player;

  struct Pipelines {
    std::chrono::milliseconds state_deadline{10000};  // then a pipeline is quarantined
  } pipelines;
};

// Reads a YAML file. Errors: CONFIG_UNREADABLE, CONFIG_INVALID (line, key, what is allowed), UNKNOWN_KEY.
Result<Config> load_config(const std::string& path);
Result<Config> parse_config(const std::string& yaml);

// Every key, as "limits.sessions", in order.
std::vector<std::string> config_keys();

}  // namespace kms
