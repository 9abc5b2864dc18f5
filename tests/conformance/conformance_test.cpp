// SPDX-License-Identifier: Apache-2.0
// What holds for every kind of element, tested with nothing but its folder and what it says about itself.
#include <gtest/gtest.h>

#include <set>

#include "kms-core/graph/declare_all.hpp"
#include "tests/conformance/kind_options.hpp"
#include "tests/conformance/live_objects.hpp"
#include "tests/support/level/process_level.hpp"
#include "tests/support/media_factory.hpp"
#include "tests/support/session_fixture.hpp"
#include "tests/support/test_elements.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

using Direction = graph::Direction;

constexpr char kPicture[] =
    "video:raw videotestsrc is-live=true ! video/x-raw,width=64,height=48,framerate=30/1 ! identity";
constexpr char kSound[] =
    "audio:raw audiotestsrc is-live=true ! audio/x-raw,rate=48000,channels=2 ! identity";
constexpr uint64_t kSomeFrames = 3;

const char* to_word(graph::MediaKind kind) { return kind == v1::MEDIA_KIND_AUDIO ? "audio" : "video"; }

Config config() {
  Config out;
  out.files.read = {media_folder()};
  out.files.write = {media_folder()};
  return out;
}

LiveSession::Setup setup() {
  return {.config = config(), .declare = [](graph::Catalog& catalog) {
            graph::declare_all(catalog);
            declare_test_elements(catalog);
          }};
}

class Conformance : public testing::TestWithParam<std::string> {
 protected:
  const graph::Kind& kind() const { return *whole_catalog().find(GetParam()); }

  v1::ElementSpec spec(const std::string& id = "it") const {
    v1::ElementSpec out;
    out.set_element_id(id);
    *out.mutable_options() = options_of(GetParam());
    return out;
  }

  // What to do when no element can be made with the options there are.
  std::string hint() const {
    return "add options that make it work to " + folder_of(GetParam()) + "/" + kOptionsFile;
  }

  std::vector<graph::PortSpec> ports(Direction direction) const {
    auto out = kind().ports;
    std::erase_if(out, [&](const auto& port) {
      return port.direction != direction || port.kind == v1::MEDIA_KIND_DATA;
    });
    return out;
  }

  // Ids of neighbours: "to-PORT" and "from-PORT". A hub port's "port.video" makes no id with its dot.
  static std::string to(const graph::PortSpec& port) { return "to-" + with_dashes(port.name); }
  static std::string from(const graph::PortSpec& port) { return "from-" + with_dashes(port.name); }
  static std::string with_dashes(std::string name) {
    std::replace(name.begin(), name.end(), '.', '-');
    return name;
  }

  // A source for every sink port of the element and a sink for every source port.
  std::vector<v1::ElementSpec> neighbours() const {
    std::vector<v1::ElementSpec> out;
    for (const auto& port : ports(v1::DIRECTION_SINK))
      out.push_back(source(to(port), port.kind == v1::MEDIA_KIND_AUDIO ? kSound : kPicture));
    for (const auto& port : ports(v1::DIRECTION_SOURCE))
      out.push_back(sink(from(port), to_word(port.kind) + std::string(":raw")));
    return out;
  }

  Status connect_all(LiveSession& session) const {
    return session.on_loop([&](graph::Session& s) {
      v1::ApplyGraphRequest request;
      const auto link = [&](const std::string& from, const std::string& to, const std::string& from_port,
                            const std::string& to_port) {
        auto& spec = *request.add_links();
        spec.set_source(from);
        spec.set_sink(to);
        spec.set_source_port(from_port);
        spec.set_sink_port(to_port);
      };
      for (const auto& port : ports(v1::DIRECTION_SINK)) link(to(port), "it", "", port.name);
      for (const auto& port : ports(v1::DIRECTION_SOURCE)) link("it", from(port), port.name, "");
      return s.apply(request).status();
    });
  }

  // The neighbours must see media of this source port: it runs through the element, or the element's own
  // options promise that it makes some. What goes into an endpoint comes out at its far end, and nobody is
  // there, unless its options lead back to it.
  bool gives_media(const graph::PortSpec& port) const {
    const auto sinks = ports(v1::DIRECTION_SINK);
    const bool through = !kind().endpoint && std::any_of(sinks.begin(), sinks.end(), [&](const auto& sink) {
      return sink.kind == port.kind;
    });
    return through || promises_media(GetParam());
  }

