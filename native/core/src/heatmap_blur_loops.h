#pragma once

#include <array>
#include <cstddef>

namespace pose {

constexpr int kMaxBlurKernel = 31;
constexpr int kMaxPatchReach = 2;  ///< cells from the middle of a patch to its border

/** Weights with zeros before and after, so that a patch can read those of cells beyond the kernel. */
using PaddedWeights = std::array<float, kMaxBlurKernel + 4 * kMaxPatchReach>;

/** Blurred cells of a square, row by row, of which the first 2 * reach + 1 of a row are meant. */
using BlurredPatch = std::array<std::array<float, 8>, 2 * kMaxPatchReach + 1>;

/** Cells of a row that blur_patch() reads: more than the kernel covers, for whole vectors. */
constexpr int patch_columns(int kernel) { return (kernel - 1 + 8 + 3) / 4 * 4; }

/** Blurs the square of reach 1 or 2 whose kernels together cover the rows and columns from `corner` on.
 *
 * Reads kernel + 2 * reach rows of patch_columns(kernel) cells; those beyond kernel + 2 * reach columns have
 * no part in the result. */
void blur_patch(const float* corner, ptrdiff_t row_stride, const PaddedWeights& weights, int kernel,
                int reach, BlurredPatch& patch);

/** Two taps of a kernel that have the same weight. */
struct TapPair {
  const float* a;
  const float* b;
  float weight;
};

/** Adds weight * (a + b) of all three pairs to each of `count` sums. Three, because loading and storing the
 * sums costs more than adding. */
void add_weighted(const std::array<TapPair, 3>& pairs, ptrdiff_t count, float* sums);

}  // namespace pose
