// SPDX-License-Identifier: Apache-2.0
#pragma once

namespace kms::graph {

class Catalog;

// Adds every kind of the source tree; generated, see cmake/element.cmake.
void declare_all(Catalog& catalog);

}  // namespace kms::graph
