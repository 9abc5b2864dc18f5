// SPDX-License-Identifier: Apache-2.0
// Data from peer to peer, through links.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "elements/webrtc/test_session.hpp"

namespace kms::webrtc {
namespace {

using rtc::DataMessage;
using rtc::test::ChannelLog;
using test::LiveSession;
using testing::ElementsAre;

// Two endpoints with their browsers, "a" and "b".
struct DataLink : testing::Test {
  explicit DataLink(const Config& config = {}) : session({.config = config, .declare = declare_webrtc}) {
    EXPECT_TRUE(session.apply({endpoint("a"), endpoint("b")}, {}).ok());
  }
  Status link(const std::string& from, const std::string& to) {
    kms::v1::LinkSpec spec;
    spec.set_source(from);
    spec.set_sink(to);
    spec.set_kind(kms::v1::MEDIA_KIND_DATA);
    return session.on_loop([&](graph::Session& s) { return s.connect(spec).status(); });
  }
  void join() {
    ASSERT_TRUE(a.join().ok());
    ASSERT_TRUE(b.join().ok());
  }
  // Both browsers work until it holds.
  bool until(const std::function<bool()>& holds) {
    return a.peer().receive_until([&] {
      b.peer().receive_until([] { return false; }, std::chrono::milliseconds(3));
      return holds();
    });
  }
  kms::v1::LinkStats stats() { return session.stats().links(0); }

