// SPDX-License-Identifier: Apache-2.0
#include "elements/webrtc_client/words/answer.hpp"

#include <gtest/gtest.h>

#include "kms-core/rtc/sdp/sdp_parser.hpp"

namespace kms::webrtc_client {
namespace {

constexpr char kPrint[] =
    "00:01:02:03:04:05:06:07:08:09:0A:0B:0C:0D:0E:0F:10:11:12:13:14:15:16:17:18:19:1A:1B:1C:1D:1E:1F";

std::string line(const std::string& head, const std::string& formats, const std::string& mid,
                 const std::string& more) {
  return "m=" + head + " UDP/TLS/RTP/SAVPF " + formats + "\r\nc=IN IP4 0.0.0.0\r\na=mid:" + mid +
         "\r\na=rtcp-mux\r\na=fingerprint:sha-256 " + kPrint +
         "\r\na=ice-ufrag:abcd\r\na=ice-pwd:abcdefghijklmnopqrstuv\r\n" + more;
}

std::string description(const std::string& lines) {
  return "v=0\r\no=- 1 0 IN IP4 127.0.0.1\r\ns=-\r\nt=0 0\r\na=group:BUNDLE audio0 video1\r\n" + lines;
}

constexpr char kOpus[] = "a=rtpmap:111 opus/48000/2\r\n";
constexpr char kVp8[] =
    "a=rtpmap:96 VP8/90000\r\na=rtcp-fb:96 nack\r\na=rtpmap:97 rtx/90000\r\na=fmtp:97 apt=96\r\n";

std::string offer() {
  const std::string ours = "a=setup:actpass\r\na=sendonly\r\n";
  return description(line("audio 9", "111", "audio0", ours + kOpus) +
                     line("video 9", "96 97 102", "video1", ours + kVp8 + "a=rtpmap:102 H264/90000\r\n"));
}

const std::string kTheirs =
    "a=setup:passive\r\na=recvonly\r\na=candidate:1 1 UDP 1 198.51.100.7 5000 typ host\r\n";

bool anywhere(const std::string&) { return true; }

TEST(Answer, IsAgreedOnCodecByCodecAndWrittenAnew) {
  const auto agreement = read_answer(
      offer(),
      description(line("audio 9", "111", "audio0", kTheirs + kOpus + "a=x-of-nobody:1\r\n") +
                  line("video 9", "102 96 97", "video1", kTheirs + kVp8 + "a=rtpmap:102 H264/90000\r\n")),
      anywhere);
  ASSERT_TRUE(agreement.ok()) << agreement.status();

  ASSERT_EQ(agreement->lines.size(), 2u);
  EXPECT_EQ(agreement->lines[0].formats.at(0).codec, rtc::Codec::kOpus);
  ASSERT_EQ(agreement->lines[1].formats.size(), 2u);
  EXPECT_EQ(agreement->lines[1].formats[0].codec, rtc::Codec::kH264);
  EXPECT_EQ(agreement->fingerprint.text(), std::string("sha-256 ") + kPrint);
  EXPECT_EQ(agreement->sdp.find("nobody"), std::string::npos);
  const auto written = rtc::parse_sdp(agreement->sdp);
  ASSERT_TRUE(written.ok());
  EXPECT_EQ(written->media[1].formats, (std::vector<std::string>{"102", "96", "97"}));
  EXPECT_EQ(written->media[0].candidates,
            std::vector<std::string>{"candidate:1 1 UDP 1 198.51.100.7 5000 typ host"});
}

TEST(Answer, ThatRefusesTheFirstLineLeavesItInTheBundle) {
  const auto agreement = read_answer(offer(),
                                     description(line("audio 0", "111", "audio0", "a=inactive\r\n") +
                                                 line("video 9", "96 97", "video1", kTheirs + kVp8)),
                                     anywhere);
  ASSERT_TRUE(agreement.ok()) << agreement.status();

  EXPECT_TRUE(agreement->lines[0].formats.empty());
  const auto written = rtc::parse_sdp(agreement->sdp);
  EXPECT_EQ(written->bundle, (std::vector<std::string>{"audio0", "video1"}));
  EXPECT_EQ(written->media[0].port, 9);
  EXPECT_EQ(written->media[0].direction, rtc::Direction::kInactive);
}

TEST(Answer, LeadsWhereItMayAlone) {
  const auto answer = description(line("audio 9", "111", "audio0",
                                       kTheirs + kOpus + "a=candidate:2 1 UDP 1 10.0.0.1 5000 typ host\r\n" +
                                           "a=candidate:3 1 UDP 1 inside.local 5000 typ host\r\n") +
                                  line("video 9", "96", "video1", kTheirs + "a=rtpmap:96 VP8/90000\r\n"));
  const auto outside = [](const std::string& address) { return address != "10.0.0.1"; };

  const auto agreement = read_answer(offer(), answer, outside);
  ASSERT_TRUE(agreement.ok()) << agreement.status();
  EXPECT_EQ(rtc::parse_sdp(agreement->sdp)->media[0].candidates.size(), 1u);
  EXPECT_EQ(reason_of(read_answer(offer(), answer, [](const auto&) { return false; }).status()),
            "URI_NOT_ALLOWED");
}

struct Bad {
  std::string answer;
  std::string reason;
};

TEST(Answer, IsRefusedWhereItFitsNoOffer) {
  const auto sound = line("audio 9", "111", "audio0", kTheirs + kOpus);
  const auto pictures = line("video 9", "96 97", "video1", kTheirs + kVp8);
  const auto without = [](std::string text, const std::string& what) {
    for (auto at = text.find(what); at != std::string::npos; at = text.find(what))
      text.erase(at, what.size());
    return text;
  };
  const auto whole = description(sound + pictures);
  ASSERT_TRUE(read_answer(offer(), whole, anywhere).ok());
  const std::vector<Bad> all{
      {"", "ANSWER_INVALID"},
      {description(sound), "ANSWER_INVALID"},
      {description(pictures + sound), "ANSWER_INVALID"},
      {without(whole, "a=group:BUNDLE audio0 video1\r\n"), "ANSWER_INVALID"},
      {without(whole, std::string("a=fingerprint:sha-256 ") + kPrint + "\r\n"), "ANSWER_INVALID"},
      {without(whole, "a=setup:passive\r\n"), "ANSWER_INVALID"},
      {description(line("audio 0", "111", "audio0", "") + line("video 0", "96", "video1", "")),
       "CODEC_UNSUPPORTED"},
      {description(line("audio 9", "0", "audio0", kTheirs) +
                   line("video 9", "98", "video1", kTheirs + "a=rtpmap:98 VP9/90000\r\n")),
       "CODEC_UNSUPPORTED"}};
  for (const auto& bad : all)
    EXPECT_EQ(reason_of(read_answer(offer(), bad.answer, anywhere).status()), bad.reason);
}

TEST(Certificate, HasItsFingerprint) {
  // The digest of the three bytes "abc" (FIPS 180-4).
  const auto print = fingerprint_of("-----BEGIN CERTIFICATE-----\nYWJj\n-----END CERTIFICATE-----\n");
  ASSERT_TRUE(print);
  EXPECT_TRUE(print->text().starts_with("sha-256 BA:78:16:BF:8F:01:CF:EA"));
  EXPECT_FALSE(fingerprint_of(""));
  EXPECT_FALSE(fingerprint_of("-----BEGIN CERTIFICATE-----"));
}

}  // namespace
}  // namespace kms::webrtc_client
