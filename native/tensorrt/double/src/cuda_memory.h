#pragma once

#include <cstddef>
#include <string>

namespace sdk_double {

/** Whether `bytes` from `address` on are memory that the device reaches: of cudaMalloc, or mapped of the
 * host. A range that leaves its allocation, and an address that is in none, are a misuse of `call`. */
void require_device_memory(const std::string& call, const void* address, size_t bytes);

/** The same for memory that the host reaches: anything but that of cudaMalloc. */
void require_host_memory(const std::string& call, const void* address, size_t bytes);

}  // namespace sdk_double
