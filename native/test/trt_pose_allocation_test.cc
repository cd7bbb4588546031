#include <gtest/gtest.h>

#include "allocation_counter.h"
#include "pose/trt_pose.h"
#include "trt_pose_scene.h"

namespace pose::test {
namespace {

TEST(TrtPoseAllocation, SteadyDecodingAllocatesNothing) {
  TrtPoseArena arena;
  Instances people;
  const TrtPoseScene empty = paint_trt_pose_crowd(0, 1);
  decode_trt_pose(empty.cmap.view(), empty.paf.view(), {}, arena, people);

  // One frame without anybody is warm-up enough, even for the fullest frames, for noise, and for more peaks
  // than are kept.
  std::vector<TrtPoseScene> scenes;
  for (const int count : {1, 5, 20, 0, 10}) scenes.push_back(paint_trt_pose_crowd(count, 2));
  TrtPoseScenePainter noise(56, 56, 3);
  noise.add_noise(0.5F);
  scenes.push_back(noise.take());
  TrtPoseScene flat = paint_trt_pose_crowd(0, 4);
  std::fill(flat.cmap.values.begin(), flat.cmap.values.end(), 0.5F);
  scenes.push_back(flat);
  const TrtPoseOptions options;
  const int64_t before = allocations();
  size_t found = 0;
  for (const TrtPoseScene& scene : scenes) {
    decode_trt_pose(scene.cmap.view(), scene.paf.view(), options, arena, people);
    found += people.size();
  }
  EXPECT_EQ(allocations(), before);
  EXPECT_GE(found, 36U + 100U);
}

}  // namespace
}  // namespace pose::test
