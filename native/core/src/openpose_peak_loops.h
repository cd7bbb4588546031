#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace pose {

/** Map cells that can lift an enlarged cell above the threshold: at least `high`, or below `low`. */
struct CandidateBounds {
  float high;
  float low;
};

/** Number of candidates among `count` cells. */
int count_candidates(const float* cells, int count, CandidateBounds bounds);

/** Writes a flag for each of `count` cells. */
void flag_candidates(const float* cells, int count, CandidateBounds bounds, uint8_t* flags);

/** Enlarges `count` (a multiple of 8) positions of a padded map row in x, into four planes `plane` floats
 * apart. */
void enlarge_in_x(const float* padded, int count, ptrdiff_t plane, float* values);

/** Enlarges `count` (a multiple of 8) positions of four wide rows in y, into four rows of four planes, and
 * tells which of the rows have a value of at least `threshold`. */
std::array<bool, 4> enlarge_in_y(const std::array<const float*, 4>& wide_rows, int count, ptrdiff_t plane,
                                 float threshold, float* values);

/** Number of peaks among `count` (a multiple of 8) positions of the middle of three enlarged rows. */
int count_peaks(const std::array<const float*, 3>& rows, int count, ptrdiff_t plane, float threshold);

}  // namespace pose
