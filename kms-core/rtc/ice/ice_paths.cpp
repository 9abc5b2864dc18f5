// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/ice/ice_paths.hpp"

#include <algorithm>

namespace kms::rtc {

IcePaths::Change IcePaths::note(const TransportAddress& address, TimePoint now) {
  const auto found = std::ranges::find(paths_, address, &Path::address);
  if (found != paths_.end()) {
    found->checked_at = now;
    return {};
  }
  Change change{.added = true, .removed = make_room()};
  paths_.push_back({address, now});
  return change;
}

std::optional<TransportAddress> IcePaths::make_room() {
  if (paths_.size() < kMax) return std::nullopt;
  const auto is_older = [this](const Path& a, const Path& b) {
    const bool a_selected = selected_ == a.address;
    const bool b_selected = selected_ == b.address;
    return a_selected != b_selected ? b_selected : a.checked_at < b.checked_at;
  };
  const auto oldest = std::ranges::min_element(paths_, is_older);
  const auto address = oldest->address;
  paths_.erase(oldest);
  return address;
}

bool IcePaths::select(const TransportAddress& address) {
  if (selected_ == address) return false;
  selected_ = address;
  return true;
}

void IcePaths::remove(const TransportAddress& address) {
  std::erase_if(paths_, [&](const Path& path) { return path.address == address; });
  if (selected_ == address) selected_.reset();
}

bool IcePaths::contains(const TransportAddress& address) const {
  return std::ranges::find(paths_, address, &Path::address) != paths_.end();
}

std::optional<TransportAddress> IcePaths::latest(TimePoint since) const {
  const auto found = std::ranges::max_element(paths_, {}, &Path::checked_at);
  return found != paths_.end() && found->checked_at > since ? std::optional(found->address) : std::nullopt;
}

std::optional<TimePoint> IcePaths::selected_checked_at() const {
  for (const auto& path : paths_) {
    if (selected_ == path.address) return path.checked_at;
  }
  return std::nullopt;
}

}  // namespace kms::rtc
