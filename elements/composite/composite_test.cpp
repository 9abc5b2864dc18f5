// SPDX-License-Identifier: Apache-2.0
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "elements/composite/composite_element.hpp"
#include "kms-core/graph/catalog.hpp"
#include "tests/support/calm/calm.hpp"
#include "tests/support/ear.hpp"
#include "tests/support/eye.hpp"
#include "tests/support/session_fixture.hpp"
#include "tests/support/taker.hpp"
#include "tests/support/test_elements.hpp"

namespace kms {
void declare_composite(graph::Catalog& catalog);
}

namespace kms::composite {
namespace {

using kms::test::Ear;
using kms::test::Eye;
using kms::test::Sight;
using kms::test::tone_db;
using std::chrono::milliseconds;

constexpr uint32_t kRed = 0xff0000;
constexpr uint32_t kGreen = 0x00ff00;
constexpr uint32_t kBlue = 0x0000ff;
constexpr uint32_t kWhite = 0xffffff;

std::string colour(uint32_t rgb, const std::string& format = "I420,width=320,height=180") {
  return "video:raw videotestsrc is-live=true pattern=solid-color foreground-color=" +
         std::to_string(0xff000000U | rgb) +
         " ! video/x-raw,framerate=30/1,colorimetry=bt601,format=" + format + " ! identity";
}

std::string hum(double hz) {
  return "audio:raw audiotestsrc is-live=true samplesperbuffer=480 volume=0.1 freq=" + std::to_string(hz) +
         " ! audio/x-raw,format=S16LE,rate=48000,channels=1 ! identity";
}

v1::CompositeOptions with_ports(const std::vector<std::string>& ids) {
  v1::CompositeOptions options;
  options.set_width(640);
  options.set_height(360);
  options.mutable_background()->set_color(kWhite);
  for (const auto& id : ids) options.add_ports()->set_port_id(id);
  return options;
}

class CompositeTest : public testing::Test {
 protected:
  explicit CompositeTest(Config config = {})
      : session_({.config = std::move(config), .declare = [](graph::Catalog& catalog) {
                    declare_composite(catalog);
                    test::declare_test_elements(catalog);
                  }}) {}

  Status make(const v1::CompositeOptions& options) {
    kms::v1::ElementSpec spec;
    spec.set_element_id("hub");
    spec.mutable_options()->PackFrom(options);
    return session_.apply({spec}, {}).status();
  }
  template <typename Work>
  auto on_hub(Work work) {
    return session_.on_loop([&](graph::Session& session) {
      return work(**session.find<CompositeElement>(session_.element("hub")));
    });
  }
  // Media of a source goes into a hub port.
  Status send(const std::string& source, const std::string& port_id, const std::string& description) {
    if (auto made = session_.apply({test::source(source, description)}, {}); !made.ok()) return made.status();
    return link(source, port_id);
  }
  Status link(const std::string& source, const std::string& port_id) {
    kms::v1::LinkSpec spec;
    spec.set_source(source);
    spec.set_sink("hub");
    spec.set_sink_port(port_id);
    return session_.on_loop([&](graph::Session& session) { return session.connect(spec).status(); });
  }
  void look(Eye& eye) {
    on_hub([&](CompositeElement& hub) {
      eye.inlet()->attach(hub.ports().sources[1].media);
      return 0;
    });
  }
  void listen(Ear& ear, const std::string& port) {
    on_hub([&](CompositeElement& hub) {
      for (const auto& source : hub.ports().sources) {
        if (source.name == port) ear.inlet()->attach(source.media);
      }
      return 0;
    });
  }
  // The size of pictures that suffices for a hub port.
  bool asks(const std::string& id, uint32_t width, uint32_t height) {
    const auto wanted = [&](CompositeElement& hub) {
      const auto& sinks = hub.ports().sinks;
      const auto found = std::ranges::find(sinks, id + ".video", &graph::SinkPort::name);
      return found == sinks.end() ? rtc::PictureSize{} : found->wants;
    };
    return test::eventually([&] { return on_hub(wanted) == rtc::PictureSize{width, height}; });
  }
  Result<v1::SetLayoutResponse> set(const v1::Layout& layout) {
    return on_hub([&](CompositeElement& hub) { return hub.set_layout(layout); });
  }

