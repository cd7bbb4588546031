#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>

#include "npy.h"
#include "openpose_scene.h"
#include "pose/openpose.h"

namespace {

void decode(benchmark::State& state, const pose::TensorView& heatmaps, const pose::TensorView& pafs) {
  pose::OpenPoseArena arena;
  pose::Instances people;
  for (auto _ : state) {
    decode_openpose(heatmaps, pafs, {}, arena, people);
    benchmark::DoNotOptimize(people.headers.data());
  }
  state.counters["people"] = static_cast<double>(people.size());
}

/** Painted people on maps of 32 x 57 cells. */
void BM_DecodeOpenPose(benchmark::State& state) {
  const pose::test::OpenPoseScene scene = pose::test::paint_crowd(static_cast<int>(state.range(0)), 1);
  decode(state, scene.heatmaps_view(), scene.pafs_view());
}
BENCHMARK(BM_DecodeOpenPose)->Arg(0)->Arg(1)->Arg(5)->Arg(10)->Arg(20)->Unit(benchmark::kMicrosecond);

/** A network's own maps of a photo; skipped where the golden data is absent. */
void BM_DecodeOpenPoseGolden(benchmark::State& state, const char* name) {
  const char* shared = std::getenv("EDGE_POSE_SHARED");
  if (shared == nullptr) {
    state.SkipWithError("needs the golden data folder: set EDGE_POSE_SHARED to it");
    return;
  }
  const std::string stem = std::string(shared) + "/golden/openpose/" + name;
  const pose::test::NpyTensor heatmaps = pose::test::read_npy(stem + ".heatmaps.npy");
  const pose::test::NpyTensor pafs = pose::test::read_npy(stem + ".pafs.npy");
  decode(state, heatmaps.view(), pafs.view());
}
BENCHMARK_CAPTURE(BM_DecodeOpenPoseGolden, one_person, "COCO_val2014_000000000428")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_DecodeOpenPoseGolden, four_people, "COCO_val2014_000000000328")
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_DecodeOpenPoseGolden, crowd, "mm_coco_000000197388")->Unit(benchmark::kMicrosecond);

}  // namespace
