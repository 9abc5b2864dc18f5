// SPDX-License-Identifier: Apache-2.0
// Wrong session descriptions: each is refused with a stable reason and the line at fault.
#include <gtest/gtest.h>
#include <malloc.h>

#include "kms-core/rtc/sdp/offer_check.hpp"
#include "kms-core/rtc/sdp/test_offers.hpp"

namespace kms::rtc {
namespace {

using test::answer;
using test::replaced;
using test::replaced_once;
using test::small_offer;

std::string media_lines(int count) {
  std::string text = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
  for (int i = 0; i < count; ++i)
    text += "m=audio 0 UDP/TLS/RTP/SAVPF 0\r\na=mid:" + std::to_string(i) + "\r\n";
  return text;
}

struct Wrong {
  const char* name;
  std::string offer;
  const char* reason;
  int line;  // 0: about the whole
};

void PrintTo(const Wrong& wrong, std::ostream* out) { *out << wrong.name; }

std::string without(const std::string& part) { return replaced(small_offer(), part, ""); }
std::string with(const std::string& line) { return small_offer() + line + "\r\n"; }
std::string changed(const std::string& from, const std::string& to) {
  return replaced_once(small_offer(), from, to);
}

// In small_offer() the audio line is the sixth, the video line the sixteenth; 33 lines in all.
constexpr int kAudio = 6;
constexpr int kVideo = 16;
constexpr int kBehind = 34;

const std::vector<Wrong> kAllWrong{
    {"Empty", "", "SDP_EMPTY", 0},
    {"MoreThanHalfAMegabyte", small_offer() + std::string(512 << 10, 'a'), "SDP_TOO_LARGE", 0},
    {"ManyLines", small_offer() + replaced(std::string(20'000, 'x'), "x", "a=x\r\n"), "SDP_TOO_MANY_LINES",
     16385},
    {"LongLine", with("a=x:" + std::string(5000, 'y')), "SDP_LINE_TOO_LONG", kBehind},
    {"Binary", std::string("\x16\x03\x01\x00\x05hello", 10), "SDP_NOT_TEXT", 1},
    {"NulInside", changed("a=mid:0", std::string("a=mid:0\0x", 9)), "SDP_NOT_TEXT", 8},
    {"BareCarriageReturn", changed("a=mid:0\r\n", "a=mid:0\ra=ice-lite\r\n"), "SDP_NOT_TEXT", 8},
    {"DoubleCarriageReturn", changed("a=mid:0\r\n", "a=mid:0\r\r\n"), "SDP_NOT_TEXT", 8},
    {"EmptyLineInside", changed("a=mid:0\r\n", "a=mid:0\r\n\r\n"), "SDP_SYNTAX", 9},
    {"BlankBeforeEquals", changed("a=mid:0", "a =mid:0"), "SDP_SYNTAX", 8},
    {"LineWithoutEquals", changed("a=mid:0", "mid"), "SDP_SYNTAX", 8},
    {"UnknownType", changed("a=mid:0", "x=mid:0"), "SDP_UNKNOWN_TYPE", 8},
    {"AttributeWithoutName", changed("a=mid:0", "a=:0"), "SDP_SYNTAX", 8},
    {"NoVersion", replaced_once(small_offer(), "v=0\r\n", ""), "SDP_BAD_BEGINNING", 1},
    {"OtherVersion", changed("v=0", "v=1"), "SDP_VERSION", 1},
    {"NoOrigin", changed("o=- 1 2 IN IP4 127.0.0.1\r\n", ""), "SDP_BAD_BEGINNING", 2},
    {"ShortOrigin", changed("o=- 1 2 IN IP4 127.0.0.1", "o=- 1 2"), "SDP_ORIGIN", 2},
    {"OriginWithoutNumbers", changed("o=- 1 2", "o=- one two"), "SDP_ORIGIN", 2},
    {"NoName", changed("s=-\r\n", ""), "SDP_BAD_BEGINNING", 3},
    {"NoTiming", changed("t=0 0\r\n", ""), "SDP_NO_TIMING", kAudio - 1},
    {"NoMedia", "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n", "SDP_NO_MEDIA", 0},
    {"OnlyTheBeginning", "v=0\r\n", "SDP_BAD_BEGINNING", 2},
    {"TwoHundredMediaLines", media_lines(200), "SDP_TOO_MANY_MEDIA", 4 + 2 * 128 + 1},
    {"MediaLineWithoutFormats", changed("SAVPF 111", "SAVPF"), "SDP_BAD_MEDIA_LINE", kAudio},
    {"MediaLineWithoutProtocol", changed("m=audio 9 UDP/TLS/RTP/SAVPF 111", "m=audio 9"),
     "SDP_BAD_MEDIA_LINE", kAudio},
    {"PortOutOfRange", changed("m=audio 9", "m=audio 70000"), "SDP_BAD_MEDIA_LINE", kAudio},
    {"NegativePort", changed("m=audio 9", "m=audio -9"), "SDP_BAD_MEDIA_LINE", kAudio},
    {"PayloadTypeOutOfRange", changed("SAVPF 111", "SAVPF 128"), "SDP_BAD_PAYLOAD_TYPE", kAudio},
    {"PayloadTypeNoNumber", changed("SAVPF 111", "SAVPF opus"), "SDP_BAD_PAYLOAD_TYPE", kAudio},
    {"PayloadTypeTwice", changed("SAVPF 111", "SAVPF 111 111"), "SDP_DUPLICATE_PAYLOAD_TYPE", kAudio},
    {"PayloadTypeOfTwoMeanings", replaced(changed("SAVPF 111", "SAVPF 96"), ":111 opus", ":96 opus"),
     "SDP_PAYLOAD_CONFLICT", kVideo},
    {"NoCredentials", without("a=ice-ufrag:abcd\r\na=ice-pwd:0123456789012345678901\r\n"),
     "SDP_NO_CREDENTIALS", kAudio},
    {"NoPassword", without("a=ice-pwd:0123456789012345678901\r\n"), "SDP_NO_CREDENTIALS", kAudio},
    {"ShortUfrag", changed("a=ice-ufrag:abcd", "a=ice-ufrag:abc"), "SDP_BAD_ATTRIBUTE", 9},
    {"UfragOfOtherCharacters", changed("a=ice-ufrag:abcd", "a=ice-ufrag:ab cd"), "SDP_BAD_ATTRIBUTE", 9},
    {"ShortPassword", changed("a=ice-pwd:0123456789012345678901", "a=ice-pwd:short"), "SDP_BAD_ATTRIBUTE",
     10},
    {"NoFingerprint", without("a=fingerprint:" + test::kFingerprintText + "\r\n"), "SDP_NO_FINGERPRINT",
     kAudio},
    {"OnlySha1", replaced(small_offer(), test::kFingerprintText, "sha-1 01:02:03"), "SDP_FINGERPRINT_HASH",
     kAudio},
    {"TruncatedFingerprint", changed(":1F:20\r\n", ":1F\r\n"), "SDP_BAD_ATTRIBUTE", 11},
    {"FingerprintOfOtherDigits", changed("sha-256 01", "sha-256 0X"), "SDP_BAD_ATTRIBUTE", 11},
    {"SetupHoldconn", changed("a=setup:actpass", "a=setup:holdconn"), "SDP_BAD_ATTRIBUTE", 12},
    {"DuplicateMids", changed("a=mid:1", "a=mid:0"), "SDP_DUPLICATE_MID", kVideo},
    {"EmptyMid", changed("a=mid:0", "a=mid:"), "SDP_BAD_ATTRIBUTE", 8},
    {"LongMid", changed("a=mid:0", "a=mid:" + std::string(17, 'm')), "SDP_BAD_ATTRIBUTE", 8},
    {"MidOfOtherCharacters", changed("a=mid:0", "a=mid:a b"), "SDP_BAD_ATTRIBUTE", 8},
    {"LineWithoutMidInBundle", changed("a=mid:1\r\n", ""), "SDP_NO_MID", kVideo},
    {"BundleOfUnknownMid", changed("BUNDLE 0 1", "BUNDLE 0 1 2"), "SDP_BAD_BUNDLE", 0},
    {"BundleOfTheSameMidTwice", changed("BUNDLE 0 1", "BUNDLE 0 1 0"), "SDP_BAD_BUNDLE", 5},
    {"TwoDirections", with("a=recvonly"), "SDP_TWO_DIRECTIONS", kBehind},
    {"RtpmapWithoutClock", changed("VP8/90000", "VP8"), "SDP_BAD_ATTRIBUTE", 26},
    {"RtpmapWithClockZero", changed("VP8/90000", "VP8/0"), "SDP_BAD_ATTRIBUTE", 26},
    {"RtpmapWithHugeClock", changed("VP8/90000", "VP8/99999999999"), "SDP_BAD_ATTRIBUTE", 26},
    {"ExtensionIdZero", changed("a=extmap:1 ", "a=extmap:0 "), "SDP_BAD_ATTRIBUTE", 24},
    {"ExtensionIdTooLarge", changed("a=extmap:1 ", "a=extmap:256 "), "SDP_BAD_ATTRIBUTE", 24},
    {"ExtensionIdOfTwoMeanings", with("a=extmap:1 urn:other"), "SDP_DUPLICATE_EXTENSION", kBehind},
    {"SsrcNoNumber", with("a=ssrc:eleven cname:c"), "SDP_BAD_ATTRIBUTE", kBehind},
    {"SsrcTooLarge", with("a=ssrc:4294967296 cname:c"), "SDP_BAD_ATTRIBUTE", kBehind},
    {"SsrcGroupWithoutSsrcs", with("a=ssrc-group:FID"), "SDP_BAD_ATTRIBUTE", kBehind},
    {"RidWithoutDirection", with("a=rid:h"), "SDP_BAD_ATTRIBUTE", kBehind},
    {"RidTwice", with("a=rid:h send\r\na=rid:h send"), "SDP_DUPLICATE_RID", kBehind + 1},
    {"SimulcastOfUnknownRid", with("a=rid:h send\r\na=simulcast:send h;m"), "SDP_UNKNOWN_RID", kVideo},
    {"SimulcastOfTheOtherDirection", with("a=rid:h recv\r\na=simulcast:send h"), "SDP_UNKNOWN_RID", kVideo},
    {"SimulcastOfRubbish", with("a=simulcast:both h"), "SDP_BAD_ATTRIBUTE", kBehind},
    {"FeedbackWithoutKind", with("a=rtcp-fb:96"), "SDP_BAD_ATTRIBUTE", kBehind},
    {"PeerIsIceLite", changed("t=0 0\r\n", "t=0 0\r\na=ice-lite\r\n"), "SDP_PEER_ICE_LITE", 0},
};
class SdpRefusal : public testing::TestWithParam<Wrong> {};

TEST_P(SdpRefusal, NamesTheReasonAndTheLine) {
  const auto result = answer(GetParam().offer);

  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.status().code(), StatusCode::kInvalidArgument);
  EXPECT_EQ(reason_of(result.status()), GetParam().reason) << result.status();
  const auto metadata = info_of(result.status()).metadata;
  const auto line = metadata.find("line");
  EXPECT_EQ(line == metadata.end() ? "0" : line->second, std::to_string(GetParam().line)) << result.status();
  EXPECT_LT(message_of(result.status()).size(), 250u);
}

INSTANTIATE_TEST_SUITE_P(Kinds, SdpRefusal, testing::ValuesIn(kAllWrong),
                         [](const auto& parameter) { return std::string(parameter.param.name); });

TEST(SdpRefusals, AreMeasuredAgainstAGoodOffer) { EXPECT_TRUE(answer(small_offer()).ok()); }

TEST(SdpRefusals, QuoteNothingThatIsNoText) {
  const auto result = answer(changed("a=mid:0", "a=mid:\xff\xfe"));
  EXPECT_NE(message_of(result.status()).find("\"??\""), std::string::npos);
}

// The worst that fits the limits: attributes that are copied to every m-line and payload type.
TEST(SdpRefusals, HoldLittleMemoryWhateverFitsTheLimits) {
  std::string text = "v=0\r\no=- 1 2 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\n";
  for (int i = 1; i <= 64; ++i)
    text += "a=extmap:" + std::to_string(i) + ' ' + std::string(256, 'u') + "\r\n";
  std::string formats;
  for (int i = 0; i < 128; ++i) formats += ' ' + std::to_string(i);
  for (int i = 0; i < 128; ++i) {
    text += "m=audio 0 UDP/TLS/RTP/SAVPF" + formats + "\r\na=mid:" + std::to_string(i) + "\r\n";
    for (int j = 0; j < 3; ++j) text += "a=rtcp-fb:* " + std::string(64, 'f') + "\r\n";
  }
  const size_t before = mallinfo2().uordblks;

  const auto session = parse_sdp(text);

  ASSERT_TRUE(session.ok()) << session.status();
  EXPECT_LT(mallinfo2().uordblks - before, 16u * 1024 * 1024);
}

TEST(SdpRefusals, ALaterOfferMayNotDropLinesOrChangeMids) {
  const auto before = *parse_sdp(small_offer());
  auto next = before;
  EXPECT_TRUE(check_follows(outline_of(before), next).ok());
  next.media[1].mid = "9";
  EXPECT_EQ(reason_of(check_follows(outline_of(before), next)), "SDP_MID_CHANGED");
  auto ended = before;
  ended.media[1].port = 0;
  EXPECT_TRUE(check_follows(outline_of(ended), next).ok()) << "an ended line may be used again";
  next.media.pop_back();
  EXPECT_EQ(reason_of(check_follows(outline_of(before), next)), "SDP_MEDIA_REMOVED");
}

}  // namespace
}  // namespace kms::rtc
