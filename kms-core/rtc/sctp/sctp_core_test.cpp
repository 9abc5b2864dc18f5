// SPDX-License-Identifier: Apache-2.0
// Where usrsctp gives no socket: whoever waits for a channel hears so.
#include "kms-core/rtc/sctp/sctp_core.hpp"

#include <gtest/gtest.h>

#include <future>

namespace kms::rtc {
namespace {

Result<std::unique_ptr<Association>> none(SctpStack&, std::shared_ptr<AssociationRecord>,
                                          Association::Observer&) {
  return error(StatusCode::kInternal, "SCTP_FAILED", "there is no socket left");
}

struct SctpCoreTest : testing::Test {
  ~SctpCoreTest() override { core->close(); }
  // The reason for the end of a channel that was opened.
  std::string end_of_new_channel() {
    std::promise<std::string> end;
    auto opened = core->open({.label = "data"},
                             {.on_state = [&](const auto&, DataChannelState state, std::string_view reason) {
                               if (state == DataChannelState::kClosed) end.set_value(std::string(reason));
                             }});
    if (!opened.ok()) return reason_of(opened.status());
    auto told = end.get_future();
    EXPECT_EQ(told.wait_for(std::chrono::seconds(30)), std::future_status::ready);
    EXPECT_EQ((*opened)->state(), DataChannelState::kClosed);
    return told.get();
  }

  std::shared_ptr<SctpThread> thread = std::move(*SctpThread::get());
  std::promise<std::string> failed;
  SctpEvents events{.on_state = [this](SctpState state, std::string_view reason) {
    if (state == SctpState::kClosed) failed.set_value(std::string(reason));
  }};
  std::shared_ptr<SctpCore> core = std::make_shared<SctpCore>(thread->loop(), std::move(events), &none);
};

TEST_F(SctpCoreTest, WithoutASocketAChannelIsClosedWithTheReason) {
  EXPECT_EQ(end_of_new_channel(), "SCTP_FAILED");

  EXPECT_EQ(failed.get_future().get(), "SCTP_FAILED");
  EXPECT_EQ(end_of_new_channel(), "DATA_CHANNEL_CLOSED");
}

TEST_F(SctpCoreTest, WithoutASocketNothingBegins) {
  core->start({.client = true});

  EXPECT_EQ(failed.get_future().get(), "SCTP_FAILED");
  EXPECT_EQ(end_of_new_channel(), "DATA_CHANNEL_CLOSED");
}

}  // namespace
}  // namespace kms::rtc
