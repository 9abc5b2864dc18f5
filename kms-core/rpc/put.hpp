// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <google/protobuf/repeated_ptr_field.h>

#include <utility>
#include <vector>

#include "kms-core/base/status.hpp"

namespace kms::rpc {

// A response with one field set, or the error: put(session.get_element(name),
// &GetElementResponse::mutable_element).
template <typename Response, typename Field>
Result<Response> put(Result<Field> value, Field* (Response::*field)()) {
  if (!value.ok()) return value.status();
  Response response;
  *(response.*field)() = *std::move(value);
  return response;
}

template <typename Response, typename Field>
Result<Response> put(Result<std::vector<Field>> values,
                     google::protobuf::RepeatedPtrField<Field>* (Response::*field)()) {
  if (!values.ok()) return values.status();
  Response response;
  for (auto& value : *values) (response.*field)()->Add(std::move(value));
  return response;
}

}  // namespace kms::rpc
