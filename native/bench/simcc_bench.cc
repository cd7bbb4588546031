#include <benchmark/benchmark.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "npy.h"
#include "pose/simcc.h"

namespace {

using pose::SimccScore;

/** Golden distributions of 17 x 384 and 17 x 512 bins, one case after the other a person; skipped where they
 * are absent. */
void BM_DecodeSimccGolden(benchmark::State& state, SimccScore score) {
  const char* shared = std::getenv("EDGE_POSE_SHARED");
  if (shared == nullptr) {
    state.SkipWithError("needs the golden data folder: set EDGE_POSE_SHARED to it");
    return;
  }
  constexpr int kCases = 15;
  std::vector<float> axis_x;
  std::vector<float> axis_y;
  for (int person = 0; person < state.range(0); ++person) {
    const int index = person % kCases;
    const std::string stem =
        std::string(shared) + "/golden/simcc/" + (index < 10 ? "0" : "") + std::to_string(index);
    const pose::test::NpyTensor x = pose::test::read_npy(stem + ".simcc_x.npy");
    const pose::test::NpyTensor y = pose::test::read_npy(stem + ".simcc_y.npy");
    axis_x.insert(axis_x.end(), x.values.begin(), x.values.end());
    axis_y.insert(axis_y.end(), y.values.begin(), y.values.end());
  }
  pose::SimccOptions options;
  options.score = score;
  pose::Instances people;
  for (auto _ : state) {
    decode_simcc({axis_x.data(), {state.range(0), 17, 384}}, {axis_y.data(), {state.range(0), 17, 512}},
                 options, people);
    benchmark::DoNotOptimize(people.keypoints.data());
  }
  state.counters["people"] = static_cast<double>(people.size());
}

BENCHMARK_CAPTURE(BM_DecodeSimccGolden, min, SimccScore::min)
    ->Arg(1)
    ->Arg(5)
    ->Arg(20)
    ->Unit(benchmark::kMicrosecond);
BENCHMARK_CAPTURE(BM_DecodeSimccGolden, mean, SimccScore::mean)
    ->Arg(1)
    ->Arg(5)
    ->Arg(20)
    ->Unit(benchmark::kMicrosecond);

}  // namespace
