#pragma once

#include <cstddef>

namespace sdk_double {

/** Memory of the pretended GPU. */
constexpr size_t kDeviceMemoryBytes = size_t{8} << 30;

}  // namespace sdk_double
