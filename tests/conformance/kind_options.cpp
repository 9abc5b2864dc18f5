// SPDX-License-Identifier: Apache-2.0
#include "tests/conformance/kind_options.hpp"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/text_format.h>

#include <filesystem>
#include <fstream>
#include <regex>
#include <sstream>
#include <stdexcept>

#include "kms-core/graph/declare_all.hpp"
#include "tests/support/media_factory.hpp"

namespace kms::test {
namespace {

namespace fs = std::filesystem;
using google::protobuf::Message;

// "player" of "kms.player.v1.PlayerOptions".
std::string package_of(const std::string& kind) {
  const auto begin = kind.find('.') + 1;
  return kind.substr(begin, kind.find('.', begin) - begin);
}

fs::path path_of(const std::string& kind, const std::string& file) {
  return fs::path(KMS_SOURCE_FOLDER) / folder_of(kind) / file;
}

std::string uri_for(const std::string& word) {
  constexpr unsigned kSeconds = 2;
  return word == "folder" ? uri_of(media_folder()) : uri_of(make_clip(word, kSeconds));
}

std::string filled_in(std::string text) {
  static const std::regex place(R"(\$\{([^}]+)\})");
  for (std::smatch found; std::regex_search(text, found, place);) {
    text = found.prefix().str() + uri_for(found[1].str()) + found.suffix().str();
  }
  return text;
}

std::string read(const fs::path& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::unique_ptr<Message> new_message(const std::string& name) {
  const auto* type = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(name);
  if (type == nullptr) throw std::runtime_error("there is no message " + name);
  const auto* prototype = google::protobuf::MessageFactory::generated_factory()->GetPrototype(type);
  return std::unique_ptr<Message>(prototype->New());
}

}  // namespace

const graph::Catalog& whole_catalog() {
  static const auto catalog = [] {
    graph::Catalog all;
    graph::declare_all(all);
    return all;
  }();
  return catalog;
}

std::vector<std::string> all_kinds() {
  std::vector<std::string> out;
  for (const auto& [options, kind] : whole_catalog().kinds()) out.push_back(options);
  return out;
}

std::string folder_of(const std::string& kind) {
  for (const auto* parent : {"elements/", "filters/"}) {
    const auto folder = parent + package_of(kind);
    if (fs::is_directory(fs::path(KMS_SOURCE_FOLDER) / folder)) return folder;
  }
  return {};
}

bool has_file(const std::string& kind, const std::string& name) { return fs::exists(path_of(kind, name)); }

google::protobuf::Any options_of(const std::string& kind) {
  const auto options = new_message(kind);
  const auto file = path_of(kind, kOptionsFile);
  const auto text = fs::exists(file) ? filled_in(read(file)) : std::string();
  if (!google::protobuf::TextFormat::ParseFromString(text, options.get())) {
    throw std::runtime_error(file.string() + " is no " + kind);
  }
  google::protobuf::Any packed;
  packed.PackFrom(*options);
  return packed;
}

bool promises_media(const std::string& kind) {
  return has_file(kind, kOptionsFile) &&
         read(path_of(kind, kOptionsFile)).find(".invalid/") == std::string::npos;
}

}  // namespace kms::test
