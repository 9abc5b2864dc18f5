// SPDX-License-Identifier: Apache-2.0
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <filesystem>
#include <fstream>
#include <string_view>

#include "kms-core/storage/multipart.hpp"
#include "kms-core/storage/s3_client.hpp"

namespace kms::storage {
namespace {

constexpr uint64_t kMostParts = 10'000;
constexpr std::array<std::string_view, 3> kForgotten{"NoSuchUpload", "InvalidPart", "InvalidPartOrder"};

Result<std::string> read_part(const std::string& path, uint64_t offset, uint64_t size) {
  std::string bytes(size, '\0');
  std::ifstream file(path, std::ios::binary);
  file.seekg(static_cast<std::streamoff>(offset));
  file.read(bytes.data(), static_cast<std::streamsize>(size));
  if (file.gcount() == static_cast<std::streamsize>(size)) return bytes;
  return error(StatusCode::kDataLoss, "WRITE_FAILED", fmt::format("{} cannot be read", path));
}

Status put_whole(const S3Client& client, const Goods& goods, uint64_t size) {
  auto bytes = read_part(goods.file, 0, size);
  if (!bytes.ok()) return bytes.status();
  const auto answer = client.send(
      {.method = "PUT", .query = {}, .content_type = goods.content_type, .bytes = *std::move(bytes)});
  return answer.ok() ? judge(*answer, client.uri()) : answer.status();
}

Status begin(const S3Client& client, const Goods& goods, uint64_t part_bytes, Multipart& multipart) {
  const auto answer = client.send(
      {.method = "POST", .query = {{"uploads", ""}}, .content_type = goods.content_type, .bytes = {}});
  if (!answer.ok()) return answer.status();
  if (auto status = judge(*answer, client.uri()); !status.ok()) return status;
  multipart.begin(xml_text(answer->body, "UploadId"), part_bytes);
  return multipart.begun() ? ok() : unreachable(client.uri(), "the storage gave no id for the upload");
}

// The storage may have forgotten an upload that took long, or some part of it: then it begins anew, with the
// next try.
Status judge_part(const web::Answer& answer, const std::string& uri, Multipart& multipart) {
  const auto problem = xml_text(answer.body, "Code");
  if (std::find(kForgotten.begin(), kForgotten.end(), problem) == kForgotten.end()) return judge(answer, uri);
  multipart.forget();
  return unreachable(uri, fmt::format("the storage says {}; the upload begins anew", problem));
}

Status put_parts(const S3Client& client, const Goods& goods, uint64_t size, Multipart& multipart) {
  const auto part_bytes = multipart.part_bytes();
  for (uint64_t done = multipart.etags().size() * part_bytes; done < size; done += part_bytes) {
    auto bytes = read_part(goods.file, done, std::min(part_bytes, size - done));
    if (!bytes.ok()) return bytes.status();
    const auto number = std::to_string(done / part_bytes + 1);
    const auto answer = client.send({.method = "PUT",
                                     .query = {{"partNumber", number}, {"uploadId", multipart.upload_id()}},
                                     .content_type = {},
                                     .bytes = *std::move(bytes)});
    if (!answer.ok()) return answer.status();
    if (auto status = judge_part(*answer, client.uri(), multipart); !status.ok()) return status;
    if (answer->etag.empty()) return unreachable(client.uri(), "the storage gave no ETag for a part");
    multipart.add(answer->etag);
  }
  return ok();
}

// Its answer may be 200 and all the same an error.
Status complete(const S3Client& client, Multipart& multipart) {
  const auto answer = client.send({.method = "POST",
                                   .query = {{"uploadId", multipart.upload_id()}},
                                   .content_type = "application/xml",
                                   .bytes = multipart.manifest()});
  if (!answer.ok()) return answer.status();
  if (auto status = judge_part(*answer, client.uri(), multipart); !status.ok()) return status;
  if (const auto problem = xml_text(answer->body, "Code"); !problem.empty())
    return unreachable(client.uri(), problem);
  multipart.forget();
  return ok();
}

}  // namespace

Status deposit_s3(const S3Target& target, const Goods& goods, const Context& context) {
  std::error_code failed;
  const uint64_t size = std::filesystem::file_size(goods.file, failed);
  if (failed) return error(StatusCode::kDataLoss, "WRITE_FAILED", fmt::format("{} is gone", goods.file));
  const S3Client client(target, context);
  const uint64_t part_bytes =
      std::max<uint64_t>(context.config.uploads.part_bytes, (size + kMostParts - 1) / kMostParts);
  Multipart multipart(goods.progress);
  if (!multipart.begun() && size <= part_bytes) return put_whole(client, goods, size);
  if (!multipart.begun()) {
    if (auto status = begin(client, goods, part_bytes, multipart); !status.ok()) return status;
  }
  if (auto status = put_parts(client, goods, size, multipart); !status.ok()) return status;
  return complete(client, multipart);
}

}  // namespace kms::storage
