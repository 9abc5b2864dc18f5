// SPDX-License-Identifier: Apache-2.0
#include "elements/player/file_source.hpp"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "kms-core/base/uri_policy.hpp"
#include "kms-core/gst/demuxer.hpp"

namespace kms::player {
namespace {

// Closes itself.
class Descriptor {
 public:
  explicit Descriptor(const std::string& path)
      : fd_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {}
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  int get() const { return fd_; }

 private:
  const int fd_;
};

Status system_error(const std::string& uri, int number) {
  const auto text = fmt::format("{}: {}", uri, std::generic_category().message(number));
  if (number == ENOENT) return error(StatusCode::kNotFound, "NOT_FOUND", text);
  return error(StatusCode::kFailedPrecondition, "UNREADABLE", text);
}

// GStreamer would tell these apart only after it set up a pipeline, and in less clear words.
Status check_readable(const std::string& uri, const std::string& path) {
  const Descriptor file(path);
  struct stat about {};
  if (file.get() < 0 || fstat(file.get(), &about) != 0) return system_error(uri, errno);
  if (!S_ISREG(about.st_mode)) {
    return error(StatusCode::kPermissionDenied, "URI_NOT_ALLOWED",
                 fmt::format("{}: not a regular file", uri));
  }
  char first = 0;
  const auto count = read(file.get(), &first, 1);
  if (count < 0) return system_error(uri, errno);
  if (count > 0) return ok();
  return error(StatusCode::kInvalidArgument, "NOT_MEDIA", fmt::format("{}: the file is empty", uri));
}

Result<std::string> readable_path(const Config& config, const std::string& uri) {
  auto path = UriPolicy(config).readable_file(uri);
  if (!path.ok()) return path;
  auto status = check_readable(uri, *path);
  if (!status.ok()) return status;
  return path;
}

}  // namespace

void FileSource::open(Reply<gst::Ref<GstElement>> reply) {
  auto answer = guard_.wrap([reply = std::move(reply)](const Result<std::string>& path) mutable {
    if (!path.ok()) return reply(path.status());
    reply(gst::file_source(*path));
  });
  host_.workers().run([&loop = host_.loop(), &config = host_.config(), uri = uri_,
                       answer = std::move(answer)]() mutable {
    loop.post([answer = std::move(answer), path = readable_path(config, uri)]() mutable { answer(path); });
  });
}

}  // namespace kms::player
