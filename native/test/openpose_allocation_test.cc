#include <gtest/gtest.h>

#include "allocation_counter.h"
#include "openpose_scene.h"
#include "pose/openpose.h"

namespace pose::test {
namespace {

TEST(OpenPoseAllocation, CountsOperatorNew) {
  const int64_t before = allocations();
  std::vector<int> numbers(1000);
  numbers[0] = static_cast<int>(before);
  EXPECT_EQ(allocations(), before + 1);
}

TEST(OpenPoseAllocation, SteadyDecodingAllocatesNothing) {
  OpenPoseArena arena;
  Instances people;
  const OpenPoseScene empty = paint_crowd(0, 1);
  decode_openpose(empty.heatmaps_view(), empty.pafs_view(), {}, arena, people);

  // One frame without anybody is warm-up enough, even for the fullest frames and for noise.
  std::vector<OpenPoseScene> scenes;
  for (const int count : {1, 5, 20, 0, 10}) scenes.push_back(paint_crowd(count, 2));
  OpenPoseScenePainter noise(32, 57, 3);
  noise.add_noise(0.5F);
  scenes.push_back(noise.take());
  const int64_t before = allocations();
  size_t found = 0;
  for (const OpenPoseScene& scene : scenes) {
    decode_openpose(scene.heatmaps_view(), scene.pafs_view(), {}, arena, people);
    found += people.size();
  }
  EXPECT_EQ(allocations(), before);
  EXPECT_GE(found, 36U);
}

}  // namespace
}  // namespace pose::test
