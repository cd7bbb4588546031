#pragma once

#include <sanitizer/allocator_interface.h>

#include <cstddef>

namespace pose::fuzz {

/** Bytes of the heap that are in use. What works on frame after frame must not hold more and more of them. */
inline size_t heap_bytes() { return __sanitizer_get_current_allocated_bytes(); }

}  // namespace pose::fuzz
