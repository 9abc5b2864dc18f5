// SPDX-License-Identifier: Apache-2.0
#include "kms-core/graph/names.hpp"

#include <gtest/gtest.h>

#include <set>

namespace kms::graph {
namespace {

TEST(Names, ReadBackWhatTheyWrote) {
  const auto name = element_name(session_name("a-1"), "b");
  ASSERT_EQ(name, "sessions/a-1/elements/b");

  const auto parsed = parse_name(name);

  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(parsed->session, "a-1");
  EXPECT_EQ(parsed->element, "b");
  EXPECT_EQ(parsed->session_name(), "sessions/a-1");
}

TEST(Names, RefuseEveryOtherForm) {
  for (const auto* name : {"", "sessions", "sessions/", "a", "sessions/A", "sessions/a/", "sessions/a/b",
                           "sessions/a/elements", "sessions/a/elements/", "sessions/a/elements/b/",
                           "sessions/a/elements/b/c", "sessions/a/links/b", "/sessions/a", "sessions/-a"}) {
    const auto parsed = parse_name(name);
    ASSERT_FALSE(parsed.ok()) << name;
    EXPECT_EQ(reason_of(parsed.status()), "INVALID_NAME") << name;
  }
}

TEST(Names, AreNotTakenForEachOther) {
  EXPECT_TRUE(parse_session_name("sessions/a").ok());
  EXPECT_FALSE(parse_session_name("sessions/a/elements/b").ok());
  EXPECT_TRUE(parse_element_name("sessions/a/elements/b").ok());
  EXPECT_FALSE(parse_element_name("sessions/a").ok());
}

TEST(Names, KeepAStrangersTextShort) {
  EXPECT_LT(message_of(parse_name(std::string(100000, 'x')).status()).size(), 300U);
}

TEST(Ids, FollowTheRule) {
  EXPECT_TRUE(is_id("a"));
  EXPECT_TRUE(is_id(std::string(63, '0')));
  EXPECT_FALSE(is_id(std::string(64, '0')));
  for (const auto* id : {"", "-a", "a-", "A", "a_b", "a/b", "\xc3\xa4"}) EXPECT_FALSE(is_id(id)) << id;
  EXPECT_EQ(reason_of(check_id("A")), "INVALID_ID");
}

TEST(Ids, AreMadeWhenNoneIsAskedFor) {
  EXPECT_EQ(*id_or_new("mine"), "mine");
  EXPECT_EQ(reason_of(id_or_new("Mine").status()), "INVALID_ID");
  std::set<std::string> made;
  for (int i = 0; i < 1000; ++i) made.insert(*id_or_new(""));
  EXPECT_EQ(made.size(), 1000U);
  for (const auto& id : made) EXPECT_TRUE(is_id(id)) << id;
}

}  // namespace
}  // namespace kms::graph
