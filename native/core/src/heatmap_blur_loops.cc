#include "heatmap_blur_loops.h"

#include "float4.h"
#include "target_clones.h"

namespace pose {
namespace {

constexpr int kMaxColumns = patch_columns(kMaxBlurKernel);

/** With the reach known, the sums of a column stay in registers. */
template <int kReach>
void blur(const float* corner, ptrdiff_t row_stride, const PaddedWeights& padded_weights, int kernel,
          BlurredPatch& patch) {
  constexpr size_t kSide = 2 * kReach + 1;
  const float* weights = padded_weights.data() + 2 * kMaxPatchReach;
  std::array<std::array<float, kMaxColumns>, kSide> columns;  // blurred in y alone
  const int count = patch_columns(kernel);
  for (int x = 0; x < count; x += 4) {
    std::array<Float4, kSide> sums{};
    for (int y = 0; y < kernel + 2 * kReach; ++y) {
      const Float4 cells = load4(corner + y * row_stride + x);
      for (size_t row = 0; row < kSide; ++row) sums[row] += cells * weights[y - static_cast<int>(row)];
    }
    for (size_t row = 0; row < kSide; ++row) store4(&columns[row][static_cast<size_t>(x)], sums[row]);
  }
  for (size_t row = 0; row < kSide; ++row) {
    Float4 left{};
    Float4 right{};
    for (int tap = 0; tap < kernel; ++tap) {
      const float* cells = columns[row].data() + tap;
      left += load4(cells) * weights[tap];
      if (kReach > 1) right += load4(cells + 4) * weights[tap];
    }
    store4(patch[row].data(), left);
    store4(patch[row].data() + 4, right);
  }
}

}  // namespace

void blur_patch(const float* corner, ptrdiff_t row_stride, const PaddedWeights& weights, int kernel,
                int reach, BlurredPatch& patch) {
  if (reach == 1) {
    blur<1>(corner, row_stride, weights, kernel, patch);
  } else {
    blur<2>(corner, row_stride, weights, kernel, patch);
  }
}

POSE_TARGET_CLONES void add_weighted(const std::array<TapPair, 3>& pairs, ptrdiff_t count,
                                     float* __restrict sums) {
  const TapPair p = pairs[0];
  const TapPair q = pairs[1];
  const TapPair r = pairs[2];
  for (ptrdiff_t i = 0; i < count; ++i) {
    sums[i] += p.weight * (p.a[i] + p.b[i]) + q.weight * (q.a[i] + q.b[i]) + r.weight * (r.a[i] + r.b[i]);
  }
}

}  // namespace pose