  // What "a" can send on `channel` until it is held up for so long.
  size_t fill(const rtc::DataChannelRef& channel,
              std::chrono::milliseconds patience = std::chrono::milliseconds(500)) {
    size_t sent = 0;
    const auto sends = [&] { return channel->send({false, std::vector<uint8_t>(100'000)}).ok(); };
    while (sent < 200 && a.peer().receive_until(sends, patience)) ++sent;
    return sent;
  }

  LiveSession session;
  Browser a{session, "a", {.data = true}};
  Browser b{session, "b", {.data = true}};
  ChannelLog a_log, b_log;
};

TEST_F(DataLink, AMessageComesOutOnAChannelThatIsOpenedLikeTheFirst) {
  ASSERT_TRUE(link("a", "b").ok());
  join();

  const auto chat = a.peer().data().open({.label = "chat", .protocol = "p", .ordered = false}, a_log);
  EXPECT_TRUE(chat->send({true, {'1'}}).ok());
  EXPECT_TRUE(chat->send({false, {}}).ok());

  auto& opened = b.peer().data().opened();
  ASSERT_TRUE(until([&] { return opened.count() == 1 && opened.log(0).count() == 2; }));
  EXPECT_THAT(opened.log(0).messages(),
              testing::UnorderedElementsAre(DataMessage{true, {'1'}}, DataMessage{}));
  EXPECT_EQ(opened.channel(0)->options(), chat->options());
  EXPECT_EQ(stats().packets(), 2u);
  EXPECT_EQ(stats().link().way(), "copy");
}

TEST_F(DataLink, AMessageComesOutOnTheReceiversOwnChannelOfThatName) {
  ASSERT_TRUE(link("a", "b").ok());
  ASSERT_TRUE(link("b", "a").ok());
  join();
  const auto chat_of_a = a.peer().data().open({.label = "chat"}, a_log);
  const auto chat_of_b = b.peer().data().open({.label = "chat"}, b_log);
  ASSERT_TRUE(until([&] { return a_log.is_open() && b_log.is_open(); }));

  EXPECT_TRUE(chat_of_a->send({true, {'a'}}).ok());
  EXPECT_TRUE(chat_of_b->send({true, {'b'}}).ok());

  ASSERT_TRUE(until([&] { return a_log.count() == 1 && b_log.count() == 1; }));
  EXPECT_THAT(a_log.messages(), ElementsAre(DataMessage{true, {'b'}}));
  EXPECT_THAT(b_log.messages(), ElementsAre(DataMessage{true, {'a'}}));
  EXPECT_EQ(b.peer().data().opened().count(), 0u);
}

TEST_F(DataLink, WhatWasOpenedForItClosesWithTheSendersChannel) {
  ASSERT_TRUE(link("a", "b").ok());
  join();
  const auto chat = a.peer().data().open({.label = "chat"}, a_log);
  EXPECT_TRUE(chat->send({true, {'1'}}).ok());
  auto& opened = b.peer().data().opened();
  ASSERT_TRUE(until([&] { return opened.count() == 1 && opened.log(0).count() == 1; }));

  chat->close();

  EXPECT_TRUE(until([&] { return opened.log(0).is_closed(); }));
}

TEST_F(DataLink, NothingGoesOnceItIsTakenAway) {
  ASSERT_TRUE(link("a", "b").ok());
  join();
  const auto chat = a.peer().data().open({.label = "chat"}, a_log);
  EXPECT_TRUE(chat->send({true, {'1'}}).ok());
  auto& opened = b.peer().data().opened();
  ASSERT_TRUE(until([&] { return opened.count() == 1 && opened.log(0).count() == 1; }));

  ASSERT_TRUE(session.disconnect("a", "b").ok());

  EXPECT_TRUE(until([&] { return opened.log(0).is_closed(); }));
  EXPECT_TRUE(chat->send({true, {'2'}}).ok());
  EXPECT_TRUE(until([&] { return chat->buffered() == 0; }));
  EXPECT_EQ(opened.count(), 1u);
}

// b has no association that it could go over.
TEST_F(DataLink, WhatFindsNoRoomHoldsUpTheSenderAndIsNotLost) {
  ASSERT_TRUE(link("a", "b").ok());
  ASSERT_TRUE(a.join().ok());
  const auto file = a.peer().data().open({.label = "file"}, a_log);
  const auto sent = fill(file);
  EXPECT_LT(sent, 100);

  ASSERT_TRUE(b.join().ok());

  auto& opened = b.peer().data().opened();
  EXPECT_TRUE(until([&] { return opened.count() == 1 && opened.log(0).count() == sent; }));
  EXPECT_EQ(stats().dropped(), 0u);
  EXPECT_TRUE(file->send({true, {'1'}}).ok());
  EXPECT_TRUE(until([&] { return opened.log(0).count() == sent + 1; }));
}

TEST_F(DataLink, WhatMayBeLostIsDroppedWhereItFindsNoRoomAndHoldsUpNobody) {
  ASSERT_TRUE(link("a", "b").ok());
  ASSERT_TRUE(a.join().ok());
  const auto file = a.peer().data().open({.label = "file", .max_retransmits = uint16_t{9}}, a_log);

  EXPECT_EQ(fill(file, kms::test::kPatience), 200);

  EXPECT_TRUE(a.peer().receive_until([&] { return stats().dropped() > 150 && file->buffered() == 0; }));
}

struct ImpatientDataLink : DataLink {
  ImpatientDataLink() : DataLink(impatient()) {}
  static Config impatient() {
    Config config;
    config.limits.data_patience = std::chrono::milliseconds(1);
    return config;
  }
};

TEST_F(ImpatientDataLink, WhoTakesNothingForLongHoldsUpNobodyAnyMore) {
  ASSERT_TRUE(link("a", "b").ok());
  ASSERT_TRUE(a.join().ok());
  const auto file = a.peer().data().open({.label = "file"}, a_log);

  EXPECT_EQ(fill(file, kms::test::kPatience), 200);

  EXPECT_TRUE(a.peer().receive_until([&] { return stats().dropped() > 100 && file->buffered() == 0; }));
}

TEST_F(DataLink, WhoIsHeldUpGoesOnWithoutTheLink) {
  ASSERT_TRUE(link("a", "b").ok());
  ASSERT_TRUE(a.join().ok());
  const auto file = a.peer().data().open({.label = "file"}, a_log);
  fill(file);

  ASSERT_TRUE(session.disconnect("a", "b").ok());

  EXPECT_TRUE(a.peer().receive_until([&] { return file->buffered() == 0; }));
}

TEST_F(DataLink, IsMadeOnlyWhereDataIsAskedFor) {
  EXPECT_TRUE(session.connect("a", "b").ok());

  const auto graph = session.graph();
  EXPECT_EQ(graph.links_size(), 2);
  for (const auto& link : graph.links()) EXPECT_NE(link.kind(), kms::v1::MEDIA_KIND_DATA);
}

}  // namespace
}  // namespace kms::webrtc
