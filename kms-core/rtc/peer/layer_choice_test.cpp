// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rtc/peer/layer_choice.hpp"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

namespace kms::rtc {
namespace {

constexpr double kPlenty = std::numeric_limits<double>::infinity();

// Of 100, 500 and 2,000 kbit/s.
LayerStream camera(size_t now = 0) {
  LayerStream stream;
  stream.layers[0] = {100e3, true};
  stream.layers[1] = {500e3, true};
  stream.layers[2] = {2000e3, true};
  stream.count = 3;
  stream.now = now;
  stream.preferred = stream.most = LayerStream::kMostLayers;
  return stream;
}

size_t chosen(LayerStream stream, double available_bps) {
  choose_layers({&stream, 1}, available_bps);
  return stream.chosen;
}

TEST(LayerChoice, TakesTheLargestThatFits) {
  EXPECT_EQ(chosen(camera(), kPlenty), 2u);
  EXPECT_EQ(chosen(camera(), 2300e3), 2u);
  EXPECT_EQ(chosen(camera(), 1000e3), 1u);
  EXPECT_EQ(chosen(camera(), 300e3), 0u);
  EXPECT_EQ(chosen(camera(), 10e3), 0u) << "the smallest is always sent";
}

TEST(LayerChoice, NeitherRisesNorFallsWhereItIsTight) {
  EXPECT_EQ(chosen(camera(1), 2000e3), 1u);
  EXPECT_EQ(chosen(camera(2), 2000e3), 2u);
  EXPECT_EQ(chosen(camera(2), 1800e3), 2u);
  EXPECT_EQ(chosen(camera(2), 1700e3), 1u);
}

TEST(LayerChoice, DoesNotRiseBeforeItMay) {
  auto stream = camera(0);
  stream.may_rise = false;
  EXPECT_EQ(chosen(stream, kPlenty), 0u);
  stream.now = 1;
  EXPECT_EQ(chosen(stream, kPlenty), 1u);
}

TEST(LayerChoice, KeepsToWhatIsPreferredAndToTheMost) {
  auto stream = camera(2);
  stream.preferred = 1;
  EXPECT_EQ(chosen(stream, kPlenty), 1u);
  stream.layers[0].alive = stream.layers[1].alive = false;
  EXPECT_EQ(chosen(stream, kPlenty), 2u) << "nothing smaller comes";
  stream.most = 1;
  EXPECT_EQ(chosen(stream, kPlenty), 1u);
}

TEST(LayerChoice, FallsBackFromALayerThatIsLost) {
  auto stream = camera(2);
  stream.layers[2].alive = false;
  EXPECT_EQ(chosen(stream, kPlenty), 1u);
  stream.layers[1].alive = false;
  EXPECT_EQ(chosen(stream, kPlenty), 0u);
  stream.layers[0].alive = false;
  EXPECT_EQ(chosen(stream, kPlenty), 2u) << "there is nothing better";
}

TEST(LayerChoice, PassesOverALayerThatDoesNotCome) {
  auto stream = camera(0);
  stream.layers[1].alive = false;
  EXPECT_EQ(chosen(stream, kPlenty), 2u);
}

TEST(LayerChoice, DoesNotRiseToALayerWhoseRateIsNotKnown) {
  auto stream = camera(0);
  stream.layers[1].bps = stream.layers[2].bps = 0;
  EXPECT_EQ(chosen(stream, 1e9), 0u);
  EXPECT_EQ(chosen(stream, kPlenty), 2u);
}

TEST(LayerChoice, SharesAmongStreamsInTurn) {
  std::vector<LayerStream> streams{camera(), camera(), camera()};
  choose_layers(streams, 1700e3);
  for (const auto& stream : streams) EXPECT_EQ(stream.chosen, 1u);
  choose_layers(streams, 1300e3);
  EXPECT_EQ(streams[0].chosen + streams[1].chosen + streams[2].chosen, 2u);
  choose_layers(streams, 3500e3);
  EXPECT_EQ(streams[0].chosen, 2u);
  EXPECT_EQ(streams[1].chosen, 1u);
}

TEST(LayerChoice, GivesAllToThoseThatComeFirst) {
  std::vector<LayerStream> streams{camera(), camera(), camera()};
  streams[1].priority = 5;
  streams[2].priority = 1;
  choose_layers(streams, 2600e3);
  EXPECT_EQ(streams[1].chosen, 2u);
  EXPECT_EQ(streams[2].chosen, 0u) << "100 of each, 1,900 more for the first; 500 would be too much";
  choose_layers(streams, 3000e3);
  EXPECT_EQ(streams[2].chosen, 1u);
  EXPECT_EQ(streams[0].chosen, 0u);
}

TEST(LayerChoice, LeavesWhatStaysWhereItIs) {
  std::vector<LayerStream> streams{camera(), camera()};
  streams[0].stays = true;
  streams[0].now = 2;
  choose_layers(streams, 1000e3);
  EXPECT_EQ(streams[0].chosen, 2u);
  EXPECT_EQ(streams[1].chosen, 0u) << "the other one takes it all";
}

TEST(LayerChoice, OfNothingIsNothing) {
  choose_layers({}, 1e6);
  LayerStream empty;
  empty.most = empty.preferred = LayerStream::kMostLayers;
  EXPECT_EQ(chosen(empty, 1e6), 0u);
}

}  // namespace
}  // namespace kms::rtc
