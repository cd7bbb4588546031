#include <benchmark/benchmark.h>

#include <algorithm>
#include <cstdint>
#include <random>
#include <vector>

#include "pose/detections.h"

namespace pose {
namespace {

/** An output of YOLO for 640 x 640 with a number of candidates above the threshold, in clumps as people are.
 */
std::vector<float> yolo_output(const YoloLayout& layout, int64_t found) {
  std::mt19937 random(2);
  std::uniform_real_distribution<float> low(0.0F, 0.2F);
  std::uniform_real_distribution<float> near(-6.0F, 6.0F);
  const auto candidates = static_cast<size_t>(layout.candidates);
  const auto values = static_cast<size_t>(layout.values);
  std::vector<float> output(candidates * values);
  for (float& value : output) value = low(random);
  const auto at = [&](size_t candidate, size_t value) -> float& {
    return output[layout.values_first ? value * candidates + candidate : candidate * values + value];
  };
  for (int64_t i = 0; i < found; ++i) {
    const size_t candidate = random() % candidates;
    const auto person = static_cast<float>(i % 10);
    at(candidate, 0) = 40.0F + 60.0F * person + near(random);
    at(candidate, 1) = 300.0F + near(random);
    at(candidate, 2) = 50.0F + near(random);
    at(candidate, 3) = 120.0F + near(random);
    if (layout.objectness) at(candidate, 4) = 0.95F;
    at(candidate, static_cast<size_t>(layout.first_class())) = 0.7F + low(random);
  }
  return output;
}

void decode_yolo(benchmark::State& state, const Shape& shape) {
  const YoloLayout layout = yolo_layout(shape, 640, 640);
  const std::vector<float> output = yolo_output(layout, state.range(0));
  const Letterbox letterbox = make_letterbox(1280, 720, 640, 640, ResizeRule::letterbox_centre);
  DetectionArena arena;
  std::vector<Detection> found;
  for (auto _ : state) {
    decode_yolo_detections({output.data(), shape}, layout, letterbox, {}, arena, found);
    benchmark::DoNotOptimize(found.data());
  }
}

/** Argument of all: candidates above the threshold. */
void BM_DetectionsYolo8(benchmark::State& state) { decode_yolo(state, {1, 84, 8400}); }
BENCHMARK(BM_DetectionsYolo8)->Arg(0)->Arg(40)->Arg(200)->Arg(1000)->Unit(benchmark::kMicrosecond);

void BM_DetectionsYolo8Transposed(benchmark::State& state) { decode_yolo(state, {1, 8400, 84}); }
BENCHMARK(BM_DetectionsYolo8Transposed)->Arg(0)->Arg(40)->Unit(benchmark::kMicrosecond);

void BM_DetectionsYolo5(benchmark::State& state) { decode_yolo(state, {1, 25200, 85}); }
BENCHMARK(BM_DetectionsYolo5)->Arg(0)->Arg(40)->Unit(benchmark::kMicrosecond);

void BM_DetectionsSsd(benchmark::State& state) {
  std::vector<float> rows(200 * 7, 0.1F);
  for (size_t i = 0; i < 200; ++i) {
    const float row[7] = {0,    1,   static_cast<int64_t>(i) < state.range(0) ? 0.9F : 0.1F, 0.1F, 0.1F,
                          0.2F, 0.4F};
    std::copy(row, row + 7, rows.begin() + static_cast<ptrdiff_t>(i * 7));
  }
  const Letterbox letterbox = make_letterbox(1280, 720, 544, 320, ResizeRule::stretch);
  DetectionOptions options;
  options.label = 1;
  DetectionArena arena;
  std::vector<Detection> found;
  for (auto _ : state) {
    decode_ssd_detections({rows.data(), {1, 1, 200, 7}}, letterbox, options, arena, found);
    benchmark::DoNotOptimize(found.data());
  }
}
BENCHMARK(BM_DetectionsSsd)->Arg(0)->Arg(20)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace pose
