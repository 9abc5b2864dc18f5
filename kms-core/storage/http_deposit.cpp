// SPDX-License-Identifier: Apache-2.0
#include <chrono>
#include <map>
#include <utility>

#include "kms-core/storage/deposit.hpp"

namespace kms::storage {
namespace {

constexpr int kRedirections = 5;

// Those that ask for the same method again.
bool moved(const web::Answer& answer) {
  return (answer.code == 307 || answer.code == 308) && !answer.location.empty();
}

// Of the longest beginning that the configuration has for the URI. Errors: STORAGE_REFUSED (there is no key).
Result<std::map<std::string, std::string>> headers_for(const std::string& uri, const Config& config) {
  const std::string* file = nullptr;
  size_t longest = 0;
  for (const auto& [prefix, path] : config.uploads.authorization) {
    if (!uri.starts_with(prefix) || prefix.size() < longest) continue;
    longest = prefix.size();
    file = &path;
  }
  std::map<std::string, std::string> headers;
  if (file == nullptr) return headers;
  headers["Authorization"] = secret_in(*file);
  if (headers["Authorization"].empty())
    return refused(uri, "its file of uploads.authorization cannot be read");
  return headers;
}

}  // namespace

// Each place that it is sent to is held to the same rules as the first: it would get the whole recording.
Status deposit_http(const HttpTarget& target, const Goods& goods, const Context& context) {
  web::Request request{.method = "PUT",
                       .uri = target.uri,
                       .headers = {},
                       .content_type = goods.content_type,
                       .bytes = {},
                       .file = goods.file,
                       .patience = std::chrono::ceil<std::chrono::seconds>(context.config.uploads.patience)};
  for (int hops = 0; hops <= kRedirections; ++hops) {
    auto headers = headers_for(request.uri, context.config);
    if (!headers.ok()) return headers.status();
    request.headers = *std::move(headers);
    const auto answer = web::exchange(request, context.policy, context.cancellable);
    if (!answer.ok()) return answer.status();
    if (!moved(*answer)) return judge(*answer, target.uri);
    const auto next = resolve(answer->location, context.config);
    if (!next.ok() || !std::holds_alternative<HttpTarget>(*next)) {
      return refused(target.uri, "it redirects to where uploads.allow does not allow");
    }
    request.uri = std::get<HttpTarget>(*next).uri;
  }
  return refused(target.uri, "more than five redirections");
}

}  // namespace kms::storage
