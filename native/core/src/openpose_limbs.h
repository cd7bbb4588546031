#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "openpose_peaks.h"
#include "pose/openpose.h"

namespace pose {

/** A limb of the OpenPose body: the keypoints it joins and its field's x channel (y is the next one). */
struct Limb {
  int8_t from;
  int8_t to;
  int8_t paf_x;
};

/** In the order in which people are put together. The last two only fill gaps. */
constexpr std::array<Limb, 19> kOpenPoseLimbs = {{
    {1, 2, 12},   {1, 5, 20},  {2, 3, 14},   {3, 4, 16},  {5, 6, 22},   {6, 7, 24}, {1, 8, 0},
    {8, 9, 2},    {9, 10, 4},  {1, 11, 6},   {11, 12, 8}, {12, 13, 10}, {1, 0, 28}, {0, 14, 30},
    {14, 16, 34}, {0, 15, 32}, {15, 17, 36}, {2, 16, 18}, {5, 17, 26},
}};
constexpr size_t kGapFillingLimbs = 2;

/** Two peaks, by their positions among those of their kind, that a field joins. */
struct Connection {
  int16_t from = 0;
  int16_t to = 0;
  float score = 0.0F;
};

/** The field of one limb: two planes of map_height x map_width cells. */
struct LimbField {
  const float* x = nullptr;
  const float* y = nullptr;
  int height = 0;
  int width = 0;
};

/** Joins peaks pairwise, best first and each at most once.
 *
 * A pair's score is the mean agreement of the field with its direction over those of 10 samples that exceed
 * 0.05, less a penalty where it is longer than half the map is high. */
class LimbMatcher {
 public:
  void reserve(size_t max_peaks);
  void match(const LimbField& field, const std::vector<Peak>& from, const std::vector<Peak>& to,
             LimbRatio ratio, std::vector<Connection>& connections);

 private:
  std::vector<Connection> candidates_;
  std::vector<uint8_t> from_used_;
  std::vector<uint8_t> to_used_;
};

}  // namespace pose
