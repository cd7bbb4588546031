#include "openpose_peak_loops.h"

#include "float4.h"
#include "openpose_upsampling.h"
#include "target_clones.h"

namespace pose {

POSE_TARGET_CLONES int count_candidates(const float* cells, int count, CandidateBounds bounds) {
  int found = 0;
  for (int i = 0; i < count; ++i) {
    found += static_cast<int>(cells[i] >= bounds.high) | static_cast<int>(cells[i] < bounds.low);
  }
  return found;
}

POSE_TARGET_CLONES void flag_candidates(const float* cells, int count, CandidateBounds bounds,
                                        uint8_t* flags) {
  for (int i = 0; i < count; ++i) {
    flags[i] = static_cast<uint8_t>(static_cast<int>(cells[i] >= bounds.high) |
                                    static_cast<int>(cells[i] < bounds.low));
  }
}

void enlarge_in_x(const float* padded, int count, ptrdiff_t plane, float* values) {
  for (int i = 0; i < count; i += 4) {
    const Float4 tap0 = load4(padded + i);
    const Float4 tap1 = load4(padded + i + 1);
    const Float4 tap2 = load4(padded + i + 2);
    const Float4 tap3 = load4(padded + i + 3);
    for (size_t phase = 0; phase < 4; ++phase) {
      const auto& a = kCubicWeights[phase];
      // From left to right, as OpenCV adds them.
      store4(values + static_cast<ptrdiff_t>(phase) * plane + i,
             tap0 * a[0] + tap1 * a[1] + tap2 * a[2] + tap3 * a[3]);
    }
  }
}

std::array<bool, 4> enlarge_in_y(const std::array<const float*, 4>& wide_rows, int count, ptrdiff_t plane,
                                 float threshold, float* values) {
  std::array<Int4, 4> high{};
  for (ptrdiff_t phase = 0; phase < 4; ++phase) {
    const float* row0 = wide_rows[0] + phase * plane;
    const float* row1 = wide_rows[1] + phase * plane;
    const float* row2 = wide_rows[2] + phase * plane;
    const float* row3 = wide_rows[3] + phase * plane;
    for (int i = 0; i < count; i += 4) {
      const Float4 tap0 = load4(row0 + i);
      const Float4 tap1 = load4(row1 + i);
      const Float4 tap2 = load4(row2 + i);
      const Float4 tap3 = load4(row3 + i);
      for (size_t row = 0; row < 4; ++row) {
        const auto& b = kCubicWeights[row];
        // From bottom to top, as OpenCV's vector code adds them.
        const Float4 value = tap0 * b[0] + (tap1 * b[1] + (tap2 * b[2] + tap3 * b[3]));
        store4(values + (4 * static_cast<ptrdiff_t>(row) + phase) * plane + i, value);
        high[row] |= value >= threshold;
      }
    }
  }
  return {any4(high[0]), any4(high[1]), any4(high[2]), any4(high[3])};
}

POSE_TARGET_CLONES int count_peaks(const std::array<const float*, 3>& rows, int count, ptrdiff_t plane,
                                   float threshold) {
  const int eights = count / 8;
  int found = 0;
  for (ptrdiff_t phase = 0; phase < 4; ++phase) {
    const float* here = rows[1] + phase * plane;
    const float* left = phase > 0 ? here - plane : here + 3 * plane - 1;
    const float* right = phase < 3 ? here + plane : here - 3 * plane + 1;
    const float* above = rows[0] + phase * plane;
    const float* below = rows[2] + phase * plane;
    // "Not at least" instead of "less": a neighbour that is NaN counts as 0.
    for (int i = 0; i < 8 * eights; ++i) {
      const float v = here[i];
      found += static_cast<int>(v >= threshold) & static_cast<int>(!(left[i] >= v)) &
               static_cast<int>(!(right[i] >= v)) & static_cast<int>(!(above[i] >= v)) &
               static_cast<int>(!(below[i] >= v));
    }
  }
  return found;
}

}  // namespace pose