  // Media came everywhere where it must.
  bool flows(LiveSession& session) const {
    const auto outs = ports(v1::DIRECTION_SOURCE);
    const auto ins = takers_of_their_own(session);
    return std::all_of(outs.begin(), outs.end(),
                       [&](const auto& port) {
                         return !gives_media(port) || session.frames_at(from(port)) >= kSomeFrames;
                       }) &&
           (ins.empty() || session.on_loop([&](graph::Session& s) { return came_to(s, ins); }));
  }

  static std::set<std::string> takers_of_their_own(LiveSession& session) {
    return session.on_loop([&](graph::Session& s) {
      std::set<std::string> out;
      for (const auto& port : (*s.find<graph::Element>(session.element("it")))->ports().sinks)
        if (port.media || port.packets) out.insert(port.name);
      return out;
    });
  }

  // To a peer that is not there no packet is sent: what was made for it counts.
  static bool came_to(graph::Session& s, const std::set<std::string>& sinks) {
    const auto stats = s.stats(s.name());
    const auto graph = s.graph();
    const auto made_of = [&](const kms::v1::Link& link) {
      uint64_t most = 0;
      for (const auto& bridge : graph.bridges()) {
        const bool is_its_own =
            bridge.source() == link.source() && bridge.source_port() == link.source_port();
        if (is_its_own) most = std::max(most, bridge.packets());
      }
      return most;
    };
    return std::all_of(sinks.begin(), sinks.end(), [&](const std::string& port) {
      return std::any_of(stats->links().begin(), stats->links().end(), [&](const auto& link) {
        return link.link().sink() == s.name() + "/elements/it" && link.link().sink_port() == port &&
               std::max({link.frames(), link.packets(), made_of(link.link())}) >= kSomeFrames;
      });
    });
  }

  // Plugins, type finders and models are loaded once, and stay; threads do not.
  void warm_up() const {
    const auto cold = ProcessLevel::now();
    ASSERT_NO_FATAL_FAILURE(be_in_use());
    ASSERT_TRUE(came_back_to(cold, [] { return ProcessLevel::now().without_descriptors(); }));
  }
  void be_in_use() const {
    LiveSession session(setup());
    ASSERT_TRUE(session.apply({spec()}, {}).ok()) << hint();
    ASSERT_TRUE(session.apply(neighbours(), {}).ok());
    ASSERT_TRUE(connect_all(session).ok());
    ASSERT_TRUE(session.eventually([&] { return flows(session); })) << seen(session);
  }

  std::string seen(LiveSession& session) const {
    return hint() + "\n" + session.stats().DebugString() + session.graph().graphviz();
  }
};

TEST(LiveObjects, CountsWhatIsNotFreed) {
  LiveObjects objects;
  auto kept = gst::Ref<GstObject>::sink(GST_OBJECT_CAST(gst_bin_new("kept")));
  EXPECT_EQ(objects.more()["GstBin"], 1);

  kept = {};

  EXPECT_TRUE(objects.more().empty());
}

TEST_P(Conformance, SaysWhatItIs) {
  const auto described = graph::Catalog::describe(kind());

  EXPECT_FALSE(described.title().empty());
  EXPECT_TRUE(described.summary().ends_with('.')) << "a summary is one sentence: " << described.summary();
  EXPECT_EQ(described.kind(), GetParam());
  EXPECT_TRUE(described.available()) << described.DebugString();
  EXPECT_FALSE(kind().ports.empty());
  std::set<std::pair<int, std::string>> names;
  for (const auto& port : kind().ports) {
    EXPECT_FALSE(port.name.empty());
    EXPECT_NE(port.kind, v1::MEDIA_KIND_UNSPECIFIED) << port.name;
    EXPECT_TRUE(names.emplace(port.direction, port.name).second) << port.name << " is there twice";
  }
}

TEST_P(Conformance, NamesMessagesAndServicesThatExist) {
  const auto& pool = *google::protobuf::DescriptorPool::generated_pool();

  for (const auto& event : kind().events) EXPECT_NE(pool.FindMessageTypeByName(event), nullptr) << event;
  if (!kind().service.empty()) {
    EXPECT_NE(pool.FindServiceByName(kind().service), nullptr) << kind().service;
  }
  EXPECT_FALSE(folder_of(GetParam()).empty()) << "its folder has the name of its package";
  EXPECT_TRUE(has_file(GetParam(), "README.md"));
}

