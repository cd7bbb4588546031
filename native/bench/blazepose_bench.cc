#include <benchmark/benchmark.h>

#include <cstdint>
#include <random>
#include <vector>

#include "pose/affine_crop.h"
#include "pose/blazepose_detector.h"
#include "pose/blazepose_landmarks.h"
#include "pose/blazepose_smoothing.h"

namespace pose {
namespace {

std::vector<uint8_t> noise_image(int width, int height) {
  std::mt19937 random(1);
  std::vector<uint8_t> bytes(static_cast<size_t>(width) * static_cast<size_t>(height) * 3);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random());
  return bytes;
}

/** A turned square of 1280 x 720. Argument: whether it reaches beyond the image. */
void BM_BlazePoseCrop(benchmark::State& state) {
  const std::vector<uint8_t> bytes = noise_image(1280, 720);
  std::vector<uint8_t> rgb(256 * 256 * 3);
  const float y_img = state.range(0) == 0 ? 360.0F : 700.0F;
  for (auto _ : state) {
    crop_roi({bytes.data(), 1280, 720, 1280 * 3}, {640.0F, y_img, 480.0F, 0.3F},
             {rgb.data(), 256, CropBorder::replicate});
    benchmark::DoNotOptimize(rgb.data());
  }
}
BENCHMARK(BM_BlazePoseCrop)->Arg(0)->Arg(1)->Unit(benchmark::kMicrosecond);

void BM_BlazePoseLetterbox(benchmark::State& state) {
  const std::vector<uint8_t> bytes = noise_image(1280, 720);
  std::vector<uint8_t> rgb(224 * 224 * 3);
  for (auto _ : state) {
    crop_roi({bytes.data(), 1280, 720, 1280 * 3}, letterbox_roi(1280, 720),
             {rgb.data(), 224, CropBorder::zero});
    benchmark::DoNotOptimize(rgb.data());
  }
}
BENCHMARK(BM_BlazePoseLetterbox)->Unit(benchmark::kMicrosecond);

/** Argument: candidates above the threshold. */
void BM_BlazePoseDetections(benchmark::State& state) {
  std::mt19937 random(2);
  std::uniform_real_distribution<float> uniform(20.0F, 60.0F);
  std::vector<float> boxes(kBlazePoseAnchors * 12);
  for (float& value : boxes) value = uniform(random);
  std::vector<float> scores(kBlazePoseAnchors, -8.0F);
  for (int64_t i = 0; i < state.range(0); ++i) scores[random() % kBlazePoseAnchors] = 2.0F;
  BlazePoseDetectorArena arena;
  std::vector<BlazePoseDetection> detections;
  for (auto _ : state) {
    decode_blazepose_detections({boxes.data(), {1, 2254, 12}}, {scores.data(), {1, 2254, 1}},
                                letterbox_roi(1280, 720), BlazePoseDetectorOptions(), arena, detections);
    benchmark::DoNotOptimize(detections.data());
  }
}
BENCHMARK(BM_BlazePoseDetections)->Arg(0)->Arg(20)->Arg(200)->Unit(benchmark::kMicrosecond);

/** Every landmark is refined: the dearest case. */
void BM_BlazePoseLandmarks(benchmark::State& state) {
  std::mt19937 random(3);
  std::uniform_real_distribution<float> position(20.0F, 230.0F);
  std::uniform_real_distribution<float> logit(-6.0F, 2.0F);
  std::vector<float> landmarks(195);
  for (float& value : landmarks) value = position(random);
  std::vector<float> heatmaps(64 * 64 * 39);
  for (float& value : heatmaps) value = logit(random);
  const float flag = 0.9F;
  BlazePoseBody body;
  for (auto _ : state) {
    decode_blazepose_landmarks(
        {{landmarks.data(), {1, 195}}, {&flag, {1, 1}}, {heatmaps.data(), {1, 64, 64, 39}}}, body);
    project_blazepose_landmarks({640.0F, 360.0F, 480.0F, 0.3F}, body.landmarks);
    benchmark::DoNotOptimize(body);
  }
}
BENCHMARK(BM_BlazePoseLandmarks)->Unit(benchmark::kMicrosecond);

void BM_BlazePoseSmoothing(benchmark::State& state) {
  BlazePoseSmoother smoother;
  BlazePoseLandmarks landmarks;
  landmarks[kBlazePoseKeypoints + 1].y = 80.0F;
  int64_t time_ns = 0;
  for (auto _ : state) {
    BlazePoseLandmarks smoothed = landmarks;
    smoother.apply(smoothed, time_ns += 33333333, true);
    benchmark::DoNotOptimize(smoothed);
  }
}
BENCHMARK(BM_BlazePoseSmoothing)->Unit(benchmark::kMicrosecond);

}  // namespace
}  // namespace pose
