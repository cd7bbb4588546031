#pragma once

#include <cstdint>

namespace pose::test {

/** Calls of operator new by this thread so far. Take the difference around code that must not allocate. */
int64_t allocations();

}  // namespace pose::test
