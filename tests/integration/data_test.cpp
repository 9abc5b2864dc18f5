// SPDX-License-Identifier: Apache-2.0
// Data channels over gRPC: created, sent on, read as a stream, refused.
#include <gmock/gmock.h>

#include <thread>

#include "tests/integration/webrtc_fixture.hpp"
#include "tests/support/waiting.hpp"

namespace kms::test {
namespace {

using namespace webrtc::v1;
using Stub = WithEndpoint::Stub;
using rtc::test::ChannelLog;
using rtc::test::TestPeer;
using testing::ElementsAre;

// What a ReceiveData call has to say, read by a thread: the test's own works for the peer.
class DataReader {
 public:
  explicit DataReader(WithEndpoint& kms, const std::string& element = "w") {
    ReceiveDataRequest request;
    request.set_name(kms.session + "/elements/" + element);
    RpcClient::set_deadline_of_stream(context_);
    reader_ = kms.stub->ReceiveData(&context_, request);
    reader_->WaitForInitialMetadata();
    thread_ = std::thread([this] { read(); });
  }
  ~DataReader() {
    context_.TryCancel();
    thread_.join();
  }

  // "OPEN chat", "1: text", and how it ended.
  std::vector<std::string> lines() const { return lines_.copy(); }
  // The only one.
  std::string end() const {
    return lines_.wait([](const auto& lines) { return !lines.empty(); }) ? lines().front() : "nothing";
  }