  test::LiveSession session_;
};

TEST_F(CompositeTest, EveryoneIsSeenInHisPlaceAndHeardByAllOthers) {
  ASSERT_TRUE(make(with_ports({"ann", "ben", "cy"})).ok());
  ASSERT_TRUE(send("ann", "ann", colour(kRed)).ok());
  ASSERT_TRUE(send("ann-voice", "ann", hum(500)).ok());
  ASSERT_TRUE(send("ben", "ben", colour(kGreen)).ok());
  ASSERT_TRUE(send("ben-voice", "ben", hum(900)).ok());
  ASSERT_TRUE(send("cy", "cy", colour(kBlue)).ok());
  Eye eye("eye");
  Ear ann("ann", "opusdec");
  Ear cy("cy", "opusdec");
  look(eye);
  listen(ann, "ann.audio");
  listen(cy, "cy.audio");

  EXPECT_TRUE(eye.sees([](const Sight& sight) {
    return sight.is(160, 90, kRed) && sight.is(480, 90, kGreen) && sight.is(320, 270, kBlue) &&
           sight.is(10, 350, kWhite);
  })) << eye.last().at(160, 90)
      << eye.last().at(480, 90) << eye.last().at(320, 270) << eye.last().at(10, 350);
  const auto hears = [](const Ear& ear, double hz, bool loud) {
    return test::eventually([&] {  // what comes while the machine is held up clicks
      const auto db = tone_db(ear.listen(milliseconds(100)), hz);
      return loud ? std::abs(db + 20) < 2 : db < -60;
    });
  };
  EXPECT_TRUE(hears(cy, 500, true));
  EXPECT_TRUE(hears(cy, 900, true));
  EXPECT_TRUE(hears(ann, 900, true));
  EXPECT_TRUE(hears(ann, 500, false));
}

TEST_F(CompositeTest, PicturesOfAllAreEncodedOnceForAllTakers) {
  ASSERT_TRUE(make(with_ports({"ann", "ben"})).ok());
  for (const auto& id : {"ann", "ben", ""}) {
    const auto taker = std::string("taker") + id;
    ASSERT_TRUE(session_.apply({test::sink(taker, "video:VP8")}, {}).ok());
    kms::v1::LinkSpec spec;
    spec.set_source("hub");
    spec.set_source_port(id);
    spec.set_sink(taker);
    ASSERT_TRUE(session_.on_loop([&](graph::Session& session) { return session.connect(spec).ok(); }));
  }
  EXPECT_TRUE(session_.eventually([&] {
    return session_.frames_at("takerann") > 5 && session_.frames_at("takerben") > 5 &&
           session_.frames_at("taker") > 5;
  }));
  int encoders = 0;
  for (const auto& event : session_.events()) encoders += event.has_transcoding_started() ? 1 : 0;
  EXPECT_EQ(encoders, 1);

  ASSERT_TRUE(on_hub([](CompositeElement& hub) { return hub.delete_hub_port("ann"); }).ok());
  ASSERT_TRUE(session_.remove("taker").ok());
  const auto before = session_.frames_at("takerben");
  EXPECT_TRUE(session_.eventually([&] { return session_.frames_at("takerben") > before + 5; }));
  for (const auto& event : session_.events()) EXPECT_FALSE(event.has_transcoding_stopped());
}

TEST_F(CompositeTest, AnInputIsMutedAndMadeLouderWhileItRuns) {
  ASSERT_TRUE(make(with_ports({"ann", "ben"})).ok());
  ASSERT_TRUE(send("ann", "ann", hum(500)).ok());
  Ear ben("ben", "opusdec");
  listen(ben, "ben.audio");
  const auto hears = [&](double db, double within) {
    return test::eventually(
        [&] { return std::abs(tone_db(ben.listen(milliseconds(100)), 500) - db) < within; });
  };
  EXPECT_TRUE(hears(-20, 2));

  v1::SetInputRequest asked;
  asked.set_port_id("ann");
  asked.mutable_input()->set_gain(2);
  ASSERT_TRUE(on_hub([&](CompositeElement& hub) { return hub.set_input(asked); }).ok());
  EXPECT_TRUE(hears(-14, 2));
  asked.mutable_input()->set_muted(true);
  ASSERT_TRUE(on_hub([&](CompositeElement& hub) { return hub.set_input(asked); }).ok());
  EXPECT_TRUE(test::eventually([&] { return tone_db(ben.listen(milliseconds(100)), 500) < -60; }));
  asked.set_port_id("nobody");
  EXPECT_EQ(reason_of(on_hub([&](CompositeElement& hub) { return hub.set_input(asked); })), "PORT_NOT_FOUND");
}

TEST_F(CompositeTest, LayoutsChangeWhileItRuns) {
  ASSERT_TRUE(make(with_ports({"ann", "ben"})).ok());
  ASSERT_TRUE(send("ann", "ann", colour(kRed)).ok());
  ASSERT_TRUE(send("ben", "ben", colour(kGreen)).ok());
  Eye eye("eye");
  look(eye);
  ASSERT_TRUE(eye.sees([](const Sight& s) { return s.is(160, 180, kRed) && s.is(480, 180, kGreen); }));

  v1::Layout layout;
  layout.mutable_speaker()->set_main("ben");
  ASSERT_TRUE(set(layout).ok());
  EXPECT_TRUE(eye.sees([](const Sight& s) { return s.is(320, 120, kGreen) && s.is(320, 324, kRed); }));

  layout.mutable_picture_in_picture()->set_main("ann");
  layout.mutable_picture_in_picture()->set_corner(v1::CORNER_TOP_LEFT);
  ASSERT_TRUE(set(layout).ok());
  EXPECT_TRUE(eye.sees(
      [](const Sight& s) { return s.is(20, 20, kGreen) && s.is(320, 180, kRed) && s.is(620, 340, kRed); }));

  auto* cell = layout.mutable_custom()->add_cells();
  cell->set_port_id("ben");
  cell->set_x(400);
  cell->set_y(200);
  cell->set_width(160);
  cell->set_height(90);
  cell->mutable_look()->set_border(8);
  cell->mutable_look()->set_border_color(kBlue);
  ASSERT_TRUE(set(layout).ok());
  EXPECT_TRUE(eye.sees([](const Sight& s) {
    return s.is(480, 244, kGreen) && s.is(403, 244, kBlue) && s.is(160, 90, kWhite) && s.is(390, 244, kWhite);
  }));
}

TEST_F(CompositeTest, AsksForPicturesAsLargeAsTheyAreSeen) {
  ASSERT_TRUE(make(with_ports({"ann", "ben"})).ok());
  ASSERT_TRUE(send("ann", "ann", colour(kRed)).ok());
  ASSERT_TRUE(send("ben", "ben", colour(kGreen)).ok());
  EXPECT_TRUE(asks("ann", 320, 180) && asks("ben", 320, 180));

  v1::Layout layout;
  layout.mutable_speaker()->set_main("ben");
  ASSERT_TRUE(set(layout).ok());
  EXPECT_TRUE(asks("ben", 512, 288) && asks("ann", 128, 72)) << "72 rows are the strip's";

  auto* cell = layout.mutable_custom()->add_cells();
  cell->set_port_id("ann");
  cell->set_width(180);
  cell->set_height(180);
  cell->mutable_look()->set_fit(v1::FIT_CROP);
  ASSERT_TRUE(set(layout).ok());
  EXPECT_TRUE(asks("ann", 320, 180)) << "what is cut off is as large";
  EXPECT_TRUE(asks("ben", 1, 1)) << "nobody sees him";

  ASSERT_TRUE(session_.remove("ann").ok());
  ASSERT_TRUE(send("tall", "ann", colour(kBlue, "I420,width=90,height=180")).ok());
  Eye eye("eye");
  look(eye);
  ASSERT_TRUE(eye.sees([](const Sight& s) { return s.is(90, 90, kBlue); }));
  EXPECT_TRUE(asks("ann", 180, 360)) << "its own shape counts";
}

TEST_F(CompositeTest, ALayoutMayNameInputsThatComeLater) {
  ASSERT_TRUE(make(with_ports({"ann"})).ok());
  ASSERT_TRUE(send("ann", "ann", colour(kRed)).ok());
  v1::Layout layout;
  for (const auto& [id, x] : {std::pair{"ann", 0}, {"late", 320}}) {
    auto* cell = layout.mutable_custom()->add_cells();
    cell->set_port_id(id);
    cell->set_x(x);
    cell->set_width(320);
    cell->set_height(180);
  }
  const auto answer = set(layout);
  ASSERT_TRUE(answer.ok());
  ASSERT_EQ(answer->not_there_size(), 1);
  EXPECT_EQ(answer->not_there(0), "late");
  Eye eye("eye");
  look(eye);
  ASSERT_TRUE(eye.sees([](const Sight& s) { return s.is(160, 90, kRed) && s.is(480, 90, kWhite); }));

  v1::CreateHubPortRequest asked;
  asked.set_port_id("late");
  ASSERT_TRUE(on_hub([&](CompositeElement& hub) { return hub.create_hub_port(asked); }).ok());
  ASSERT_TRUE(send("late", "late", colour(kBlue)).ok());
  EXPECT_TRUE(eye.sees([](const Sight& s) { return s.is(160, 90, kRed) && s.is(480, 90, kBlue); }));
}

TEST_F(CompositeTest, SizesFormatsAndShapesOfInputsMayBeAnyAndChange) {
  ASSERT_TRUE(make(with_ports({"ann", "ben"})).ok());
  ASSERT_TRUE(send("ben", "ben", colour(kGreen)).ok());
  Eye eye("eye");
  look(eye);
  int number = 0;
  for (const std::string format :
       {"I420,width=7680,height=4320", "RGB,width=64,height=36", "NV12,width=1920,height=1080",
        "I420,width=36,height=64", "GRAY8,width=2,height=2"}) {
    const auto id = "source" + std::to_string(++number);
    const bool grey = format.starts_with("GRAY");
    ASSERT_TRUE(send(id, "ann", colour(grey ? kWhite : kRed, format)).ok()) << id;
    EXPECT_TRUE(eye.sees([&](const Sight& s) {
      return s.is(160, 180, grey ? kWhite : kRed) && s.is(480, 180, kGreen);
    })) << format;
    ASSERT_TRUE(session_.remove(id).ok());
  }
}

TEST_F(CompositeTest, AnInputThatFreezesShowsItsLastPictureThenAPlaceholderThenItsPicturesAgain) {
  auto options = with_ports({"ann"});
  options.mutable_placeholder_after()->set_seconds(3);
  ASSERT_TRUE(make(options).ok());
  Eye eye("eye");
  look(eye);
  ASSERT_TRUE(send("short", "ann",
                   "video:raw videotestsrc is-live=true num-buffers=10 pattern=solid-color "
                   "foreground-color=4294901760 ! "
                   "video/x-raw,format=I420,width=320,height=180,framerate=30/1,colorimetry=bt601 ! identity")
                  .ok());
  ASSERT_TRUE(eye.sees([](const Sight& s) { return s.is(320, 40, kRed); }));
  EXPECT_TRUE(eye.sees([](const Sight& s) { return s.is(320, 40, 0x2a3038); }));

  ASSERT_TRUE(session_.remove("short").ok());
  EXPECT_TRUE(eye.sees([](const Sight& s) { return s.is(320, 40, kWhite); }));
  ASSERT_TRUE(send("again", "ann", colour(kBlue)).ok());
  EXPECT_TRUE(eye.sees([](const Sight& s) { return s.is(320, 40, kBlue); }));
}

TEST_F(CompositeTest, WhoHasNoPicturesHasAPlaceholderWithHisName) {
  auto options = with_ports({"ann"});
  options.mutable_ports(0)->mutable_input()->set_display_name("Ännchen");
  ASSERT_TRUE(make(options).ok());
  ASSERT_TRUE(send("voice", "ann", hum(500)).ok());
  Eye eye("eye");
  look(eye);
  const auto bright = [](const Sight& s) {
    int count = 0;
    for (int x = 200; x < 440; ++x) {
      for (int y = 160; y < 200; ++y) count += s.is(x, y, 0xf0f0f0) ? 1 : 0;
    }
    return count;
  };
  EXPECT_TRUE(eye.sees([&](const Sight& s) { return s.is(320, 40, 0x2a3038) && bright(s) > 50; }));
}

// In a grid of ten by ten.
int cells_of(const Sight& sight, uint32_t color) {
  int count = 0;
  for (int cell = 0; cell < 100; ++cell)
    count += sight.is(32 + cell % 10 * 64, 18 + cell / 10 * 36, color) ? 1 : 0;
  return count;
}

TEST_F(CompositeTest, AHundredInputsComeAtOnceAndGo) {
  std::vector<std::string> ids;
  for (int i = 0; i < 100; ++i) ids.push_back("p" + std::to_string(i));
  ASSERT_TRUE(make(with_ports(ids)).ok());
  ASSERT_TRUE(session_.apply({test::source("red", colour(kRed))}, {}).ok());
  Eye eye("eye");
  look(eye);
  for (const auto& id : ids) ASSERT_TRUE(link("red", id).ok());

  EXPECT_TRUE(eye.sees([](const Sight& s) { return cells_of(s, kRed) == 100; }));
  for (const auto& id : ids)
    ASSERT_TRUE(on_hub([&](CompositeElement& hub) { return hub.delete_hub_port(id); }).ok());
  EXPECT_TRUE(eye.sees([](const Sight& s) { return s.is(320, 180, kWhite); }));
}

TEST_F(CompositeTest, ComingGoingAndNewLayoutsLeaveNoGap) {
  ASSERT_TRUE(make(with_ports({"ann"})).ok());
  ASSERT_TRUE(send("ann", "ann", colour(kRed)).ok());
  ASSERT_TRUE(session_.apply({test::source("blue", colour(kBlue))}, {}).ok());
  Eye eye("eye");
  eye.inlet()->set_patience(1000, UINT64_MAX);  // who looks misses nothing, though he is held up
  look(eye);
  ASSERT_TRUE(eye.sees([](const Sight& s) { return s.is(320, 180, kRed); }));
  std::vector<v1::Layout> layouts(3);
  layouts[1].mutable_speaker()->set_main("guest");
  for (const auto* id : {"ann", "guest", "nobody"}) {
    auto* cell = layouts[2].mutable_custom()->add_cells();
    cell->set_port_id(id);
    cell->set_width(320);
    cell->set_height(180);
  }
  size_t from = 0;
  test::measure_again_if(
      [&] { return eye.latest(from) > test::kHeldUp; },
      [&] {
        from = eye.times().size();
        for (int i = 0; i < 30; ++i) {
          v1::CreateHubPortRequest asked;
          asked.set_port_id("guest");
          ASSERT_TRUE(on_hub([&](CompositeElement& hub) { return hub.create_hub_port(asked); }).ok());
          ASSERT_TRUE(link("blue", "guest").ok());
          ASSERT_TRUE(set(layouts[i % 3]).ok());
          ASSERT_TRUE(eye.watch(1));
          ASSERT_TRUE(on_hub([](CompositeElement& hub) { return hub.delete_hub_port("guest"); }).ok());
          ASSERT_TRUE(set(layouts[(i + 1) % 3]).ok());
        }

        const auto times = eye.times();
        size_t late = 0;
        for (size_t i = from + 1; i < times.size(); ++i)
          late += times[i] - times[i - 1] > 70 * GST_MSECOND ? 1 : 0;
        EXPECT_LE(late, 1U) << "a machine that is busy for 100 ms may leave one out";
      });
}

TEST_F(CompositeTest, RefusesWhatIsOutOfRange) {
  const auto refused = [&](auto change) {
    auto options = with_ports({"ann"});
    change(options);
    return reason_of(make(options));
  };
  EXPECT_EQ(refused([](auto& o) { o.set_width(15); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.set_width(641); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.set_height(10000); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.set_frames_per_second(61); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.mutable_placeholder_after()->set_seconds(-1); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.mutable_placeholder_after()->set_seconds(1LL << 60); }),
            "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.mutable_background()->set_color(0x1000000); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.mutable_background()->set_image_uri("http://x/y.png"); }),
            "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.mutable_background()->set_image_uri("file:///etc/passwd"); }),
            "URI_NOT_ALLOWED");
  EXPECT_EQ(refused([](auto& o) { o.mutable_layout()->mutable_look()->set_border_color(0x1000000); }),
            "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.mutable_layout()->set_spacing(4000000000U); }), "LAYOUT_INVALID");
  EXPECT_EQ(refused([](auto& o) { o.mutable_layout()->mutable_speaker()->set_strip_share(0.9); }),
            "LAYOUT_INVALID");
  EXPECT_EQ(refused([](auto& o) { o.mutable_layout()->mutable_custom()->add_cells()->set_port_id("ann"); }),
            "LAYOUT_INVALID");
  EXPECT_EQ(refused([](auto& o) { o.mutable_sound()->set_channels(6); }), "INVALID_OPTIONS");
  EXPECT_EQ(refused([](auto& o) { o.add_ports()->set_port_id("ann"); }), "PORT_EXISTS");
}

class CompositeWithFiles : public CompositeTest {
 protected:
  CompositeWithFiles() : CompositeTest(config()) {}
  ~CompositeWithFiles() override { std::filesystem::remove_all(folder()); }
  static std::filesystem::path folder() {
    return std::filesystem::temp_directory_path() / ("kms-composite-" + std::to_string(getpid()));
  }
  static Config config() {
    std::filesystem::create_directories(folder());
    Config out;
    out.files.read = {folder().string()};
    return out;
  }
  Status set_background(const std::string& file) {
    std::promise<Status> answer;
    v1::Background background;
    background.set_image_uri("file://" + (folder() / file).string());
    on_hub([&](CompositeElement& hub) {
      hub.set_background(background, [&](const Status& status) { answer.set_value(status); });
      return 0;
    });
    return answer.get_future().get();
  }
};

TEST_F(CompositeWithFiles, AnImageIsTheBackground) {
  const auto file = (folder() / "back.png").string();
  const auto line =
      "gst-launch-1.0 -q videotestsrc num-buffers=1 pattern=solid-color foreground-color=0xff0000ff ! "
      "video/x-raw,width=160,height=90 ! pngenc ! filesink location=" +
      file;
  ASSERT_EQ(std::system(line.c_str()), 0);
  std::ofstream(folder() / "text.png") << "no picture";
  ASSERT_TRUE(make(with_ports({"ann"})).ok());
  Eye eye("eye");
  look(eye);
  ASSERT_TRUE(eye.sees([](const Sight& s) { return s.is(320, 180, kWhite); }));

  EXPECT_EQ(reason_of(set_background("text.png")), "NOT_MEDIA");
  EXPECT_EQ(reason_of(set_background("missing.png")), "NOT_MEDIA");
  EXPECT_TRUE(set_background("back.png").ok());
  EXPECT_TRUE(eye.sees([](const Sight& s) { return s.is(320, 180, kBlue) && s.is(2, 2, kBlue); }));
}

}  // namespace
}  // namespace kms::composite
