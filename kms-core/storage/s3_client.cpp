// SPDX-License-Identifier: Apache-2.0
#include "kms-core/storage/s3_client.hpp"

#include <fmt/format.h>

#include <array>
#include <chrono>
#include <utility>

#include "kms-core/web/s3_signature.hpp"

namespace kms::storage {
namespace {

// Endpoint and path of an object: "http://host:1" and "/bucket/key", or "http://bucket.host:1" and "/key".
struct Address {
  std::string origin;
  std::string host;  // as in the Host header
  std::string path;  // encoded
};

Address address_of(const Config::Storage& storage, const S3Target& target) {
  const auto begin = storage.endpoint.find("://") + 3;
  const auto scheme = storage.endpoint.substr(0, begin);
  auto host = storage.endpoint.substr(begin);
  const std::string_view usual = scheme == "http://" ? ":80" : ":443";
  if (host.ends_with(usual)) host.resize(host.size() - usual.size());  // nor does the Host header have it
  const auto key = web::percent_encoded(target.key, true);
  if (storage.path_style) return {scheme + host, host, "/" + target.bucket + "/" + key};
  host = target.bucket + "." + host;
  return {scheme + host, host, "/" + key};
}

}  // namespace

S3Client::S3Client(S3Target target, const Context& context)
    : target_(std::move(target)),
      context_(context),
      storage_(context.config.storages.at(target_.storage)),
      uri_(fmt::format("s3://{}/{}/{}", target_.storage, target_.bucket, target_.key)) {}

Result<std::string> S3Client::secret_key() const {
  auto key = secret_in(storage_.secret_key_file);
  if (!key.empty()) return key;
  return refused(uri_, "the storage's secret_key_file cannot be read");
}

Result<web::Answer> S3Client::send(Call call) const {
  const auto secret = secret_key();
  if (!secret.ok()) return secret.status();
  const auto address = address_of(storage_, target_);
  web::S3Request signed_part{.method = call.method,
                             .host = address.host,
                             .path = address.path,
                             .query = call.query,
                             .headers = {},
                             .payload_sha256 = web::sha256_hex(call.bytes)};
  if (!call.content_type.empty()) signed_part.headers["content-type"] = call.content_type;
  auto headers = web::s3_headers(signed_part, {storage_.region, storage_.access_key, *secret},
                                 std::chrono::system_clock::now());
  const auto query = web::s3_query(call.query);
  return web::exchange(
      {.method = call.method,
       .uri = address.origin + address.path + (query.empty() ? "" : "?" + query),
       .headers = std::move(headers),
       .content_type = call.content_type,
       .bytes = std::move(call.bytes),
       .file = {},
       .patience = std::chrono::ceil<std::chrono::seconds>(context_.config.uploads.patience)},
      context_.policy, context_.cancellable);
}

std::string xml_text(const std::string& xml, const std::string& element) {
  const auto open = "<" + element + ">";
  const auto begin = xml.find(open);
  const auto end = begin == std::string::npos ? begin : xml.find("</" + element + ">", begin);
  if (end == std::string::npos) return {};
  auto text = xml.substr(begin + open.size(), end - begin - open.size());
  constexpr std::array<std::pair<std::string_view, std::string_view>, 5> kEntities{
      {{"&lt;", "<"}, {"&gt;", ">"}, {"&quot;", "\""}, {"&#34;", "\""}, {"&amp;", "&"}}};
  for (const auto& [entity, letter] : kEntities) {
    for (auto at = text.find(entity); at != std::string::npos; at = text.find(entity, at + letter.size()))
      text.replace(at, entity.size(), letter);
  }
  return text;
}

}  // namespace kms::storage
