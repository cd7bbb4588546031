#pragma once

#include <cstdint>

namespace sdk_double {

/** IEEE 754 binary16. */
double half_to_double(uint16_t bits);

/** Rounded to the nearest, ties to even; infinite beyond 65504. */
uint16_t double_to_half(double value);

}  // namespace sdk_double
