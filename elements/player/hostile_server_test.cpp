// SPDX-License-Identifier: Apache-2.0
// Servers that stall, lie, or lead elsewhere. Each is given up with a reason, and leaves nothing running.
#include <map>

#include "elements/player/http_fetch.hpp"
#include "elements/player/player_fixture.hpp"
#include "tests/support/hostile/hostile_media.hpp"
#include "tests/support/hostile/raw_server.hpp"
#include "tests/support/level/process_level.hpp"

namespace kms::player {
namespace {

using test::hostile::RawServer;

constexpr auto kOk = "HTTP/1.1 200 OK\r\n";

// Names of a test, instead of the machine's resolver: each has the answers of its first look-up, its second
// and so on; the last one stays.
struct Names {
  using Answers = std::vector<std::vector<std::string>>;
  static inline std::map<std::string, Answers> known;
  static inline std::map<std::string, size_t> asked;

  static GList* look_up(GResolver*, const gchar* name, GCancellable*, GError** problem) {
    const auto found = known.find(name);
    if (found == known.end()) {
      g_set_error_literal(problem, G_RESOLVER_ERROR, G_RESOLVER_ERROR_NOT_FOUND, "not of this test");
      return nullptr;
    }
    const auto which = std::min(asked[name]++, found->second.size() - 1);
    GList* list = nullptr;
    for (const auto& address : found->second[which])
      list = g_list_append(list, g_inet_address_new_from_string(address.c_str()));
    return list;
  }
  static GType type() {
    static const GType type = g_type_register_static_simple(
        G_TYPE_RESOLVER, "KmsTestNames", sizeof(GResolverClass),
        [](gpointer klass, gpointer) { G_RESOLVER_CLASS(klass)->lookup_by_name = look_up; },
        sizeof(GResolver), nullptr, GTypeFlags{});
    return type;
  }
  explicit Names(std::map<std::string, Answers> names) : before_(g_resolver_get_default()) {
    known = std::move(names);
    asked.clear();
    const Object<GResolver> own(G_RESOLVER(g_object_new(type(), nullptr)));
    g_resolver_set_default(own.get());
  }
  ~Names() { g_resolver_set_default(before_.get()); }

 private:
  Object<GResolver> before_;
};

class HostileServer : public PlayerTest {
 protected:
  HostileServer() : PlayerTest(impatient()) {}
  static Config impatient() {
    auto out = config();
    out.player.stall_deadline = std::chrono::seconds(1);
    out.player.opening_deadline = std::chrono::milliseconds(2500);
    out.player.resume_attempts = 1;
    return out;
  }

  // The reason, of creation, of Play, or of what came afterwards.
  std::string outcome(const std::string& uri) {
    const auto before = static_cast<std::ptrdiff_t>(host_.events().size());
    const auto made = make(uri);
    if (!made.ok()) return "creation: " + reason_of(made);
    const auto status = play();
    if (!status.ok()) return reason_of(status);
    std::string last = "NOTHING";
    EXPECT_TRUE(test::eventually([&] {
      const auto state = position().state;
      return state == v1::STATE_ENDED || state == v1::STATE_FAILED;
    }));
    auto events = host_.events();
    events.erase(events.begin(), events.begin() + before);
    for (const auto& event : events) {
      if (event.starts_with("ElementError ")) last = event.substr(13, event.find(':') - 13);
      if (last == "NOTHING" && event == "EndOfStream") last = "END";
    }
    return last;
  }

