// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/rpc/context.hpp"

namespace kms::rpc {

ServicePtr make_element_service(Context& context);

}  // namespace kms::rpc
