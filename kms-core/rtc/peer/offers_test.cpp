// SPDX-License-Identifier: Apache-2.0
// Offers of ours, what the peer's answers make of them, and what codecs and bounds an application asks for.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <poll.h>

#include <future>
#include <set>

#include "kms-core/rtc/local_source.hpp"
#include "kms-core/rtc/peer/test_peer.hpp"
#include "kms-core/rtc/sdp/sdp_parser.hpp"
#include "tests/support/rtc_plane.hpp"

namespace kms::rtc {
namespace {

using test::TestPeer;
using ::testing::HasSubstr;
using ::testing::Not;

const WantedLine kSoundLine{.video = false};
const WantedLine kPictures{.video = true};

class Offers : public ::testing::Test {
 protected:
  void SetUp() override {
    server_ = kms::test::start_rtc();
    peer_ = server_->create_peer({});
  }
  // The browser sends and receives on its first two lines.
  static TestPeer both_ways() {
    TestPeer browser({.publishes = true});
    for (auto& line : browser.lines()) line.direction = "sendrecv";
    return browser;
  }
  // Its check and its ClientHello come before its answer.
  Result<std::string> begins_early(TestPeer& browser) {
    const auto offer = TestPeer::offer_of(*peer_, {kSoundLine, kPictures});
    if (!offer.ok()) return offer.status();
    auto answer = browser.answer_to(*offer);
    browser.connect(std::chrono::milliseconds(0));
    browser.receive_until([&] { return server_->statistics().packets_in >= 2; });
    return answer;
  }
  // Its own timer stands still meanwhile.
  static bool connects_without_repeating(TestPeer& browser) {
    const auto give_up = Clock::now() + std::chrono::seconds(20);
    while (browser.dtls().state() == DtlsState::kHandshaking && Clock::now() < give_up) {
      pollfd wait{browser.descriptor(), POLLIN, 0};
      poll(&wait, 1, 20);
      browser.read_available();
    }
    return browser.connected();
  }
  // One key frame of the browser's comes back to it, or what was kept of another.
  bool loops(TestPeer& browser, const SourceRef& source, int seconds = 20) {
    const auto consumer = peer_->consume(source);
    server_->statistics();
    browser.clear();
    browser.send({.key_frame = true, .sequence = ++sequence_, .timestamp = sequence_ * 3000u});
    return browser.receive_until([&] { return browser.count(true) > 0; }, std::chrono::seconds(seconds));
  }

