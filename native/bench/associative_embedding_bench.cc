#include <benchmark/benchmark.h>

#include "associative_embedding_scene.h"
#include "pose/associative_embedding.h"

namespace {

using pose::AssociativeEmbeddingOptions;
using pose::TensorView;
using pose::test::TagScene;

void decode(benchmark::State& state, const TensorView& heatmaps, const TensorView& tags,
            const TensorView& nms_heatmaps, const AssociativeEmbeddingOptions& options) {
  pose::AssociativeEmbeddingArena arena;
  pose::Instances people;
  for (auto _ : state) {
    decode_associative_embedding(heatmaps, tags, nms_heatmaps, options, arena, people);
    benchmark::DoNotOptimize(people.headers.data());
  }
  state.counters["people"] = static_cast<double>(people.size());
}

/** Painted people on maps of 144 x 144 cells; heatmaps whose suppressed cells are negative, as from Open
 * Model Zoo's networks. */
void BM_DecodeAssociativeEmbedding(benchmark::State& state) {
  const TagScene scene = pose::test::paint_tagged_crowd(static_cast<int>(state.range(0)), 1);
  decode(state, scene.signed_view(), scene.tags_view(), {}, {});
}
BENCHMARK(BM_DecodeAssociativeEmbedding)->Arg(0)->Arg(1)->Arg(5)->Arg(20)->Unit(benchmark::kMicrosecond);

void BM_DecodeAssociativeEmbeddingNms(benchmark::State& state) {
  const TagScene scene = pose::test::paint_tagged_crowd(static_cast<int>(state.range(0)), 1);
  decode(state, scene.heatmaps_view(), scene.tags_view(), scene.nms_view(), {});
}
BENCHMARK(BM_DecodeAssociativeEmbeddingNms)->Arg(5)->Unit(benchmark::kMicrosecond);

void BM_DecodeAssociativeEmbeddingPlain(benchmark::State& state) {
  const TagScene scene = pose::test::paint_tagged_crowd(static_cast<int>(state.range(0)), 1);
  AssociativeEmbeddingOptions options;
  options.peaks = pose::AssociativePeaks::plain;
  decode(state, scene.heatmaps_view(), scene.tags_view(), {}, options);
}
BENCHMARK(BM_DecodeAssociativeEmbeddingPlain)->Arg(5)->Unit(benchmark::kMicrosecond);

/** What a network must not give: every cell a peak, every tag another person's. */
void BM_DecodeAssociativeEmbeddingNonsense(benchmark::State& state) {
  TagScene scene = pose::test::paint_tagged_crowd(0, 1);
  std::mt19937 random(1);
  std::uniform_real_distribution<float> heat(0.0F, 1.0F);
  std::uniform_real_distribution<float> tag(-1000.0F, 1000.0F);
  for (float& value : scene.heatmaps) value = heat(random);
  for (float& value : scene.tags) value = tag(random);
  decode(state, scene.heatmaps_view(), scene.tags_view(), {}, {});
}
BENCHMARK(BM_DecodeAssociativeEmbeddingNonsense)->Unit(benchmark::kMicrosecond);

}  // namespace
