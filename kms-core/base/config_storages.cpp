// SPDX-License-Identifier: Apache-2.0
#include "kms-core/base/config_storages.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <string_view>

namespace kms {
namespace {

// Puts a value into a Storage; false when it is none.
using Set = std::function<bool(const YAML::Node&, Config::Storage&)>;

bool is_name(const std::string& text, std::string_view more) {
  return !text.empty() && text.size() <= 63 && std::all_of(text.begin(), text.end(), [&](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || more.find(c) != std::string_view::npos;
  });
}

bool is_line(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c > ' ' && c < '\x7f'; });
}

// What follows the scheme; empty when it is another.
std::string after_scheme(const std::string& text) {
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (text.starts_with(scheme)) return text.substr(scheme.size());
  }
  return {};
}

bool is_endpoint(const std::string& text) {
  const auto host = after_scheme(text);
  return is_line(host) && host.find_first_of("/?#@") == std::string::npos;
}

bool read_buckets(const YAML::Node& node, Config::Storage& into) {
  if (!node.IsSequence()) return false;
  for (const auto& bucket : node) {
    if (!bucket.IsScalar() || !is_name(bucket.Scalar(), "-._")) return false;
    into.buckets.push_back(bucket.Scalar());
  }
  return true;
}

Set text(std::string Config::Storage::*field, bool (*valid)(const std::string&)) {
  return [=](const YAML::Node& node, Config::Storage& into) {
    if (!node.IsScalar() || !valid(node.Scalar())) return false;
    into.*field = node.Scalar();
    return true;
  };
}

const std::map<std::string, Set>& keys() {
  static const std::map<std::string, Set> all{
      {"endpoint", text(&Config::Storage::endpoint, is_endpoint)},
      {"region", text(&Config::Storage::region, is_line)},
      {"access_key", text(&Config::Storage::access_key, is_line)},
      {"secret_key_file", text(&Config::Storage::secret_key_file,
                               [](const std::string& path) { return path.starts_with("/"); })},
      {"buckets", read_buckets},
      {"style",
       [](const YAML::Node& node, Config::Storage& into) {
         into.path_style = node.IsScalar() && node.Scalar() == "path";
         return into.path_style || (node.IsScalar() && node.Scalar() == "host");
       }},
  };
  return all;
}

bool read_storage(const YAML::Node& node, Config::Storage& into) {
  if (!node.IsMap()) return false;
  for (const auto& entry : node) {
    const auto known = entry.first.IsScalar() ? keys().find(entry.first.Scalar()) : keys().end();
    if (known == keys().end() || !known->second(entry.second, into)) return false;
  }
  return !into.endpoint.empty() && !into.access_key.empty() && !into.secret_key_file.empty() &&
         !into.buckets.empty();
}

}  // namespace

std::string read_storages(const YAML::Node& node, std::map<std::string, Config::Storage>& into) {
  const std::string allowed =
      "a map from names (a-z, 0-9, \"-\") to {endpoint: http(s)://host[:port], access_key, secret_key_file "
      "(absolute), buckets: [name, ...], and perhaps region and style: path or host}";
  if (!node.IsMap()) return allowed;
  for (const auto& entry : node) {
    if (!entry.first.IsScalar() || !is_name(entry.first.Scalar(), "-")) return allowed;
    const auto name = entry.first.Scalar();
    if (into.contains(name) || !read_storage(entry.second, into[name])) {
      return fmt::format("{}; look at \"{}\"", allowed, name);
    }
  }
  return {};
}

std::string read_authorization(const YAML::Node& node, std::map<std::string, std::string>& into) {
  const std::string allowed =
      "a map from beginnings of URLs, as in uploads.allow, to absolute files with what is sent as "
      "Authorization";
  if (!node.IsMap()) return allowed;
  for (const auto& entry : node) {
    const bool valid = entry.first.IsScalar() && is_upload_prefix(entry.first.Scalar()) &&
                       entry.second.IsScalar() && entry.second.Scalar().starts_with("/");
    if (!valid) return allowed;
    into[entry.first.Scalar()] = entry.second.Scalar();
  }
  return {};
}

bool is_upload_prefix(const std::string& prefix) {
  const auto rest = after_scheme(prefix);
  const auto slash = rest.find('/');
  return is_line(prefix) && slash != std::string::npos && slash > 0 && prefix.ends_with('/') &&
         prefix.find_first_of("?#@%\\") == std::string::npos && prefix.find("/../") == std::string::npos;
}

}  // namespace kms
