// SPDX-License-Identifier: Apache-2.0
#pragma once

#include "kms-core/web/checked_address.hpp"

namespace kms::player {

using web::checked_addresses;
using web::named_destination;
using web::Object;
using web::Unref;

}  // namespace kms::player
