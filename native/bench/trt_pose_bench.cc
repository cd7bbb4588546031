#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "npy.h"
#include "pose/trt_pose.h"
#include "trt_pose_scene.h"

namespace {

void decode(benchmark::State& state, const pose::TensorView& cmap, const pose::TensorView& paf) {
  pose::TrtPoseArena arena;
  pose::Instances people;
  const pose::TrtPoseOptions options;
  for (auto _ : state) {
    decode_trt_pose(cmap, paf, options, arena, people);
    benchmark::DoNotOptimize(people.headers.data());
  }
  state.counters["people"] = static_cast<double>(people.size());
}

/** Painted people on maps of 56 x 56 cells. */
void BM_DecodeTrtPose(benchmark::State& state) {
  const pose::test::TrtPoseScene scene =
      pose::test::paint_trt_pose_crowd(static_cast<int>(state.range(0)), 1);
  decode(state, scene.cmap.view(), scene.paf.view());
}
BENCHMARK(BM_DecodeTrtPose)->Arg(0)->Arg(1)->Arg(5)->Arg(20)->Unit(benchmark::kMicrosecond);

/** Maps that the reference was run on; skipped where the golden data is absent. */
void BM_DecodeTrtPoseGolden(benchmark::State& state, const char* name) {
  const char* shared = std::getenv("EDGE_POSE_SHARED");
  if (shared == nullptr) {
    state.SkipWithError("needs the golden data folder: set EDGE_POSE_SHARED to it");
    return;
  }
  const std::string stem = std::string(shared) + "/golden/trt_pose/" + name;
  const pose::test::NpyTensor cmap = pose::test::read_npy(stem + ".cmap.npy");
  const pose::test::NpyTensor paf = pose::test::read_npy(stem + ".paf.npy");
  decode(state, cmap.view(), paf.view());
}
BENCHMARK_CAPTURE(BM_DecodeTrtPoseGolden, case_11, "11")->Unit(benchmark::kMicrosecond);

}  // namespace
