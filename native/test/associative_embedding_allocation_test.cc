#include <gtest/gtest.h>

#include "allocation_counter.h"
#include "associative_embedding_scene.h"
#include "pose/associative_embedding.h"

namespace pose::test {
namespace {

TEST(AssociativeEmbeddingAllocation, SteadyDecodingAllocatesNothing) {
  AssociativeEmbeddingArena arena;
  Instances people;
  const TagScene empty = paint_tagged_crowd(0, 1);
  decode_associative_embedding(empty.signed_view(), empty.tags_view(), {}, {}, arena, people);

  // One frame without anybody is warm-up enough, even for the fullest frames and for noise.
  std::vector<TagScene> scenes;
  for (const int count : {1, 5, 20, 0, 10}) scenes.push_back(paint_tagged_crowd(count, 2));
  std::mt19937 random(3);
  TagScene noise = empty;
  std::uniform_real_distribution<float> heat(0.0F, 1.0F);
  std::uniform_real_distribution<float> tag(-1000.0F, 1000.0F);
  for (float& value : noise.heatmaps) value = heat(random);
  for (float& value : noise.tags) value = tag(random);
  noise.signed_heatmaps = noise.heatmaps;
  noise.nms_heatmaps = noise.heatmaps;
  scenes.push_back(std::move(noise));

  AssociativeEmbeddingOptions plain;
  plain.peaks = AssociativePeaks::plain;
  const int64_t before = allocations();
  size_t found = 0;
  for (const TagScene& scene : scenes) {
    decode_associative_embedding(scene.signed_view(), scene.tags_view(), {}, {}, arena, people);
    found += people.size();
    decode_associative_embedding(scene.heatmaps_view(), scene.tags_view(), scene.nms_view(), {}, arena,
                                 people);
    decode_associative_embedding(scene.heatmaps_view(), scene.tags_view(), {}, plain, arena, people);
  }
  EXPECT_EQ(allocations(), before);
  EXPECT_GE(found, 36U);
}

}  // namespace
}  // namespace pose::test
