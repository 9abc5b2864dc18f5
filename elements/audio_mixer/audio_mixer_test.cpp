// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>

#include "elements/audio_mixer/audio_mixer_element.hpp"
#include "kms-core/graph/catalog.hpp"
#include "tests/support/ear.hpp"
#include "tests/support/session_fixture.hpp"
#include "tests/support/test_elements.hpp"

namespace kms {
void declare_audio_mixer(graph::Catalog& catalog);
}

namespace kms::audio_mixer {
namespace {

using kms::test::Ear;
using kms::test::tone_db;
using std::chrono::milliseconds;

constexpr double kTone = -20;  // dB: of audiotestsrc at a tenth of the loudest
constexpr double kNothing = kTone - 40;

std::string tone_of(double hz, const std::string& format, double volume = 0.1) {
  return "audio:" + format +
         " audiotestsrc is-live=true samplesperbuffer=480 volume=" + std::to_string(volume) +
         " freq=" + std::to_string(hz) + " ! audio/x-raw,format=S16LE,rate=48000,channels=1 ! " +
         (format == "raw" ? "identity" : "opusenc");
}

v1::AudioMixerOptions with_ports(const std::vector<std::string>& ids) {
  v1::AudioMixerOptions options;
  for (const auto& id : ids) options.add_ports()->set_port_id(id);
  return options;
}

kms::v1::ElementSpec mixer(const v1::AudioMixerOptions& options) {
  kms::v1::ElementSpec spec;
  spec.set_element_id("mixer");
  spec.mutable_options()->PackFrom(options);
  return spec;
}

class AudioMixerTest : public testing::Test {
 protected:
  Status make(const v1::AudioMixerOptions& options) { return session_.apply({mixer(options)}, {}).status(); }
  template <typename Work>
  auto on_mixer(Work work) {
    return session_.on_loop([&](graph::Session& session) {
      return work(**session.find<AudioMixerElement>(session_.element("mixer")));
    });
  }
  // Somebody who hums at a hub port, and hears there.
  void sit(const std::string& port_id, double hz, const std::string& format) {
    ASSERT_TRUE(session_.apply({test::source(port_id, tone_of(hz, format))}, {}).ok());
    ASSERT_TRUE(link(port_id, "mixer", "", port_id).ok());
    attach(port_id);
  }
  void attach(const std::string& port_id) {
    const auto port = port_id.empty() ? "audio" : port_id + ".audio";
    auto& ear = ears_[port_id];
    ear = std::make_unique<Ear>("ear", "opusdec");
    on_mixer([&](AudioMixerElement& element) {
      for (const auto& source : element.ports().sources) {
        if (source.name == port) ear->inlet()->attach(source.media);
      }
      return 0;
    });
  }
  Status link(const std::string& from, const std::string& to, const std::string& from_port,
              const std::string& to_port) {
    kms::v1::LinkSpec spec;
    spec.set_source(from);
    spec.set_sink(to);
    spec.set_source_port(from_port);
    spec.set_sink_port(to_port);
    return session_.on_loop([&](graph::Session& session) { return session.connect(spec).status(); });
  }
  std::vector<int16_t> heard(const std::string& port_id) {
    return ears_.at(port_id)->listen(milliseconds(100));
  }
  bool hears(const std::string& port_id, double hz) {
    return test::eventually([&] { return std::abs(tone_db(heard(port_id), hz) - kTone) < 2; });
  }

