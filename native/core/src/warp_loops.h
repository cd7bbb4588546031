#pragma once

#include <cstdint>

namespace pose {

/** Blends two rows of `count` bytes: `weight` / 32 of the lower one, in 1/32. */
void blend_rows_to_32nds(const uint8_t* upper, const uint8_t* lower, int count, int weight, int16_t* blended);

}  // namespace pose