  // Of a server that says something and then holds the connection open, or closes it.
  std::string outcome_of(const std::string& answer, bool hold) {
    const RawServer server([&](const RawServer::Connection& connection) {
      connection.read_request();
      connection.send(answer);
      if (hold) connection.wait_until_closed();
    });
    const auto reason = outcome(server.uri());
    EXPECT_TRUE(close().ok());
    return reason;
  }
  static std::string with_body(const std::string& head) {
    return head + "\r\n" + test::hostile::clip("webm");
  }
};

TEST_F(HostileServer, ThatSaysNothing) { EXPECT_EQ(outcome_of("", true), "UNREADABLE"); }

TEST_F(HostileServer, ThatSpeaksAnotherLanguage) {
  EXPECT_EQ(outcome_of("220 mail.example ESMTP\r\n", false), "UNREADABLE");
  EXPECT_EQ(outcome_of(test::hostile::noise(100'000, 1), false), "UNREADABLE");
}

TEST_F(HostileServer, ThatSendsHeadersForEver) {
  const RawServer server([](const RawServer::Connection& connection) {
    connection.read_request();
    connection.send(kOk);
    const std::string line = "X: " + std::string(8000, 'x') + "\r\n";
    while (connection.send(line)) {
    }
  });
  EXPECT_EQ(outcome(server.uri()), "UNREADABLE");
}

TEST_F(HostileServer, ThatSendsAByteOfItsHeadNowAndThen) {
  const RawServer server([](const RawServer::Connection& connection) {
    connection.read_request();
    connection.send(kOk);
    test::eventually([&] { return !connection.send("X"); });
  });
  EXPECT_EQ(outcome(server.uri()), "UNREADABLE");
}

TEST_F(HostileServer, ThatStallsAfterItsHead) {
  EXPECT_EQ(outcome_of(std::string(kOk) + "Content-Length: 100000\r\n\r\n", true), "UNREADABLE");
}

TEST_F(HostileServer, ThatEndsEarlier) {
  EXPECT_EQ(outcome_of(with_body(std::string(kOk) + "Content-Length: 10000000\r\n"), false), "TRUNCATED");
}

TEST_F(HostileServer, ThatLiesAboutLength) {
  const std::string head = kOk;
  EXPECT_EQ(outcome_of(with_body(head + "Content-Length: 1000\r\n"), false), "TRUNCATED");
  for (const auto* length : {"-1", "x", "9223372036854775807", "99999999999999999999", "0x100", ""}) {
    const auto reason = outcome_of(with_body(head + "Content-Length: " + length + "\r\n"), false);
    EXPECT_TRUE(reason == "END" || reason == "UNREADABLE" || reason == "TRUNCATED" || reason == "NOT_MEDIA")
        << length << ": " << reason;
  }
}

TEST_F(HostileServer, ThatAnswersWithAnotherPart) {
  for (const auto* range :
       {"bytes 5-100/200000", "bytes 0-100/50", "bytes 100-0/1000", "bytes */0", "x", ""}) {
    const auto head = std::string("HTTP/1.1 206 Partial Content\r\nContent-Length: 100\r\nContent-Range: ");
    EXPECT_EQ(outcome_of(with_body(head + range + "\r\n"), false), "UNREADABLE") << range;
  }
}

TEST_F(HostileServer, ThatPacksWrongly) {
  const auto chunked = std::string(kOk) + "Transfer-Encoding: chunked\r\n\r\n";
  for (const auto* chunk : {"ffffffffffffffff\r\nx", "-5\r\nx", "zz\r\nx", "5\r\nxxxxxxxxxxxxxxxxx\r\n"}) {
    const auto reason = outcome_of(chunked + chunk, false);
    EXPECT_TRUE(reason == "UNREADABLE" || reason == "NOT_MEDIA" || reason == "TRUNCATED") << chunk << reason;
  }
  EXPECT_EQ(outcome_of(std::string(kOk) + "Content-Encoding: gzip\r\n\r\n" +
                           test::hostile::deflated(std::string(50U << 20, 'x')),
                       false),
            "NOT_MEDIA");
}

// What comes over the network reaches a demuxer another way than a file does.
TEST_F(HostileServer, ThatSendsNotesThatAreNestedDeeply) {
  const auto files = test::hostile::other_files();
  const auto deep = std::find_if(files.begin(), files.end(),
                                 [](const auto& file) { return file.name == "deep-notes.flv"; });
  ASSERT_NE(deep, files.end());
  const auto head = std::string(kOk) + "Content-Length: " + std::to_string(deep->content.size()) + "\r\n\r\n";
  EXPECT_EQ(outcome_of(head + deep->content, false), "NOT_MEDIA");
}

TEST_F(HostileServer, ThatRefuses) {
  EXPECT_EQ(outcome_of("HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n", false), "UNREADABLE");
  EXPECT_EQ(outcome_of("HTTP/1.1 503 Busy\r\nContent-Length: 0\r\n\r\n", false), "UNREADABLE");
  EXPECT_EQ(outcome_of("HTTP/1.1 410 Gone\r\nContent-Length: 0\r\n\r\n", false), "NOT_FOUND");
  EXPECT_EQ(outcome_of("HTTP/1.1 204 Nothing\r\n\r\n", false), "UNREADABLE");
}

TEST_F(HostileServer, ThatSendsElsewhere) {
  const RawServer forbidden([](const RawServer::Connection&) {}, "127.0.0.2");
  const auto to = [](const std::string& where) {
    return "HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: " + where + "\r\n\r\n";
  };
  EXPECT_EQ(outcome_of(to(forbidden.uri("127.0.0.2")), false), "URI_NOT_ALLOWED");
  EXPECT_EQ(outcome_of(to("http://[::ffff:127.0.0.2]:" + std::to_string(forbidden.port()) + "/"), false),
            "URI_NOT_ALLOWED");
  for (const auto* where :
       {"file:///etc/passwd", "gopher://127.0.0.1/", "http://", "//", "http://[::1", ""}) {
    EXPECT_EQ(outcome_of(to(where), false), "UNREADABLE") << where;
  }
  EXPECT_EQ(forbidden.connections(), 0U);
}

TEST_F(HostileServer, ThatSendsInACircle) {
  std::string next;
  RawServer server([&](const RawServer::Connection& connection) {
    connection.read_request();
    connection.send("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nConnection: close\r\nLocation: " + next +
                    "\r\n\r\n");
  });
  next = server.uri();
  EXPECT_EQ(outcome(server.uri()), "UNREADABLE");
  EXPECT_EQ(server.connections(), 6U);
}

TEST_F(HostileServer, WhoseListLeadsIntoAForbiddenNetwork) {
  const RawServer forbidden([](const RawServer::Connection&) {}, "127.0.0.2");
  const auto list =
      "#EXTM3U\n#EXT-X-TARGETDURATION:10\n#EXTINF:10,\n" + forbidden.uri("127.0.0.2") + "\n#EXT-X-ENDLIST\n";
  const auto reason =
      outcome_of(std::string(kOk) + "Content-Type: application/x-mpegurl\r\n\r\n" + list, false);
  EXPECT_TRUE(reason == "PLAYLIST_NOT_ALLOWED" || reason == "URI_NOT_ALLOWED") << reason;
  EXPECT_EQ(forbidden.connections(), 0U);
}

// A server that the test serves a clip from, under names.
class NamedServer : public HostileServer {
 protected:
  test::hostile::RangeServer allowed_{test::hostile::clip("webm"), [](size_t) { return SIZE_MAX; }};
  std::string at(const std::string& name) const {
    auto uri = allowed_.uri();
    return uri.replace(uri.find("127.0.0.1"), 9, name);
  }
};

TEST_F(NamedServer, IsFoundByItsName) {
  const Names names({{"good.test", {{"127.0.0.1"}}}});
  EXPECT_EQ(outcome(at("good.test")), "END");
}

TEST_F(NamedServer, IsRefusedWhenItsNameLeadsIntoAForbiddenNetwork) {
  const Names names({{"bad.test", {{"127.0.0.2"}}},
                     {"mixed.test", {{"127.0.0.1", "10.0.0.1"}}},
                     {"v6.test", {{"::1"}}},
                     {"cloud.test", {{"169.254.169.254"}}}});
  for (const auto* name : {"bad.test", "mixed.test", "v6.test", "cloud.test"}) {
    EXPECT_EQ(outcome(at(name)), "URI_NOT_ALLOWED") << name;
    EXPECT_TRUE(close().ok());
  }
  EXPECT_TRUE(allowed_.requests().empty());
}

// What is connected to is what was checked: between the two nobody is asked again. And the next request
// checks anew.
TEST_F(NamedServer, IsNotAnotherOneWhenItsNameIsGivenToAForbiddenAddress) {
  const Names names({{"rebinding.test", {{"127.0.0.1"}, {"127.0.0.2"}}}});
  const auto policy = AddressPolicy::create({"127.0.0.1"}).value();
  const Object<GCancellable> cancellable(g_cancellable_new());

  const auto first = HttpFetch::get({.uri = at("rebinding.test")}, policy, cancellable.get());
  EXPECT_TRUE(first.ok()) << first.status();
  EXPECT_EQ(Names::asked["rebinding.test"], 1U);
  const auto second = HttpFetch::get({.uri = at("rebinding.test")}, policy, cancellable.get());

  EXPECT_EQ(reason_of(second.status()), "URI_NOT_ALLOWED");
  EXPECT_EQ(allowed_.requests().size(), 1U);
}

TEST_F(HostileServer, NoneLeavesThreadsOrDescriptors) {
  const auto meet_them = [this] {
    outcome_of("", true);
    outcome_of(with_body(std::string(kOk) + "Content-Length: 10000000\r\n"), false);
    outcome_of("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: http://127.0.0.2/\r\n\r\n", false);
  };
  meet_them();  // what GLib begins once stays
  ASSERT_TRUE(host_.rest());
  // The test's takers have threads of their own as soon as media came to them, which may be later.
  const auto look = [] { return test::ProcessLevel::now().without({"inlet"}); };
  const auto before = look();

  for (int i = 0; i < 3; ++i) meet_them();

  EXPECT_TRUE(test::came_back_to(before, look));
}

}  // namespace
}  // namespace kms::player