TEST_P(Conformance, LivesWithThePortsItDeclares) {
  LiveSession session(setup());
  const auto made = session.apply({spec()}, {});
  ASSERT_TRUE(made.ok()) << made.status() << "; " << hint();

  const auto& living = made->elements(0).ports();
  EXPECT_EQ(static_cast<size_t>(living.size()), kind().ports.size());
  for (const auto& declared : kind().ports) {
    const auto port = std::find_if(living.begin(), living.end(), [&](const v1::Port& each) {
      return each.name() == declared.name && each.direction() == declared.direction;
    });
    ASSERT_NE(port, living.end()) << "no port " << declared.name;
    EXPECT_EQ(port->kind(), declared.kind) << declared.name;
    if (declared.formats.empty()) continue;  // not known before media arrives
    for (const auto& format : port->formats()) {
      EXPECT_NE(std::find(declared.formats.begin(), declared.formats.end(),
                          graph::Format{format.packing(), format.codec()}),
                declared.formats.end())
          << declared.name << " has a format that is not declared: " << format.ShortDebugString();
    }
  }
}

TEST_P(Conformance, RefusesWhatIsNoSuchOptions) {
  LiveSession session(setup());
  auto wrong = spec();
  wrong.mutable_options()->set_value("\xff\xff\xff");

  const auto refused = session.apply({wrong}, {});

  EXPECT_EQ(reason_of(refused.status()), "INVALID_OPTIONS") << refused.status();
  EXPECT_EQ(session.graph().elements_size(), 0);
}

TEST_P(Conformance, IsMadeAndReleasedAHundredTimes) {
  constexpr int kTimes = 100;
  ASSERT_NO_FATAL_FAILURE(warm_up());
  const auto before = ProcessLevel::now();
  LiveObjects objects;

  {
    LiveSession session(setup());
    for (int i = 0; i < kTimes; ++i) {
      ASSERT_TRUE(session.apply({spec()}, {}).ok()) << hint();
      ASSERT_TRUE(session.remove("it").ok());
    }
  }

  EXPECT_TRUE(came_back_to(before));
  EXPECT_TRUE(eventually([&] { return nothing_but_parsebins_streams(objects.more()); }))
      << testing::PrintToString(objects.more());
}

TEST_P(Conformance, ConnectsToWhatItsPortsAllowAndMediaFlows) {
  LiveSession session(setup());
  ASSERT_TRUE(session.apply({spec()}, {}).ok()) << hint();
  ASSERT_TRUE(session.apply(neighbours(), {}).ok());

  const auto connected = connect_all(session);

  ASSERT_TRUE(connected.ok()) << connected;
  EXPECT_TRUE(session.eventually([&] { return flows(session); })) << seen(session);
}

TEST_P(Conformance, IsReleasedWhileMediaFlows) {
  constexpr int kTimes = 5;
  ASSERT_NO_FATAL_FAILURE(warm_up());
  const auto before = ProcessLevel::now();
  LiveObjects objects;

  {
    LiveSession session(setup());
    ASSERT_TRUE(session.apply(neighbours(), {}).ok());
    for (int i = 0; i < kTimes; ++i) {
      ASSERT_TRUE(session.apply({spec()}, {}).ok()) << hint();
      ASSERT_TRUE(connect_all(session).ok());
      ASSERT_TRUE(session.eventually([&] { return flows(session); })) << seen(session);

      ASSERT_TRUE(session.remove("it").ok());

      EXPECT_EQ(session.graph().links_size(), 0);
      EXPECT_EQ(session.graph().transcoders_size(), 0);
    }
    ASSERT_TRUE(session.apply({spec()}, {}).ok());
    ASSERT_TRUE(connect_all(session).ok());
    ASSERT_TRUE(session.eventually([&] { return flows(session); })) << seen(session);
  }  // the last one is released with its session

  EXPECT_TRUE(came_back_to(before));
  EXPECT_TRUE(eventually([&] { return nothing_but_parsebins_streams(objects.more()); }))
      << testing::PrintToString(objects.more());
}

INSTANTIATE_TEST_SUITE_P(EveryKind, Conformance, testing::ValuesIn(all_kinds()), [](const auto& kind) {
  auto name = kind.param.substr(kind.param.rfind('.') + 1);
  return name.substr(0, name.rfind("Options"));
});

}  // namespace
}  // namespace kms::test
