// SPDX-License-Identifier: Apache-2.0
#include "kms-core/storage/multipart.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <utility>

namespace kms::storage {
namespace {

bool is_line(const std::string& text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= ' '; });
}

}  // namespace

// First the size of a part and the id, then a line with the ETag of each part. A last line without its end
// was being written when the power went.
Multipart::Multipart(std::string file) : file_(std::move(file)) {
  std::ifstream in(file_);
  std::string line;
  if (!(in >> part_bytes_) || part_bytes_ == 0 || !std::getline(in, line) || in.eof() || line.size() < 2)
    return;
  upload_id_ = line.substr(1);
  while (std::getline(in, line) && !in.eof()) etags_.push_back(line);
}

void Multipart::begin(const std::string& upload_id, uint64_t part_bytes) {
  forget();
  if (!is_line(upload_id)) return;
  upload_id_ = upload_id;
  part_bytes_ = part_bytes;
  std::ofstream(file_) << part_bytes_ << ' ' << upload_id_ << '\n';
}

void Multipart::add(const std::string& etag) {
  etags_.push_back(etag);
  std::ofstream(file_, std::ios::app) << etag << '\n';
}

void Multipart::forget() {
  upload_id_.clear();
  etags_.clear();
  std::remove(file_.c_str());
}

std::string Multipart::manifest() const {
  std::string out = "<CompleteMultipartUpload xmlns=\"http://s3.amazonaws.com/doc/2006-03-01/\">";
  for (size_t i = 0; i < etags_.size(); ++i)
    out += fmt::format("<Part><PartNumber>{}</PartNumber><ETag>{}</ETag></Part>", i + 1, etags_[i]);
  return out + "</CompleteMultipartUpload>";
}

}  // namespace kms::storage
