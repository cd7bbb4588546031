#include <gtest/gtest.h>

#include "allocation_counter.h"
#include "heatmap_scene.h"
#include "pose/heatmap.h"

namespace pose::test {
namespace {

TEST(HeatmapAllocation, SteadyDecodingAllocatesNothing) {
  HeatmapSceneOptions outside;
  outside.border = -3.0F;
  HeatmapSceneOptions noise;  // takes the way by the whole blurred map
  noise.high = 0.0F;
  noise.low = 0.0F;
  for (const HeatmapRefine refine :
       {HeatmapRefine::quarter, HeatmapRefine::dark, HeatmapRefine::dark_udp, HeatmapRefine::alphapose}) {
    HeatmapOptions options;
    options.refine = refine;
    HeatmapArena arena;
    Instances people;
    const std::vector<float> nothing(20 * 17 * 64 * 48);
    decode_heatmaps({nothing.data(), {20, 17, 64, 48}}, options, arena, people);

    // One frame without anybody is warm-up enough, also for fewer people.
    const std::vector<HeatmapScene> scenes = {paint_heatmaps(20, 1), paint_heatmaps(5, 2, outside),
                                              paint_heatmaps(20, 3, noise), paint_heatmaps(1, 4)};
    const int64_t before = allocations();
    size_t present = 0;
    for (const HeatmapScene& scene : scenes) {
      decode_heatmaps(scene.view(), options, arena, people);
      for (const Keypoint& keypoint : people.keypoints) present += keypoint.present() ? 1 : 0;
    }
    EXPECT_EQ(allocations(), before);
    EXPECT_EQ(present, 46U * 17U);
  }
}

}  // namespace
}  // namespace pose::test
