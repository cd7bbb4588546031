#pragma once

#include <array>
#include <cstdint>

namespace pose {

/** Fraction bits that a linear row keeps between its two passes: 255 * 2^7 fits 16 bits. */
constexpr int kLinearBits = 7;
/** Fraction bits of a cubic weight, as OpenCV has them. */
constexpr int kCubicBits = 11;
/** Values that a row of pixels must have behind it so that 4 can be read or written where 3 are meant. */
constexpr int kPixelSlack = 8;

/** The pixels of a target row: where their left tap lies, in values from the row's begin, and 4 weights each:
 *  linear four times the right one's in 1/32768, cubic those of the four taps in 1/2048. */
struct ColumnTaps {
  const int32_t* offsets = nullptr;
  const int16_t* weights = nullptr;
  int count = 0;
  bool swap_red_and_blue = false;
};

/** Blends two rows of `count` bytes: `weight` / 32768 of the lower one, with kLinearBits of fraction. */
void blend_rows(const uint8_t* upper, const uint8_t* lower, int count, int weight, int16_t* blended);

/** Blends each target pixel from its two neighbours in a blended row. Writes 3 * count bytes, none more. */
void blend_columns(const int16_t* row, const ColumnTaps& taps, uint8_t* target);

/** Widens `count` bytes to 16 bits. */
void widen_row(const uint8_t* row, int count, int16_t* widened);

/** Sums each target pixel's four taps in a widened row, in 1/2048. Writes up to one value behind 3 * count.
 */
void sum_columns(const int16_t* row, const ColumnTaps& taps, int32_t* sums);

/** Sums four rows of `count` sums with weights in 1/2048 and rounds to bytes. */
void sum_rows(const std::array<const int32_t*, 4>& rows, const std::array<int16_t, 4>& weights, int count,
              uint8_t* target);

}  // namespace pose
