// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <grpcpp/impl/codegen/service_type.h>

#include <vector>

#include "kms-core/rpc/context.hpp"

namespace kms::rpc {

// The command services of every element in the source tree; generated, see cmake/element.cmake.
std::vector<ServicePtr> make_element_services(Context& context);

}  // namespace kms::rpc
