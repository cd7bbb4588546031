#pragma once

#include <cstdint>

namespace pose {

/** How many pixels of a frame are of use to whoever looks at it. */
struct EnoughPixels {
  int64_t across = 0;  ///< the whole frame; 0: every pixel is of use
  int64_t down = 0;
  int64_t both = 0;  ///< 1: both are needed; 0: who has one of the two has enough
};

/** The greatest of 1, 2, 4 and 8 by which a JPEG may be decoded smaller so that enough pixels are left. Only
 * what divides both sides: a place in the small picture is then one in the frame, to the edge. */
int jpeg_reduction(int width, int height, const EnoughPixels& enough);

}  // namespace pose
