#pragma once

#include <cstdint>

namespace pose {

/** Quarter turns clockwise, 0 to 3, that are nearest to an angle in degrees; 0 where it is none of them. */
int quarter_turns(double degrees_clockwise);

/** Writes a BGR picture of `width` x `height`, rows packed, turned clockwise. Of one or three quarters `to`
 * is `height` wide. The two must not overlap. */
void turn_bgr(const uint8_t* from, int width, int height, int quarters, uint8_t* to);

}  // namespace pose
