#include "turn_picture.h"

#include <cmath>
#include <cstddef>

namespace pose {

int quarter_turns(double degrees_clockwise) {
  const double turns = std::round(degrees_clockwise) / 90;
  if (!std::isfinite(turns) || turns != std::floor(turns)) return 0;
  return (static_cast<int>(std::fmod(turns, 4)) + 4) % 4;
}

void turn_bgr(const uint8_t* from, int width, int height, int quarters, uint8_t* to) {
  const auto columns = static_cast<ptrdiff_t>(width);
  const auto rows = static_cast<ptrdiff_t>(height);
  const ptrdiff_t last = rows * columns - 1;
  // Where the first pixel goes, and how far on the next one of its row and the first one of the next row.
  const ptrdiff_t first[] = {0, rows - 1, last, last - (rows - 1)};
  const ptrdiff_t along[] = {1, rows, -1, -rows};
  const ptrdiff_t down[] = {columns, -1, -columns, 1};
  for (ptrdiff_t y = 0; y < rows; ++y) {
    uint8_t* pixel = to + 3 * (first[quarters] + y * down[quarters]);
    for (ptrdiff_t x = 0; x < columns; ++x, from += 3, pixel += 3 * along[quarters]) {
      pixel[0] = from[0];
      pixel[1] = from[1];
      pixel[2] = from[2];
    }
  }
}

}  // namespace pose
