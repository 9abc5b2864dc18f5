// SPDX-License-Identifier: Apache-2.0
#include "elements/recorder/storing.hpp"

#include <algorithm>
#include <utility>

#include "elements/recorder/part_proto.hpp"

namespace kms::recorder {

Storing::Storing(graph::ElementHost& host, std::function<void()> on_change)
    : host_(host), on_change_(std::move(on_change)) {
  if (host_.uploads() == nullptr) return;
  auto take_news = guard_.wrap([this](const storage::Uploads::News& news) { take(news); });
  host_.uploads()->listen(host_.name(),
                          [&loop = host_.loop(), take_news](const storage::Uploads::News& news) {
                            loop.post([take_news, news]() mutable { take_news(news); });
                          });
}

Storing::~Storing() {
  if (host_.uploads() != nullptr) host_.uploads()->forget(host_.name());
}

void Storing::begin(const Part& part) { ways_[part.number].part = part; }

// A small file may be stored before its recorder has heard that it is final.
void Storing::add(const Part& part) {
  auto& way = ways_[part.number];
  way.part = part;
  if (way.state == v1::STORAGE_STATE_RECORDING) way.state = v1::STORAGE_STATE_WAITING;
  const bool there = in_pieces_ ? !host_.uploads()->waits(host_.name()) : way.there;
  if (there && way.state == v1::STORAGE_STATE_WAITING) stored(way);
}

bool Storing::under_way() const {
  if (in_pieces_ && host_.uploads()->waits(host_.name())) return true;
  return std::any_of(ways_.begin(), ways_.end(),
                     [](const auto& each) { return each.second.state == v1::STORAGE_STATE_WAITING; });
}

void Storing::describe(v1::Part& part) const {
  const auto found = ways_.find(part.number());
  if (found == ways_.end()) return;
  part.set_storage(found->second.state);
  part.set_storage_failure(found->second.failure);
}

void Storing::take(const storage::Uploads::News& news) {
  if (!news.status.ok()) return failed(news);
  for (auto& [number, way] : ways_) {
    if (way.part.uri != news.uri) continue;
    way.there = !in_pieces_ || news.last;
    if (way.there && way.state == v1::STORAGE_STATE_WAITING) stored(way);
  }
  on_change_();
}

void Storing::stored(Way& way) {
  way.state = v1::STORAGE_STATE_STORED;
  way.failure.clear();
  v1::PartStored event;
  *event.mutable_part() = to_proto(way.part);
  describe(*event.mutable_part());
  host_.emit(event);
}

// A piece is of every part that is not whole at the storage yet: without it none of them plays through.
bool Storing::is_concerned(const Way& way, const storage::Uploads::News& news) const {
  const bool over = way.state == v1::STORAGE_STATE_STORED || way.state == v1::STORAGE_STATE_GIVEN_UP;
  return in_pieces_ ? !over : way.part.uri == news.uri;
}

void Storing::failed(const storage::Uploads::News& news) {
  v1::PartNotStored event;
  for (auto& [number, way] : ways_) {
    if (!is_concerned(way, news)) continue;
    way.failure = reason_of(news.status);
    if (news.given_up) way.state = v1::STORAGE_STATE_GIVEN_UP;
    if (way.part.uri == news.uri) event.set_number(number);
  }
  event.set_uri(news.uri);
  event.set_reason(reason_of(news.status));
  event.set_message(message_of(news.status));
  event.set_given_up(news.given_up);
  set_duration(*event.mutable_retry_in(), news.pause);
  host_.emit(event);
  on_change_();
}

}  // namespace kms::recorder