 private:
  void read() {
    ReceiveDataResponse got;
    while (reader_->Read(&got)) note(in_words(got));
    note(to_text(reader_->Finish()));
  }
  void note(const std::string& line) {
    lines_.change([&](auto& lines) { lines.push_back(line); });
  }
  static std::string in_words(const ReceiveDataResponse& got) {
    if (got.has_message()) return std::to_string(got.message().channel()) + ": " + got.message().text();
    return DataChannelState_Name(got.channel().state()).substr(19) + " " + got.channel().label();
  }

  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReader<ReceiveDataResponse>> reader_;
  Watched<std::vector<std::string>> lines_;
  std::thread thread_;
};

// A SendDataStream call with `count` messages of 100 kB, written by a thread.
class DataWriter {
 public:
  DataWriter(WithEndpoint& kms, uint32_t channel, int count) {
    RpcClient::set_deadline_of_stream(context_);
    writer_ = kms.stub->SendDataStream(&context_, &response_);
    thread_ = std::thread([this, channel, count, name = kms.session + "/elements/w"] {
      SendDataRequest request;
      request.set_name(name);
      request.set_channel(channel);
      request.set_binary(std::string(100'000, 'x'));
      for (int i = 0; i < count && writer_->Write(request); ++i) request.clear_name();
      writer_->WritesDone();
      status_ = writer_->Finish();
    });
  }
  ~DataWriter() { end(); }

  void cancel() { context_.TryCancel(); }
  std::string end() {
    if (thread_.joinable()) thread_.join();
    return to_text(status_);
  }
  uint64_t messages() const { return response_.messages(); }

 private:
  grpc::ClientContext context_;
  SendDataStreamResponse response_;
  std::unique_ptr<grpc::ClientWriter<SendDataRequest>> writer_;
  grpc::Status status_;
  std::thread thread_;
};

// An endpoint and a peer of it that has a line for data.
struct WithData : WithEndpoint {
  explicit WithData(const std::string& sections = {}) : WithEndpoint({}, {}, sections) {}

  std::string create(const CreateDataChannelRequest& request) {
    CreateDataChannelResponse response;
    const auto outcome = ask(&Stub::CreateDataChannel, request, &response);
    channel = response.channel();
    return outcome;
  }
  std::string create(const std::string& label) {
    CreateDataChannelRequest request;
    request.set_label(label);
    return create(request);
  }
  std::string send(uint32_t to, const std::string& text) {
    SendDataRequest request;
    request.set_channel(to);
    request.set_text(text);
    return send(request);
  }
  std::string send(const SendDataRequest& request) {
    SendDataResponse response;
    return ask(&Stub::SendData, request, &response);
  }
  std::string close_channel(uint32_t number) {
    CloseDataChannelRequest request;
    request.set_channel(number);
    CloseDataChannelResponse response;
    return ask(&Stub::CloseDataChannel, request, &response);
  }
  // Until the channel takes no more; how many it took.
  size_t fill(uint32_t to) {
    size_t sent = 0;
    while (send(to, std::string(100'000, 'x')) == "OK") ++sent;
    EXPECT_EQ(client.last.reason, "DATA_BUFFER_FULL");
    return sent;
  }
  // The peer has got so many messages over the one channel that was opened to it.
  bool get(size_t messages) {
    auto& opened = peer.data().opened();
    return peer.receive_until([&] { return opened.count() == 1 && opened.log(0).count() == messages; });
  }

  // The next state that a channel has, with its reason.
  static std::string next_state(EventReader& events) {
    DataChannelStateChanged changed;
    if (!wait_for(events, changed)) return "no event";
    const auto state = DataChannelState_Name(changed.channel().state()).substr(19);
    return changed.reason().empty() ? state : state + "/" + changed.reason();
  }

  TestPeer peer{{.data = true}};
  ChannelLog log;
  DataChannel channel;  // created last
};

TEST(DataChannels, AreReadAsAStreamInOrder) {
  WithData kms;
  DataReader reader(kms);
  ASSERT_TRUE(kms.join(kms.peer));
  const auto chat = kms.peer.data().open({.label = "chat"}, kms.log);
  EXPECT_TRUE(chat->send({true, {'h', 'i'}}).ok());
  EXPECT_TRUE(chat->send({true, {}}).ok());
  ASSERT_TRUE(kms.peer.receive_until([&] { return reader.lines().size() == 3; }));
  chat->close();
  ASSERT_TRUE(kms.peer.receive_until([&] { return reader.lines().size() == 5; }));
  EXPECT_EQ(kms.close(), "OK");
  EXPECT_TRUE(kms.peer.receive_until([&] { return reader.lines().size() == 6; }));

  EXPECT_THAT(reader.lines(), ElementsAre("OPEN chat", "1: hi", "1: ", "CLOSING chat", "CLOSED chat", "OK"));
}

TEST(DataChannels, AreCreatedAndSentOn) {
  WithData kms;
  EventReader events(kms.client, kms.session);
  CreateDataChannelRequest request;
  request.set_label("ours");
  request.set_unordered(true);
  request.set_max_retransmits(2);
  ASSERT_EQ(kms.create(request), "OK") << kms.client.last.message;
  EXPECT_FALSE(kms.channel.has_id());
  EXPECT_EQ(kms.send(kms.channel.number(), "hello"), "OK");

  ASSERT_TRUE(kms.join(kms.peer));

  auto& opened = kms.peer.data().opened();
  ListDataChannelsResponse list;
  const auto is_open = [&] {
    return kms.ask(&Stub::ListDataChannels, ListDataChannelsRequest(), &list) == "OK" &&
           list.channels(0).state() == DATA_CHANNEL_STATE_OPEN;
  };
  ASSERT_TRUE(
      kms.peer.receive_until([&] { return opened.count() == 1 && opened.log(0).count() == 1 && is_open(); }));
  EXPECT_EQ(opened.channel(0)->options().max_retransmits, 2);
  EXPECT_THAT(opened.log(0).messages(), ElementsAre(rtc::DataMessage{true, {'h', 'e', 'l', 'l', 'o'}}));
  EXPECT_EQ(kms.next_state(events), "CONNECTING");
  EXPECT_EQ(kms.next_state(events), "OPEN");
  EXPECT_EQ(list.channels(0).id(), 1u);  // ours are odd: the peer began DTLS
}

TEST(DataChannels, WhatCannotBeCreatedIsRefused) {
  WithData kms;
  EXPECT_EQ(kms.create(std::string(1025, 'x')), "INVALID_ARGUMENT/DATA_CHANNEL_INVALID");
  CreateDataChannelRequest request;
  request.set_max_retransmits(65536);
  EXPECT_EQ(kms.create(request), "INVALID_ARGUMENT/DATA_CHANNEL_INVALID");
  EXPECT_EQ(kms.client.last.metadata["field"], "max_retransmits");
  for (int i = 0; i < 512; ++i) ASSERT_EQ(kms.create("x"), "OK");
  EXPECT_EQ(kms.create("x"), "RESOURCE_EXHAUSTED/TOO_MANY_CHANNELS");
}

TEST(DataChannels, WhatCannotBeSentIsRefused) {
  WithData kms;
  ASSERT_EQ(kms.create("x"), "OK");
  const auto number = kms.channel.number();
  EXPECT_EQ(kms.send(number + 1, "?"), "NOT_FOUND/DATA_CHANNEL_NOT_FOUND");
  EXPECT_EQ(kms.close_channel(number + 1), "NOT_FOUND/DATA_CHANNEL_NOT_FOUND");
  EXPECT_EQ(kms.send(number, std::string(256 * 1024 + 1, 'x')), "INVALID_ARGUMENT/MESSAGE_TOO_LARGE");
  SendDataRequest nothing;
  nothing.set_channel(number);
  EXPECT_EQ(kms.send(nothing), "INVALID_ARGUMENT/MESSAGE_EMPTY");
  EXPECT_EQ(kms.close_channel(number), "OK");
  EXPECT_THAT(kms.send(number, "late"),
              testing::AnyOf("FAILED_PRECONDITION/DATA_CHANNEL_CLOSED", "NOT_FOUND/DATA_CHANNEL_NOT_FOUND"));
}

TEST(DataChannels, AFullOneRefusesAndTellsWhenItHasDrained) {
  WithData kms;
  EventReader events(kms.client, kms.session);
  ASSERT_EQ(kms.create("x"), "OK");
  const auto number = kms.channel.number();
  const auto sent = kms.fill(number);

  ASSERT_TRUE(kms.join(kms.peer));
  ASSERT_TRUE(kms.get(sent));

  DataChannelDrained drained;
  EXPECT_TRUE(MediaServer::wait_for(events, drained));
  EXPECT_EQ(drained.channel(), number);
}

TEST(DataChannels, AStreamOfMessagesWaitsForRoomAndLosesNothing) {
  WithData kms;
  ASSERT_EQ(kms.create("x"), "OK");
  const auto others = kms.fill(kms.channel.number());
  DataWriter writer(kms, kms.channel.number(), 60);

  ASSERT_TRUE(kms.join(kms.peer));

  EXPECT_TRUE(kms.get(others + 60));
  EXPECT_EQ(writer.end(), "OK");
  EXPECT_EQ(writer.messages(), 60);
}

TEST(DataChannels, AStreamOfMessagesEndsWithWhatCannotBeSent) {
  WithData kms;
  ASSERT_EQ(kms.create("x"), "OK");
  const auto number = kms.channel.number();
  EXPECT_EQ(DataWriter(kms, number + 1, 1).end(), "NOT_FOUND/DATA_CHANNEL_NOT_FOUND");

  kms.fill(number);
  DataWriter waits(kms, number, 1);
  EXPECT_EQ(kms.close_channel(number), "OK");

  EXPECT_THAT(waits.end(),
              testing::AnyOf("FAILED_PRECONDITION/DATA_CHANNEL_CLOSED", "NOT_FOUND/DATA_CHANNEL_NOT_FOUND"));
}

TEST(DataChannels, AClientThatGoesWhileItsMessageWaitsLeavesTheChannelToOthers) {
  WithData kms;
  ASSERT_EQ(kms.create("x"), "OK");
  const auto others = kms.fill(kms.channel.number());
  DataWriter gone(kms, kms.channel.number(), 60);
  gone.cancel();
  EXPECT_THAT(gone.end(), testing::StartsWith("CANCELLED"));

  ASSERT_TRUE(kms.join(kms.peer));

  EXPECT_TRUE(kms.get(others));
  EXPECT_EQ(kms.send(kms.channel.number(), "more"), "OK");
  ASSERT_TRUE(kms.peer.receive_until([&] { return kms.peer.data().opened().log(0).count() > others; }));
  EXPECT_EQ(kms.peer.data().opened().log(0).messages()[others],
            (rtc::DataMessage{true, {'m', 'o', 'r', 'e'}}));
}

TEST(DataChannels, WhoWaitsForRoomIsToldOfTheEndOfTheSession) {
  WithData kms;
  ASSERT_EQ(kms.create("x"), "OK");
  kms.fill(kms.channel.number());
  DataWriter waits(kms, kms.channel.number(), 60);

  EXPECT_EQ(kms.close(), "OK");

  EXPECT_THAT(waits.end(), testing::HasSubstr("PEER_CLOSED"));
}

TEST(DataChannels, OneThatFindsNoStreamIsClosed) {
  WithData kms;
  EventReader events(kms.client, kms.session);
  CreateDataChannelRequest request;
  request.set_negotiated_id(100);
  ASSERT_EQ(kms.create(request), "OK");
  ASSERT_EQ(kms.create(request), "OK");
  EXPECT_EQ(kms.next_state(events), "CONNECTING");
  EXPECT_EQ(kms.next_state(events), "CONNECTING");

  ASSERT_TRUE(kms.join(kms.peer));
  ListDataChannelsResponse list;
  EXPECT_TRUE(kms.peer.receive_until([&] {
    return kms.ask(&Stub::ListDataChannels, ListDataChannelsRequest(), &list) == "OK" &&
           list.channels(0).state() == DATA_CHANNEL_STATE_OPEN;
  }));

  EXPECT_EQ(kms.next_state(events), "OPEN");
  EXPECT_EQ(kms.next_state(events), "CLOSED/NO_STREAM_LEFT");
}

TEST(DataChannels, CloseWhenThePeerEndsItsSctp) {
  WithData kms;
  EventReader events(kms.client, kms.session);
  ASSERT_TRUE(kms.join(kms.peer));
  const auto chat = kms.peer.data().open({.label = "chat"}, kms.log);
  ASSERT_TRUE(kms.peer.receive_until([&] { return kms.log.is_open(); }));
  EXPECT_EQ(kms.next_state(events), "OPEN");

  kms.peer.end_data();

  EXPECT_EQ(kms.next_state(events), "CLOSED/SCTP_CLOSED");
  EXPECT_EQ(kms.create("late"), "FAILED_PRECONDITION/DATA_CHANNEL_CLOSED");
}

TEST(DataChannels, HaveSoManyReadersAndNoMore) {
  WithData kms("limits: { subscribers_per_session: 2 }");
  DataReader one(kms), two(kms);
  EXPECT_EQ(DataReader(kms).end(), "RESOURCE_EXHAUSTED/SUBSCRIBER_QUOTA");
  EXPECT_EQ(DataReader(kms, "nobody").end(), "NOT_FOUND/ELEMENT_NOT_FOUND");
  EXPECT_EQ(DataReader(kms, "").end(), "INVALID_ARGUMENT/INVALID_NAME");
}

TEST(DataChannels, HaveFigures) {
  WithData kms;
  ASSERT_TRUE(kms.join(kms.peer));
  const auto chat = kms.peer.data().open({.label = "chat"}, kms.log);
  EXPECT_TRUE(chat->send({true, {'h', 'i'}}).ok());
  GetRtcStatsResponse stats;
  EXPECT_TRUE(kms.peer.receive_until([&] {
    return kms.stats(&stats) == "OK" && stats.data_channels_size() == 1 &&
           stats.data_channels(0).bytes_received() == 2;
  }));
  EXPECT_EQ(stats.sctp_transport().state(), SCTP_TRANSPORT_STATE_CONNECTED);
  EXPECT_EQ(stats.peer_connection().data_channels_opened(), 1U);
  EXPECT_EQ(stats.peer_connection().data_channels_closed(), 0U);

  ASSERT_EQ(kms.close_channel(stats.data_channels(0).channel().number()), "OK");
  EXPECT_TRUE(kms.peer.receive_until(
      [&] { return kms.stats(&stats) == "OK" && stats.peer_connection().data_channels_closed() == 1; }));
  EXPECT_EQ(stats.peer_connection().data_channels_opened(), 1U);
}

}  // namespace
}  // namespace kms::test