  test::LiveSession session_{{.declare = [](graph::Catalog& catalog) {
    declare_audio_mixer(catalog);
    test::declare_test_elements(catalog);
  }}};
  std::map<std::string, std::unique_ptr<Ear>> ears_;
};

TEST_F(AudioMixerTest, EveryoneHearsTheOthersAndNobodyHimselfRawOrAsPackets) {
  ASSERT_TRUE(make(with_ports({"ann", "ben", "cy", "dee"})).ok());
  sit("ann", 500, "raw");
  sit("ben", 900, "OPUS");
  sit("cy", 1500, "raw");
  attach("dee");
  attach("");
  for (const double hz : {500.0, 900.0, 1500.0}) {
    EXPECT_TRUE(hears("dee", hz)) << hz;
    EXPECT_TRUE(hears("", hz)) << hz;
  }
  EXPECT_TRUE(hears("ann", 900));
  EXPECT_TRUE(hears("ben", 500));
  EXPECT_TRUE(hears("cy", 900));
  for (const auto& [id, hz] : {std::pair{"ann", 500.0}, {"ben", 900.0}, {"cy", 1500.0}})
    EXPECT_TRUE(test::eventually([&] { return tone_db(heard(id), hz) < kNothing; })) << id;
}

TEST_F(AudioMixerTest, APortThatIsReleasedIsHeardNoMoreAndAnotherOneIsAtOnce) {
  ASSERT_TRUE(make(with_ports({"ann", "ear"})).ok());
  sit("ann", 500, "OPUS");
  attach("ear");
  ASSERT_TRUE(hears("ear", 500));

  ASSERT_TRUE(on_mixer([](auto& element) { return element.delete_hub_port("ann"); }).ok());
  EXPECT_TRUE(test::eventually([&] { return tone_db(heard("ear"), 500) < kNothing; }));

  v1::CreateHubPortRequest asked;
  asked.set_port_id("ben");
  ASSERT_TRUE(on_mixer([&](auto& element) { return element.create_hub_port(asked); }).ok());
  sit("ben", 900, "raw");
  EXPECT_TRUE(hears("ear", 900));
}

TEST_F(AudioMixerTest, MuteAndGainChangeWhileItRuns) {
  ASSERT_TRUE(make(with_ports({"ann", "ear"})).ok());
  sit("ann", 500, "raw");
  attach("ear");
  ASSERT_TRUE(hears("ear", 500));
  v1::SetInputRequest asked;
  asked.set_port_id("ann");
  asked.mutable_input()->set_gain(4);
  ASSERT_TRUE(on_mixer([&](auto& element) { return element.set_input(asked); }).ok());
  EXPECT_TRUE(test::eventually([&] { return std::abs(tone_db(heard("ear"), 500) - kTone - 12) < 2; }));

  asked.mutable_input()->set_muted(true);
  ASSERT_TRUE(on_mixer([&](auto& element) { return element.set_input(asked); }).ok());
  EXPECT_TRUE(test::eventually([&] { return tone_db(heard("ear"), 500) < kNothing; }));
}

TEST_F(AudioMixerTest, TellsWhoSpeaks) {
  ASSERT_TRUE(make(with_ports({"ann", "ben"})).ok());
  sit("ann", 500, "raw");
  const auto spoke = [](const std::string& who) {
    return [who](const kms::v1::Event& event) {
      v1::ActiveSpeakerChanged told;
      return event.element_event().UnpackTo(&told) && told.port_id() == who;
    };
  };
  session_.await(spoke("ann"));
  ASSERT_TRUE(session_.remove("ann").ok());
  session_.await(spoke(""));
}

TEST_F(AudioMixerTest, WithoutInputsItsTakersHearSilence) {
  ASSERT_TRUE(session_
                  .apply({mixer(with_ports({"ann"})), test::sink("one", "audio:OPUS"),
                          test::sink("two", "audio:raw"), test::sink("three", "audio:PCMU")},
                         {})
                  .ok());
  ASSERT_TRUE(link("mixer", "one", "ann", "").ok());
  ASSERT_TRUE(link("mixer", "two", "", "").ok());
  ASSERT_TRUE(link("mixer", "three", "ann", "").ok());

  EXPECT_TRUE(session_.eventually([&] {
    return session_.frames_at("one") > 10 && session_.frames_at("two") > 10 &&
           session_.frames_at("three") > 10;
  }));
}

TEST_F(AudioMixerTest, WhoHearsTheSameSharesItsEncoding) {
  ASSERT_TRUE(make(with_ports({"ann", "ben"})).ok());
  for (const auto& id : {"ann", "ben"}) {
    ASSERT_TRUE(session_.apply({test::sink(std::string(id) + "-ear", "audio:OPUS")}, {}).ok());
    ASSERT_TRUE(link("mixer", std::string(id) + "-ear", id, "").ok());
  }
  EXPECT_TRUE(session_.eventually([&] { return session_.frames_at("ben-ear") > 10; }));
  for (const auto& event : session_.events()) EXPECT_FALSE(event.has_transcoding_started());
}

TEST_F(AudioMixerTest, RefusesWhatIsOutOfRange) {
  const auto refused = [&](auto change) {
    auto options = with_ports({"ann"});
    change(options);
    return reason_of(make(options));
  };
  EXPECT_EQ(refused([](auto& o) { o.mutable_sound()->set_channels(3); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.mutable_sound()->set_bitrate_bps(5); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.mutable_sound()->set_loudest(5000); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.mutable_sound()->set_quiet_dbov(200); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.mutable_ports(0)->mutable_input()->set_gain(-1); }), "INVALID_OPTIONS");
  EXPECT_EQ(
      refused([](auto& o) { o.mutable_ports(0)->mutable_input()->set_display_name(std::string(300, 'x')); }),
      "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.mutable_ports(0)->set_port_id("-"); }), "INVALID_ID");
  EXPECT_EQ(refused([](auto& o) { o.add_ports()->set_port_id("ann"); }), "PORT_EXISTS");
  ASSERT_TRUE(make(with_ports({"ann"})).ok());
  EXPECT_EQ(reason_of(on_mixer([](auto& element) { return element.delete_hub_port("nobody"); })),
            "PORT_NOT_FOUND");
  EXPECT_EQ(reason_of(on_mixer([](auto& element) { return element.set_input({}); })), "PORT_NOT_FOUND");
}

// Each of the three has a tone of his own: how several of one tone would add up is a matter of moments.
TEST_F(AudioMixerTest, TwoHundredInputsAndTheLoudestThree) {
  const std::vector<std::pair<std::string, double>> loud{{"ann", 500}, {"ben", 900}, {"cy", 1500}};
  auto options = with_ports({"ear", "ann", "ben", "cy"});
  for (int i = 0; i < 196; ++i) options.add_ports();
  ASSERT_TRUE(make(options).ok());
  attach("ear");
  ASSERT_TRUE(session_.apply({test::source("murmur", tone_of(300, "raw", 0.01))}, {}).ok());
  for (const auto& [id, hz] : loud) {
    ASSERT_TRUE(session_.apply({test::source(id, tone_of(hz, "raw"))}, {}).ok());
    ASSERT_TRUE(link(id, "mixer", "", id).ok());
  }
  const auto ids = on_mixer([](AudioMixerElement& element) {
    std::vector<std::string> out;
    for (const auto& port : element.ports().sinks) out.push_back(port.name);
    return out;
  });
  for (const auto& id : ids) {
    const auto owner = id.substr(0, id.find('.'));
    const bool murmurs = owner != "ear" && std::ranges::find(loud, owner, [](const auto& one) {
                                             return one.first;
                                           }) == loud.end();
    ASSERT_TRUE(!murmurs || link("murmur", "mixer", "", id).ok());
  }
  for (const auto& [id, hz] : loud) EXPECT_TRUE(hears("ear", hz)) << id;
  EXPECT_TRUE(test::eventually([&] { return tone_db(heard("ear"), 300) < kNothing; }));
}

}  // namespace
}  // namespace kms::audio_mixer
