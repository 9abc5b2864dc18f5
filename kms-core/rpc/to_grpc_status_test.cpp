// SPDX-License-Identifier: Apache-2.0
#include "kms-core/rpc/to_grpc_status.hpp"

#include <gtest/gtest.h>

#include "kms/v1/error.pb.h"

namespace kms::rpc {
namespace {

v1::RpcStatus details_of(const grpc::Status& status) {
  v1::RpcStatus details;
  EXPECT_TRUE(details.ParseFromString(status.error_details()));
  return details;
}

v1::ErrorDetail detail_of(const grpc::Status& status) {
  const auto details = details_of(status);
  v1::ErrorDetail detail;
  EXPECT_EQ(details.details_size(), 1);
  EXPECT_TRUE(details.details(0).UnpackTo(&detail));
  return detail;
}

TEST(ToGrpcStatus, CarriesCodeTextReasonResourceAndMetadata) {
  const auto status =
      to_grpc_status(error(StatusCode::kResourceExhausted,
                           ErrorInfo{"ELEMENT_QUOTA", "sessions/a", {{"quota", "3"}}}, "too many"));

  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(status.error_message(), "too many");
  EXPECT_EQ(details_of(status).code(), 8);
  EXPECT_EQ(details_of(status).message(), "too many");
  EXPECT_EQ(detail_of(status).reason(), "ELEMENT_QUOTA");
  EXPECT_EQ(detail_of(status).resource(), "sessions/a");
  EXPECT_EQ(detail_of(status).metadata().at("quota"), "3");
}

TEST(ToGrpcStatus, OkIsOk) { EXPECT_TRUE(to_grpc_status(ok()).ok()); }

TEST(ToGrpcStatus, FitsIntoAClientsHeadersWhateverAStrangerSent) {
  ErrorInfo info{"X", std::string(100'000, 'r'), {}};
  for (int i = 0; i < 100; ++i) info.metadata[std::to_string(i)] = std::string(10'000, 'v');

  const auto status = to_grpc_status(error(StatusCode::kInternal, info, std::string(100'000, '\xff')));

  EXPECT_LT(status.error_message().size() + status.error_details().size() * 4 / 3, 12'000U);
  EXPECT_FALSE(details_of(status).message().empty());
}

}  // namespace
}  // namespace kms::rpc
