// SPDX-License-Identifier: Apache-2.0
#include "elements/player/byte_source.hpp"

#include <fmt/format.h>

#include <utility>

#include "kms-core/base/config.hpp"

namespace kms::player {
namespace {

constexpr uint16_t kRtmpPort = 1935;

std::string text_of(const Object<GInetAddress>& address) {
  const std::unique_ptr<char, decltype(&g_free)> text(g_inet_address_to_string(address.get()), g_free);
  return text.get();
}

// One of the addresses of a host that were all checked.
Result<std::string> address_of(const std::string& host, const AddressPolicy& policy,
                               GCancellable* cancellable) {
  const auto addresses = checked_addresses(host, policy, cancellable);
  if (!addresses.ok()) return addresses.status();
  return text_of(addresses->front());
}

}  // namespace

ByteSource::ByteSource(graph::ElementHost& host, std::string uri, const LiveOptions& options)
    : host_(host),
      uri_(std::move(uri)),
      options_(options),
      cancellable_(g_cancellable_new(), Unref<GCancellable>()) {}

ByteSource::~ByteSource() { g_cancellable_cancel(cancellable_.get()); }

std::optional<GstClockTime> ByteSource::last_data() const {
  if (!meter_ || (listens_ && !meter_->flowed())) return std::nullopt;  // nobody has called yet
  return meter_->last();
}

void ByteSource::open(Reply<gst::Ref<GstElement>> reply) {
  const auto uri = parse_live_uri(uri_);
  const auto policy = AddressPolicy::create(host_.config().network.allow);
  if (!uri.ok()) return reply(uri.status());
  if (!policy.ok()) return reply(policy.status());
  listens_ = is_listener(*uri);
  if (listens_) return reply(make(*uri, uri->host));
  auto answer =
      guard_.wrap([this, uri = *uri, reply = std::move(reply)](const Result<std::string>& address) mutable {
        reply(address.ok() ? make(uri, *address) : Result<gst::Ref<GstElement>>(address.status()));
      });
  host_.workers().run([&loop = host_.loop(), host = uri->host, policy = *policy, cancellable = cancellable_,
                       answer = std::move(answer)]() mutable {
    loop.post([answer = std::move(answer), address = address_of(host, policy, cancellable.get())]() mutable {
      answer(address);
    });
  });
}

Result<gst::Ref<GstElement>> ByteSource::make(const LiveUri& uri, const std::string& address) {
  auto source = uri.scheme == "srt" ? make_srt(uri, address)
                                    : gst::rtmp_source({.address = address,
                                                        .port = uri.port == 0 ? kRtmpPort : uri.port,
                                                        .path = uri.path,
                                                        .user = uri.user,
                                                        .password = uri.password});
  if (source.ok()) meter_ = gst::FlowMeter::watch(*source);
  return source;
}

Result<gst::Ref<GstElement>> ByteSource::make_srt(const LiveUri& uri, const std::string& address) {
  const auto policy = AddressPolicy::create(host_.config().network.allow);
  if (!policy.ok()) return policy.status();
  return gst::srt_source({.address = address,
                          .port = uri.port,
                          .listen = is_listener(uri),
                          .stream_id = query_value(uri, "streamid"),
                          .passphrase = options_.passphrase,
                          .latency = options_.latency,
                          .may_call = [policy = *policy, over = cancellable_](const std::string& from) {
                            return g_cancellable_is_cancelled(over.get()) == FALSE && policy.allows(from);
                          }});
}

}  // namespace kms::player
