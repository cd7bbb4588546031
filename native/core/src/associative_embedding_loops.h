#pragma once

namespace pose {

/** Number of `count` cells that are greater than `bar`. */
int count_above(const float* cells, int count, float bar);

/** Cells of a block, for which there are common bounds. */
constexpr int kTagBlock = 64;

/** What the cells of each block keep to. NaNs have no say. */
struct TagBlockBounds {
  float* max_heat;  ///< greatest magnitude
  float* min_tag;   ///< infinity where no cell has one
  float* max_tag;
};

/** Bounds of `blocks` whole blocks. */
void bound_blocks(const float* heat, const float* tags, int blocks, const TagBlockBounds& bounds);

/** Writes what no cell of each block can cost less than; see block_costs(). `blocks` is a multiple of 4. */
void block_floors(const TagBlockBounds& bounds, int blocks, float tag, float* floors);

/** Writes the cost of each cell of a block: |its tag - tag|, rounded half to even, minus |heat|; NaN where
 * one of them is not finite. Returns the least, or infinity. Distances above 2^23 count as 2^23: beside them
 * heat is lost in rounding. */
float block_costs(const float* heat, const float* tags, float tag, float* costs);

}  // namespace pose
