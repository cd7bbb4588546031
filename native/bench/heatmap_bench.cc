#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "heatmap_scene.h"
#include "npy.h"
#include "pose/heatmap.h"

namespace {

using pose::HeatmapRefine;

void decode(benchmark::State& state, const pose::TensorView& heatmaps, HeatmapRefine refine) {
  pose::HeatmapOptions options;
  options.refine = refine;
  pose::HeatmapArena arena;
  pose::Instances people;
  for (auto _ : state) {
    decode_heatmaps(heatmaps, options, arena, people);
    benchmark::DoNotOptimize(people.keypoints.data());
  }
  state.counters["people"] = static_cast<double>(people.size());
}

/** Golden heatmaps of 17 x 64 x 48, one case after the other a person; skipped where they are absent. */
void BM_DecodeHeatmapsGolden(benchmark::State& state, HeatmapRefine refine) {
  const char* shared = std::getenv("EDGE_POSE_SHARED");
  if (shared == nullptr) {
    state.SkipWithError("needs the golden data folder: set EDGE_POSE_SHARED to it");
    return;
  }
  constexpr int kCases = 15;
  std::vector<float> values;
  for (int person = 0; person < state.range(0); ++person) {
    const int index = person % kCases;
    const std::string name = (index < 10 ? "0" : "") + std::to_string(index);
    const pose::test::NpyTensor one =
        pose::test::read_npy(std::string(shared) + "/golden/topdown_heatmap/" + name + ".heatmaps.npy");
    values.insert(values.end(), one.values.begin(), one.values.end());
  }
  decode(state, {values.data(), {state.range(0), 17, 64, 48}}, refine);
}

/** Noise around 0: the limits of `dark_udp` bear on most maps, so that these are blurred as a whole. */
void BM_DecodeHeatmapsOfNobody(benchmark::State& state, HeatmapRefine refine) {
  pose::test::HeatmapSceneOptions noise;
  noise.low = 0.0F;
  noise.high = 0.0F;
  noise.noise = 0.001F;
  const pose::test::HeatmapScene scene =
      pose::test::paint_heatmaps(static_cast<int>(state.range(0)), 1, noise);
  decode(state, scene.view(), refine);
}

BENCHMARK_CAPTURE(BM_DecodeHeatmapsGolden, quarter, HeatmapRefine::quarter)
    ->Arg(1)
    ->Arg(5)
    ->Arg(20)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_DecodeHeatmapsGolden, dark, HeatmapRefine::dark)
    ->Arg(1)
    ->Arg(5)
    ->Arg(20)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_DecodeHeatmapsGolden, dark_udp, HeatmapRefine::dark_udp)
    ->Arg(1)
    ->Arg(5)
    ->Arg(20)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_DecodeHeatmapsGolden, alphapose, HeatmapRefine::alphapose)
    ->Arg(1)
    ->Arg(5)
    ->Arg(20)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_DecodeHeatmapsOfNobody, dark, HeatmapRefine::dark)
    ->Arg(1)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_DecodeHeatmapsOfNobody, dark_udp, HeatmapRefine::dark_udp)
    ->Arg(1)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
