// SPDX-License-Identifier: Apache-2.0
#include <csignal>

#include "kms/gstreamer_filter/v1/gstreamer_filter.pb.h"
#include "kms/player/v1/player.pb.h"
#include "tests/integration/fixture.hpp"
#include "tests/support/media_factory.hpp"

namespace kms::test {
namespace {

// A clip that plays into a filter whose first frame takes an hour.
v1::ApplyGraphRequest hanging_graph() {
  v1::ApplyGraphRequest request;
  request.set_parent("sessions/a");
  auto* player = request.add_elements();
  player->set_element_id("p");
  player::v1::PlayerOptions play;
  play.set_uri(uri_of(make_clip("hang.webm", 5)));
  play.set_autoplay(true);
  play.set_loop(true);
  player->mutable_options()->PackFrom(play);
  auto* filter = request.add_elements();
  filter->set_element_id("f");
  gstreamer_filter::v1::GStreamerFilterOptions hang;
  hang.set_bin("identity sleep-time=4000000000");
  filter->mutable_options()->PackFrom(hang);
  auto* link = request.add_links();
  link->set_source("p");
  link->set_sink("f");
  link->set_kind(v1::MEDIA_KIND_VIDEO);
  return request;
}

uint64_t dropped(RpcClient& client) {
  v1::GetStatsRequest request;
  request.set_name("sessions/a");
  v1::GetStatsResponse stats;
  EXPECT_EQ(client.call(*client.graph, &v1::GraphService::Stub::GetStats, request, &stats), "OK");
  return stats.links_size() == 0 ? 0 : stats.links(0).dropped();
}

TEST(HangingServer, LeavesAtItsDeadlineAlthoughACallIntoMediaNeverComesBack) {
  Running kms("files: { read: [" + media_folder() +
              "] }\ndrain_deadline: 5s\npipelines: { state_deadline: 1s }");
  ASSERT_EQ(kms.client.create_session("a"), "OK");
  v1::ApplyGraphResponse applied;
  ASSERT_EQ(kms.client.apply(hanging_graph(), &applied), "OK") << kms.client.last.message;
  ASSERT_TRUE(eventually([&] { return dropped(kms.client) > 20; }));  // the filter is in its hour

  EXPECT_EQ(kms.server.stop(), 1);

  EXPECT_NE(kms.server.log().find("session closed"), std::string::npos);
}

}  // namespace
}  // namespace kms::test
