#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "heatmap_dense_twin.h"
#include "heatmap_scene.h"

namespace pose::test {
namespace {

constexpr HeatmapRefine kAllRefines[] = {HeatmapRefine::quarter, HeatmapRefine::dark, HeatmapRefine::dark_udp,
                                         HeatmapRefine::alphapose};

/** Network-input pixels from cell to cell of an axis. */
double pitch(const HeatmapOptions& options, int64_t cells) {
  if (options.refine != HeatmapRefine::dark_udp || cells == 1) return options.stride;
  return static_cast<double>(cells * options.stride) / static_cast<double>(cells - 1);
}

struct Comparison {
  int present = 0;
  int compared = 0;  ///< places that single precision settles to a twentieth of a cell
  int moved = 0;     ///< of these, by a refinement
};

/** Compares places and scores; `tally` gets what was compared. */
void compare(const TensorView& heatmaps, const HeatmapOptions& options, Comparison& tally) {
  constexpr double kUnsettled = 0.05;
  HeatmapArena arena;
  Instances people;
  decode_heatmaps(heatmaps, options, arena, people);
  const std::vector<TwinKeypoint> twins = decode_heatmaps_densely(heatmaps, options);
  ASSERT_EQ(people.size(), static_cast<size_t>(heatmaps.shape[0]));
  ASSERT_EQ(people.keypoints.size(), twins.size());
  const double pitch_x = pitch(options, heatmaps.shape[3]);
  const double pitch_y = pitch(options, heatmaps.shape[2]);
  for (size_t i = 0; i < twins.size(); ++i) {
    const Keypoint& keypoint = people.keypoints[i];
    const TwinKeypoint& twin = twins[i];
    ASSERT_EQ(keypoint.present(), twin.present) << "keypoint " << i;
    if (!twin.present) continue;
    ++tally.present;
    ASSERT_FLOAT_EQ(keypoint.score, static_cast<float>(std::min(twin.score, 1.0)));
    ASSERT_TRUE(std::isfinite(keypoint.x) && std::isfinite(keypoint.y));
    if (!(twin.slack < kUnsettled)) continue;
    ++tally.compared;
    tally.moved += twin.x_map != std::floor(twin.x_map) || twin.y_map != std::floor(twin.y_map) ? 1 : 0;
    const double tolerance = 1e-5 + twin.slack;
    ASSERT_NEAR(keypoint.x / pitch_x, twin.x_map, tolerance) << "keypoint " << i;
    ASSERT_NEAR(keypoint.y / pitch_y, twin.y_map, tolerance) << "keypoint " << i;
  }
}

class HeatmapTwin : public ::testing::TestWithParam<HeatmapRefine> {
 protected:
  static HeatmapOptions options(int blur_kernel = 11) {
    HeatmapOptions options;
    options.refine = GetParam();
    options.blur_kernel = blur_kernel;
    return options;
  }
};

TEST_P(HeatmapTwin, AgreesOnPeaks) {
  Comparison tally;
  for (unsigned seed = 1; seed <= 3; ++seed) {
    ASSERT_NO_FATAL_FAILURE(compare(paint_heatmaps(2, seed).view(), options(), tally));
  }
  EXPECT_EQ(tally.compared, 3 * 2 * 17);
  EXPECT_GT(tally.moved, tally.compared * 9 / 10);
}

TEST_P(HeatmapTwin, AgreesAtBordersAndBeyond) {
  HeatmapSceneOptions scene;
  scene.height = 16;
  scene.width = 12;
  scene.border = -2.0F;
  Comparison tally;
  for (unsigned seed = 1; seed <= 20; ++seed) {
    ASSERT_NO_FATAL_FAILURE(compare(paint_heatmaps(1, seed, scene).view(), options(), tally));
  }
  EXPECT_GT(tally.compared, tally.present * 8 / 10);
}

TEST_P(HeatmapTwin, AgreesWithEveryKernel) {
  HeatmapSceneOptions scene;
  scene.keypoints = 6;
  scene.height = 20;
  scene.width = 30;
  Comparison tally;
  for (int kernel = 3; kernel <= 31; kernel += 2) {
    SCOPED_TRACE("kernel " + std::to_string(kernel));
    scene.noise = 0.001F;
    const HeatmapScene peaks = paint_heatmaps(1, static_cast<unsigned>(kernel), scene);
    ASSERT_NO_FATAL_FAILURE(compare(peaks.view(), options(kernel), tally));
  }
  EXPECT_GT(tally.compared, tally.present * 8 / 10);
}

/** Values around 0 bring about the limits, and with them the whole blurred map and its maximum. */
TEST_P(HeatmapTwin, AgreesWhereBlurredValuesAreLimited) {
  HeatmapSceneOptions scene;
  scene.keypoints = 8;
  scene.height = 19;
  scene.width = 23;
  Comparison tally;
  for (const float noise : {0.0005F, 0.002F, 0.02F}) {
    for (const float amplitude : {0.0F, 0.002F, 0.005F, 0.02F}) {
      for (const int kernel : {3, 7, 11}) {
        scene.noise = noise;
        scene.low = amplitude;
        scene.high = amplitude;
        const auto seed = static_cast<unsigned>(1000 * amplitude + 7 * kernel);
        ASSERT_NO_FATAL_FAILURE(compare(paint_heatmaps(2, seed, scene).view(), options(kernel), tally));
      }
    }
  }
  EXPECT_GT(tally.compared, tally.present / 2);
}

TEST_P(HeatmapTwin, AgreesAboveTheUpperLimit) {
  HeatmapSceneOptions scene;
  scene.keypoints = 8;
  scene.height = 24;
  scene.width = 24;
  scene.low = 48.0F;
  scene.high = 56.0F;
  Comparison tally;
  for (unsigned seed = 1; seed <= 4; ++seed) {
    ASSERT_NO_FATAL_FAILURE(compare(paint_heatmaps(1, seed, scene).view(), options(), tally));
  }
  EXPECT_GT(tally.compared, tally.present / 2);
}

TEST_P(HeatmapTwin, AgreesOnNoiseOfEverySize) {
  std::mt19937 random(5);
  Comparison tally;
  for (const auto& [height, width] : std::vector<std::pair<int, int>>{
           {1, 1}, {1, 9}, {9, 1}, {2, 2}, {3, 5}, {5, 5}, {6, 4}, {8, 8}, {7, 40}, {33, 31}}) {
    for (const float low : {-1.0F, -0.1F, 0.0F, 0.5F}) {
      std::uniform_real_distribution<float> value(low, 1.0F);
      std::vector<float> cells(static_cast<size_t>(3 * 5 * height * width));
      for (float& cell : cells) cell = value(random);
      SCOPED_TRACE(std::to_string(height) + " x " + std::to_string(width));
      ASSERT_NO_FATAL_FAILURE(compare({cells.data(), {3, 5, height, width}}, options(), tally));
      // Few levels: ties.
      for (float& cell : cells) cell = std::round(cell * 4) / 4;
      ASSERT_NO_FATAL_FAILURE(compare({cells.data(), {3, 5, height, width}}, options(), tally));
    }
  }
  EXPECT_GT(tally.compared, tally.present / 3);
}

std::string refine_name(const ::testing::TestParamInfo<HeatmapRefine>& info) {
  static constexpr const char* kNames[] = {"quarter", "dark", "dark_udp", "alphapose"};
  return kNames[static_cast<int>(info.param)];
}

INSTANTIATE_TEST_SUITE_P(Refines, HeatmapTwin, ::testing::ValuesIn(kAllRefines), refine_name);

}  // namespace
}  // namespace pose::test