  std::unique_ptr<Server> server_;
  std::unique_ptr<Peer> peer_;
  uint16_t sequence_ = 100;
};

TEST_F(Offers, AreAnsweredAndCarryMediaBothWays) {
  auto browser = both_ways();

  const auto answer = browser.join_by_offer_of(*peer_, {kSoundLine, kPictures});

  ASSERT_TRUE(answer.ok()) << message_of(answer.status());
  ASSERT_EQ(answer->lines.size(), 2u);
  const auto& pictures = answer->lines[1];
  EXPECT_TRUE(pictures.accepted && pictures.sends && pictures.receives && pictures.video);
  EXPECT_EQ(pictures.mid, "1");
  EXPECT_EQ(pictures.codec, Codec::kVp8);
  EXPECT_EQ(answer->lines[0].codec, Codec::kOpus);
  ASSERT_EQ(answer->sources.size(), 2u);
  EXPECT_EQ(answer->sources[1]->cname(), peer_->cname());
  EXPECT_TRUE(answer->sdp.empty());
  ASSERT_TRUE(browser.connect());
  EXPECT_TRUE(loops(browser, answer->sources[1]));
}

TEST_F(Offers, APeerThatBeginsBeforeItsAnswerIsHereNeedNotBeginAgain) {
  auto browser = both_ways();
  const auto answer = begins_early(browser);
  ASSERT_TRUE(answer.ok());

  ASSERT_TRUE(TestPeer::accept(*peer_, *answer).ok());

  EXPECT_TRUE(connects_without_repeating(browser));
}

TEST_F(Offers, APeerThatBeginsEarlyIsNoneWithoutTheRightCertificate) {
  TestPeer browser({.publishes = true, .lies_about_fingerprint = true});
  const auto answer = begins_early(browser);
  ASSERT_TRUE(answer.ok());

  ASSERT_TRUE(TestPeer::accept(*peer_, *answer).ok());

  EXPECT_FALSE(connects_without_repeating(browser));
  EXPECT_EQ(browser.dtls().state(), DtlsState::kFailed);
}

TEST_F(Offers, KeepTheirLinesWhenMoreCome) {
  auto browser = both_ways();
  auto answer = browser.join_by_offer_of(*peer_, {kSoundLine, kPictures});
  ASSERT_TRUE(answer.ok() && browser.connect());
  const auto before = browser.answer();

  browser.lines().push_back({"2", true, "sendrecv", 4711});
  answer = browser.join_by_offer_of(*peer_, {kPictures, {.video = false, .send = false, .mid = "0"}});

  ASSERT_TRUE(answer.ok()) << message_of(answer.status());
  ASSERT_EQ(answer->lines.size(), 3u);
  EXPECT_FALSE(answer->lines[0].sends);
  EXPECT_TRUE(answer->lines[0].receives);
  EXPECT_EQ(answer->sources.size(), 3u);
  const auto& after = browser.answer();
  EXPECT_EQ(after.session_id, before.session_id);
  EXPECT_GT(after.version, before.version);
  for (size_t i = 0; i < 2; ++i) EXPECT_EQ(after.media[i].mid, before.media[i].mid);
  EXPECT_EQ(after.media[1].payloads[0].type, before.media[1].payloads[0].type);
  EXPECT_EQ(after.media[1].ssrcs[0].ssrc, before.media[1].ssrcs[0].ssrc);
  EXPECT_EQ(after.media[2].payloads[0].type, before.media[1].payloads[0].type);
  EXPECT_TRUE(loops(browser, answer->sources[1]));
}

TEST_F(Offers, AfterThePeersOwnUseItsNumbers) {
  auto browser = both_ways();
  ASSERT_TRUE(browser.join(*peer_).ok());
  ASSERT_TRUE(browser.connect());

  browser.lines().push_back({"2", true, "recvonly"});
  const auto offer = TestPeer::offer_of(*peer_, {kPictures});
  ASSERT_TRUE(offer.ok());
  const auto text = *parse_sdp(*offer);
  ASSERT_EQ(text.media.size(), 3u);
  EXPECT_EQ(text.media[0].payloads[0].type, TestPeer::kAudioType);
  EXPECT_EQ(text.media[1].payloads[0].type, TestPeer::kVideoType);
  EXPECT_EQ(text.media[2].payloads[0].type, TestPeer::kVideoType);
  EXPECT_EQ(text.media[2].payloads[1].type, TestPeer::kRtxType);
  EXPECT_EQ(text.media[2].extensions[0].id, 1) << "mid, as the peer says";

  const auto answer = browser.answer_to(*offer);
  ASSERT_TRUE(answer.ok());
  const auto accepted = TestPeer::accept(*peer_, *answer);
  ASSERT_TRUE(accepted.ok()) << message_of(accepted.status());
  EXPECT_TRUE(loops(browser, accepted->sources[1]));
}

TEST_F(Offers, MayBeRejectedLineByLine) {
  auto browser = both_ways();
  browser.lines()[1].rejected = true;
  auto answer = browser.join_by_offer_of(*peer_, {kSoundLine, kPictures});
  ASSERT_TRUE(answer.ok());
  EXPECT_FALSE(answer->lines[1].accepted);
  EXPECT_EQ(answer->sources.size(), 1u);

  const auto again = TestPeer::offer_of(*peer_, {});
  ASSERT_TRUE(again.ok());
  EXPECT_THAT(*again, HasSubstr("m=video 0 "));
}

TEST_F(Offers, WaitOneAtATimeForTheirAnswer) {
  auto browser = both_ways();
  EXPECT_EQ(reason_of(TestPeer::accept(*peer_, "v=0").status()), "NO_OFFER_PENDING");
  EXPECT_EQ(reason_of(TestPeer::offer_of(*peer_, {}).status()), "NO_LINES");
  const auto offer = TestPeer::offer_of(*peer_, {kSoundLine});
  ASSERT_TRUE(offer.ok());
  EXPECT_EQ(reason_of(TestPeer::offer_of(*peer_, {kSoundLine}).status()), "OFFER_PENDING");

  for (const char* bad : {"", "garbage", "v=0\r\no=- 1 1 IN IP4 0.0.0.0\r\ns=-\r\nt=0 0\r\n"}) {
    const auto refused = TestPeer::accept(*peer_, bad);
    ASSERT_FALSE(refused.ok()) << bad;
    EXPECT_THAT(reason_of(refused.status()), HasSubstr("SDP_")) << bad;
  }
  const auto answer = browser.answer_to(*offer);
  EXPECT_TRUE(TestPeer::accept(*peer_, *answer).ok()) << "a bad answer is not the last one";
  EXPECT_EQ(reason_of(TestPeer::accept(*peer_, *answer).status()), "NO_OFFER_PENDING");
}

TEST_F(Offers, GiveWayToOneOfThePeersThatComesMeanwhile) {
  auto browser = both_ways();
  const auto ours = TestPeer::offer_of(*peer_, {kSoundLine, kPictures, kPictures});
  ASSERT_TRUE(ours.ok());
  const auto late = browser.answer_to(*ours);
  TestPeer other = both_ways();

  const auto theirs = other.join(*peer_);

  ASSERT_TRUE(theirs.ok()) << message_of(theirs.status());
  EXPECT_EQ(theirs->lines.size(), 2u);
  EXPECT_EQ(reason_of(TestPeer::accept(*peer_, *late).status()), "NO_OFFER_PENDING");
  ASSERT_TRUE(other.connect());
  EXPECT_TRUE(loops(other, theirs->sources[1]));
  EXPECT_TRUE(TestPeer::offer_of(*peer_, {}).ok()) << "and another can be made";
}

TEST_F(Offers, RefuseAnAnswerWithAnotherCertificate) {
  auto browser = both_ways();
  ASSERT_TRUE(browser.join_by_offer_of(*peer_, {kSoundLine, kPictures}).ok());
  TestPeer::Options options{.publishes = true};
  options.lies_about_fingerprint = true;
  TestPeer liar(options);
  const auto again = TestPeer::offer_of(*peer_, {});
  EXPECT_EQ(reason_of(TestPeer::accept(*peer_, *liar.answer_to(*again)).status()), "SDP_FINGERPRINT_CHANGED");
}

TEST_F(Offers, SayTheCodecOfWhatIsToBeSentFirst) {
  LocalSourceOptions made;
  made.codec = Codec::kH264;
  const auto source = server_->create_local_source(made);
  const auto consumer = peer_->consume(source->source(), "1");
  const auto offer = TestPeer::offer_of(*peer_, {kSoundLine, kPictures});
  ASSERT_TRUE(offer.ok());
  const auto text = *parse_sdp(*offer);
  EXPECT_EQ(text.media[1].payloads[0].encoding, "H264");
  EXPECT_EQ(text.media[1].stream_id, source->source()->cname());
}

TEST_F(Offers, SpeakOnlyWhatTheApplicationAllowsAndAskForNoMoreThanItBears) {
  PeerOptions options;
  options.codecs = {Codec::kPcma, Codec::kH264};
  options.max_receive_bps = 3'000'000;
  const auto peer = server_->create_peer(options);

  const auto offer =
      *TestPeer::offer_of(*peer, {kSoundLine, kPictures, kPictures, {.video = true, .receive = false}});

  EXPECT_THAT(offer, Not(HasSubstr("VP8")));
  EXPECT_THAT(offer, HasSubstr("m=audio 9 UDP/TLS/RTP/SAVPF 8\r\n"));
  const auto text = *parse_sdp(offer);
  EXPECT_THAT(offer, HasSubstr("b=TIAS:1500000\r\n")) << "two lines share it";
  EXPECT_EQ(offer.find("b=TIAS", offer.find("a=mid:3")), std::string::npos) << "nothing is received there";
}

TEST_F(Offers, ThePeersAreAnsweredByTheApplicationsPreference) {
  PeerOptions options;
  options.codecs = {Codec::kOpus, Codec::kVp8};
  options.max_receive_bps = 800'000;
  const auto peer = server_->create_peer(options);
  auto browser = both_ways();
  const auto answer = browser.join(*peer);
  ASSERT_TRUE(answer.ok());
  EXPECT_EQ(answer->lines[1].codec, Codec::kVp8);
  EXPECT_THAT(answer->sdp, HasSubstr("b=TIAS:800000\r\n"));

  options.codecs = {Codec::kH264, Codec::kPcmu};
  const auto strict = server_->create_peer(options);
  auto other = both_ways();
  const auto refused = other.join(*strict);
  ASSERT_TRUE(refused.ok());
  EXPECT_FALSE(refused->lines[0].accepted || refused->lines[1].accepted) << "it offers none of them";
}

TEST_F(Offers, ThePeersMayUseThePlaceOfALineThatWasRejected) {
  PeerOptions options;
  options.codecs = {Codec::kOpus};
  const auto peer = server_->create_peer(options);
  auto browser = both_ways();
  auto answer = browser.join(*peer);
  ASSERT_TRUE(answer.ok());
  ASSERT_FALSE(answer->lines[1].accepted);

  browser.lines()[1] = {"2", false, "sendrecv", 4711};
  answer = browser.join(*peer);

  ASSERT_TRUE(answer.ok()) << message_of(answer.status());
  EXPECT_TRUE(answer->lines[1].accepted);
  EXPECT_EQ(answer->lines[1].mid, "2");
}

TEST_F(Offers, AConsumerMayChooseItsLine) {
  LocalSourceOptions made;
  made.codec = Codec::kVp8;
  const auto one = server_->create_local_source(made);
  const auto two = server_->create_local_source(made);
  TestPeer browser({});
  browser.lines().push_back({"2", true, "recvonly"});
  const auto for_last = peer_->consume(one->source(), "2");
  const auto for_any = peer_->consume(two->source());

  ASSERT_TRUE(browser.join(*peer_).ok());

  EXPECT_EQ(browser.answer().media[2].stream_id, one->source()->cname());
  EXPECT_EQ(browser.answer().media[1].stream_id, two->source()->cname());
}

TEST_F(Offers, CandidatesAreThoseOfTheDescriptionsAndThePeersAreRead) {
  auto browser = both_ways();
  ASSERT_TRUE(browser.join(*peer_).ok());
  EXPECT_EQ(peer_->candidates(), browser.answer().media[0].candidates);

  const auto told = [&](const std::string& candidate) {
    std::promise<Status> promise;
    peer_->add_candidate(candidate, [&](const Status& status) { promise.set_value(status); });
    return reason_of(promise.get_future().get());
  };
  EXPECT_EQ(told("candidate:1 1 udp 2122260223 abc.local 46243 typ host"), reason_of(ok()));
  EXPECT_EQ(told(""), reason_of(ok()));
  EXPECT_EQ(told("candidate:nonsense"), "CANDIDATE_INVALID");
}

TEST_F(Offers, TellTheApplicationWhatBecomesOfTheTransport) {
  struct Seen {
    std::vector<IceTransportState> ice;
    std::vector<DtlsTransportState> dtls;
    std::vector<std::string> pairs;
  } seen;  // written on the RTC thread; read after a round trip to it
  PeerOptions options;
  options.events.on_ice_state = [&](IceTransportState state) { seen.ice.push_back(state); };
  options.events.on_dtls_state = [&](DtlsTransportState state) { seen.dtls.push_back(state); };
  options.events.on_selected_pair = [&](const std::string& pair) { seen.pairs.push_back(pair); };
  auto peer = server_->create_peer(options);
  auto browser = both_ways();
  ASSERT_TRUE(browser.join_by_offer_of(*peer, {kSoundLine, kPictures}).ok());
  ASSERT_TRUE(browser.connect());
  peer.reset();
  server_->statistics();

  using Ice = IceTransportState;
  using Dtls = DtlsTransportState;
  EXPECT_EQ(seen.ice, (std::vector{Ice::kChecking, Ice::kConnected, Ice::kClosed}));
  EXPECT_EQ(seen.dtls, (std::vector{Dtls::kConnecting, Dtls::kConnected, Dtls::kClosed}));
  ASSERT_EQ(seen.pairs.size(), 1u);
  EXPECT_THAT(seen.pairs[0], ::testing::MatchesRegex("udp 127.0.0.1:[0-9]+ 127.0.0.1:[0-9]+"));
}

TEST_F(Offers, HoldLinesUntilTheyAreResumedWhoeverOffersMeanwhile) {
  auto browser = both_ways();
  auto answer = browser.join_by_offer_of(*peer_, {kSoundLine, kPictures});
  ASSERT_TRUE(answer.ok() && browser.connect());
  const auto source = answer->sources[1];

  answer = browser.join_by_offer_of(*peer_, {{.video = true, .send = false, .receive = false, .mid = "1"}});
  ASSERT_TRUE(answer.ok()) << message_of(answer.status());
  EXPECT_TRUE(answer->lines[1].accepted);
  EXPECT_FALSE(answer->lines[1].sends || answer->lines[1].receives);
  EXPECT_EQ(answer->sources.size(), 2u) << "it may come back";

  const auto theirs = browser.join(*peer_);  // both ways, and no word of it
  ASSERT_TRUE(theirs.ok()) << message_of(theirs.status());
  EXPECT_TRUE(theirs->lines[1].accepted);
  EXPECT_FALSE(theirs->lines[1].sends || theirs->lines[1].receives);
  EXPECT_TRUE(theirs->lines[0].sends && theirs->lines[0].receives);

  answer = browser.join_by_offer_of(*peer_, {{.video = true, .mid = "1"}});
  ASSERT_TRUE(answer.ok()) << message_of(answer.status());
  EXPECT_TRUE(answer->lines[1].sends && answer->lines[1].receives);
  EXPECT_TRUE(loops(browser, source));
}

TEST_F(Offers, StopLinesAndUseTheirPlacesAgain) {
  auto browser = both_ways();
  ASSERT_TRUE(browser.join_by_offer_of(*peer_, {kSoundLine, kPictures}).ok() && browser.connect());
  browser.lines()[1].rejected = true;

  auto answer = browser.join_by_offer_of(*peer_, {{.video = true, .stopped = true, .mid = "1"}});
  ASSERT_TRUE(answer.ok()) << message_of(answer.status());
  EXPECT_FALSE(answer->lines[1].accepted);
  EXPECT_EQ(answer->sources.size(), 1u);

  const auto offer = TestPeer::offer_of(*peer_, {kSoundLine, kPictures});
  const auto text = *parse_sdp(*offer);
  ASSERT_EQ(text.media.size(), 3u);
  EXPECT_EQ(text.media[1].kind, MediaKind::kAudio) << "in the place of pictures";
  EXPECT_TRUE(text.media[1].is_active());
  EXPECT_EQ(text.media[2].kind, MediaKind::kVideo);
  const std::set<std::string> mids{"1", text.media[0].mid, text.media[1].mid, text.media[2].mid};
  EXPECT_EQ(mids.size(), 4u) << "another line, another mid";
}

// With the first one Chromium gives up the transport of all.
TEST_F(Offers, ThatStopTheFirstLineKeepItInactiveUntilItIsUsedAgain) {
  auto browser = both_ways();
  ASSERT_TRUE(browser.join_by_offer_of(*peer_, {kSoundLine, kPictures}).ok() && browser.connect());
  const auto is_held = [](const std::string& sdp) {
    const auto first = parse_sdp(sdp)->media.at(0);
    return first.is_active() && first.direction == Direction::kInactive;
  };

  const auto offer = TestPeer::offer_of(*peer_, {{.stopped = true, .mid = "0"}, kSoundLine});
  EXPECT_TRUE(is_held(*offer));
  EXPECT_EQ(parse_sdp(*offer)->media.size(), 3u)
      << "new sound does not take the place of what is just ending";
  auto answer = TestPeer::accept(*peer_, *browser.answer_to(*offer));
  EXPECT_FALSE(answer->lines[0].accepted) << "for the application it has ended";
  EXPECT_EQ(answer->sources.size(), 1u);

  browser.lines().push_back({.mid = "2", .video = false, .direction = "sendrecv", .rejected = true});
  answer = browser.join(*peer_);  // both ways, and no word of it
  EXPECT_TRUE(is_held(answer->sdp));
  EXPECT_FALSE(answer->lines[0].accepted);

  answer = browser.join_by_offer_of(*peer_, {kSoundLine});
  EXPECT_TRUE(answer->lines[0].accepted && answer->lines[0].sends && answer->lines[0].receives);
  EXPECT_EQ(answer->lines[0].mid, "0");
  const auto pictures =
      std::ranges::find_if(answer->sources, [](const SourceRef& source) { return source->is_video(); });
  EXPECT_TRUE(loops(browser, *pictures)) << "over the same transport";
}

TEST_F(Offers, AStopThatGivesWayToThePeersOfferIsInTheAnswer) {
  auto browser = both_ways();
  ASSERT_TRUE(browser.join_by_offer_of(*peer_, {kSoundLine, kPictures}).ok() && browser.connect());
  ASSERT_TRUE(TestPeer::offer_of(*peer_, {{.video = true, .stopped = true, .mid = "1"}}).ok());

  const auto theirs = browser.join(*peer_);

  ASSERT_TRUE(theirs.ok()) << message_of(theirs.status());
  EXPECT_TRUE(theirs->lines[0].accepted);
  EXPECT_FALSE(theirs->lines[1].accepted);
}

TEST_F(Offers, NameOnlyLinesThatThereAre) {
  auto browser = both_ways();
  ASSERT_TRUE(browser.join_by_offer_of(*peer_, {kSoundLine, kPictures}).ok());
  const std::vector<WantedLine> wrong{{.video = true, .mid = "7"},
                                      {.video = true, .mid = "0"},
                                      {.video = true, .stopped = true},
                                      {.data = true, .mid = "1"}};
  for (const auto& line : wrong)
    EXPECT_EQ(reason_of(TestPeer::offer_of(*peer_, {line}).status()), "INVALID_OPTIONS") << line.mid;
  EXPECT_EQ(reason_of(TestPeer::offer_of(*peer_, {127, kSoundLine}).status()), "INVALID_OPTIONS");
  EXPECT_TRUE(TestPeer::offer_of(*peer_, {}).ok()) << "nothing has changed";
}

TEST_F(Offers, MayBeTakenBack) {
  const auto withdrawn = [&] {
    std::promise<Status> promise;
    peer_->withdraw_offer([&](const Status& status) { promise.set_value(status); });
    return reason_of(promise.get_future().get());
  };
  auto browser = both_ways();
  EXPECT_EQ(withdrawn(), "NO_OFFER_PENDING");
  const auto first = TestPeer::offer_of(*peer_, {kPictures});
  ASSERT_TRUE(first.ok());
  const auto late = browser.answer_to(*first);

  EXPECT_EQ(withdrawn(), reason_of(ok()));

  EXPECT_EQ(reason_of(TestPeer::accept(*peer_, *late).status()), "NO_OFFER_PENDING");
  auto other = both_ways();
  const auto answer = other.join_by_offer_of(*peer_, {kSoundLine, kPictures});
  ASSERT_TRUE(answer.ok()) << message_of(answer.status());
  ASSERT_TRUE(other.connect());
  EXPECT_TRUE(loops(other, answer->sources[1]));
}

TEST_F(Offers, RestartIceAndMediaGoesOn) {
  auto browser = both_ways();
  const auto answer = browser.join_by_offer_of(*peer_, {kSoundLine, kPictures});
  ASSERT_TRUE(answer.ok() && browser.connect());
  const auto before = browser.first_line();

  const auto offer = TestPeer::offer_of(*peer_, {}, true);
  ASSERT_TRUE(offer.ok()) << message_of(offer.status());
  browser.restart_ice();
  const auto reply = browser.answer_to(*offer);
  EXPECT_NE(browser.first_line().ufrag, before.ufrag);
  EXPECT_NE(browser.first_line().password, before.password);
  browser.move();
  browser.send_check();
  EXPECT_TRUE(loops(browser, answer->sources[1])) << "it may check before its answer is here";

  ASSERT_TRUE(TestPeer::accept(*peer_, *reply).ok());
  browser.send_check();
  EXPECT_TRUE(loops(browser, answer->sources[1]));
  browser.move();
  browser.send_check({before.ufrag, before.password}, true);
  EXPECT_FALSE(loops(browser, answer->sources[1], 1)) << "the old credentials are over";
}

TEST_F(Offers, ThatRestartIceAndGiveWayLeaveTheCredentials) {
  auto browser = both_ways();
  const auto answer = browser.join(*peer_);
  ASSERT_TRUE(answer.ok() && browser.connect());
  const auto before = browser.first_line();
  const auto ours = TestPeer::offer_of(*peer_, {}, true);
  ASSERT_TRUE(ours.ok());
  const auto offered = parse_sdp(*ours)->media[0].transport;
  ASSERT_NE(offered.ufrag, before.ufrag);

  ASSERT_TRUE(browser.join(*peer_).ok());

  EXPECT_EQ(browser.first_line().ufrag, before.ufrag) << "it has not asked for others";
  EXPECT_TRUE(loops(browser, answer->sources[1]));
  browser.move();
  browser.send_check({offered.ufrag, offered.password}, true);
  EXPECT_FALSE(loops(browser, answer->sources[1], 1)) << "those of the offer count no more";
}

}  // namespace
}  // namespace kms::rtc
